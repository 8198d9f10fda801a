"""A line of a text file that could not be read."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class LineProblem:
    """Something wrong in a text file, and on which line. Line 0 means the file as a whole."""

    line: int
    message: str
