"""Under which terms may this model or data set be used?

The check reads what a model card or data set card says in its head (`license`, `license_name`,
`base_model`, `extra_gated_prompt`), what the header of a GGUF file says, and the files in which
licences are kept (`LICENSE`, `COPYING`, `USE_POLICY.md`). It understands SPDX expressions and the
ids of Hugging Face, and says which terms an operator has to know: only research, only
non-commercial use, no changed copies, a policy that forbids uses. The acceptable use policies of
the Llama models forbid operating critical infrastructure with them; whoever runs a plant has to
read that before anything else.

A card that gives freedoms which its base model does not give is a conflict. A licence alone is
never worse than `medium`, and never keeps a model from being loaded safely. This is no legal
advice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from basanite.domain.answer import Answer
from basanite.domain.artifact import Format, Part
from basanite.domain.check import Check, ShelfLife, Stage
from basanite.domain.errors import UnreadableError
from basanite.domain.finding import Finding, Location, Reference
from basanite.domain.names import base_name, visible
from basanite.domain.outcome import Outcome
from basanite.domain.ports import OpenArtifact
from basanite.domain.severity import Confidence, Severity
from basanite.domain.value import JsonObject
from basanite.formats import gguf
from basanite.formats.keyed.reader import front_matter, read_keyed
from basanite.measure.inspection.inspector import Inspector
from basanite.measure.inspection.licences.expression import Read, read_licence
from basanite.measure.inspection.licences.known import Licence, Term, of_base
from basanite.measure.inspection.licences.texts import licence_of
from basanite.measure.inspection.rulebook import Rulebook, by_case
from basanite.measure.inspection.text import text_of

_REFERENCES = (
    Reference(scheme="ATLAS", id="AML.T0010"),
    Reference(scheme="OWASP-LLM-2025", id="LLM03"),
)
_rule = Rulebook("licence-terms", _REFERENCES).rule
_RULES = by_case(
    _rule(
        "limited",
        "The licence limits the use",
        Severity.LOW,
        "Read its terms against what the system does, and keep the answer with the system.",
    ),
    _rule(
        "infrastructure",
        "The licence's policy forbids operating critical infrastructure",
        Severity.LOW,
        "Let a lawyer say whether your use falls under it; else take a model with other terms.",
    ),
    _rule(
        "copyleft",
        "Changed copies must carry the same terms",
        Severity.LOW,
        "Keep the terms with every copy that leaves your house.",
    ),
    _rule(
        "conflict",
        "The terms contradict each other",
        Severity.MEDIUM,
        "Ask the supplier. Until then the stricter terms hold.",
    ),
    _rule(
        "forbidden",
        "The licence forbids the declared use",
        Severity.MEDIUM,
        "Take a model or data set with other terms, or get a licence of your own.",
    ),
    _rule(
        "unclear",
        "The licence is not understood",
        Severity.LOW,
        "Read it, and ask the supplier for an SPDX expression.",
    ),
    _rule(
        "missing",
        "No licence is named",
        Severity.LOW,
        "Ask the supplier: without a licence nobody may use, change or share it.",
    ),
    _rule(
        "gated",
        "It is given only to those who accept its conditions",
        Severity.LOW,
        "Keep the record of who accepted which conditions, and when.",
    ),
)

CHECK = Check(
    id="licence-terms",
    version=2,
    stage=Stage.INSPECTION,
    title="Licence terms",
    asks="Under which terms may this model or data set be used?",
    why="A model that may only be used for research, or whose policy forbids operating a plant "
    "with it, can be withdrawn from the operator at the worst time.",
    limits="It reads what the files say, not what is true, and compares nothing across files. Base "
    "models are known by name, a few families only. It is no legal advice.",
    remediation="Prefer models and data with a permissive licence, and keep it with them.",
    references=_REFERENCES,
    shelf_life=ShelfLife(high=90, moderate=180, low=365),
    rules=tuple(_RULES.values()),
    parameters={"use": ""},
    readers=("gguf", "keyed"),
)

_CARD = re.compile(r"(?:readme|model_?card|dataset_?card)[\w.-]{0,20}\.(?:md|markdown)\Z")
_FILE = re.compile(
    r"(?:licen[cs]e|copying|use_policy|acceptable_use_policy|notice)(?:[-_.][\w.-]{0,40})?\Z"
)
_OF_MODEL = frozenset(
    {
        "library_name", "pipeline_tag", "base_model", "model-index", "datasets", "task_categories",
        "dataset_info", "size_categories", "configs", "inference", "widget", "metrics",
        "model_name",
    }
)  # fmt: skip
"""Keys that only cards of models and data sets have."""
_FREE_USES = frozenset({"", "research"})


def _inspect(opened: OpenArtifact, parameters: JsonObject) -> Answer:
    part, use = opened.artifact, str(parameters.get("use", "")).strip().lower()
    if part.format is Format.GGUF:
        return _header(opened, use)
    base = base_name(part.path).lower()
    if _CARD.match(base):
        return _card(opened, use)
    if _FILE.match(base) and not base.endswith((".py", ".json", ".yaml", ".yml", ".toml")):
        text, _ = text_of(opened)
        found = licence_of(text)
        if found is None:
            return _nothing("its text is of no licence that is known")
        return _answer(list(_terms(part, (found,), use, 1)))
    return _nothing("it says nothing of a licence")


def _header(opened: OpenArtifact, use: str) -> Answer:
    word = str(gguf.read(opened.file, opened.artifact.size).get("licence", ""))
    if not word:
        finding = _finding("missing", opened.artifact, "The header names no licence.", None)
        return _answer([finding])
    return _answer(list(_read(opened.artifact, [read_licence(word)], use, None)))


def _card(opened: OpenArtifact, use: str) -> Answer:
    text, _ = text_of(opened)
    head = front_matter(text)
    if not head:
        return _nothing("it has no head that could name a licence")
    try:
        keyed = read_keyed(head, Format.YAML)
    except UnreadableError:
        if re.search(r"^licen[cs]e", head, re.MULTILINE):
            finding = _finding("unclear", opened.artifact, "The head cannot be read as YAML.", 1)
            return _answer([finding])
        return _nothing("its head cannot be read")
    card = keyed.value
    if not isinstance(card, dict):
        return _nothing("it has no head that could name a licence")
    words = _words(card.get("license", card.get("licence")))
    of_model = bool(_OF_MODEL & set(card))
    line = (keyed.line(("license",)) or keyed.line(("licence",)) or 0) + 1
    if not words and not of_model:
        return _nothing("it is no card of a model or data set")
    findings = [] if words else [_finding("missing", opened.artifact, "The card names none.", 1)]
    name = card.get("license_name")
    read = [read_licence(each, name if isinstance(name, str) else "") for each in words]
    findings += _read(opened.artifact, read, use, line)
    findings += _bases(opened.artifact, read, _words(card.get("base_model")), line)
    if "extra_gated_prompt" in card or card.get("gated") in (True, "auto", "manual"):
        findings.append(_finding("gated", opened.artifact, "It is given on conditions.", 1))
    return _answer(findings)


def _words(value: Any) -> list[str]:
    listed = value if isinstance(value, list) else [value]
    return [str(each) for each in listed[:50] if isinstance(each, (str, int, float)) and each != ""]


def _read(part: Part, read: list[Read], use: str, line: int | None) -> Iterator[Finding]:
    for each in read:
        shown = visible(each.said, 120)
        if not each.licences:
            what = (
                f"It says “{shown}”, which names no terms."
                if each.unsaid
                else f"“{shown}” is no SPDX expression and no known licence."
            )
            yield _finding("unclear", part, what, line)
        elif not (each.choice and any(one.permissive for one in each.licences)):
            yield from _terms(part, each.licences, use, line)


def _terms(
    part: Part, licences: tuple[Licence, ...], use: str, line: int | None
) -> Iterator[Finding]:
    for each in licences:
        limits = each.terms - {Term.COPYLEFT, Term.INFRASTRUCTURE}
        if Term.INFRASTRUCTURE in each.terms:
            message = f"{each.name}: {Term.INFRASTRUCTURE.value}."
            yield _finding("infrastructure", part, message, line)
        if limits:
            told = "; ".join(term.value for term in Term if term in limits)
            yield _finding("limited", part, f"{each.name}: {told}.", line)
        if Term.COPYLEFT in each.terms:
            yield _finding("copyleft", part, f"{each.name}: {Term.COPYLEFT.value}.", line)
        forbidden = limits & {Term.RESEARCH, Term.NON_COMMERCIAL}
        if forbidden and use not in _FREE_USES:
            message = f"{each.name} does not allow the declared use, {visible(use, 40)}."
            yield _finding("forbidden", part, message, line)


def _bases(part: Part, read: list[Read], bases: list[str], line: int | None) -> Iterator[Finding]:
    said = [one for each in read for one in each.licences]
    if not said or not all(one.permissive for one in said):
        return
    for base in bases:
        strict = of_base(base)
        if strict is not None:
            message = (
                f"The card says {visible(said[0].name, 60)}, and its base model "
                f"{visible(base, 100)} stands under the {strict.name}."
            )
            yield _finding("conflict", part, message, line)


def _finding(case: str, part: Part, message: str, line: int | None) -> Finding:
    return Finding(
        rule=_RULES[case],
        message=message,
        confidence=Confidence.MEDIUM,
        location=Location(path=part.path, line=line),
        detail={"case": case, "says": message},
    )


def _answer(findings: list[Finding]) -> Answer:
    if any(each.level.rank >= Severity.MEDIUM.rank for each in findings):
        reason = "its terms contradict each other, or the declared use"
        return Answer(outcome=Outcome.UNDECIDED, reason=reason, findings=tuple(findings))
    return Answer(outcome=Outcome.PASSED, findings=tuple(findings))


def _nothing(reason: str) -> Answer:
    return Answer(outcome=Outcome.NOT_APPLICABLE, reason=reason)


INSPECTOR = Inspector(
    check=CHECK,
    formats=frozenset({Format.TEXT, Format.PROMPT, Format.GGUF}),
    inspect=_inspect,
)
