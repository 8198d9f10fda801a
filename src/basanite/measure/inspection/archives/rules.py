"""Rules of archives: what never varies of each finding."""

from __future__ import annotations

from basanite.domain.finding import Reference, Rule
from basanite.domain.severity import Severity

REFERENCES = (
    Reference(scheme="ATLAS", id="AML.T0010.003"),
    Reference(scheme="OWASP-LLM-2025", id="LLM03"),
)
_CHECK = "archive-structure"
_DO_NOT = "Do not unpack or load this file. "


def _rule(case: str, title: str, severity: Severity, remedy: str, *weaknesses: str) -> Rule:
    references = tuple(Reference(scheme="CWE", id=each) for each in weaknesses)
    return Rule(
        id=f"{_CHECK}/{case}",
        title=title,
        severity=severity,
        remediation=remedy,
        references=(*REFERENCES, *references),
    )


_AGAIN = (
    _DO_NOT + "No common tool writes such an archive: ask the supplier for one in which every "
    "reader sees the same."
)
OUTSIDE = _rule(
    "outside-member",
    "Unpacking the archive writes outside of its folder",
    Severity.HIGH,
    _DO_NOT + "Ask the supplier for an archive whose members stay in their own folder.",
    "CWE-22",
)
LINK = _rule(
    "link-outside",
    "A link in the archive leads outside of its folder",
    Severity.HIGH,
    _DO_NOT + "Ask the supplier for an archive without links, or with links inside its own folder.",
    "CWE-59",
)
SPECIAL = _rule(
    "special-member",
    "The archive makes a device or a pipe",
    Severity.HIGH,
    _DO_NOT + "Models need none. Ask the supplier for an archive of plain files.",
    "CWE-434",
)
HIDDEN = _rule(
    "hidden-member",
    "Readers of the archive see different things in it",
    Severity.HIGH,
    _AGAIN,
    "CWE-436",
)
DUPLICATE = _rule(
    "duplicate-member",
    "Several members of the archive have the same name",
    Severity.HIGH,
    _AGAIN + " Readers take the first or the last of them, each as it likes.",
    "CWE-436",
    "CWE-694",
)
OVERLAPPING = _rule(
    "overlapping", "Members of the archive share bytes", Severity.HIGH, _AGAIN, "CWE-409"
)
TWO = _rule(
    "two-archives",
    "The file holds a second archive that only some readers see",
    Severity.HIGH,
    _AGAIN,
    "CWE-436",
)
BOMB = _rule(
    "bomb",
    "The archive unpacks to far more than data would",
    Severity.HIGH,
    _DO_NOT + "It fills memory or disk of whoever does.",
    "CWE-409",
)
ENCRYPTED = _rule(
    "encrypted",
    "Members of the archive are encrypted",
    Severity.MEDIUM,
    "Unpack it with its password where nothing can be harmed, and inspect what comes out.",
    "CWE-311",
)
FLAG = _rule(
    "false-encryption-flag",
    "A member is said to be encrypted and is not",
    Severity.HIGH,
    _AGAIN + " Scanners pass over what they take for encrypted, and loaders read it.",
    "CWE-436",
)
CHECKSUM = _rule(
    "wrong-checksum",
    "A member does not have the check sum that is written for it",
    Severity.MEDIUM,
    "Get the file again from its source and compare digests. Some readers refuse such a member and "
    "others load it.",
    "CWE-354",
)
NAME = _rule(
    "odd-name",
    "A member's name is made to be read wrongly",
    Severity.HIGH,
    _AGAIN,
    "CWE-451",
)
ALL = (
    OUTSIDE, LINK, SPECIAL, HIDDEN, DUPLICATE, OVERLAPPING, TWO, BOMB, ENCRYPTED, FLAG, CHECKSUM,
    NAME,
)  # fmt: skip
