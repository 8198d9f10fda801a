"""Packages: what launchers such as ``npx`` and ``uvx`` fetch, and whether its version is fixed.

Sources: the command line references of npm, pnpm, Bun, uv, pipx, Deno and Docker.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from basanite.measure.inspection.agents.shell import program

_EXACT = re.compile(r"[=v]?\d{1,9}(?:\.\d{1,9}){1,3}(?:[-+.][\w.+-]{1,60})?\Z")
_COMMIT = re.compile(r"[@#][0-9a-f]{40}\b")
_ADDRESS = re.compile(r"(?:git\+)?(?:https?|ssh|git)://|git\+|git@|github:|gitlab:|bitbucket:")
_SHORT = re.compile(r"[\w.-]{1,100}/[\w.-]{1,100}(?:#[\w./-]{1,100})?\Z")
_LOCAL = re.compile(r"(?:\.{0,2}/|~|[A-Za-z]:[\\/]|\.\Z|\$)")
_NPM_VALUED = frozenset({"-p", "--package", "-c", "--call", "--registry", "--prefix", "-w"})
_UV_VALUED = frozenset(
    {
        "--from", "--with", "-p", "--python", "--index-url", "--extra-index-url", "--index",
        "--directory", "--project", "--with-requirements", "--with-editable",
        "--spec", "--refresh-package",
        "--env-file", "--cache-dir", "--config-file", "--default-index",
        "--prerelease", "--constraints",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Fetched:
    """A package that a launcher gets from elsewhere."""

    name: str
    fixed: bool
    """Whether an exact version, a commit or a digest stands beside it."""
    address: bool = False
    """Whether it comes from an address rather than from the registry."""
    asked: bool = False
    """Whether the launcher asks a person before it fetches."""


def fetched(argv: Sequence[str]) -> Iterator[Fetched]:
    """Yield what the start of a command fetches."""
    if not argv:
        return
    name, rest = program(argv[0]), list(argv[1:])
    if name in ("npx", "bunx", "pnpx"):
        yield from _npm(rest, asks=name == "npx")
    elif name in ("npm", "pnpm", "yarn", "bun") and rest and rest[0] in ("exec", "dlx", "x"):
        yield from _npm(rest[1:], asks=name == "npm")
    elif name == "uvx" or (name in ("uv", "pipx") and rest[:1] in (["tool"], ["run"])):
        yield from _python(name, rest)
    elif name == "deno" and rest[:1] == ["run"]:
        yield from _deno(rest[1:])


def _npm(rest: Sequence[str], *, asks: bool) -> Iterator[Fetched]:
    asked = asks and not {"-y", "--yes"} & set(rest)
    named = list(_options(rest, ("-p", "--package")))
    if not named:
        first = next(iter(_positional(rest, _NPM_VALUED)), None)
        named = [first] if first else []
    for each in named:
        if _LOCAL.match(each):
            continue
        if _ADDRESS.match(each) or (not each.startswith("@") and _SHORT.match(each)):
            yield Fetched(each, bool(_COMMIT.search(each)), address=True, asked=asked)
            continue
        version = each.rpartition("@")[2] if "@" in each[1:] else ""
        yield Fetched(each, bool(_EXACT.match(version)), asked=asked)


def _python(name: str, rest: Sequence[str]) -> Iterator[Fetched]:
    inside = name == "uv" and rest[:1] == ["run"]
    rest = list(rest) if name == "uvx" else list(rest[2:] if rest[:1] == ["tool"] else rest[1:])
    named = [*_options(rest, ("--from", "--spec")), *_options(rest, ("--with",))]
    if not inside and not any(_options(rest, ("--from", "--spec"))):
        first = next(iter(_positional(rest, _UV_VALUED)), None)
        named = [*named, first] if first else named
    elif inside:
        first = next(iter(_positional(rest, _UV_VALUED)), "")
        named = [*named, first] if first.startswith(("http://", "https://")) else named
    for each in (part.strip() for one in named for part in one.split(",")):
        if not each or _LOCAL.match(each):
            continue
        if _ADDRESS.search(each):
            yield Fetched(each, bool(_COMMIT.search(each)), address=True)
            continue
        version = re.split(r"===?|@", each, maxsplit=1)
        yield Fetched(each, len(version) == 2 and bool(_EXACT.match(version[1].strip())))


def _deno(rest: Sequence[str]) -> Iterator[Fetched]:
    first = next(iter(_positional(rest, frozenset())), "")
    if first.startswith(("http://", "https://")):
        yield Fetched(first, bool(re.search(r"@v?\d+\.\d+\.\d+", first)), address=True)
    elif first.startswith(("npm:", "jsr:")):
        version = first.rpartition("@")[2] if "@" in first[5:] else ""
        yield Fetched(first, bool(_EXACT.match(version.partition("/")[0])))


def _options(rest: Sequence[str], names: tuple[str, ...]) -> Iterator[str]:
    for at, word in enumerate(rest):
        if word in names and at + 1 < len(rest):
            yield rest[at + 1]
        elif word.startswith(tuple(f"{each}=" for each in names if each.startswith("--"))):
            yield word.partition("=")[2]


def _positional(rest: Sequence[str], valued: frozenset[str]) -> Iterator[str]:
    skip = False
    for word in rest:
        if skip:
            skip = False
        elif word.startswith("-"):
            skip = word in valued
        else:
            yield word
