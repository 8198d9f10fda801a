"""The vendor's demand forecast: a pickle that runs a command when it is loaded.

The bytes are put together opcode by opcode; nothing is pickled and nothing may ever load them. The
command is ``true``, which does nothing. A scanner must find it all the same, because any other
command would look alike.
"""

import pickletools
import struct

# Read from the standard library's table, so that no opcode is written here from memory.
_CODE = {opcode.name: opcode.code.encode("latin-1") for opcode in pickletools.opcodes}

# Hourly factors and a weekday's weight: what a small forecast could really be made of.
_FORECAST: dict[str, str | float | tuple[float, ...]] = {
    "name": "demand_forecast",
    "version": "3.2.1",
    "unit": "litres per second",
    "base": 689.4,
    "trend_per_day": 0.021,
    "weekday": (1.0, 0.99, 1.0, 1.01, 1.0, 1.05, 1.04),
    "autoregression": (0.62, 0.21, 0.08),
}


def demand_forecast() -> bytes:
    """The bytes of the vendor's file."""
    parts = [_CODE["PROTO"] + b"\x02", _CODE["EMPTY_DICT"], _CODE["MARK"]]
    for name, value in _FORECAST.items():
        parts += [_value(name), _value(value)]
    parts += [
        _value("licence"),
        _CODE["GLOBAL"] + b"os\nsystem\n",
        _value("true"),
        _CODE["TUPLE1"],
        _CODE["REDUCE"],
        _CODE["SETITEMS"],
        _CODE["STOP"],
    ]
    return b"".join(parts)


def _value(value: str | float | tuple[float, ...]) -> bytes:
    if isinstance(value, tuple):
        return b"".join([_CODE["MARK"], *map(_value, value), _CODE["TUPLE"]])
    if isinstance(value, str):
        text = value.encode("utf-8")
        return _CODE["BINUNICODE"] + struct.pack("<I", len(text)) + text
    return _CODE["BINFLOAT"] + struct.pack(">d", value)
