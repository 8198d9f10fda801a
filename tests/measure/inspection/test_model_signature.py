"""A model is what was signed, file by file, or the check says what is not."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from tests.measure.inspection.conftest import BY_ID, opened, put
from tests.strategies import mutated

from basanite.domain.answer import Answer
from basanite.domain.artifact import Format
from basanite.domain.outcome import Outcome

Ask = Callable[..., Answer]
CHECK = "model-signature"
FOLDER = Path(__file__).resolve().parents[2] / "fixtures" / "signed_model"
BUNDLE = (FOLDER / "model.sig").read_bytes()
FILES = {
    str(path.relative_to(FOLDER)): hashlib.sha256(path.read_bytes()).hexdigest()
    for path in FOLDER.rglob("*")
    if path.is_file() and path.name != "model.sig"
}


def asked(ask: Ask, files: dict[str, str], signer: str = "k", data: bytes = BUNDLE) -> Answer:
    return ask(CHECK, data, "m/model.sig", files=files, signer=signer)


def test_a_bundle_of_another_program_is_recognised_by_its_content() -> None:
    facts = opened(BUNDLE, "anything.txt").artifact

    assert facts.format is Format.MODEL_SIGNATURE
    assert (facts.facts["files"], facts.facts["method"]) == (2, "files")


def test_all_files_as_signed_by_a_trusted_key_pass(ask: Ask) -> None:
    assert asked(ask, FILES).outcome is Outcome.PASSED


def test_an_untrusted_signer_leaves_the_question_open(ask: Ask) -> None:
    answer = asked(ask, FILES, signer="")

    assert answer.outcome is Outcome.UNDECIDED
    assert [each.rule.id for each in answer.findings] == ["model-signature/signer"]


CASES: dict[str, tuple[dict[str, str], set[str]]] = {
    "changed": ({**FILES, "weights.bin": "0" * 64}, {"changed"}),
    "missing": ({"weights.bin": FILES["weights.bin"]}, {"missing"}),
    "added": ({**FILES, "extra.py": "0" * 64}, {"added"}),
    "renamed": (
        {"deep/config.json": FILES["deep/config.json"], "other.bin": FILES["weights.bin"]},
        {"missing", "added"},
    ),
    "swapped": (dict(zip(FILES, reversed(FILES.values()), strict=True)), {"changed"}),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("signer", ["", "k"])
def test_any_other_set_of_files_fails_whoever_signed(ask: Ask, case: str, signer: str) -> None:
    files, rules = CASES[case]
    answer = asked(ask, files, signer)

    assert answer.outcome is Outcome.FAILED
    assert {each.rule.id.partition("/")[2] for each in answer.findings} == rules


def test_what_the_signature_leaves_out_may_be_there(ask: Ask) -> None:
    assert asked(ask, {**FILES, ".git/config": "0" * 64}).outcome is Outcome.PASSED


def test_a_signature_without_its_files_is_incomplete(ask: Ask) -> None:
    assert ask(CHECK, BUNDLE, "model.sig").outcome is Outcome.INCOMPLETE


def _without(key: str) -> bytes:
    body: dict[str, Any] = json.loads(BUNDLE)
    del body["dsseEnvelope"][key]
    return json.dumps(body).encode()


@pytest.mark.parametrize("key", ["payload", "payloadType", "signatures"])
def test_a_bundle_that_lacks_a_part_is_incomplete(ask: Ask, key: str) -> None:
    assert asked(ask, FILES, data=_without(key)).outcome is Outcome.INCOMPLETE


@settings(max_examples=200, deadline=None)
@given(mutated(BUNDLE))
def test_hostile_bundles_never_break_the_check_and_never_pass_changed_files(data: bytes) -> None:
    answer = put(opened(data, "m/model.sig"), BY_ID[CHECK], {"files": {"x": "0" * 64}})

    assert answer.outcome not in (Outcome.ERROR, Outcome.PASSED)
