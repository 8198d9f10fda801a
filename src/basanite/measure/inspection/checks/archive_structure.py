"""Does the archive hold what it seems to hold, and only in its own folder?

Zip and tar archives are looked at without unpacking them. Names and links that lead outside of the
folder that the archive is unpacked to are a failure.
"""

from __future__ import annotations

from collections.abc import Iterator

from basanite.domain.answer import Answer
from basanite.domain.artifact import Format
from basanite.domain.check import Check, ShelfLife, Stage
from basanite.domain.finding import Finding, Location, Reference, Rule
from basanite.domain.outcome import Outcome
from basanite.domain.ports import OpenArtifact
from basanite.domain.severity import Confidence, Severity
from basanite.domain.value import JsonObject
from basanite.formats import tar
from basanite.formats.container.budget import Budget
from basanite.formats.container.openers import whole_tar
from basanite.formats.zip.directory import members
from basanite.measure.inspection.inspector import Inspector

_REFERENCES = (
    Reference(scheme="ATLAS", id="AML.T0010.003"),
    Reference(scheme="CWE", id="CWE-22"),
    Reference(scheme="OWASP-LLM-2025", id="LLM03"),
)
_OUTSIDE = Rule(
    id="archive-structure/outside-member",
    title="Unpacking the archive writes or leads outside of its folder",
    severity=Severity.HIGH,
    remediation="Do not unpack this file. Ask the supplier for an archive whose members stay in "
    "their own folder.",
    references=_REFERENCES,
)
_SHOWN = 20

CHECK = Check(
    id="archive-structure",
    version=1,
    stage=Stage.INSPECTION,
    title="Traps in archives",
    asks="Does the archive hold what it seems to hold, and only in its own folder?",
    why="An archive that writes outside its folder replaces programs and settings of the machine "
    "that unpacks it.",
    limits="It reads the archive's own directory and headers.",
    remediation="Take models as single files, or as archives made by a tool that you trust, and "
    "check their digest before unpacking.",
    references=_REFERENCES,
    shelf_life=ShelfLife(high=90, moderate=180, low=365),
    rules=(_OUTSIDE,),
    readers=("detect", "container", "zip", "tar"),
)


def _inspect(opened: OpenArtifact, parameters: JsonObject) -> Answer:
    del parameters
    path = opened.artifact.path
    leaving = list(_leaving(opened))
    findings = tuple(
        Finding(
            rule=_OUTSIDE,
            message="It leads outside.",
            confidence=Confidence.HIGH,
            location=Location(path=f"{path}!/{each}"),
            detail={"member": each},
        )
        for each in leaving[:_SHOWN]
    )
    return Answer(outcome=Outcome.FAILED if findings else Outcome.PASSED, findings=findings)


def _leaving(opened: OpenArtifact) -> Iterator[str]:
    size = opened.artifact.size
    if opened.artifact.format is Format.TAR:
        file, length = whole_tar(opened.file, size, Budget(size))
        yield from (each.name for each in tar.members(file, 0, length) if each.leaves)
    else:
        yield from (each.name for each in members(opened.file, 0, size) if tar.escapes(each.name))


_FORMATS = frozenset(
    {
        Format.ZIP, Format.PYTORCH_ZIP, Format.PYTORCH_EXPORT, Format.SKOPS, Format.KERAS,
        Format.NPZ, Format.TAR,
    }
)  # fmt: skip
INSPECTOR = Inspector(check=CHECK, formats=_FORMATS, inspect=_inspect)
