"""Does the archive hold what it seems to hold, and only in its own folder?

Zip, tar and 7z archives are looked over without unpacking them to disk, also inside other archives.

- Names and links that lead outside of the folder that the archive is unpacked to.
- Members that only some readers see: listed in the directory and not in front of their bytes or the
  other way round, twice under one name, behind the end, in a second directory.
- Check sums, sizes and marks of encryption that are not true. Loaders and scanners disagree about
  such members, so that one loads what the other passed over. Check sums are compared for members of
  up to 8 MiB, the smallest first, until 64 MiB of an archive were read, and not for raw tensors in
  PyTorch's layout; a pickle with a wrong one is a failure, any other member leaves it undecided.
- Bombs: members that share bytes, archives that unpack to more than 200 times their size and more
  than 256 MiB, compressed files and nested archives that come to more than 200 times what went in.
  Tensors of zeros reach such figures too; they begin with a header that says how large they are,
  and are no bombs.

What is encrypted, or packed in a way that is not read here, makes the answer `incomplete`.
"""

from __future__ import annotations

from basanite.domain.answer import Answer
from basanite.domain.artifact import CONTAINERS, Format
from basanite.domain.check import Check, ShelfLife, Stage
from basanite.domain.errors import UnreadableError
from basanite.domain.outcome import Outcome
from basanite.domain.ports import OpenArtifact
from basanite.domain.value import JsonObject
from basanite.formats.container.entry import Unlooked
from basanite.measure.inspection.archives import rules
from basanite.measure.inspection.archives.found import Found
from basanite.measure.inspection.archives.others import judge_seven_zip, judge_tar
from basanite.measure.inspection.archives.zips import judge_zip
from basanite.measure.inspection.inspector import Inspector

CHECK = Check(
    id="archive-structure",
    version=3,
    stage=Stage.INSPECTION,
    title="Traps in archives",
    asks="Does the archive hold what it seems to hold, and only in its own folder?",
    why="An archive that writes outside its folder replaces programs and settings of the machine "
    "that unpacks it, and one that shows readers different things passes as one file and is loaded "
    "as another.",
    limits="RAR and other rare archives are recognised and not looked into. Check sums of large "
    "members and of 7z archives are not compared. Of a large compressed member as much is read as "
    "its directory announces.",
    remediation="Take models as single files, or as archives made by a tool that you trust, and "
    "check their digest before unpacking.",
    references=rules.REFERENCES,
    shelf_life=ShelfLife(high=90, moderate=180, low=365),
    rules=rules.ALL,
    readers=("detect", "container", "zip", "tar", "7z"),
)


def _inspect(opened: OpenArtifact, parameters: JsonObject) -> Answer:
    del parameters
    found = Found(opened.artifact.path)
    try:
        _judge(found, opened)
    except UnreadableError as error:
        # What was found before stands.
        found.unread.append(error.line())
    return found.answer()


def _judge(found: Found, opened: OpenArtifact) -> None:
    form, file, size = opened.artifact.format, opened.file, opened.artifact.size
    also_zip = Format.ZIP.value in opened.artifact.facts.get("also", ())
    if form is Format.TAR:
        judge_tar(found, file, size)
    elif form is Format.SEVEN_ZIP:
        judge_seven_zip(found, file, size)
    elif form is not Format.COMPRESSED:
        # A compressed file has no name and no structure; the walk unpacks it, and tells bombs.
        judge_zip(found, file, size, form)
    if also_zip and form in _NO_ZIP:
        found.add(
            rules.TWO,
            "",
            f"It is {form.value}, and a whole zip archive stands at its end: which of the two a "
            "program sees depends on the program.",
        )
        judge_zip(found, file, size, Format.ZIP)


_NO_ZIP = frozenset({Format.TAR, Format.SEVEN_ZIP, Format.COMPRESSED})


def _unlooked(missed: Unlooked) -> Answer | None:
    if not missed.bomb:
        return None
    found = Found(missed.path)
    found.add(rules.BOMB, "", f"Nobody looked to its end: {missed.reason}.")
    return Answer(outcome=Outcome.FAILED, findings=tuple(found.findings))


INSPECTOR = Inspector(check=CHECK, formats=CONTAINERS, inspect=_inspect, unlooked=_unlooked)
