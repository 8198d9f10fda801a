"""Code for tensors passes; code that reaches out, or that a machine runs, does not."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.exported_models import ELF, PROGRAMS, exported, torchscript
from tests.measure.inspection.conftest import BY_ID, opened, put
from tests.strategies import mutated, zip_file

from basanite.domain.answer import Answer
from basanite.domain.outcome import Outcome

Ask = Callable[..., Answer]
PLAIN = """class Linear(Module):
  __parameters__ = ["weight", "bias", ]
  weight : Tensor
  def forward(self: __torch__.torch.nn.modules.linear.Linear,
    input: Tensor) -> Tensor:
    weight = self.weight
    _0 = ops.prim.NumToTensor(torch.size(input, 0))
    loaded = getattr(self, "0")
    return torch.linear(input, weight, annotate(Optional[Tensor], None))
"""


def script(body: str) -> str:
    return f"class M(Module):\n  def forward(self: __torch__.M, x: Tensor) -> Tensor:\n    {body}\n"


def test_plain_torchscript_passes_and_is_told(ask: Ask) -> None:
    answer = ask("embedded-code", torchscript(PLAIN, PLAIN), "m.pt")

    assert answer.outcome is Outcome.PASSED
    assert [each.rule.id for each in answer.findings] == ["embedded-code/torchscript"]


def test_a_pytorch_archive_of_weights_passes_without_a_word(ask: Ask) -> None:
    data = torchscript()

    assert ask("embedded-code", data, "m.pt") == Answer(outcome=Outcome.PASSED)


@pytest.mark.parametrize(
    "body",
    [
        'return torch.from_file("name", False, 10)',
        'torch.save(x, "name")',
        'torch . save (x, "name")',
        'ops.aten.save(x, "name")',
        'x.save("name")',
        'getattr(x, "save")("name")',
        '(torch.relu(x)).save("name")',
        'torch.  # a comment\n save(x, "name")',
        """a = ''' " '''; torch.save(x, "name")""",
        'a = "\\\\"; torch.save(x, "name")',
        "a = '\\n'; x.load(a)",
        "return ops.rpc.rpc_async(x)",
        "a = __torch__.torch.classes.dist_rpc.WorkerInfo.__new__(x)",
    ],
)
def test_torchscript_that_reaches_out_fails(ask: Ask, body: str) -> None:
    answer = ask("embedded-code", torchscript(PLAIN, script(body)), "m.pt")

    assert answer.outcome is Outcome.FAILED
    assert answer.findings[0].rule.id == "embedded-code/reaches-out"
    assert "!/m/code/" in answer.findings[0].location.path


def test_a_method_of_the_model_s_own_is_no_operator(ask: Ask) -> None:
    source = (
        script("return self.save(x)") + "  def save(self, x: Tensor) -> Tensor:\n    return x\n"
    )

    assert ask("embedded-code", torchscript(source), "m.pt").outcome is Outcome.PASSED


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        ("return ops.quantized.linear(x)", Outcome.PASSED),
        ("return ops.torchvision.nms(x)", Outcome.PASSED),
        ("a = __torch__.torch.classes.quantized.LinearPackedParamsBase.x", Outcome.PASSED),
        ("return ops.mine.linear(x)", Outcome.UNDECIDED),
        ("a = __torch__.torch.classes.mine.Engine.__new__(x)", Outcome.UNDECIDED),
        ("return ^Mine()(x)", Outcome.UNDECIDED),
        ("return x ^ y", Outcome.PASSED),
        ('raise AssertionError("torch.save(x)")  # torch.load(x)', Outcome.PASSED),
        ("a = ''' torch.save(x) '''", Outcome.PASSED),
    ],
)
def test_what_torchscript_needs_decides(ask: Ask, body: str, outcome: Outcome) -> None:
    answer = ask("embedded-code", torchscript(script(body)), "m.pt")

    assert answer.outcome is outcome
    assert outcome is Outcome.PASSED or answer.reason or answer.findings


@pytest.mark.parametrize(
    ("name", "outcome"),
    [("aten::linear", "passed"), ("aten::save", "failed"), ("mine::op", "undecided")],
)
def test_byte_code_of_the_lite_interpreter_is_judged_by_its_operators(
    ask: Ask, name: str, outcome: str
) -> None:
    pickled = b"\x80\x02(X" + len(name).to_bytes(4, "little") + name.encode() + b"t."
    data = torchscript(PLAIN, **{"bytecode.pkl": pickled})

    assert ask("embedded-code", data, "m.ptl").outcome.value == outcome


@pytest.mark.parametrize(
    "targets",
    [
        ("torch.ops.aten.linear.default", "_operator.mul", "math.trunc", "torch.sym_int"),
        ("torch.ops.higher_order.cond", "torch._sym_sqrt"),
        ("torch.ops.torchvision.nms.default",),
        ("p_weight", "call_method"),
    ],
)
def test_an_exported_program_of_operators_passes(ask: Ask, targets: tuple[str, ...]) -> None:
    assert ask("embedded-code", exported(*targets), "m.pt2").outcome is Outcome.PASSED


@pytest.mark.parametrize(
    "target",
    [
        "torch.os.system", "torch.hub.load", "torch.load", "torchx.os.system",
        "_operator.attrgetter", "_operator.call", "_operatorx.methodcaller", "math.__loader__.x",
        "torch.ops.aten.from_file.default", "torch.ops.load_library",
    ],
)  # fmt: skip
def test_an_exported_program_that_names_anything_else_fails(ask: Ask, target: str) -> None:
    answer = ask("embedded-code", exported("torch.ops.aten.add.Tensor", target), "m.pt2")

    assert answer.outcome is Outcome.FAILED
    assert answer.findings[0].detail == {"name": target}


def test_an_exported_program_with_foreign_operators_is_undecided(ask: Ask) -> None:
    for target in ("torch.ops.mine.op.default", "#extension", "torch._C._set_grad_enabled"):
        assert ask("embedded-code", exported(target), "m.pt2").outcome is Outcome.UNDECIDED


@pytest.mark.parametrize(
    "text",
    [
        "s0", "2*s0 + 1", "Symbol('s0', positive=True, integer=True)", "Max(1, s0)",
        "Mul(Integer(2), Symbol('s77', integer=True))", "FloorDiv(s0, 2)", "Eq(Mod(s0, 8), 0)",
        "StrictLessThan(Symbol('u0', integer=True), Integer(1))", "1.5", "(s0 + 1)//2",
        "Float('1.5', precision=53)",
    ],
)  # fmt: skip
def test_arithmetic_of_sizes_passes(ask: Ask, text: str) -> None:
    assert ask("embedded-code", exported(expressions=(text,)), "m.pt2").outcome is Outcome.PASSED


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os')", "s0.__class__", "().a", "exec(s0)", "open(s0)", "[x for x in y]",
        "lambda: 0", "s0; s1", "Max .real", "a\\x41", "s0" * 40_000 + "'",
    ],
)  # fmt: skip
def test_a_size_that_is_code_fails(ask: Ask, text: str) -> None:
    answer = ask("embedded-code", exported(expressions=(text,)), "m.pt2")

    assert answer.outcome is Outcome.FAILED
    assert answer.findings[0].rule.id == "embedded-code/expression"


@pytest.mark.parametrize(
    ("guard", "outcome"),
    [
        ("L['x'].size()[0] == L['y'].size()[1]*2", "passed"),
        ("(L['x'].size()[0] % 8) == 0 and Max(1, L['kw']['a.b'].stride()[1]) != 2", "passed"),
        ("math.isnan(L['x'])", "passed"),
        ("L['x'].apply_(print)", "failed"),
        ("L['x'].__class__ == 1", "failed"),
        ("exec('x')", "failed"),
        ("L['a\"); x(\"'] == 1", "failed"),
        ("1 == 1)\n  x = (1", "failed"),
        ("[x for x in y]", "failed"),
    ],
)
def test_guards_compare_or_they_are_code(ask: Ask, guard: str, outcome: str) -> None:
    many = ("L['x'].size()[0] >= 2",) * 60_000
    for guards in ((guard,), (*many, guard), (guard, *many)):
        data = exported("torch.ops.aten.add.Tensor", guards=guards)
        assert ask("embedded-code", data, "m.pt2").outcome.value == outcome


def test_what_stands_behind_the_guards_is_judged_too(ask: Ask) -> None:
    text = '{"guards_code": ["L[\'x\'] == 1"], "target": "torch.os.system"}'
    data = zip_file({"m/archive_format": b"pt2", "m/models/model.json": text.encode()})

    assert ask("embedded-code", data, "m.pt2").outcome is Outcome.FAILED


def test_escapes_and_distance_hide_no_target(ask: Ask) -> None:
    text = json.dumps({"a": "x" * 3_000_000, "target": "torch.os.system", "b": ["y"] * 400_000})
    for hidden in (text, text.replace('"target"', '"\\u0074arget"').replace("os", "\\u006fs")):
        data = zip_file({"m/archive_format": b"pt2", "m/models/model.json": hidden.encode()})
        assert ask("embedded-code", data, "m.pt2").outcome is Outcome.FAILED


@pytest.mark.parametrize("at", range(0, 60, 7))
def test_a_target_on_the_edge_of_a_piece_is_read_whole(ask: Ask, at: int) -> None:
    for target, outcome in (
        ("torch.ops.aten.linear.default", Outcome.PASSED),
        ("torch.os.system", Outcome.FAILED),
    ):
        start = '{"a": "' + "x" * ((1 << 20) - 30 - at)
        text = f'{start}", "target": "{target}", "b": 1}}'
        data = zip_file({"m/archive_format": b"pt2", "m/models/model.json": text.encode()})
        assert ask("embedded-code", data, "m.pt2").outcome is outcome


def test_a_compiled_package_is_undecided_and_a_program_elsewhere_in_it_fails(ask: Ask) -> None:
    inside = exported(members={"m/data/aotinductor/model/x.wrapper.so": ELF})
    beside = exported(members={"m/data/weights/weight_0": ELF})

    assert ask("embedded-code", inside, "m.pt2").outcome is Outcome.UNDECIDED
    assert ask("embedded-code", beside, "m.pt2").outcome is Outcome.FAILED


def test_a_package_with_python_source_is_undecided(ask: Ask) -> None:
    data = zip_file({"p/.data/extern_modules": b"torch", "p/model.py": b"import torch\n"})

    assert ask("embedded-code", data, "m.pt").outcome is Outcome.UNDECIDED


@pytest.mark.parametrize("kind", sorted(PROGRAMS))
@pytest.mark.parametrize("name", ["model.onnx", "pytorch_model.bin", "weights.pt", "m.gguf"])
def test_a_program_with_a_model_s_name_fails(ask: Ask, kind: str, name: str) -> None:
    answer = ask("embedded-code", PROGRAMS[kind], name)

    assert answer.outcome is Outcome.FAILED
    assert answer.findings[0].rule.id == "embedded-code/disguised-code"


@pytest.mark.parametrize(
    "archive",
    [
        ("m.pt", torchscript(PLAIN, **{"data/0": ELF})),
        ("m.keras", zip_file({
            "config.json": b"{}", "metadata.json": b"{}", "model.weights.h5": b"x", "a.so": ELF,
        })),
        ("model.zip", zip_file({"a/b.so": ELF})),
    ],
)  # fmt: skip
def test_a_program_in_a_model_s_archive_fails(ask: Ask, archive: tuple[str, bytes]) -> None:
    name, data = archive
    assert ask("embedded-code", data, name).outcome is Outcome.FAILED


def test_a_library_on_its_own_is_no_model_and_stays_incomplete_as_a_model_format(ask: Ask) -> None:
    assert ask("embedded-code", ELF, "lib/libx.so.1").outcome is Outcome.NOT_APPLICABLE
    assert ask("model-format", ELF, "lib/libx.so.1").outcome is Outcome.INCOMPLETE
    assert ask("model-format", ELF, "bin/tool").outcome is Outcome.NOT_APPLICABLE
    assert ask("model-format", ELF, "weights.dat", declared_model=True).outcome is (
        Outcome.INCOMPLETE
    )
    wheel = zip_file({"pkg/ext.so": ELF})
    assert ask("embedded-code", wheel, "pkg.whl").outcome is Outcome.NOT_APPLICABLE


def test_source_that_cannot_be_unpacked_is_incomplete(ask: Ask) -> None:
    data = bytearray(torchscript(PLAIN))
    data[data.index(b"m/code") - 30] = 0

    assert ask("embedded-code", bytes(data), "m.pt").outcome is Outcome.INCOMPLETE


HOSTILE = (
    torchscript(script('torch.save(x, "n")'), **{"bytecode.pkl": b"X\x04\0\0\0a::b."}),
    exported("torch.os.system", expressions=("s0",), members={"m/data/aotinductor/a.so": ELF}),
    ELF,
)


@given(st.sampled_from(HOSTILE).flatmap(mutated), st.sampled_from(["m.pt", "m.pt2", "m.bin"]))
def test_hostile_bytes_never_break_the_check(data: bytes, name: str) -> None:
    answer = put(opened(data, name), BY_ID["embedded-code"], {})
    assert answer.outcome is not Outcome.ERROR, answer.reason
