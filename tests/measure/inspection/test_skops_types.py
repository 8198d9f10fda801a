"""What a skops file would build is judged by what its loaders really do with each name."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from tests.strategies import json_values, mutated, zip_file

from basanite.domain.answer import Answer
from basanite.domain.outcome import Outcome

Ask = Callable[..., Answer]
CHECK = "skops-types"


def node(loader: str, name: str, **rest: Any) -> dict[str, Any]:
    module, _, short = name.rpartition(".")
    return {"__loader__": loader, "__module__": module, "__class__": short, **rest}


def text(value: object) -> dict[str, Any]:
    return node("JsonNode", "builtins.str", content=json.dumps(value), is_json=True)


def listed(*items: dict[str, Any], of: str = "builtins.list") -> dict[str, Any]:
    return node("ListNode", of, content=list(items))


def mapping(content: dict[str, Any], keys: str = "builtins.str") -> dict[str, Any]:
    types = listed(*[node("TypeNode", keys) for _ in content])
    return node("DictNode", "builtins.dict", content=content, key_types=types)


def model(of: str, **attributes: dict[str, Any]) -> dict[str, Any]:
    return node("ObjectNode", of, content=mapping(attributes))


def operator(name: str, *arguments: object) -> dict[str, Any]:
    attributes = node("TupleNode", "builtins.tuple", content=[text(each) for each in arguments])
    return node("OperatorFuncNode", f"operator.{name}", attrs=attributes)


def method(of: str, function: str, owner: dict[str, Any]) -> dict[str, Any]:
    return node("MethodNode", of, content={"func": function, "obj": owner})


def generator(name: str) -> dict[str, Any]:
    content = {"bit_generator": mapping({"bit_generator": text(name)}), "seed_seq": mapping({})}
    return node("RandomGeneratorNode", "numpy.random._generator.Generator", content=content)


def file(root: dict[str, Any], **rest: Any) -> bytes:
    schema = {**root, "protocol": 3, "_skops_version": "0.16.0", **rest}
    return zip_file({"schema.json": json.dumps(schema).encode(), "1.npy": b""}, packed=False)


LOGISTIC = "sklearn.linear_model._logistic.LogisticRegression"
PARTIAL = {
    "func": node("FunctionNode", "numpy.clip"),
    "args": node("TupleNode", "builtins.tuple", content=[]),
    "kwds": mapping({}),
    "namespace": text(None),
}
BENIGN = {
    "an estimator": model(LOGISTIC, C=text(1.0)),
    "a tree": node(
        "TreeNode", "sklearn.tree._tree.Tree", __reduce__={"args": listed()}, content=mapping({})
    ),
    "a loss": node("LossNode", "sklearn._loss._loss.CyHalfBinomialLoss"),
    "a scalar": node("NdArrayNode", "numpy.float64", type="numpy", file="1.npy"),
    "an array": node("NdArrayNode", "numpy.ndarray", type="numpy", file="1.npy"),
    "a sparse matrix": node("SparseMatrixNode", "scipy.sparse._csr.csr_matrix", file="1.npz"),
    "a function of NumPy": node("FunctionNode", "numpy.log1p"),
    "a score function": node(
        "FunctionNode", "sklearn.feature_selection._univariate_selection.f_classif"
    ),
    "a partial": node("PartialNode", "functools.partial", content=PARTIAL),
    "an itemgetter": operator("itemgetter", "flow"),
    "an attrgetter": operator("attrgetter", "coef_"),
    "a generator": generator("PCG64"),
    "keys that are numbers": mapping({"1": text("a")}, keys="builtins.int"),
    "a class that is referred to": node("TypeNode", "builtins.len"),
    "a function that only computes": node("TypeNode", "math.log"),
}
HOSTILE = {
    "a call of the system": (model("os.system"), "closed"),
    "a constructor that runs": (
        node("ConstructorFromReduceNode", "subprocess.Popen", content=listed(text(["true"]))),
        "closed",
    ),
    "keys made by eval": (mapping({"1": text("a")}, keys="builtins.eval"), "closed"),
    "a list that is a call": (listed(text("true"), of="os.system"), "closed"),
    "a function below another": (
        model(LOGISTIC, C=node("FunctionNode", "os.system")),
        "closed",
    ),
    "a partial of exec": (
        node(
            "PartialNode",
            "functools.partial",
            content={**PARTIAL, "func": node("TypeNode", "builtins.exec")},
        ),
        "closed",
    ),
    "a name that only an old protocol reads": (
        node(
            "FunctionNode",
            "numpy.log1p",
            content={"module_path": "os", "function": "system"},
        ),
        "closed",
    ),
    "a closed name behind a harmless loader": (
        node("JsonNode", "os.system", content="1"),
        "closed",
    ),
    "a function of joblib that loads": (node("FunctionNode", "joblib.load"), "closed"),
    "a function of sklearn that fetches": (
        node("FunctionNode", "sklearn.datasets._openml.fetch_openml"),
        "closed",
    ),
    "an operator that calls": (operator("call", "x"), "closed"),
    "an operator of another module": (node("OperatorFuncNode", "numpy.log1p"), "disagreeing"),
    "a method of another object": (
        method("builtins.str", "format", model(LOGISTIC)),
        "disagreeing",
    ),
    "a method that is none": (method(LOGISTIC, "__reduce__", model(LOGISTIC)), "reaching"),
    "a method of a function": (
        method("numpy.log1p", "reduce", node("FunctionNode", "numpy.log1p")),
        "reaching",
    ),
    "an attrgetter into Python": (operator("attrgetter", "__class__.__init__"), "reaching"),
    "a methodcaller into Python": (operator("methodcaller", "__reduce__"), "reaching"),
    "a loss that is another class": (node("LossNode", "company.Loss"), "disagreeing"),
    "a tree that is none": (node("TreeNode", LOGISTIC), "disagreeing"),
    "a bit generator that is none": (generator("set_state"), "disagreeing"),
}
UNKNOWN = {
    "a class of another package": model("company.models.Pump"),
    "a function of the user": node("FunctionNode", "__main__.clean"),
    "a loader that nobody knows": node("NewNode", "builtins.dict"),
    "a class that is called": node(
        "ConstructorFromReduceNode", "shop.models.Forecast", content=listed()
    ),
    "a method of a model": method(LOGISTIC, "predict", model(LOGISTIC)),
    "a methodcaller": operator("methodcaller", "strip"),
}


@pytest.mark.parametrize("root", BENIGN.values(), ids=BENIGN.keys())
def test_what_models_really_hold_passes(ask: Ask, root: dict[str, Any]) -> None:
    answer = ask(CHECK, file(root), "m.skops")

    assert answer.outcome is Outcome.PASSED, answer.findings


@pytest.mark.parametrize(("root", "rule"), HOSTILE.values(), ids=HOSTILE.keys())
def test_what_no_model_needs_fails(ask: Ask, root: dict[str, Any], rule: str) -> None:
    answer = ask(CHECK, file(root), "m.skops")

    assert answer.outcome is Outcome.FAILED
    assert answer.findings[0].rule.id == f"skops-types/{rule}"


@pytest.mark.parametrize("root", UNKNOWN.values(), ids=UNKNOWN.keys())
def test_what_nobody_here_knows_is_undecided(ask: Ask, root: dict[str, Any]) -> None:
    answer = ask(CHECK, file(root), "m.skops")

    assert answer.outcome is Outcome.UNDECIDED
    assert answer.findings[0].detail["name"] in answer.reason


def test_the_site_can_vouch_for_a_type(ask: Ask) -> None:
    answer = ask(CHECK, file(model("company.Pump")), "m.skops", allow=["company.Pump"])

    assert answer.outcome is Outcome.PASSED


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-32"])
def test_the_schema_is_read_in_every_encoding_that_skops_reads(ask: Ask, encoding: str) -> None:
    schema = json.dumps(model("os.system")).encode(encoding)

    answer = ask(CHECK, zip_file({"schema.json": schema}, packed=True), "m.skops")

    assert answer.outcome is Outcome.FAILED


def test_a_schema_beside_other_files_is_still_found(ask: Ask) -> None:
    members = {"schema.json": json.dumps(model("os.system")).encode(), "README.md": b"a model"}

    assert ask(CHECK, zip_file(members), "m.zip").outcome is Outcome.FAILED


def test_a_file_that_is_no_schema_is_none_of_this_checks_business(ask: Ask) -> None:
    assert ask(CHECK, '{"type": "object"}', "schema.json").outcome is Outcome.NOT_APPLICABLE
    assert ask(CHECK, "{", "schema.json").outcome is Outcome.NOT_APPLICABLE


def test_a_damaged_schema_in_a_model_is_incomplete(ask: Ask) -> None:
    deep = b"[" * 200_000

    for schema in (b"{", deep, b"\xff\xff"):
        answer = ask(CHECK, zip_file({"schema.json": schema}, packed=True), "m.skops")
        assert answer.outcome is Outcome.INCOMPLETE, schema[:10]


@settings(max_examples=200, deadline=None)
@given(
    json_values.map(lambda value: file(model(LOGISTIC), content=value, attrs=value))
    | mutated(file(model(LOGISTIC, C=text(1))))
)
def test_hostile_files_give_an_answer(data: bytes) -> None:
    from tests.measure.inspection.conftest import BY_ID, opened, put

    assert put(opened(data, "m.skops"), BY_ID[CHECK], {}).outcome is not Outcome.ERROR
