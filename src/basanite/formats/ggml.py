"""Types of numbers in ggml: how many share a block, and how many bytes a block has.

Source: the type traits in ggml.c and the quantisation sizes in the gguf package, version 0.19.
"""

from __future__ import annotations

from typing import NamedTuple


class Kind(NamedTuple):
    """A type of numbers."""

    name: str
    block: int
    """Numbers in one block."""
    bytes: int
    """Bytes of one block."""


KINDS = {
    0: Kind("F32", 1, 4), 1: Kind("F16", 1, 2), 2: Kind("Q4_0", 32, 18), 3: Kind("Q4_1", 32, 20),
    6: Kind("Q5_0", 32, 22), 7: Kind("Q5_1", 32, 24), 8: Kind("Q8_0", 32, 34),
    9: Kind("Q8_1", 32, 36), 10: Kind("Q2_K", 256, 84), 11: Kind("Q3_K", 256, 110),
    12: Kind("Q4_K", 256, 144), 13: Kind("Q5_K", 256, 176), 14: Kind("Q6_K", 256, 210),
    15: Kind("Q8_K", 256, 292), 16: Kind("IQ2_XXS", 256, 66), 17: Kind("IQ2_XS", 256, 74),
    18: Kind("IQ3_XXS", 256, 98), 19: Kind("IQ1_S", 256, 50), 20: Kind("IQ4_NL", 32, 18),
    21: Kind("IQ3_S", 256, 110), 22: Kind("IQ2_S", 256, 82), 23: Kind("IQ4_XS", 256, 136),
    24: Kind("I8", 1, 1), 25: Kind("I16", 1, 2), 26: Kind("I32", 1, 4), 27: Kind("I64", 1, 8),
    28: Kind("F64", 1, 8), 29: Kind("IQ1_M", 256, 56), 30: Kind("BF16", 1, 2),
    31: Kind("Q4_0_4_4", 32, 18), 32: Kind("Q4_0_4_8", 32, 18), 33: Kind("Q4_0_8_8", 32, 18),
    34: Kind("TQ1_0", 256, 54), 35: Kind("TQ2_0", 256, 66), 36: Kind("IQ4_NL_4_4", 32, 18),
    37: Kind("IQ4_NL_4_8", 32, 18), 38: Kind("IQ4_NL_8_8", 32, 18), 39: Kind("MXFP4", 32, 17),
    40: Kind("NVFP4", 64, 36), 41: Kind("Q1_0", 128, 18),
}  # fmt: skip
FILE_TYPES = {
    0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 7: "Q8_0", 8: "Q5_0", 9: "Q5_1", 10: "Q2_K",
    11: "Q3_K_S", 12: "Q3_K_M", 13: "Q3_K_L", 14: "Q4_K_S", 15: "Q4_K_M", 16: "Q5_K_S",
    17: "Q5_K_M", 18: "Q6_K", 19: "IQ2_XXS", 20: "IQ2_XS", 21: "Q2_K_S", 22: "IQ3_XS",
    23: "IQ3_XXS", 24: "IQ1_S", 25: "IQ4_NL", 26: "IQ3_S", 27: "IQ3_M", 28: "IQ2_S", 29: "IQ2_M",
    30: "IQ4_XS", 31: "IQ1_M", 32: "BF16", 36: "TQ1_0", 37: "TQ2_0", 38: "MXFP4", 39: "NVFP4",
    40: "Q1_0",
}  # fmt: skip
"""What most tensors of a file are in, by the number in ``general.file_type``."""
