"""The manifest is read whole, or refused with every problem, its line and what to do."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from basanite.domain.errors import ExitCode
from basanite.domain.system import ComponentKind, DatasetRole, Sector, Tier
from basanite.map.manifest import ManifestError, parse_manifest

CHECKS = {
    "model-accuracy": ("minimum", "level"),
    "model-latency": ("p50", "p99"),
}
PACKS = ("nist-ai-rmf-1.0",)

Edit = Callable[[str, str], list[str]]


@pytest.fixture
def edited(example: bytes) -> Edit:
    """Replace a piece of the example and return the complaints."""

    def edit(old: str, new: str) -> list[str]:
        text = example.decode()
        assert old in text
        with pytest.raises(ManifestError) as refused:
            parse_manifest(
                text.replace(old, new, 1).encode(), known_checks=CHECKS, known_packs=PACKS
            )
        assert refused.value.exit_code is ExitCode.USAGE
        return refused.value.line().splitlines()

    return edit


def test_the_documented_example_is_a_manifest(example: bytes) -> None:
    manifest = parse_manifest(example, known_checks=CHECKS, known_packs=PACKS)
    system = manifest.system
    assert (system.sector, system.tier) == (Sector.WATER_AND_WASTEWATER_SYSTEMS, Tier.HIGH)
    assert system.use_case.high_impact
    reference = system.component("leak-reference")
    assert reference is not None
    assert (reference.kind, reference.role) == (ComponentKind.DATASET, DatasetRole.REFERENCE)
    assert reference.paths == ("data/2023", "data/2024/*.csv")
    assert reference.serves == ("leak-detector",)
    detector = system.component("leak-detector")
    assert detector is not None
    assert detector.version == "2.1"
    assert system.overrides[0].shelf_life_days == 90
    assert manifest.excludes == ("archive", "**/*.tmp")
    assert set(manifest.parts) == {part.id for part in system.components}


def test_an_endpoint_is_disabled_unless_it_says_otherwise(example: bytes) -> None:
    system = parse_manifest(example.replace(b"      enabled: true\n", b"")).system
    part = system.component("assistant")
    assert part is not None
    assert part.endpoint is not None
    assert not part.endpoint.enabled


def test_the_digest_of_a_part_changes_with_that_part_only(example: bytes) -> None:
    before = parse_manifest(example)
    after = parse_manifest(example.replace(b"127.0.0.1:8080", b"127.0.0.1:8081"))
    changed = {part for part in before.parts if before.parts[part] != after.parts[part]}
    assert changed == {"assistant"}
    assert before.sha256 != after.sha256


def test_comments_and_order_do_not_change_the_digest_of_a_part(example: bytes) -> None:
    before = parse_manifest(example)
    text = example.replace(b"    kind: service\n", b"    kind: service  # here\n")
    assert parse_manifest(text).parts == before.parts


def test_a_version_is_kept_as_written(example: bytes) -> None:
    part = parse_manifest(example.replace(b'"2.1"', b"1.10")).system.component("leak-detector")
    assert part is not None
    assert part.version == "1.10"


WRONG = [
    ("sector: water-and-wastewater-systems", "sector: water", "Allowed: chemical"),
    ("sector: water-and-wastewater-systems", "sector: enrgy", "Did you mean energy?"),
    ("tier: high", "tier: 1", "Allowed: high, moderate, low"),
    ("tier: high", "teir: high", "Did you mean tier?"),
    ("  tier: high\n", "", "add tier: (high, moderate, low)"),
    ("high-impact: true", "high-impact: perhaps", "write true or false"),
    ("high-impact: true", "high_impact: true", "Did you mean high-impact?"),
    ("id: north-plant", "id: North Plant", "lower-case letters"),
    ("title: North plant leak detection", "title: true", "put it in quotes"),
    ("title: North plant leak detection", "title:", "is empty"),
    ("kind: model", "kind: modle", "Did you mean model?"),
    ("path: models/leak.onnx", "path: ../leak.onnx", "leaves the system's folder"),
    ("path: models/leak.onnx", "path: models/%2E%2E/%2e./x", "leaves the system's folder"),
    ("path: models/leak.onnx", "path: /etc/passwd", "relative to the folder"),
    ("path: models/leak.onnx", "path: ~/leak.onnx", "relative to the folder"),
    ("path: models/leak.onnx", "path: C:/leak.onnx", "relative to the folder"),
    ("path: models/leak.onnx", "path: 'models\\leak.onnx'", "separate folders with /"),
    ("path: models/leak.onnx", "path: models/50%.onnx", "%25"),
    ("path: models/leak.onnx", "path: models/a%00.onnx", "null byte"),
    ("path: models/leak.onnx", "path: data/test.csv", "belongs to one component"),
    ("path: models/leak.onnx", "path: a\n    paths: [b]", "path and paths"),
    ("serves: leak-detector", "serves: leak-detectr", "Did you mean leak-detector?"),
    ("serves: leak-detector", "serves: leak-test", "serves itself"),
    ("id: leak-test", "id: leak-detector", "give it another"),
    ("task: classification", "role: test", "cannot have role"),
    ("role: test", "role: tests", "Did you mean test?"),
    ("role: test", "task: regression", "cannot have task"),
    (
        "    kind: code\n",
        "    kind: code\n    endpoint: {url: 'http://a/v1'}\n",
        "cannot have endpoint",
    ),
    ("    kind: code\n", "    kind: code\n    canaries: x\n", "cannot have canaries"),
    ("    kind: code\n", "    kind: code\n    columns: {time: t}\n", "cannot have columns"),
    ("http://127.0.0.1:8080/v1", "http://me:pw@127.0.0.1/v1", "without user name"),
    ("http://127.0.0.1:8080/v1", "http://127.0.0.1/v1?key=abc", "without user name"),
    ("http://127.0.0.1:8080/v1", "http://127.0.0.1:${port}/v1", "placeholder"),
    ("http://127.0.0.1:8080/v1", "file:///etc/passwd", "http://host:port"),
    ("- nist-ai-rmf-1.0", "- nist-ai-rmf", "Did you mean nist-ai-rmf-1.0?"),
    ("check: model-accuracy", "check: model-acuracy", "Did you mean model-accuracy?"),
    ("minimum: 0.95", "minimun: 0.95", "Did you mean minimum?"),
    ("component: leak-detector", "component: leak", "names leak, which is no component"),
    ("    parameters:\n      minimum: 0.95\n", "    parameters: {}\n", "changes nothing"),
    ("    shelf-life-days: 90\n", "", "changes nothing"),
    ("shelf-life-days: 90", "shelf-life-days: 0", "more than 0"),
    ("    reason: The timing rig is in use elsewhere until March.\n", "", "reason is missing"),
    ("reason: The timing rig is in use elsewhere until March.", "reason: ''", "reason is empty"),
    ("    expires: 2027-03-31\n", "", "expires is missing"),
    ("expires: 2027-03-31", "expires: 20", "YYYY-MM-DD"),
    ("expires: 2027-03-31", "expires: 2027-02-31", "expires"),
    ("approved-by: Head of network operations", "approved-by:", "is empty"),
    ("schema: basanite.manifest/1", "schema: basanite.manifest/9", "basanite.manifest/1"),
    ("packs:\n", "packs:\n  - nist-ai-rmf-1.0\n", "named twice"),
    ("tier: high", "tier: high\n  tier: low", "keep one of the two"),
    ("  - archive\n", "  - ../archive\n", "leaves the system's folder"),
]


@pytest.mark.parametrize(("old", "new", "says"), WRONG)
def test_each_mistake_is_named_with_its_line_and_a_way_out(
    edited: Edit, example: bytes, old: str, new: str, says: str
) -> None:
    lines = edited(old, new)
    assert any(says in line for line in lines), lines
    around = example.decode().split(old, 1)[0].count("\n") + 1
    assert any(
        around - 20 <= int(match.group(1)) <= around + 12
        for line in lines
        if (match := re.match(r"basanite\.yaml:(\d+): ", line))
    ), lines


def test_the_line_of_a_wrong_value_is_its_own(edited: Edit, example: bytes) -> None:
    line = example.decode().split("role: test")[0].count("\n") + 1
    assert edited("role: test", "role: tests")[0].startswith(f"basanite.yaml:{line}: ")


def test_all_problems_are_said_at_once_and_in_order(example: bytes) -> None:
    text = example.decode()
    for old, new in (
        ("tier: high", "tier: x"),
        ("kind: code", "kind: x"),
        ("role: test", "role: x"),
    ):
        text = text.replace(old, new, 1)
    with pytest.raises(ManifestError) as refused:
        parse_manifest(text.encode())
    lines = [problem.line for problem in refused.value.problems]
    assert len(lines) == 3
    assert lines == sorted(lines)


def test_an_override_needs_no_check_list_to_be_refused_without_a_reason(example: bytes) -> None:
    text = re.sub(rb"    reason: .*\n", b"", example)
    with pytest.raises(ManifestError, match="reason is missing"):
        parse_manifest(text)


@pytest.mark.parametrize("data", [b"", b"- a\n", b"hello", b"1", b"# only a comment\n"])
def test_a_file_that_is_no_mapping_says_how_to_begin(data: bytes) -> None:
    with pytest.raises(ManifestError, match="basanite init"):
        parse_manifest(data)


def test_messages_repeat_no_password_and_no_control_character() -> None:
    text = (
        b'schema: "\\x1b[31m"\nsystem: {"\\x1b]0;x\\a": 1}\n'
        b"components:\n  - {id: a, kind: service, endpoint: {url: 'http://u:hunter2@h/'}}\n"
    )
    with pytest.raises(ManifestError) as refused:
        parse_manifest(text, "a\x1b.yaml")
    assert refused.value.line().replace("\n", "").isprintable()
    assert "hunter2" not in refused.value.line()


def test_thousands_of_unknown_keys_do_not_take_long() -> None:
    text = "schema: x\nsystem:\n" + "".join(f"  environmen{i}: 1\n" for i in range(9_000))
    with pytest.raises(ManifestError) as refused:
        parse_manifest(text.encode())
    assert len(refused.value.line().splitlines()) <= 101


def test_a_site_cannot_say_how_many_campaigns_share_an_error(example: bytes) -> None:
    text = example.decode().replace("minimum: 0.95", "family: 1", 1)
    checks = {**CHECKS, "model-accuracy": ("minimum", "family")}
    with pytest.raises(ManifestError, match="family follows from what the system holds") as refused:
        parse_manifest(text.encode(), known_checks=checks, known_packs=PACKS)
    line = 1 + text[: text.index("family: 1")].count("\n")
    assert f"basanite.yaml:{line}:" in refused.value.line()


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_a_mutated_manifest_is_read_or_refused(example: bytes, data: st.DataObject) -> None:
    mutated = bytearray(example)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(mutated)))
        end = data.draw(st.integers(at, min(len(mutated), at + 30)))
        mutated[at:end] = data.draw(st.binary(max_size=12))
    with suppress(ManifestError):
        manifest = parse_manifest(bytes(mutated), known_checks=CHECKS, known_packs=PACKS)
        assert set(manifest.parts) == {part.id for part in manifest.system.components}


TREE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["schema", "system", "components", "id", "kind", "paths", "owner", "use-case", "packs",
             "endpoint", "url", "columns", "overrides", "thresholds", "parameters", "check"]
        ),
        inner,
        max_size=4,
    ),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(tree=TREE)
def test_any_tree_of_known_keys_is_read_or_refused(tree: object) -> None:
    with pytest.raises(ManifestError) as refused:  # no tree of these keys is complete
        parse_manifest(json.dumps(tree).encode(), known_checks=CHECKS, known_packs=PACKS)
    assert refused.value.line()
