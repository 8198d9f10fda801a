"""Models of trees are recognised by their content and read to their end."""

from __future__ import annotations

import io
import json
import struct
import time
from contextlib import suppress
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.strategies import mutated

from basanite.domain.artifact import Format
from basanite.domain.errors import UnreadableError
from basanite.formats import catboost, lightgbm, pmml, xgboost
from basanite.formats.contradiction import ContradictionError
from basanite.formats.detect import detect
from basanite.formats.facts import read_facts

LEARNER = {
    "learner": {
        "attributes": {"note": '{"a": "}]"}'},
        "feature_names": [],
        "gradient_booster": {
            "model": {"gbtree_model_param": {"num_trees": "2"}, "trees": [{"id": 0}, {"id": 1}]},
            "name": "gbtree",
        },
        "learner_model_param": {"base_score": "0.5", "num_feature": "5"},
        "objective": {"name": "binary:logistic"},
    },
    "version": [3, 2, 0],
}


def ubj(value: object) -> bytes:
    """A value as XGBoost writes it."""
    if isinstance(value, dict):
        return b"{" + b"".join(ubj(key)[1:] + ubj(each) for key, each in value.items()) + b"}"
    if isinstance(value, list) and value and isinstance(value[0], int):
        numbers = b"".join(struct.pack(">i", each) for each in value)
        return b"[$l#L" + struct.pack(">q", len(value)) + numbers
    if isinstance(value, list):
        return b"[#L" + struct.pack(">q", len(value)) + b"".join(map(ubj, value))
    if isinstance(value, int):
        return b"l" + struct.pack(">i", value)
    text = str(value).encode()
    return b"SL" + struct.pack(">q", len(text)) + text


CLOSE = json.dumps(LEARNER, separators=(",", ":")).encode()
LIGHTGBM = (
    b"tree\nversion=v4\nnum_class=1\nmax_feature_idx=4\nobjective=binary sigmoid:1\n"
    b"feature_names=a b c d e\n\nTree=0\nnum_leaves=2\nleaf_value=0.1 0.2\n\n\nTree=1\n"
    b"num_leaves=2\nleaf_value=0.1 0.2\n\n\nend of trees\n\nfeature_importances:\na=2\n\n"
    b"parameters:\n[boosting: gbdt]\n\nend of parameters\n\npandas_categorical:null\n"
)
LIGHTGBM_JSON = json.dumps(
    {"name": "tree", "version": "v4", "tree_info": [{"tree_index": 0}, {"tree_index": 1}]}
).encode()
CATBOOST = b"CBM1" + struct.pack("<I", 24) + struct.pack("<Ii", 16, 0) + bytes(8) + struct.pack(
    "<ii", 8, 0
)  # fmt: skip
PMML = (
    b'<?xml version="1.0"?>\n<!-- made here -->\n<PMML version="4.4" '
    b'xmlns="http://www.dmg.org/PMML-4_4"><Header><Extension name="repr">PMMLPipeline(steps=[])'
    b'</Extension></Header><DataDictionary><DataField name="x"/></DataDictionary>'
    b'<TransformationDictionary><DefineFunction name="my.own"/></TransformationDictionary>'
    b'<TreeModel><Apply function="my.own"/><Apply function="+"/></TreeModel></PMML>'
)
VALID: dict[str, tuple[ModuleType, Format, bytes]] = {
    "xgboost": (xgboost, Format.XGBOOST, json.dumps(LEARNER).encode()),
    "xgboost, close": (xgboost, Format.XGBOOST, CLOSE),
    "xgboost, binary": (xgboost, Format.XGBOOST, ubj(LEARNER)),
    "lightgbm": (lightgbm, Format.LIGHTGBM, LIGHTGBM),
    "lightgbm, JSON": (lightgbm, Format.LIGHTGBM, LIGHTGBM_JSON),
    "catboost": (catboost, Format.CATBOOST, CATBOOST),
    "pmml": (pmml, Format.PMML, PMML),
}  # fmt: skip


@pytest.mark.parametrize("kind", VALID)
@pytest.mark.parametrize("name", ["model.json", "m.bin", "model", "a.txt"])
def test_a_model_of_trees_is_seen_whatever_its_name(kind: str, name: str) -> None:
    _, form, data = VALID[kind]

    assert detect(name, io.BytesIO(data), len(data)) is form


@pytest.mark.parametrize("kind", ["xgboost", "xgboost, close", "xgboost, binary"])
def test_the_facts_of_xgboost_models(kind: str) -> None:
    data = VALID[kind][2]
    facts = read_facts(Format.XGBOOST, "m", io.BytesIO(data), len(data)).facts

    assert facts["objective"] == "binary:logistic"
    assert facts["booster"] == "gbtree"
    assert (facts["features"], facts["trees"], facts["version"]) == (5, 2, "3.2.0")


