"""Words: how times, spans, numbers and outcomes are said, the same in every view."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from urllib.parse import quote

from basanite.domain.assessment import Result
from basanite.domain.finding import Finding, Location, Reference
from basanite.domain.names import decode_name

_PERCENT = 100
_DAY = 86_400
_SUBJECTS = 3
_NUMERIC_HOST = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\[[0-9A-Fa-f:.]+\](?=[:/?#]|$)")
_SENTENCE_END = re.compile(r"(?<=[.!?])(?=\s+[A-Z])")


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
    """Return a value with its unit: shares in per cent, short times in milli- or microseconds."""
    if unit == "1":
        return f"{_share(value * _PERCENT)} %"
    if unit == "s" and value and abs(value) < 1:
        scale, prefix = (1e3, "m") if abs(value) >= 1e-3 else (1e6, "µ")
        return f"{number(float(f'{value * scale:.3g}'))} {prefix}s"
    return f"{number(value)} {unit}".rstrip()


def _share(percent: float) -> str:
    """A share in per cent, never rounded to 0 or 100 that it is not."""
    room = min(abs(percent), abs(_PERCENT - percent))
    digits = 2 if room >= 1 or room == 0 else min(9, 1 - math.floor(math.log10(room)))
    text = f"{percent:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def sentence(text: str) -> str:
    """Return a remark as a sentence of its own: capital at its start, full stop at its end."""
    told = text.strip()
    if not told:
        return ""
    return told[0].upper() + told[1:] + ("" if told[-1] in ".!?…" else ".")


def first_sentence(text: str) -> str:
    """Return a text's first sentence."""
    told = " ".join(text.split())
    match = _SENTENCE_END.search(told)
    return told[: match.end()].strip() if match else told


def seen_at(result: Result, finding: Finding) -> str:
    """Return where a finding was seen: a place in a file, else what its check looked at."""
    found = place(finding.location)
    if found or len(result.subjects) > _SUBJECTS:
        return found
    return ", ".join(_subject(each.name) for each in result.subjects)


def _subject(name: str) -> str:
    kind, _, of = name.partition(":")
    return f"endpoint of {of}" if kind == "endpoint" and of else name


def reference(found: Reference) -> str:
    """Return a reference with its scheme once: ``CWE-502``, ``ATLAS AML.T0010``."""
    return found.id if found.id.startswith(f"{found.scheme}-") else str(found)


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
    """Return an address with every character encoded that no IRI may hold.

    Square brackets stand only around the numeric host of an address like ``http://[::1]/``.
    """
    numeric = _NUMERIC_HOST.match(address)
    head = numeric.group() if numeric else ""
    return head + quote(address[len(head) :], safe="%/:?#@!$&'()*+,;=~-._")
