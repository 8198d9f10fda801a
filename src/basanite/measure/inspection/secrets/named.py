"""Named secrets: values whose name speaks of a secret, placeholders, and randomness.

All patterns are linear: no repetition stands inside another, and every one is bounded.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

_SPEAKS = re.compile(
    r"api[_-]?key|secret|passwo?r?d|passwd|token|credential|access[_-]?key|private[_-]?key|auth",
    re.IGNORECASE,
)
_GIVEN = re.compile(
    r"([A-Za-z0-9_.-]{0,40})[\"']?[ \t]{0,4}(?::=|=>|[:=])[ \t]{0,4}"
    r"(?:\"([^\"\r\n]{1,300})\"|'([^'\r\n]{1,300})'|([^\s\"'#;,{}\[\]()]{1,300}))"
)
_NAME_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-")


@dataclass(frozen=True)
class Given:
    """A name that speaks of a secret, the value it is given, and where in the line that stands."""

    name: str
    value: str
    span: tuple[int, int]
    quoted: bool


def speaks(text: str) -> bool:
    """Whether a text has any name that speaks of a secret."""
    return _SPEAKS.search(text) is not None


def given(line: str) -> Iterator[Given]:
    """Yield the values that are given to names which speak of secrets, e.g. ``api_key: …``.

    Takes time linear in the line: it looks a bounded way before and behind each telling word.
    """
    done = 0
    for word in _SPEAKS.finditer(line):
        if word.start() < done:
            continue
        found = _GIVEN.match(line, word.end())
        if found is None:
            continue
        start = word.start()
        while start > max(done, word.start() - 60) and line[start - 1] in _NAME_CHARACTERS:
            start -= 1
        group = next(n for n in (2, 3, 4) if found.group(n) is not None)
        done = found.end()
        name = line[start : found.end(1)]
        if group == 4 and line[found.end() : found.end() + 1] in ("(", "["):
            continue  # the call of a function, or a part of something
        yield Given(name, found.group(group), found.span(group), group < 4)


_NAMES_A_PLACE = re.compile(
    r"(?:[_.-](?:env|name|path|file|url|uri|id|type|field|header|count|limit|length|size|class|"
    r"column|regex|pattern|var|variable)|page[-_]?token|tokens|tokenizer|tokenize)$|"
    r"^(?:max|num|n|pad|eos|bos|unk|cls|sep|mask)[_-]|author",
    re.IGNORECASE,
)
_PLACEHOLDER = re.compile(
    r"^(?:<.*>|\[.*\]|\{.*\}|\$\{.*|\$\(.*|\$[A-Za-z_]\w*|%\(?\w+.*|\{\{.*|x{3,}.*|\*{3,}.*|\.{3,}.*)$"
    r"|change[-_ ]?me|your|placeholder|example|dummy|sample|redacted|insert|replace|fixme|todo|"
    r"not[-_ ]?(?:set|a)|fake|foobar|lorem|xxxx|\.\.\.|"
    r"getenv|environ|process\.env|secrets?\.|vault|1234567|abcdefg|abc123|xyz789|actual[-_]|0{8}|my[-_](?:key|secret|token)|"
    r"(?:secret|password|token|key)[-_]?(?:here|value|goes)|enter[-_ ]",
    re.IGNORECASE,
)
_WORDS = frozenset(
    {"none", "null", "true", "false", "password", "secret", "token", "test", "admin"}
)
_EXPRESSION = re.compile(r"^[A-Za-z_][\w.]*(?:\(|\[)|^[a-z_]+(?:\.[a-z_]+)+$")


def placeholder(value: str) -> bool:
    """Whether a value stands for a secret that is put in later."""
    plain = value.strip()
    if len(set(plain)) <= 3 or plain.lower() in _WORDS:
        return True
    return bool(_PLACEHOLDER.search(plain))


def names_no_secret(name: str) -> bool:
    """Whether a name that speaks of secrets means a file, a count, a model's tokens."""
    return bool(_NAMES_A_PLACE.search(name))


