"""Computed: texts that a pickle works out while it is loaded, to hide a name.

Joining, decoding and the like of texts in plain sight is done here too, so that a person can be
told what the name is. No model needs this, so nothing hangs on getting it right: a name that was
worked out is told as hidden, whatever it is.
"""

from __future__ import annotations

import codecs

from basanite.formats.pickle.symbols import Global, Method, Symbol, Worked

MAX_TEXT = 256
_CODECS = frozenset({"latin1", "latin-1", "utf-8", "utf8", "ascii", "rot13", "rot_13", "hex"})
_ARGUMENTS = 16


def worked_out(callee: Global | Method, arguments: tuple[object, ...]) -> Symbol | None:
    """Return the text or bytes that a call makes of texts, or None where it makes something else.

    ``arguments`` are symbols; a method's own text is not among them, and not known.
    """
    if isinstance(callee, Method) or not arguments or len(arguments) > _ARGUMENTS:
        return None
    plain = [each.text if isinstance(each, Worked) else each for each in arguments]
    name = f"{callee.module}.{callee.name}"
    if name in ("_codecs.encode", "codecs.encode", "builtins.bytes", "builtins.bytearray"):
        return _encoded(plain)
    text = _text(name, plain)
    return Worked(text) if text is not None and len(text) <= MAX_TEXT else None


def _encoded(plain: list[object]) -> Symbol | None:
    match plain:
        case [str() as text, str() as codec, *_] if codec in _CODECS and len(text) <= MAX_TEXT:
            try:
                made: object = codecs.encode(text, codec)
            except (UnicodeError, LookupError, ValueError, TypeError, AttributeError):
                return None
            if isinstance(made, bytes):
                return made
            return Worked(made) if isinstance(made, str) else None
    return None


def _text(name: str, plain: list[object]) -> str | None:
    match name, plain:
        case "builtins.str" | "builtins.str.lower" | "builtins.str.strip", [str() as text]:
            return text.lower().strip() if name != "builtins.str" else text
        case "builtins.chr", [int() as code] if 0 <= code < 0x110000:
            return chr(code)
        case "builtins.str.join", [str() as glue, tuple() as parts] if len(parts) <= _ARGUMENTS:
            texts = [each.text if isinstance(each, Worked) else each for each in parts]
            known = [each[:MAX_TEXT] for each in texts if isinstance(each, str)]
            return glue[:MAX_TEXT].join(known) if len(known) == len(parts) else None
        case (
            ("operator.add" | "operator.concat" | "_operator.add" | "_operator.concat"),
            [
                str() as one,
                str() as two,
            ],
        ):
            return one + two
        case "builtins.str.replace", [str() as text, str() as old, str() as new] if old:
            return text[:MAX_TEXT].replace(old, new[:MAX_TEXT])
        case "builtins.str" | "codecs.decode" | "_codecs.decode" | "builtins.bytes.decode", [
            (str() | bytes()) as data,
            *rest,
        ]:
            return _decoded(data, rest[0] if rest else "utf-8")
    return None


def _decoded(data: str | bytes, codec: object) -> str | None:
    if not isinstance(codec, str) or codec not in _CODECS or len(data) > MAX_TEXT:
        return None
    try:
        made: object = codecs.decode(data, codec)  # type: ignore[arg-type]
    except (UnicodeError, LookupError, ValueError, TypeError, AttributeError):
        return None
    if isinstance(made, bytes):
        return made.decode("latin-1")
    return made if isinstance(made, str) else None
