"""Graphs that only compute pass; those that reach files, machines or Python do not."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from tests.graph_files import (
    const,
    field,
    graph,
    meta_graph,
    node,
    saved_model,
    text_attribute,
    tflite,
)
from tests.measure.inspection.conftest import BY_ID, opened, put
from tests.strategies import mutated, zip_file

from basanite.domain.answer import Answer
from basanite.domain.outcome import Outcome
from basanite.domain.severity import Severity

Ask = Callable[..., Answer]
CHECK = "graph-operators"
INPUT = node("x", "Placeholder")


@pytest.mark.parametrize(
    "nodes",
    [
        [INPUT, node("y", "MatMul", ["x", "x"]), node("p", "Print", ["y"])],
        [INPUT, node("p", "PrintV2", ["x"], output_stream=text_attribute("stderr"))],
        [INPUT, node("p", "PrintV2", ["x"], output_stream=text_attribute("log(info)"))],
        [const("model", "model"), const("part", "_temp_0a/part"),
         node("j", "StringJoin", ["model", "part"]), node("f", "ShardedFilename", ["j"]),
         node("s", "SaveV2", ["f"]), node("r", "RestoreV2", ["model"]),
         node("m", "MergeV2Checkpoints", ["f", "model"])],
        [const("n", ""), node("c", "CacheDataset", ["x", "n"]), INPUT],
        [node("c", "ImmutableConst", memory_region_name=text_attribute("memmapped_package://a"))],
        [node("s", "FixedUnigramCandidateSampler", vocab_file=text_attribute(""))],
        [node("d", "DebugIdentity", debug_urls=text_attribute("", ""))],
        [INPUT, node("t", "InitializeTableFromTextFileV2", ["x", "x"])],
    ],
)  # fmt: skip
def test_a_graph_that_computes_and_keeps_its_checkpoint_passes(
    ask: Ask, nodes: list[bytes]
) -> None:
    for data in (graph(*nodes), meta_graph(graph(*nodes)), saved_model(graph(*nodes))):
        answer = ask(CHECK, data, "model.pb")
        assert (answer.outcome, answer.findings) == (Outcome.PASSED, ())


REACHING = {
    "python": [INPUT, node("f", "PyFunc", ["x"])],
    "named for a shell": [INPUT, node("f", "ShellOp", ["x"])],
    "remote call of older releases": [INPUT, node("f", "TryRpc", ["x"])],
    "eager": [INPUT, node("f", "EagerPyFunc", ["x"])],
    "write": [const("p", "out.txt"), node("w", "WriteFile", ["p", "p"])],
    "write-given": [INPUT, node("w", "WriteFile", ["x", "x"])],
    "print": [INPUT, node("p", "PrintV2", ["x"], output_stream=text_attribute("file:///x"))],
    "summary": [const("p", "logs"), node("w", "CreateSummaryFileWriter", ["p", "p"])],
    "cache": [const("p", "c"), node("w", "CacheDatasetV2", ["p", "p"])],
    "debug": [node("d", "DebugIdentityV3", debug_urls=text_attribute("grpc://h:1", "file:///x"))],
    "dump": [node("d", "DumpTensor", log_dir_path=text_attribute("d"))],
    "read": [const("p", "/etc/hostname"), node("r", "ReadFile", ["p"])],
    "read-url": [const("p", "gs://bucket/x"), node("r", "ReadFile", ["p"])],
    "read-up": [const("p", "../x"), node("i", "Identity", ["p"]), node("r", "ReadFile", ["i"])],
    "read-joined": [const("a", "/"), const("b", "etc/hostname"),
                    node("j", "StringJoin", ["a", "b"]), node("r", "ReadFile", ["j:0"])],
    "read-hidden": [const("a", "L2V0Yy9ob3N0bmFtZQ"), node("d", "DecodeBase64", ["a"]),
                    node("r", "ReadFile", ["d"])],
    "read-default": [const("p", "/etc/hostname"), node("d", "PlaceholderWithDefault", ["p"]),
                     node("r", "ReadFile", ["d"])],
    "lines": [const("p", "/etc/hostname"), node("r", "TextLineDataset", ["p", "p", "p"])],
    "database": [const("d", "sqlite"), const("p", "/x.db"),
                 node("r", "ExperimentalSqlDataset", ["d", "p", "p"])],
    "mapped": [node("c", "ImmutableConst", memory_region_name=text_attribute("/etc/hostname"))],
    "table": [const("p", "/etc/hostname"), node("t", "InitializeTableFromTextFile", ["p", "p"])],
    "save": [const("p", "/etc/x"), node("s", "SaveV2", ["p"])],
    "restore": [const("p", "https://h/x"), node("s", "RestoreV2", ["p"])],
    "save-joined": [const("a", "/"), const("b", "x"), node("j", "StringJoin", ["a", "b"]),
                    node("s", "SaveV2", ["j"])],
    "service": [const("p", "grpc://h"), node("d", "DataServiceDatasetV4", ["p", "p", "p"])],
    "rpc": [const("p", "h:1"), node("d", "RpcClient", ["p", "p"])],
}  # fmt: skip


@pytest.mark.parametrize("name", REACHING)
def test_a_graph_that_reaches_out_fails(ask: Ask, name: str) -> None:
    nodes = REACHING[name]
    inside = graph(INPUT, functions={"f": ([], nodes)})
    for data in (graph(*nodes), saved_model(graph(*nodes)), saved_model(inside)):
        answer = ask(CHECK, data, "model.pb")
        assert answer.outcome is Outcome.FAILED
        assert answer.findings[0].level.rank >= Severity.HIGH.rank


@pytest.mark.parametrize(
    "nodes",
    [
        [INPUT, node("r", "ReadFile", ["x"])],
        [const("p", "words.txt"), node("r", "ReadFile", ["p"])],
        [node("r", "WholeFileReaderV2")],
        [INPUT, node("o", "Package>Own", ["x"])],
    ],
)
def test_what_the_graph_does_not_say_stays_open(ask: Ask, nodes: list[bytes]) -> None:
    answer = ask(CHECK, saved_model(graph(*nodes)), "saved_model.pb")

    assert answer.outcome is Outcome.UNDECIDED
    assert answer.reason


def test_an_asset_of_the_model_may_fill_a_table(ask: Ask) -> None:
    nodes = graph(
        const("p", "/home/a/words.txt"), node("t", "InitializeTableFromTextFile", ["p", "p"])
    )

    assert ask(CHECK, saved_model(nodes, {"p:0": "words.txt"}), "m.pb").outcome is Outcome.PASSED
    assert ask(CHECK, saved_model(nodes), "m.pb").outcome is Outcome.FAILED


def test_a_path_is_followed_into_the_functions_that_get_it(ask: Ask) -> None:
    reads = {"inner": (["a", "b"], [node("r", "ReadFile", ["b"])])}
    call = field(10, field(1, "inner"))
    for operator in ("StatefulPartitionedCall", "While", "inner"):
        nodes = [INPUT, const("p", "/etc/x"), node("c", operator, ["x", "p"], f=call)]
        assert ask(CHECK, graph(*nodes, functions=reads), "m.pb").outcome is Outcome.FAILED
        through = {**reads, "outer": (["o"], nodes[1:])}
        assert ask(CHECK, graph(INPUT, functions=through), "m.pb").outcome is Outcome.FAILED

    other = [INPUT, const("p", "/etc/x"), node("c", "PartitionedCall", ["p", "x"], f=call)]
    assert ask(CHECK, graph(*other, functions=reads), "m.pb").outcome is Outcome.UNDECIDED
    assert ask(CHECK, graph(INPUT, functions=reads), "m.pb").outcome is Outcome.UNDECIDED


def test_functions_that_call_each_other_end(ask: Ask) -> None:
    call = field(10, field(1, "f"))
    again = {
        "f": (["a"], [node("r", "ReadFile", ["a"]), node("c", "PartitionedCall", ["a"], f=call)])
    }

    assert ask(CHECK, graph(INPUT, functions=again), "m.pb").outcome is Outcome.UNDECIDED


def test_the_finding_says_operator_function_and_place(ask: Ask) -> None:
    nodes = [const("p", "/etc/hostname"), node("r", "ReadFile", ["p"])]
    answer = ask(CHECK, saved_model(graph(INPUT, functions={"f": ([], nodes)})), "m.pb")

    assert answer.findings[0].message == "ReadFile in function f reads files: /etc/hostname."


def test_what_was_found_before_the_damage_stands(ask: Ask) -> None:
    data = graph(*REACHING["write"]) + b"\x0a\xff"

    assert ask(CHECK, data, "m.pb").outcome is Outcome.FAILED
    assert ask(CHECK, graph(INPUT) + b"\x0a\xff", "m.pb").outcome is Outcome.INCOMPLETE


def written(operator: str, text: str = "x") -> str:
    value = f"attr {{ key: 'value' value {{ tensor {{ string_val: {json.dumps(text)} }} }} }}"
    return (
        "saved_model_schema_version: 1\nmeta_graphs {\n graph_def {\n  node {\n   name: 'p'\n"
        f"   op: 'Const' {value}\n  }}\n  node {{ name: 'o' op: {operator} input: 'p' }}\n }}\n}}\n"
    )


@pytest.mark.parametrize(
    ("operator", "text", "outcome"),
    [
        ('"MatMul"', "/etc/x", Outcome.PASSED),
        ('"SaveV2"', "model", Outcome.PASSED),
        ('"PrintV2"', "stderr", Outcome.PASSED),
        ('"ReadFile"', "x", Outcome.UNDECIDED),
        ('"Package>Own"', "x", Outcome.UNDECIDED),
        ('"ReadFile"', "/etc/x", Outcome.FAILED),
        ('"SaveV2"', "/etc/x", Outcome.FAILED),
        ('"PrintV2"', "file:///x", Outcome.FAILED),
        ('"WriteFile"', "x", Outcome.FAILED),
        ("'\\127rite' \"File\"", "x", Outcome.FAILED),
        ("'PyFunc'", "x", Outcome.FAILED),
    ],
)
def test_graphs_written_as_text_are_read(
    ask: Ask, operator: str, text: str, outcome: Outcome
) -> None:
    assert ask(CHECK, written(operator, text), "saved_model.pbtxt").outcome is outcome


@pytest.mark.parametrize(
    ("codes", "outcome"),
    [
        ([0, 9], Outcome.PASSED),
        ([0, "FlexErf", "TFLite_Detection_PostProcess"], Outcome.PASSED),
        ([0, "FlexSaveV2", "FlexRestoreV2"], Outcome.PASSED),
        ([0, "Own"], Outcome.UNDECIDED),
        ([0, "FlexOwn>Operator"], Outcome.UNDECIDED),
        ([0, "FlexReadFile"], Outcome.FAILED),
        ([0, "FlexWriteFile"], Outcome.FAILED),
        ([0, "FlexPyFunc"], Outcome.FAILED),
    ],
)
def test_operators_of_lite_models_are_judged(
    ask: Ask, codes: list[int | str], outcome: Outcome
) -> None:
    assert ask(CHECK, tflite(*codes), "m.tflite").outcome is outcome
    assert ask(CHECK, zip_file({"m.bin": tflite(*codes)}), "m.zip").outcome is outcome


@pytest.mark.parametrize("name", ["m.tflite", "x.bin"])
def test_a_damaged_lite_model_is_incomplete(ask: Ask, name: str) -> None:
    assert ask(CHECK, tflite(0)[:80], name).outcome is Outcome.INCOMPLETE


@settings(max_examples=200, deadline=2000)
@given(data=mutated(saved_model(graph(*REACHING["read-joined"]))) | mutated(tflite(0, "FlexErf")))
def test_hostile_bytes_never_break_the_check(data: bytes) -> None:
    for name in ("m.pb", "m.tflite"):
        answer = put(opened(data, name), BY_ID[CHECK], {})
        assert answer.outcome is not Outcome.ERROR, answer.reason
