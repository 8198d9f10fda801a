"""Requirements files: one requirement or option a line, as pip reads them.

Source: https://pip.pypa.io/en/stable/reference/requirements-file-format/. A line that cannot be
read becomes a problem and the next one is read. Nothing is fetched or followed: ``-r other.txt``
is an option that the caller may look at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from basanite.formats.problem import LineProblem

NAME = "requirements"
VERSION = 1

MAX_CHARACTERS = 8 << 20
MAX_LINES = 100_000
MAX_REQUIREMENT = 4_000
"""Characters of one requirement without its hashes and comment."""
MAX_LOGICAL = 256_000
"""Characters of one line with its continuations: a wheel-rich package has hundreds of hashes."""
MAX_PROBLEMS = 1_000


@dataclass(frozen=True)
class RequirementLine:
    """One requirement. ``line`` is where it starts; passwords in addresses are masked."""

    name: str
    """Normalised; empty for a path or address that does not say its name."""
    specifier: str
    pinned: str | None
    """The exact version: ``==`` or ``===`` without a wildcard, and nothing beside it."""
    hashes: tuple[str, ...]
    """``algorithm:hexadecimal``, in lower case."""
    url: str | None
    """Address or path that it is installed from, when it is not an index."""
    marker: str
    extras: tuple[str, ...]
    line: int
    raw: str
    editable: bool = False


@dataclass(frozen=True)
class OptionLine:
    """A line of pip's own options. ``name`` is the long form, e.g. ``index-url``."""

    name: str
    value: str
    line: int


@dataclass(frozen=True)
class Parsed:
    """What a requirements file says."""

    requirements: tuple[RequirementLine, ...]
    options: tuple[OptionLine, ...]
    problems: tuple[LineProblem, ...]


_COMMENT = re.compile(r"(?:^|(?<=\s))#.*", re.DOTALL)
_FLAG = re.compile(r"\s--?(?=[A-Za-z])")
_HASH = re.compile(r"([a-z0-9]{3,10}):([0-9a-fA-F]{32,128})\Z")
_SECRET = re.compile(r"(?<=://)[^/@\s]{1,1000}@")
_EGG = re.compile(r"[#&]egg=([A-Za-z0-9][A-Za-z0-9._-]{0,200})")
_FRAGMENT_HASH = re.compile(r"[#&](sha256|sha384|sha512|md5|sha1|sha224)=([0-9a-fA-F]{32,128})")
_WHEEL = re.compile(r"([A-Za-z0-9][A-Za-z0-9._]{0,200})-([^-/]{1,100})-[^/]{1,300}\.whl\Z")
_SDIST = re.compile(
    r"([A-Za-z0-9][A-Za-z0-9._-]{0,200}?)-([0-9][^-/]{0,100})\.(?:tar\.gz|tgz|zip|tar\.bz2)\Z"
)
_ADDRESS = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.]{0,20}:)?//|file:|git\+|\.{0,2}/|~|\.{1,2}\Z")
_SHORT = {
    "r": "requirement",
    "c": "constraint",
    "e": "editable",
    "i": "index-url",
    "f": "find-links",
}


def parse_requirements(text: str) -> Parsed:
    """Return what a requirements file says. Never raises; takes time linear in the text."""
    problems: list[LineProblem] = []
    requirements: list[RequirementLine] = []
    options: list[OptionLine] = []
    for number, line in _logical_lines(text.removeprefix("\ufeff"), problems):
        content = _COMMENT.sub("", line).strip()
        if not content:
            continue
        if len(content) > MAX_LOGICAL:
            problems.append(LineProblem(number, f"longer than {MAX_LOGICAL} characters"))
        elif content.startswith("-"):
            _option(content, number, requirements, options, problems)
        else:
            _requirement(content, number, requirements, problems)
    return Parsed(tuple(requirements), tuple(options), tuple(problems[:MAX_PROBLEMS]))


def requirement_line(text: str, number: int, *, raw: str = "") -> RequirementLine:
    """Return one requirement in the form of PEP 508.

    Raises:
        ValueError: it is none; the message says why.
    """
    if len(text) > MAX_REQUIREMENT:
        raise ValueError(f"longer than {MAX_REQUIREMENT} characters")
    if text.count("(") > 50:  # markers nest by recursion
        raise ValueError("too many parentheses")
    try:
        read = Requirement(text)
        specifier, marker = str(read.specifier), str(read.marker or "")
    except InvalidRequirement as error:
        raise ValueError(str(error).partition("\n")[0]) from None
    except RecursionError:
        raise ValueError("nested too deeply") from None
    url = None if read.url is None else _masked(read.url)
    return RequirementLine(
        name=canonicalize_name(read.name),
        specifier=specifier,
        pinned=_pinned(read),
        hashes=_fragment_hashes(read.url or ""),
        url=url,
        marker=marker,
        extras=tuple(sorted(read.extras)),
        line=number,
        raw=_masked(raw or text),
    )


def _pinned(read: Requirement) -> str | None:
    specifiers = list(read.specifier)
    if len(specifiers) != 1 or specifiers[0].operator not in ("==", "==="):
        return None
    version = specifiers[0].version
    return None if version.endswith(".*") else version