def random_looking(value: str, bits: float) -> bool:
    """Whether a value is long and mixed enough to be a generated secret.

    ``bits`` is the Shannon entropy per character that it must reach.
    """
    if len(value) < 16 or " " in value or _EXPRESSION.match(value):
        return False
    if value.startswith(("http://", "https://", "/", "./", "sha256:")):
        return False
    if _FILE.search(value):
        return False
    if not any(map(str.isdigit, value)) or reads_as_words(value):
        return False
    classes = sum(any(test(c) for c in value) for test in (str.islower, str.isupper, str.isdigit))
    return entropy(value) >= bits and (classes >= 2 or len(value) >= 32)


def entropy(value: str) -> float:
    """Return the Shannon entropy of a text in bits per character."""
    total = len(value)
    return -sum(n / total * math.log2(n / total) for n in Counter(value).values())


_WORD = re.compile(r"[A-Za-z][a-z]{3,40}|[A-Z]{4,40}")
_VOWEL = re.compile(r"[aeiouAEIOU]")


def reads_as_words(value: str) -> bool:
    """Whether most of a value is words, as in names of variables and settings."""
    words = [each for each in _WORD.findall(value) if _VOWEL.search(each)]
    return sum(map(len, words)) >= 0.6 * len(value)


_FILE = re.compile(r"\.[a-z]{2,12}\Z")
_SYMBOL = re.compile(r"[^A-Za-z0-9\s]")
_PASSWORD = re.compile(r"(?:password|passwd|pwd|passphrase|kennwort)$", re.IGNORECASE)
_DEFAULTS = frozenset(
    {
        "changeme", "change_me", "changeit", "admin", "administrator", "password", "root",
        "passw0rd",
        "letmein", "guest", "default", "toor", "public", "1234", "12345", "123456", "12345678",
        "qwerty", "admin123", "password1", "password123", "postgres", "minioadmin", "raspberry",
    }
)  # fmt: skip
"""Passwords that systems are delivered with, and that attackers try first."""


def names_password(name: str) -> bool:
    """Whether a name ends by saying that its value is a password."""
    return _PASSWORD.search(name) is not None


def default_password(value: str) -> bool:
    """Whether a value is one that systems are delivered with."""
    return value.strip().lower() in _DEFAULTS


def chosen_password(value: str) -> bool:
    """Whether a value looks like a password that a person chose: long and mixed, without blanks."""
    if not 8 <= len(value) <= 64 or re.search(r"[\s(){}<>$\\/]", value) or placeholder(value):
        return False
    kinds = sum(any(test(c) for c in value) for test in (str.islower, str.isupper, str.isdigit))
    return kinds + (_SYMBOL.search(value) is not None) >= 3 and any(map(str.isdigit, value))


_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def checksum_holds(token: str) -> bool:
    """Whether the last six characters of a GitHub or npm token are the checksum of those before.

    CRC-32 in base 62. Source: GitHub's engineering blog on its token formats, 2021-04.
    """
    body, told = token.partition("_")[2][:-6], token[-6:]
    number, shown = zlib.crc32(body.encode()), ""
    while number:
        number, digit = divmod(number, 62)
        shown = _BASE62[digit] + shown
    return shown.rjust(6, "0") == told


def credentials_in(encoded: str) -> bool:
    """Whether base64 holds a user's name and a real password."""
    try:
        plain = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        return False
    user, colon, password = plain.partition(":")
    return bool(user and colon and plain.isprintable()) and not (
        placeholder(password) or password.lower() in ("pass", "open sesame", "sesame")
    )


def example_web_token(token: str) -> bool:
    """Whether a JSON web token is the example of its documentation, or is not signed."""
    parts = [_json(each) for each in token.split(".")[:2]]
    head, body = parts[0], parts[-1]
    if isinstance(head, dict) and str(head.get("alg", "")).lower() in ("none", ""):
        return True
    return isinstance(body, dict) and (
        str(body.get("sub")) == "1234567890" or body.get("name") == "John Doe"
    )


def _json(part: str) -> object:
    try:
        return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        return None
