"""Exported programs of PyTorch: what the graph in their JSON names.

The loader looks every ``target`` up by its dotted name, starting from ``torch``, ``operator`` or
``math`` (torch/_export/serde/serialize.py, ``deserialize_operator``), and evaluates the sizes and
the guards. So a target is an operator or it is a way out, and an expression is arithmetic or it is
code.

The JSON is read as a stream of its strings, whatever its size: memory stays flat.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Generator, Iterator

from basanite.domain.errors import UnreadableError
from basanite.domain.finding import Rule
from basanite.domain.names import visible
from basanite.formats.stream import CHUNK, Stream, fill
from basanite.measure.inspection.exports.expressions import is_guard, is_size
from basanite.measure.inspection.exports.operators import operator_rule
from basanite.measure.inspection.exports.rules import EXPRESSION, FOREIGN, REACHES_OUT

_PAIR = re.compile(rb'"(target|expr_str)"\s*:\s*"((?:[^"\\]|\\.){0,60000})("?)', re.DOTALL)
_LONGEST = 60_000
_ESCAPED = re.compile(rb"\\u00([2-7][0-9a-fA-F])")
_KEPT = 256
"""Bytes kept from one piece to the next: a key, a colon, and the room between."""
_KNOWN_PAIRS = 30_000
_REMEMBERED = 200
_GUARDS = re.compile(rb'"guards_code"\s*:\s*\[')
_ELEMENT = re.compile(rb'\s*(?:"((?:[^"\\]|\\.)*)"\s*,?|\])', re.DOTALL)
_LONGEST_GUARD = 2 << 20
_BLANKS = re.compile(rb"\s{64,}")
_ARITHMETIC = frozenset(
    {
        "eq", "ne", "le", "ge", "lt", "gt", "neg", "pos", "mul", "add", "sub", "floordiv", "mod",
        "pow", "truediv", "and_", "or_", "xor", "not_", "abs", "lshift", "rshift", "getitem",
        "invert", "matmul",
    }
)  # fmt: skip
_WITHIN_TORCH = ("torch.sym_", "torch._sym_")
_INTERNAL = ("torch._C.", "torch.amp.", "torch.autograd.", "torch._higher_order_ops.")
Named = tuple[Rule, str]


def judge_program(stream: Stream) -> Iterator[Named]:
    """Yield the targets and expressions of a program that do more than compute.

    Raises:
        UnreadableError: its guards are longer than are read.
    """
    seen: set[tuple[bytes, bytes]] = set()
    left = b""
    while (data := fill(stream, CHUNK)) or left:
        text = _straight(left + data)
        if (guards := _GUARDS.search(text)) is not None:
            yield from _before(text[: guards.start()], seen)
            left = yield from _guards(text[guards.end() :], stream, seen)
            continue
        done = max(0, len(text) - _KEPT)
        for match in _PAIR.finditer(text):
            if not match[3] and match.end() >= len(text) - 1 and len(match[2]) < _LONGEST:
                # The value goes on in the next piece.
                done = match.start()
                break
            done = max(done, match.end())
            yield from _once(match, seen)
        left = text[done:] if data else b""


def _straight(text: bytes) -> bytes:
    """Return a piece of JSON without escaped letters and without long blanks.

    A printable character has no need to be escaped; who does it hides a word.
    """
    return _BLANKS.sub(b" ", _ESCAPED.sub(_literal, text))


def _before(text: bytes, seen: set[tuple[bytes, bytes]]) -> Iterator[Named]:
    for match in _PAIR.finditer(text):
        yield from _once(match, seen)


def _once(match: re.Match[bytes], seen: set[tuple[bytes, bytes]]) -> Iterator[Named]:
    if not _new(match[1], match[2], seen):
        return
    if len(match[2]) >= _LONGEST and match[1] == b"expr_str":
        yield EXPRESSION, "a size of more characters than any size has"
    else:
        yield from _judge(match[1], match[2])


def _new(key: bytes, value: bytes, seen: set[tuple[bytes, bytes]]) -> bool:
    """Whether a text is to be judged; a million times the same costs as much as once.

    Raises:
        UnreadableError: there are more different ones than are read.
    """
    digest = value if len(value) <= _REMEMBERED else hashlib.sha256(value).digest()
    if (key, digest) in seen:
        return False
    if len(seen) >= _KNOWN_PAIRS:
        raise UnreadableError(f"it has more than {_KNOWN_PAIRS} different expressions")
    seen.add((key, digest))
    return True


def _guards(
    text: bytes, stream: Stream, seen: set[tuple[bytes, bytes]]
) -> Generator[Named, None, bytes]:
    """Yield what a list of guards does beyond comparing; return what follows it."""
    at = 0
    while True:
        match = _ELEMENT.match(text, at)
        if match is not None and match[1] is not None:
            if _new(b"guard", match[1], seen) and not is_guard(guard := _decoded(match[1])):
                yield EXPRESSION, visible(guard, 120)
            at = match.end()
        elif match is not None:
            return text[match.end() :]
        elif len(text) - at > _LONGEST_GUARD:
            raise UnreadableError("a guard is longer than is read, or is no text")
        elif data := fill(stream, CHUNK):
            text, at = _straight(text[at:] + data), 0
        else:
            return b""


def _literal(match: re.Match[bytes]) -> bytes:
    character = bytes([int(match[1], 16)])
    return match[0] if character in (b'"', b"\\") else character


def _judge(key: bytes, value: bytes) -> Iterator[Named]:
    text = _decoded(value)
    rule = target_rule(text) if key == b"target" else None if is_size(text) else EXPRESSION
    if rule is not None:
        yield rule, visible(text, 120)


def _decoded(value: bytes) -> str:
    try:
        return str(json.loads(b'"' + value + b'"'))
    except ValueError:
        return value.decode("utf-8", "replace")


def target_rule(target: str) -> Rule | None:
    """Return the rule that a node's target falls under; None where it computes, or is no name."""
    head, _, rest = target.partition(".")
    if target.startswith("#"):
        return FOREIGN
    if head.startswith("_operator"):
        return None if rest in _ARITHMETIC else REACHES_OUT
    if head.startswith("math"):
        return REACHES_OUT if "." in rest or rest.startswith("_") else None
    if not head.startswith("torch"):
        # The loader leaves it as a text, which cannot be called.
        return None
    parts = rest.split(".")
    if parts[0] == "ops" and len(parts) >= 3:
        return operator_rule(parts[1], parts[2])
    if f"torch.{rest}".startswith(_WITHIN_TORCH) and len(parts) == 1:
        return None
    return FOREIGN if f"torch.{rest}".startswith(_INTERNAL) else REACHES_OUT
