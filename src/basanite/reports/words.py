"""Words: how times, spans, numbers and outcomes are said, the same in every view."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import quote

from basanite.domain.finding import Location
from basanite.domain.names import decode_name

_PERCENT = 100
_DAY = 86_400


def moment(time: datetime) -> str:
    """Return a time in UTC to the minute."""
    return time.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def day(time: datetime) -> str:
    """Return a time's date in UTC."""
    return time.astimezone(UTC).strftime("%Y-%m-%d")


def distance(time: datetime, now: datetime) -> str:
    """Return how far a time is from now: ``in 12 days``, ``3 days ago``, ``today``."""
    seconds = (time - now).total_seconds()
    days = int(abs(seconds) // _DAY)
    if days == 0:
        return "in less than a day" if seconds > 0 else "less than a day ago"
    return f"in {count(days, 'day')}" if seconds > 0 else f"{count(days, 'day')} ago"


def count(number: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun in the right form."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def listed(parts: list[str]) -> str:
    """Return parts as they stand in a sentence."""
    if len(parts) < 2:
        return "".join(parts)
    return ", ".join(parts[:-1]) + " and " + parts[-1]


def size(octets: int) -> str:
    """Return a number of bytes in units of 1,000."""
    value, unit = float(octets), "B"
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if value < 1000 or unit == "TB":
            break
        value /= 1000
    return f"{octets} B" if unit == "B" else f"{value:.3g} {unit}"


def number(value: float) -> str:
    """Return a number to four significant digits."""
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    return f"{value:.4g}"


def quantity(value: float, unit: str) -> str:
    """Return a value with its unit. Shares are said in per cent, short times in milliseconds."""
    if unit == "1":
        return f"{number(round(value * _PERCENT, 3))} %"
    if unit == "s" and abs(value) < 1:
        return f"{number(round(value * 1000, 3))} ms"
    return f"{number(value)} {unit}"


def sentence(text: str) -> str:
    """Return a remark as a sentence of its own: capital at its start, full stop at its end."""
    told = text.strip()
    if not told:
        return ""
    return told[0].upper() + told[1:] + ("" if told[-1] in ".!?…" else ".")


def plain(word: str) -> str:
    """Return a domain word without hyphens: ``not applicable``."""
    return word.replace("-", " ")


def place(location: Location) -> str:
    """Return where something was seen; empty when it has no place."""
    text = location.path
    if location.line is not None:
        text += f":{location.line}"
        if location.column is not None:
            text += f":{location.column}"
    elif location.offset is not None:
        text += f" at byte {location.offset}"
    return text


def shortened(text: str, limit: int) -> str:
    """Return text cut in its middle, since the ends of a path tell most."""
    if len(text) <= limit:
        return text
    tail = limit // 2
    return f"{text[: limit - tail - 1]}…{text[-tail:]}"


def relative_uri(name: str) -> str:
    """Return an encoded name as a relative URI reference, percent-encoded byte by byte.

    Colons are encoded too, so that no name can turn into a URI with a scheme.
    """
    try:
        data = decode_name(name)
    except ValueError:
        data = name.encode("utf-8", errors="surrogateescape")
    return quote(data.lstrip(b"/"), safe="/~")


def iri(address: str) -> str:
    """Return an address with every character encoded that no IRI may hold."""
    return quote(address, safe="%/:?#[]@!$&'()*+,;=~-._")
