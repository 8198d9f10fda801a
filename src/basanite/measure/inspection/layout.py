"""Layout: whether what a model's header says of its bytes is true, and leaves none of them over."""

from __future__ import annotations

from basanite.domain.finding import Finding, Location, Reference, Rule
from basanite.domain.severity import Confidence, Severity
from basanite.domain.value import JsonObject

_REFERENCES = (
    Reference(scheme="ATLAS", id="AML.T0010.003"),
    Reference(scheme="ATLAS", id="AML.T0018"),
    Reference(scheme="CWE", id="CWE-1284"),
    Reference(scheme="OWASP-LLM-2025", id="LLM03"),
)
LAYOUT = Rule(
    id="model-format/layout",
    title="The file contradicts its format",
    severity=Severity.HIGH,
    remediation="Do not load it. Get the file again from its source and compare digests. A writer "
    "that follows the format leaves no gaps, overlaps, doubles or extra bytes: something is hidden "
    "in them, or they are there to mislead a reader.",
    references=_REFERENCES,
)
UNTIDY = Rule(
    id="model-format/untidy",
    title="The file is not written as its format asks",
    severity=Severity.MEDIUM,
    remediation="Find out which program wrote it, and whether a newer version of the format allows "
    "it.",
    references=_REFERENCES,
)
HIDDEN_CODE = Rule(
    id="model-format/code-in-metadata",
    title="The text about the model holds code or a packed program",
    severity=Severity.MEDIUM,
    remediation="Look at the text. A model needs no code there, and nothing should run it.",
    references=_REFERENCES,
)
_ODD = {
    "overlapping_tensors": "tensors that overlap",
    "gaps": "gaps between tensors",
    "trailing_bytes": "bytes after the last tensor",
    "wrong_sizes": "tensors whose size is not that of their shape",
    "reversed_offsets": "tensors that end before they begin",
    "beyond_the_end": "tensors that lie behind the end of the file",
    "repeated_names": "names that are given twice",
    "repeated_fields": "fields that are given twice",
    "odd_metadata": "metadata that is no list of texts",
    "bad_alignment": "an alignment that is no power of two",
    "misaligned_tensors": "tensors that lie across the alignment",
    "broken_rows": "tensors whose rows do not fill their blocks",
}
"""What no writer of the format leaves behind, by the fact that counts it."""
_UNTIDY = {
    "unknown_dtypes": (Severity.MEDIUM, "tensors of an unknown number type"),
    "unknown_types": (Severity.MEDIUM, "tensors of an unknown number type"),
    "extra_fields": (Severity.MEDIUM, "tensors with further fields"),
    "odd_padding": (Severity.LOW, "header padded with other than spaces"),
    "repeated_tensors": (Severity.LOW, "tensors that are named twice"),
    "empty_gaps": (Severity.LOW, "gaps between tensors, filled with zeros"),
}


def layout(path: str, facts: JsonObject) -> list[Finding]:
    """Return what is wrong with the layout of a model by the facts of its header."""
    found = []
    if odd := {name: facts[name] for name in _ODD if facts.get(name)}:
        said = ", ".join(f"{_ODD[name]} ({count:,})" for name, count in odd.items())
        found.append(_finding(LAYOUT, path, f"It has {said}.", odd))
    for name, (severity, words) in _UNTIDY.items():
        if facts.get(name):
            found.append(
                _finding(UNTIDY, path, f"It has {words} ({facts[name]:,}).", {name: facts[name]},
                         severity)
            )  # fmt: skip
    if keys := facts.get("code_in_metadata"):
        shown = ", ".join(str(each) for each in keys[:5])
        found.append(_finding(HIDDEN_CODE, path, f"It is under {shown}.", {"keys": list(keys)}))
    return found


def contradiction(path: str, what: str) -> Finding:
    """Return the finding for a file that contradicts its format as a whole."""
    return _finding(LAYOUT, path, f"{what[:1].upper()}{what[1:]}.", {"what": what})


def _finding(
    rule: Rule, path: str, message: str, detail: JsonObject, severity: Severity | None = None
) -> Finding:
    return Finding(
        rule=rule,
        message=message[:4000],
        confidence=Confidence.HIGH,
        location=Location(path=path),
        detail=detail,
        severity=severity,
    )
