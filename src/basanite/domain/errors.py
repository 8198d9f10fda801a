"""Errors that tell the operator what to do."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What a command's end means. The same everywhere."""

    CLEAN = 0
    FINDINGS = 1
    USAGE = 2
    INCONCLUSIVE = 3
    INTERNAL = 4


class BasaniteError(Exception):
    """Something that stops a command, said so that a person can act on it.

    ``what`` is wrong, ``where`` it is wrong (file, line, entry), and what to do (``remedy``).
    """

    exit_code = ExitCode.INTERNAL

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        self.what = what
        self.where = where
        self.remedy = remedy
        super().__init__(self.line())

    def line(self) -> str:
        """Return the one line that a person reads."""
        place = f"{self.where}: " if self.where else ""
        advice = f" {self.remedy}" if self.remedy else ""
        return f"{place}{self.what}{'' if self.what.endswith(('.', '?')) else '.'}{advice}"


class UsageError(BasaniteError):
    """The command line, the manifest or the set-up is wrong; the user can mend it."""

    exit_code = ExitCode.USAGE


class LedgerError(BasaniteError):
    """The ledger cannot be read, written or believed."""


class LedgerSetupError(LedgerError, UsageError):
    """The ledger's key, address or rights are not as they must be; the user can mend it."""


class LedgerBusyError(LedgerError):
    """Another process holds the ledger. Nothing was looked at, and nothing is lost."""

    exit_code = ExitCode.INCONCLUSIVE


class UnreadableError(BasaniteError):
    """Bytes that are not what they claim to be, or end too early. Raised by readers of formats."""

    exit_code = ExitCode.INCONCLUSIVE
