"""Uses of models that hand them an interpreter, or trust what they bring, one call at a time."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from basanite.domain.severity import Confidence
from basanite.measure.inspection.code.names import constant, keyword
from basanite.measure.inspection.code.source import Source
from basanite.measure.inspection.code.strings import folded

Judged = tuple[str, str, Confidence]
_DANGEROUS = re.compile(r"allow_dangerous_\w+")
_INTERPRETERS = re.compile(
    r"(?:.*\.)?(?:PythonREPL|PythonREPLTool|PythonAstREPLTool|ShellTool|BashProcess|LLMBashChain"
    r"|PALChain|TerminalTool|PythonInterpreterTool|LocalCommandLineCodeExecutor)"
)
_SHELLS = frozenset({"os.system", "os.popen", "subprocess.getoutput", "subprocess.getstatusoutput"})
_STARTED = frozenset(
    f"subprocess.{name}" for name in ("run", "call", "check_call", "check_output", "Popen")
)
_WITH_CODE = frozenset({"-c", "/c", "-e", "-Command", "-command"})
_REMOTE = re.compile(r"(?:https?|s3|gs|wasbs?|abfss?|hdfs|ftp|dbfs)://")


def unsafe_use(call: ast.Call, name: str, source: Source) -> Iterator[Judged]:
    """Yield the rules that a call is about, with a message and how sure it is."""
    names = source.names
    yield from _model_output(call, name, source)
    for each in call.keywords:
        if each.arg and _DANGEROUS.fullmatch(each.arg) and names.constant(each.value) is True:
            text = f"{each.arg}=True lets {name or 'it'} run code that data or a model brings."
            yield "dangerous-permission", text, Confidence.HIGH
    if _INTERPRETERS.fullmatch(name):
        yield "model-output", f"{name} runs what a model writes.", Confidence.MEDIUM
    if name == "torch.hub.load" and names.constant(keyword(call, "source")) != "local":
        sure = names.constant(keyword(call, "trust_repo")) is True
        text = "torch.hub.load runs code from a repository that it fetches."
        yield "remote-code", text, Confidence.HIGH if sure else Confidence.MEDIUM
    if name in ("skops.io.load", "skops.io.loads"):
        yield from _skops(call, source)
    if name.endswith(".register_custom_ops_library"):
        own = source.names.of(call.args[0]) if call.args else None
        if own != "onnxruntime_extensions.get_library_path()":
            text = f"{name.rpartition('.')[2]} runs a native library beside the model."
            yield "native-library", text, Confidence.MEDIUM
    if name.startswith("mlflow.") and name.endswith(".load_model"):
        place = folded(names.given(call.args[0])) if call.args else None
        if isinstance(place, str) and _REMOTE.match(place):
            text = f"{name} fetches a model and runs the code that it brings."
            yield "remote-code", text, Confidence.MEDIUM
    if _renders_template(call, name):
        text = f"{name} renders a model's template outside a sandbox."
        yield "template", text, Confidence.MEDIUM


def _model_output(call: ast.Call, name: str, source: Source) -> Iterator[Judged]:
    first = call.args[0] if call.args else keyword(call, "args")
    if first is None:
        return
    if name not in ("eval", "exec") and name not in _SHELLS and name not in _STARTED:
        return
    if name in _STARTED and constant(keyword(call, "shell")) is not True:
        parts = first.elts if isinstance(first, ast.List | ast.Tuple) else []
        if not any(constant(each) in _WITH_CODE for each in parts):
            return
    if source.holds(first, source.answers, source.answered):
        text = f"{name} runs what a language model answered."
        yield "model-output", text, Confidence.MEDIUM


def _skops(call: ast.Call, source: Source) -> Iterator[Judged]:
    trusted = keyword(call, "trusted")
    if trusted is None:
        return
    given = source.names.given(trusted)
    asked = isinstance(given, ast.Call) and source.called(given) == "skops.io.get_untrusted_types"
    if asked or source.names.constant(trusted) is True:
        text = "skops trusts whatever types the file names."
        yield "skops-trust", text, Confidence.HIGH


def _renders_template(call: ast.Call, name: str) -> bool:
    makes = name in ("jinja2.Template", "jinja2.Environment().from_string")
    return makes and any(
        (isinstance(each, ast.Attribute) and each.attr == "chat_template")
        or constant(each if isinstance(each, ast.expr) else None) == "chat_template"
        for argument in call.args
        for each in ast.walk(argument)
    )
