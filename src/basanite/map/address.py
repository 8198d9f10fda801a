"""Addresses in text: which of them a model answers at, and what of them may be repeated."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from basanite.map.found import Text

_AFTER = r"\W{0,8}[\w\s,(.\"']{0,40}\Z"
_MODEL_KEY = re.compile(
    r"(openai_?(?:api_?)?base(?:_?url)?|api_base|(?:llm|inference|model|chat|completions?|vllm|ollama|"
    r"embeddings?)_?(?:api_?)?(?:base_?)?(?:url|host|server|endpoint))" + _AFTER,
    re.IGNORECASE,
)
_ANY_KEY = re.compile(r"(?<![A-Za-z0-9_-])(base_?url|endpoint|api_?url)" + _AFTER, re.IGNORECASE)
_SPEAKS = re.compile(r"openai|llm|chat.?completion|language.?model|system.?prompt", re.IGNORECASE)
MADE_UP = re.compile(
    r"(^|[.-])(example|your|my-?resource|placeholder|changeme)([.-]|$)|\.(test|invalid)$"
)
_NEAR = re.compile(
    r"(localhost|127\.[0-9.]+|10\.[0-9.]+|192\.168\.[0-9.]+|172\.(1[6-9]|2[0-9]|3[01])\.[0-9.]+|"
    r"[a-z0-9-]+|.*\.(local|internal|lan))\Z"
)
SECRET = re.compile(r"(sk-|hf_|gsk_|AKIA|ghp_|xox)|[A-Za-z0-9]{32,}")
_PLACE = re.compile(r"(api-?version|v[0-9]{1,2}(?:\.[0-9])?(?:beta[0-9]?)?)\Z")


def is_keyed(text: Text, position: int, address: str | None) -> bool:
    """Return whether what stands before an address says that a model answers there."""
    before = text.before(position)
    if _MODEL_KEY.search(before):
        return True
    near = address is None or bool(_NEAR.match(urlsplit(address).hostname or ""))
    return near and bool(_ANY_KEY.search(before)) and bool(_SPEAKS.search(text.text))


def plain_address(found: str) -> str | None:
    """Return scheme, host, port and the path up to its version; None when a part is a variable.

    User names, keys, queries and fragments never get through.
    """
    if re.search(r"[{}$%<>]", found.partition("?")[0]):
        return None
    try:
        place = urlsplit(found.rstrip(".,;:)]"))
        host, port = place.hostname or "", place.port
    except ValueError:
        return None
    if not re.fullmatch(r"[a-z0-9]([a-z0-9.-]{0,250}[a-z0-9])?", host):
        return None
    kept: list[str] = []
    for part in place.path.split("/"):
        if not re.fullmatch(r"[A-Za-z0-9._-]{1,24}", part):
            if part:
                break
            continue
        if SECRET.search(part):
            break
        kept.append(part)
        if _PLACE.match(part):
            break
    netloc = f"{host}:{port}" if port else host
    return f"{place.scheme}://{netloc}" + "".join(f"/{part}" for part in kept)


def with_version(address: str) -> str:
    """Return the address of a server's OpenAI-compatible interface."""
    place = urlsplit(address)
    return f"{place.scheme}://{place.netloc}/v1"
