"""Reach: which folders, addresses and settings a server of tools is given."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from basanite.domain.names import visible
from basanite.domain.severity import Confidence, Severity
from basanite.measure.inspection.agents.concern import Concern

_EVERYTHING = re.compile(
    r"(?:/+\.?|~[\\/]?|\$\{?(?:env:)?HOME\}?/?|%USERPROFILE%\\?|[A-Za-z]:[\\/]*|"
    r"/(?:etc|root|home|Users|var|proc|sys|dev|boot|usr)/?|(?:~|/root|/home/[\w.-]{1,40}|"
    r"/Users/[\w.-]{1,40})/\.(?:ssh|aws|gnupg|kube|config)/?)\Z"
)
_FILES = re.compile(
    r"file-?system|file_system|\bfs\b|file[-_]?(?:server|manager)|desktop-commander", re.IGNORECASE
)
_ROOTS = re.compile(
    r"--?(?:root|roots|dir|directory|allowed[-_]?(?:dir|dirs|directories|paths?)|workspace|base[-_]?(?:dir|path)|path)\Z"
)
_LOOPBACK = frozenset({"localhost", "host.docker.internal", "gateway.docker.internal", "::1", ""})
_LOADED = frozenset(
    {
        "LD_PRELOAD", "LD_AUDIT", "DYLD_INSERT_LIBRARIES", "BASH_ENV", "ENV", "PYTHONSTARTUP",
        "PERL5OPT", "RUBYOPT", "JAVA_TOOL_OPTIONS", "GIT_SSH_COMMAND", "PROMPT_COMMAND",
    }
)  # fmt: skip
"""Variables that make a program load or run something more."""
_UNCHECKED = {
    "NODE_TLS_REJECT_UNAUTHORIZED": ("0",),
    "PYTHONHTTPSVERIFY": ("0",),
    "GIT_SSL_NO_VERIFY": ("1", "true"),
    "DANGEROUSLY_OMIT_AUTH": ("1", "true"),
}
_MODELS = re.compile(
    r"(?:ANTHROPIC|OPENAI|GEMINI|GOOGLE_GEMINI|AZURE_OPENAI)_(?:BASE_URL|API_BASE|ENDPOINT)\Z"
)
_ISSUERS = (".anthropic.com", ".openai.com", ".googleapis.com", ".azure.com", ".amazonaws.com")
_ALL = re.compile(r"(?:https?://)?(?:0\.0\.0\.0|\[::\]|::|\*)(?::\d{1,5})?(?:/|\Z)")


def folders(name: str, argv: Sequence[str]) -> Iterator[Concern]:
    """Yield folders without a bound that a server of files is given."""
    files = bool(_FILES.search(name)) or any(_FILES.search(each) for each in argv[:6])
    for at, word in enumerate(argv[1:], start=1):
        named = _ROOTS.match(argv[at - 1])
        option, _, value = word.partition("=")
        given = word if files or named else value if _ROOTS.match(option) else ""
        if given and _EVERYTHING.match(given):
            yield Concern(
                "wide-folder", f"The server {visible(name, 80)} may work in {visible(given, 80)}."
            )


def address(name: str, url: str) -> Iterator[Concern]:
    """Yield what is to be said of a server at an address."""
    try:
        parts = urlsplit(url.strip())
        host = (parts.hostname or "").lower()
    except ValueError:
        return
    if parts.scheme not in ("http", "https", "ws", "wss", "sse"):
        return
    shown = visible(host, 100)
    near = _near(host)
    if near == "loopback" or "$" in host or "{" in host or "<" in host:
        return
    plain = parts.scheme in ("http", "ws")
    if plain and near == "private":
        yield Concern(
            "plain-address",
            f"The server {visible(name, 80)} is reached without encryption, at {shown}.",
            severity=Severity.MEDIUM,
        )
    elif plain:
        yield Concern(
            "plain-address",
            f"The server {visible(name, 80)} is reached without encryption, at {shown}.",
        )
    else:
        yield Concern(
            "remote-server",
            f"The tools of {visible(name, 80)} are described and run by {shown}, which can change "
            "them at any time.",
        )


def _near(host: str) -> str:
    if host in _LOOPBACK or host.endswith(".localhost"):
        return "loopback"
    try:
        number = ipaddress.ip_address(host)
    except ValueError:
        # A name without a dot is another container, or a machine of the same network.
        return "private" if "." not in host or host.endswith((".local", ".internal")) else "far"
    if number.is_loopback or number.is_unspecified:
        return "loopback"
    return "private" if number.is_private else "far"


def listening(name: str, argv: Sequence[str], env: Mapping[str, Any]) -> Iterator[Concern]:
    """Yield that a server listens to every machine that reaches this one."""
    for at, word in enumerate(argv):
        value = word.partition("=")[2] if word.startswith("--") and "=" in word else word
        option = argv[at - 1] if at and value == word else word.partition("=")[0]
        hosts = re.fullmatch(r"--?(?:host|bind|address|listen|addr|ip|H|server\.address)", option)
        if hosts and _ALL.match(value):
            yield Concern("open-listener", f"The server {visible(name, 80)} listens on {value}.")
    for key, value in env.items():
        if re.search(r"(?:^|_)(?:HOST|BIND|LISTEN)\Z", key) and _ALL.match(str(value)):
            yield Concern("open-listener", f"The server {visible(name, 80)} listens on {value}.")


def settings(name: str, env: Mapping[str, Any]) -> Iterator[Concern]:
    """Yield environment variables that run code, drop protection or send prompts elsewhere."""
    for key, raw in env.items():
        value = str(raw)
        if not value:
            continue
        if key in _LOADED or (
            key == "NODE_OPTIONS" and re.search(r"--(?:require|import|loader|r)\b", value)
        ):
            yield Concern(
                "loaded-code", f"{key} makes the programs of {visible(name, 80)} load or run more."
            )
        elif value.lower() in _UNCHECKED.get(key, ()):
            yield Concern("unprotected", f"{key} is {visible(value, 20)} for {visible(name, 80)}.")
        elif _MODELS.match(key) and value.startswith(("http://", "https://")):
            host = (_host(value) or "").lower()
            if _near(host) == "far" and not f".{host}".endswith(_ISSUERS):
                yield Concern(
                    "prompts-elsewhere",
                    f"{key} sends the conversation to {visible(host, 100)}.",
                    confidence=Confidence.MEDIUM,
                )


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None