def _masked(text: str) -> str:
    return _SECRET.sub("***@", text)


def _logical_lines(text: str, problems: list[LineProblem]) -> Iterator[tuple[int, str]]:
    """Join lines that end in a backslash. As in pip, a comment line ends the joining."""
    if len(text) > MAX_CHARACTERS:
        problems.append(
            LineProblem(1, f"longer than {MAX_CHARACTERS} characters; the rest is not read")
        )
        text = text[:MAX_CHARACTERS]
    joined: list[str] = []
    start = 1
    for number, line in enumerate(text.splitlines(), start=1):
        if number > MAX_LINES:
            problems.append(
                LineProblem(number, f"more than {MAX_LINES} lines; the rest is not read")
            )
            break
        if not joined:
            start = number
        comment = line.lstrip().startswith("#")
        if line.endswith("\\") and not comment:
            joined.append(line[:-1])
            continue
        joined.append(" " + line if comment else line)
        yield start, "".join(joined)
        joined = []
    if joined:
        yield start, "".join(joined)


def _option(
    content: str,
    number: int,
    requirements: list[RequirementLine],
    options: list[OptionLine],
    problems: list[LineProblem],
) -> None:
    flags = [*_flags(" " + content)]
    if not flags:
        problems.append(LineProblem(number, "not an option"))
    for name, value in flags:
        if name == "editable":
            _direct(value, number, requirements, problems, raw=content, editable=True)
        else:
            options.append(OptionLine(name=name, value=_masked(value), line=number))


def _flags(content: str) -> Iterator[tuple[str, str]]:
    """Yield options as long name and value: ``-rfile``, ``-r file``, ``--opt=value``."""
    marks = [*_FLAG.finditer(content)]
    for place, mark in enumerate(marks):
        end = marks[place + 1].start() if place + 1 < len(marks) else len(content)
        body = content[mark.end() : end].strip()
        if mark.group().endswith("--"):
            word = re.split(r"[=\s]", body, maxsplit=1)
            yield word[0].lower(), word[1].strip() if len(word) > 1 else ""
        else:
            yield _SHORT.get(body[:1], body[:1]), body[1:].lstrip("= ").strip()


def _requirement(
    content: str,
    number: int,
    requirements: list[RequirementLine],
    problems: list[LineProblem],
) -> None:
    mark = _FLAG.search(content)
    text = content[: mark.start()].strip() if mark else content
    hashes = [] if mark is None else _hashes(content[mark.start() :], number, problems)
    if _ADDRESS.match(text) or (text.endswith((".whl", ".tar.gz", ".zip")) and "@" not in text):
        _direct(text, number, requirements, problems, hashes=hashes)
        return
    try:
        read = requirement_line(text, number)
    except ValueError as error:
        problems.append(LineProblem(number, f"not a requirement: {_masked(str(error))[:300]}"))
        return
    requirements.append(_with_hashes(read, hashes))


def _with_hashes(read: RequirementLine, hashes: list[str]) -> RequirementLine:
    return RequirementLine(
        **{**vars(read), "hashes": tuple(dict.fromkeys([*read.hashes, *hashes]))}
    )


def _hashes(flags: str, number: int, problems: list[LineProblem]) -> list[str]:
    found = []
    for name, value in _flags(flags):
        if name == "hash":
            good = _HASH.match(value)
            if good:
                found.append(f"{good.group(1)}:{good.group(2).lower()}")
            else:
                problems.append(
                    LineProblem(
                        number, "not a hash: write --hash=sha256: and 64 hexadecimal digits"
                    )
                )
    return found


def _fragment_hashes(url: str) -> tuple[str, ...]:
    return tuple(f"{kind}:{digest.lower()}" for kind, digest in _FRAGMENT_HASH.findall(url[:4000]))


def _direct(
    text: str,
    number: int,
    requirements: list[RequirementLine],
    problems: list[LineProblem],
    *,
    hashes: list[str] | None = None,
    raw: str = "",
    editable: bool = False,
) -> None:
    """Read a path or an address: what is installed is whatever lies there."""
    address, _, marker = text.partition(" ;")
    address = address.strip().strip("\"'")
    if not address or len(address) > MAX_REQUIREMENT:
        problems.append(LineProblem(number, "not an address or path that can be installed"))
        return
    path = address.partition("#")[0].partition("?")[0]
    last = path.rpartition("/")[2]
    egg = _EGG.search(address)
    packed = _WHEEL.match(last) or _SDIST.match(last)
    name = egg.group(1) if egg else packed.group(1) if packed else ""
    requirements.append(
        RequirementLine(
            name=canonicalize_name(name) if name else "",
            specifier="",
            pinned=packed.group(2) if packed else None,
            hashes=tuple(dict.fromkeys([*_fragment_hashes(address), *(hashes or [])])),
            url=_masked(address),
            marker=marker.strip(),
            extras=(),
            line=number,
            raw=_masked(raw or text)[:MAX_REQUIREMENT],
            editable=editable,
        )
    )
