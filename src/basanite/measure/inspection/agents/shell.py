"""Shells: what a command line starts when the shell around it is taken away."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence

SHELLS = frozenset({"sh", "bash", "zsh", "dash", "ash", "ksh", "fish", "busybox"})
POWERSHELLS = frozenset({"powershell", "pwsh"})
LAUNCHERS = frozenset(
    {
        "node", "npx", "npm", "pnpm", "yarn", "bun", "bunx", "deno", "tsx", "python", "python3",
        "py", "uv", "uvx", "pipx", "poetry", "java", "dotnet", "docker", "podman", "go", "ruby",
        "php", "cargo",
    }
)  # fmt: skip
"""Programs that servers of tools are commonly started with."""
_WRAPPERS = frozenset({"sudo", "env", "nice", "nohup", "exec", "time", "command", "doas", "stdbuf"})
_ASSIGNED = re.compile(r"[A-Za-z_]\w{0,100}=")
_PREPARED = re.compile(
    r"\s{0,20}(?:cd|source|\.|export|set)\s[^;&|<>`$()\n]{0,400}(?:&&|;)|\s{0,20}exec(?=\s)"
)
_JOINED = re.compile(r"[;&|<>`\n]|\$\(")
_FETCHED = re.compile(
    r"\b(?:curl|wget|irm|iwr|invoke-webrequest|invoke-restmethod|downloadstring)\b[^\n]{0,400}"
    r"(?:\|\s{0,8}(?:sudo\s{1,4})?(?:/\S{0,40}/)?(?:ba|z|da|k)?sh\b|\|\s{0,8}(?:python3?|node|perl|"
    r"ruby|iex)\b|\biex\b)"
    r"|\b(?:iex|eval|source)\b[^\n]{0,60}\b(?:curl|wget|irm|iwr|downloadstring)\b"
    r"|<\(\s{0,4}(?:curl|wget)\b|\bsh\b[^\n]{0,20}\$\((?:curl|wget)\b"
    r"|\b(?:curl|wget)\b[^\n]{0,400}(?:&&|;)[^\n]{0,100}\b(?:sh|bash|chmod|python3?|node)\b",
    re.IGNORECASE,
)


def words(text: str) -> list[str]:
    """Return the words of a command line; without rules for quotes where they do not close."""
    try:
        return shlex.split(text[:20_000])
    except ValueError:
        return text[:20_000].split()


def program(name: str) -> str:
    r"""Return the plain name of a program: ``C:\x\NPX.cmd`` is ``npx``."""
    base = re.split(r"[\\/]", name.strip().rstrip("\\/"))[-1].lower()
    return re.sub(r"\.(?:exe|cmd|bat|ps1|com)\Z", "", base)


def fetches_and_runs(line: str) -> bool:
    """Whether a command line runs what it downloads."""
    return _FETCHED.search(line[:20_000]) is not None


def unwrapped(argv: Sequence[str]) -> list[str]:
    """Return a command without what prepares its start: ``env A=b sudo npx x`` is ``npx x``."""
    left = list(argv)
    while left:
        if program(left[0]) in _WRAPPERS or _ASSIGNED.match(left[0]):
            left = left[1:]
            while left and left[0].startswith("-"):
                left = left[1:]
        else:
            break
    return left


def script_of(argv: Sequence[str]) -> str | None:
    """Return the script that is handed to a shell inline, or None where there is none."""
    if not argv:
        return None
    name = program(argv[0])
    rest = list(argv[1:])
    if name == "busybox" and rest and program(rest[0]) in SHELLS:
        rest = rest[1:]
    if name in SHELLS:
        for at, word in enumerate(rest):
            if re.fullmatch(r"-[A-Za-z]{0,8}c", word):
                return " ".join(rest[at + 1 :])
            if not word.startswith("-"):
                return None
        return None
    if name == "cmd":
        found = next((n for n, each in enumerate(rest) if each.lower() in ("/c", "/k")), None)
        return None if found is None else " ".join(map(_quoted, rest[found + 1 :]))
    if name in POWERSHELLS:
        return _powershell(rest)
    return None


def _powershell(rest: Sequence[str]) -> str | None:
    for at, word in enumerate(rest):
        option = word.lower()
        if option.startswith("-") and len(option) > 1:
            if "-command".startswith(option) or "-encodedcommand".startswith(option):
                return " ".join(rest[at + 1 :]) or " "
            if "-file".startswith(option):
                return None
            if option == "-ec":
                return " ".join(rest[at + 1 :]) or " "
    return None


def _quoted(word: str) -> str:
    return shlex.quote(word) if re.fullmatch(r"[\w@%+=:,./\\~-]+", word) is None else word


def plain_start(script: str) -> list[str] | None:
    """Return the one launcher's command that a script consists of, or None where it does more.

    ``cd server && npx -y x@1.2.3`` only prepares and starts; nothing else is hidden in it.
    """
    left = script
    for _ in range(8):
        found = _PREPARED.match(left)
        if found is None:
            break
        left = left[found.end() :]
    if _JOINED.search(left):
        return None
    argv = unwrapped(words(left))
    if not argv:
        return None
    own = argv[0].startswith(("./", "../")) and ".." not in argv[0].split("/")[1:]
    return argv if own or program(argv[0]) in LAUNCHERS else None
