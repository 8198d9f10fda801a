"""TorchScript: what the source in a PyTorch archive calls.

The language has no import and no system calls of its own; it reaches the outer world only through
operators, which it names in full (``torch.linear``, ``ops.quantized.linear``) or as methods of
tensors (``x.relu()``), and through classes that a library registers
(``__torch__.torch.classes.quantized.…``). So its dotted names are all that has to be read: the
source is lexed as torch/csrc/jit/frontend/lexer.h does it, and never parsed; time is linear.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from basanite.domain.finding import Rule
from basanite.measure.inspection.exports.operators import (
    TOUCHES_FILES,
    class_rule,
    operator_rule,
)
from basanite.measure.inspection.exports.rules import FOREIGN, REACHES_OUT

_GAP = rb"(?:\s|\\\n|#[^\n]*+\n)*+"
_LEXEMES = re.compile(
    rb"#[^\n]*+"
    rb'|"""(?:(?!""")(?:[^\\]|\\.))*+(?:""")?'
    rb"|'''(?:(?!''')(?:[^\\]|\\.))*+(?:''')?"
    rb'|(?P<text>"(?:[^"\\\n]|\\.)*+"?|\'(?:[^\'\\\n]|\\.)*+\'?)'
    rb"|\bdef\s++(?P<defined>\w++)"
    rb"|\b(?P<got>getattr)\b"
    rb"|(?:[=(,\[]|\breturn\b)\s*+\^" + _GAP + rb"(?P<python>[A-Za-z_]\w*+)"
    rb"|(?P<path>(?<![\w.])(?:[A-Za-z_]\w*+" + _GAP + rb")?(?:\." + _GAP + rb"[A-Za-z_]\w*+"
    rb"(?:" + _GAP + rb"(?=\.))?+)++)",
    re.DOTALL,
)
_BETWEEN = re.compile(_GAP + rb"\." + _GAP)
_QUALIFIED = re.compile(
    rb"(?:X(.)\x00\x00\x00|\x8c(.))(?=([a-z_][a-z0-9_]{0,80}::\w{1,200}))", re.DOTALL
)
"""A text in a pickle, with its length in front. Nothing marks its end."""

_FILES = b"|".join(each.encode() for each in sorted(TOUCHES_FILES))
_TELLING = (
    re.compile(rb"\." + _GAP + rb"(?:rpc_|(?:" + _FILES + rb")\b)"),
    re.compile(rb"[\"'](?:" + _FILES + rb")[\"']"),
    re.compile(rb"\^" + _GAP + rb"[A-Za-z_]"),
)
_SPACES = (
    (re.compile(rb"ops" + _GAP + rb"\." + _GAP + rb"(\w+)"), operator_rule),
    (re.compile(rb"classes" + _GAP + rb"\." + _GAP + rb"(\w+)"), lambda name, _: class_rule(name)),
)
"""What a source has to contain before it is worth being lexed. Ten times as fast as lexing it."""

Named = tuple[Rule, str]
"""A rule, and the name that falls under it."""


def judge_source(data: bytes, own: frozenset[str]) -> Iterator[Named]:
    """Yield the operators and classes in a source that do more than compute, each once.

    ``own`` are the methods that the archive itself defines, see `defined`.
    """
    if not _telling(data):
        return
    seen: set[bytes] = set()
    got = False
    for match in _LEXEMES.finditer(data):
        kind = match.lastgroup
        if kind == "path":
            lexeme = match["path"]
            if lexeme not in seen and len(lexeme) < 1000:
                if len(seen) < 100_000:
                    seen.add(lexeme)
                yield from _path(_BETWEEN.sub(b".", lexeme).strip().decode("ascii", "replace"), own)
        elif kind == "got":
            got = True
        elif kind == "text" and got:
            got = False
            name = match["text"][1:-1].decode("ascii", "replace")
            if name in TOUCHES_FILES:
                yield REACHES_OUT, f"getattr {name}"
        elif kind == "python":
            yield FOREIGN, f"Python's {match['python'].decode('ascii', 'replace')[:80]}"


def _telling(data: bytes) -> bool:
    """Whether there may be anything to find, in a comment or a text as well."""
    return any(each.search(data) for each in _TELLING) or any(
        rule(name.decode("ascii", "replace"), "") is not None
        for pattern, rule in _SPACES
        for name in set(pattern.findall(data))
    )


def defined(data: bytes) -> frozenset[str]:
    """Return which of the names that count here a source defines as functions of its own."""
    if not any(b"def" in data and each.encode() in data for each in TOUCHES_FILES):
        return frozenset()
    found = (match["defined"] for match in _LEXEMES.finditer(data) if match["defined"])
    return frozenset(each.decode("ascii", "replace") for each in found) & TOUCHES_FILES


def judge_bytecode(data: bytes) -> Iterator[Named]:
    """Yield the operators that the byte code of the lite interpreter names and that reach out."""
    texts = (text[: (wide or short)[0]] for wide, short, text in _QUALIFIED.findall(data))
    for text in dict.fromkeys(texts):
        namespace, _, name = text.decode("ascii", "replace").partition("::")
        rule = operator_rule(namespace, name) if name else None
        if rule is not None:
            yield rule, f"{namespace}::{name}"


def _path(path: str, own: frozenset[str]) -> Iterator[Named]:
    parts = path.split(".")
    rule = None
    if parts[0] == "torch":
        rule = operator_rule("aten", parts[1])
    elif parts[0] == "ops" and len(parts) >= 3:
        rule = operator_rule(parts[1], parts[2])
    elif parts[0] == "__torch__":
        if parts[1:3] == ["torch", "classes"] and len(parts) >= 5:
            rule = class_rule(parts[3])
    elif parts[-1] in TOUCHES_FILES and parts[0] not in {"self", "ops"}:
        # ``tensor.save(name)`` is the operator; a method that the archive defines may be meant.
        rule = FOREIGN if parts[-1] in own else REACHES_OUT
    elif parts[-1] in TOUCHES_FILES and parts[-1] not in own:
        rule = REACHES_OUT
    if rule is not None:
        yield rule, path
