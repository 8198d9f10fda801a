"""Shapes of secrets: patterns of known issuers, placeholders, and randomness.

All patterns are linear: no repetition stands inside another, and every one is bounded.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from basanite.domain.severity import Confidence, Severity


@dataclass(frozen=True)
class Shape:
    """A kind of secret. Group 1 of the pattern, where there is one, is the secret itself."""

    id: str
    kind: str
    """For a person: ``AWS access key id``."""
    pattern: re.Pattern[str]
    severity: Severity
    confidence: Confidence
    hints: tuple[str, ...]
    """Parts in lower case, one of which every text with such a secret has: a cheap first look."""

    def hinted(self, lower: str) -> bool:
        """Whether a text in lower case may hold one."""
        return any(each in lower for each in self.hints)


def _shape(
    identifier: str,
    kind: str,
    pattern: str,
    hint: str,
    severity: Severity = Severity.HIGH,
    confidence: Confidence = Confidence.HIGH,
) -> Shape:
    return Shape(identifier, kind, re.compile(pattern), severity, confidence, (*hint.split("|"),))


_END = r"(?![A-Za-z0-9_-])"
_BEGIN = r"(?<![A-Za-z0-9_])"

SHAPES: tuple[Shape, ...] = (
    _shape(
        "private-key",
        "private key",
        r"-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----",
        "private key",
        Severity.CRITICAL,
    ),
    _shape(
        "aws-access-key",
        "AWS access key id",
        _BEGIN + r"((?:AKIA|ASIA)[A-Z2-7]{16})(?![A-Z0-9])",
        "akia|asia",
        Severity.HIGH,
    ),
    _shape(
        "github-token",
        "GitHub token",
        _BEGIN + r"(gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{60,255})" + _END,
        "g",
        Severity.CRITICAL,
    ),
    _shape(
        "anthropic-key",
        "Anthropic key",
        _BEGIN + r"(sk-ant-[A-Za-z0-9_-]{20,200})" + _END,
        "sk-ant-",
    ),
    _shape(
        "openai-key",
        "OpenAI-style key",
        _BEGIN + r"(sk-(?!ant-)[A-Za-z0-9_-]{20,240})" + _END,
        "sk-",
    ),
    _shape(
        "hugging-face-token",
        "Hugging Face token",
        _BEGIN + r"(hf_[A-Za-z0-9]{30,60})" + _END,
        "hf_",
    ),
    _shape("google-key", "Google API key", _BEGIN + r"(AIza[A-Za-z0-9_-]{35})" + _END, "aiza"),
    _shape(
        "slack-token",
        "Slack token",
        _BEGIN + r"(xox[abeoprs]-[A-Za-z0-9-]{10,250})",
        "xox",
    ),
    _shape(
        "slack-webhook",
        "Slack webhook",
        r"hooks\.slack\.com/services/(T[A-Za-z0-9]{6,14}/B[A-Za-z0-9]{6,14}/[A-Za-z0-9]{16,40})",
        "hooks.slack.com",
        Severity.MEDIUM,
    ),
    _shape(
        "stripe-key",
        "Stripe live key",
        _BEGIN + r"([rs]k_live_[A-Za-z0-9]{16,120})" + _END,
        "k_live_",
        Severity.CRITICAL,
    ),
    _shape(
        "gitlab-token", "GitLab token", _BEGIN + r"(glpat-[A-Za-z0-9_-]{20,60})" + _END, "glpat-"
    ),
    _shape(
        "json-web-token",
        "JSON web token",
        _BEGIN + r"(eyJ[A-Za-z0-9_-]{10,2000}\.eyJ[A-Za-z0-9_-]{10,4000}\.[A-Za-z0-9_-]{16,1000})",
        "eyj",
        Severity.MEDIUM,
        Confidence.MEDIUM,
    ),
    _shape(
        "password-in-url",
        "password in an address",
        r"[a-z][a-z0-9+.-]{1,20}://[^\s:/@'\"]{1,100}:([^\s:/@'\"]{3,200})@[^\s/@'\"]{1,200}",
        "://",
    ),
)
"""Shapes that an issuer made recognisable."""

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
        yield Given(name, found.group(group), found.span(group), group < 4)


_NAMES_A_PLACE = re.compile(
    r"(?:[_.-](?:env|name|path|file|url|uri|id|type|field|header|count|limit|length|size|class|"
    r"column|regex|pattern|var|variable)|tokens|tokenizer|tokenize)$|"
    r"^(?:max|num|n|pad|eos|bos|unk|cls|sep|mask)[_-]|author",
    re.IGNORECASE,
)
_PLACEHOLDER = re.compile(
    r"^(?:<.*>|\[.*\]|\{.*\}|\$\{.*|\$\(.*|\$[A-Za-z_]\w*|%\(?\w+.*|\{\{.*|x{3,}.*|\*{3,}.*|\.{3,}.*)$"
    r"|change[-_ ]?me|your|placeholder|example|dummy|sample|redacted|insert|replace|fixme|todo|"
    r"not[-_ ]?(?:set|a)|fake|foobar|lorem|xxxx|\.\.\.|"
    r"getenv|environ|process\.env|secrets?\.|vault",
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
    classes = sum(any(test(c) for c in value) for test in (str.islower, str.isupper, str.isdigit))
    return entropy(value) >= bits and (classes >= 2 or len(value) >= 32)


def entropy(value: str) -> float:
    """Return the Shannon entropy of a text in bits per character."""
    total = len(value)
    return -sum(n / total * math.log2(n / total) for n in Counter(value).values())