def test_the_facts_of_the_others() -> None:
    light = lightgbm.read(io.BytesIO(LIGHTGBM), len(LIGHTGBM))
    assert (light["trees"], light["features"], light["objective"]) == (2, 5, "binary sigmoid:1")
    dumped = lightgbm.read(io.BytesIO(LIGHTGBM_JSON), len(LIGHTGBM_JSON))
    assert (dumped["trees"], dumped["version"]) == (2, "v4")
    tree = pmml.read(io.BytesIO(PMML), len(PMML))
    assert (tree["version"], tree["trees"], tree["models"]) == ("4.4", 1, ["TreeModel"])
    assert (tree["scripts"], tree["foreign_functions"]) == ([], [])
    assert catboost.read(io.BytesIO(CATBOOST), len(CATBOOST))["core_bytes"] == 24


@pytest.mark.parametrize("kind", VALID)
def test_a_model_that_ends_early_is_unreadable(kind: str) -> None:
    module, _, data = VALID[kind]
    last = data.index(b"end of trees") + 12 if kind == "lightgbm" else len(data)
    for end in range(last):
        with pytest.raises(UnreadableError):
            module.read(io.BytesIO(data[:end]), end)


@pytest.mark.parametrize(
    ("module", "data"),
    [
        (xgboost, json.dumps(LEARNER).encode() + b"{} "),
        (xgboost, json.dumps(LEARNER).encode()[:-1] + b"]}}"),
        (xgboost, ubj(LEARNER) + b"more"),
        (xgboost, b"{L" + struct.pack(">q", 7) + b"learner{" + b"L" + struct.pack(">q", 1 << 60)),
        (xgboost, b"{L" + struct.pack(">q", 7) + b"learner{" + b"x"),
        (xgboost, b"{L" + struct.pack(">q", 7) + b"learner" + b"[" * 100_000),
        (catboost, b"CBM1" + struct.pack("<II", 24, 1 << 30) + bytes(20)),
        (catboost, b"CBM1" + struct.pack("<IIi", 24, 4, 1 << 30) + bytes(16)),
    ],
)
def test_a_model_that_contradicts_its_format_is_told_apart(module: ModuleType, data: bytes) -> None:
    with pytest.raises(ContradictionError):
        module.read(io.BytesIO(data), len(data))


@pytest.mark.parametrize(
    ("data", "fact"),
    [
        (b'<!DOCTYPE PMML [<!ENTITY a "b">]><PMML version="4.4">&a;</PMML>', "document_type"),
        (b'<!DOCTYPE PMML SYSTEM "http://x/y.dtd"><PMML version="4.4"/>', "document_type"),
        (b'<!DOCTYPE a [<!ENTITY a "b">]><PMML version="4.4">&a;</PMML>', "document_type"),
        (
            '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE a><PMML version="4.4"/>'.encode(
                "utf-16"
            ),
            "document_type",
        ),
        (PMML.replace(b"PMMLPipeline", b"Runtime.getRuntime().exec("), "scripts"),
        (PMML.replace(b'function="+"', b'function="java.lang.Runtime.exec"'), "foreign_functions"),
    ],
)
def test_what_does_not_belong_into_pmml_is_told(data: bytes, fact: str) -> None:
    assert detect("m.pmml", io.BytesIO(data), len(data)) is Format.PMML
    assert pmml.read(io.BytesIO(data), len(data))[fact]


@pytest.mark.parametrize(
    "data",
    [b"<PMML>" * 5000, b"<!-- PMML --" * 5000, b"<?a?>" * 20_000 + b"PMML", b"<PMML \xff\xfe>",
     b"<PMML>" + b"<a " + b"b='c' " * 1000],
)  # fmt: skip
def test_hostile_xml_ends_at_once(data: bytes) -> None:
    begun = time.process_time()
    detect("m.pmml", io.BytesIO(data), len(data))
    with pytest.raises(UnreadableError):
        pmml.read(io.BytesIO(data), len(data))
    assert time.process_time() - begun < 2


KINDS = st.sampled_from(sorted(VALID))


@given(case=KINDS.flatmap(lambda kind: st.tuples(st.just(kind), mutated(VALID[kind][2]))))
def test_hostile_bytes_are_only_unreadable(case: tuple[str, bytes]) -> None:
    kind, data = case
    with suppress(UnreadableError):
        VALID[kind][0].read(io.BytesIO(data), len(data))
