"""Does the code load models and data in ways that run code?

A safe file format helps only when the program that loads it keeps to it. The check reads Python
source and notebooks as syntax trees, follows import aliases, and reports calls that hand control to
the data: `torch.load` without `weights_only=True`, `pickle` and its relatives, `joblib.load`,
`numpy.load` with `allow_pickle=True`, `yaml.load` without a safe loader, `trust_remote_code=True`,
Keras with `safe_mode=False`, `torch.hub.load`, permissions such as
`allow_dangerous_deserialization=True`, skops that trusts what the file names, and `eval`, `exec` or
a shell given text that was read from a file or that a language model wrote. Loaders behind
`getattr`, `functools.partial` or another name are followed, and so are constants with a name.
A notebook's cell that is no Python, such as one of Python 2, is judged by its words: where none
is of a loader, it loads nothing. Downloads that name no revision are reported as a small matter:
what they fetch can change under the same name.
"""

from __future__ import annotations

import ast
import re

from basanite.domain.answer import MAX_FINDINGS, Answer
from basanite.domain.artifact import Format
from basanite.domain.check import Check, ShelfLife, Stage
from basanite.domain.errors import UnreadableError
from basanite.domain.finding import Finding, Location, Reference, Rule
from basanite.domain.names import visible
from basanite.domain.outcome import Outcome
from basanite.domain.ports import OpenArtifact
from basanite.domain.severity import Severity
from basanite.domain.value import JsonObject
from basanite.formats.notebook import cells, read
from basanite.formats.python import MAX_SOURCE, parse_source
from basanite.measure.inspection.code.loading import Seen, unsafe_calls
from basanite.measure.inspection.code.magics import python_of
from basanite.measure.inspection.code.wordings import may_load
from basanite.measure.inspection.inspector import Inspector

_REFERENCES = (
    Reference(scheme="ATLAS", id="AML.T0011.000"),
    Reference(scheme="ATLAS", id="AML.T0010.001"),
    Reference(scheme="CWE", id="CWE-502"),
    Reference(scheme="OWASP-LLM-2025", id="LLM03"),
)
_CODE = (Reference(scheme="CWE", id="CWE-95"), *_REFERENCES[:1])


def _rule(
    case: str,
    title: str,
    severity: Severity,
    remediation: str,
    references: tuple[Reference, ...] = _REFERENCES,
) -> Rule:
    return Rule(
        id=f"unsafe-loading/{case}",
        title=title,
        severity=severity,
        remediation=remediation,
        references=references,
    )


_RULES = {
    rule.id.split("/")[1]: rule
    for rule in (
        _rule(
            "unpickling",
            "Code unpickles data",
            Severity.HIGH,
            "Store the data in a format without code (safetensors, ONNX, JSON, npy without "
            "objects). Until then compare the file's digest with a known one before loading.",
        ),
        _rule(
            "torch-load",
            "torch.load may run code",
            Severity.HIGH,
            "Pass weights_only=True, or load safetensors.",
        ),
        _rule(
            "yaml-load",
            "YAML is loaded with a loader that builds objects",
            Severity.HIGH,
            "Use yaml.safe_load, or pass Loader=yaml.SafeLoader.",
        ),
        _rule(
            "remote-code",
            "Code from a model repository is trusted",
            Severity.HIGH,
            "Use a model that the library supports itself, or review the code, keep a copy and pin "
            "its revision.",
        ),
        _rule(
            "unsafe-mode",
            "Keras may run code from a model",
            Severity.HIGH,
            "Keep safe_mode on, and rebuild Lambda layers as code of your own.",
        ),
        _rule(
            "evaluated-text",
            "Text from elsewhere is executed",
            Severity.HIGH,
            "Parse the text as data (json, ast.literal_eval) instead.",
            _CODE,
        ),
        _rule(
            "model-output",
            "What a model writes is run",
            Severity.HIGH,
            "Let the model choose among functions of yours and check its arguments, or run what it "
            "writes in a sandbox without network and files.",
            (
                Reference(scheme="OWASP-LLM-2025", id="LLM05"),
                Reference(scheme="ATLAS", id="AML.T0053"),
                *_CODE[:1],
            ),
        ),
        _rule(
            "dangerous-permission",
            "A library is allowed to run code from data or a model",
            Severity.HIGH,
            "Leave the permission off; load data in a format without code.",
        ),
        _rule(
            "skops-trust",
            "skops trusts the types that the file itself names",
            Severity.HIGH,
            "Pass a list of trusted types that you wrote yourself.",
        ),
        _rule(
            "native-library",
            "A native library is loaded beside a model",
            Severity.MEDIUM,
            "Take the library from a package that is pinned by hash, and say so in the manifest.",
        ),
        _rule(
            "template",
            "A model's template is rendered outside a sandbox",
            Severity.LOW,
            "Use jinja2.sandbox.ImmutableSandboxedEnvironment.",
            (Reference(scheme="CWE", id="CWE-1336"), *_REFERENCES[:1]),
        ),
        _rule(
            "revision",
            "A model is fetched without a fixed revision",
            Severity.LOW,
            "Pass revision= with a commit's full hash, or load from a folder that you keep.",
            (Reference(scheme="ATLAS", id="AML.T0010.003"), Reference(scheme="CWE", id="CWE-494")),
        ),
    )
}

CHECK = Check(
    id="unsafe-loading",
    version=5,
    stage=Stage.INSPECTION,
    title="Unsafe loading in code",
    asks="Does this code load models or data in a way that can run code?",
    why="One exchanged model or data file then takes over the program that loads it, with its "
    "credentials and its place in the network.",
    limits="It reads one file at a time. Calls through variables of objects or through other "
    "modules of yours are not followed. Whether the loaded file comes from a stranger "
    "is not known to it. What shell lines and cells in other languages load is not looked at; "
    "a cell of a magic that is not known makes the answer incomplete.",
    remediation="Load formats that cannot carry code, with the safe mode of each library on.",
    references=_REFERENCES,
    shelf_life=ShelfLife(high=90, moderate=180, low=365),
    rules=tuple(_RULES.values()),
    readers=("python", "notebook"),
)

_FOREIGN = re.compile(
    r"(ir|julia|javascript|jslab|tslab|deno|typescript|bash|zsh|octave|sas|stata|matlab|scala|"
    r"almond|spylon|gophernotes|gonb|rust|evcxr|xcpp|xr$|xsql|ruby|perl|haskell|ihaskell|java$|"
    r"kotlin|clojure|\.net)[-.\d\w]*"
)
"""Names of kernels that run another language. The name decides which program runs the cells."""


def _inspect(opened: OpenArtifact, parameters: JsonObject) -> Answer:  # noqa: ARG001 - it has none
    path = opened.artifact.path
    if opened.artifact.format is Format.NOTEBOOK:
        return _notebook(opened, path)
    opened.file.seek(0)
    data = opened.file.read(MAX_SOURCE + 1)
    found = [_finding(each, path, "") for each in unsafe_calls(parse_source(data))]
    return _answer(found, "")


def _notebook(opened: OpenArtifact, path: str) -> Answer:
    facts = read(opened.file, opened.artifact.size)
    found: list[Finding] = []
    unread: list[str] = []
    for cell in cells(opened.file, opened.artifact.size):
        if cell.kind != "code":
            continue
        try:
            tree = _tree(python_of(cell.source))
        except UnreadableError as error:
            unread.append(f"cell {cell.number}: {error.what}")
            continue
        found += [_finding(each, path, f"Cell {cell.number}: ") for each in unsafe_calls(tree)]
    if not found and _foreign(facts["kernel"], facts["language"]):
        reason = f"the notebook is written in {facts['language']}"
        return Answer(outcome=Outcome.NOT_APPLICABLE, reason=reason)
    return _answer(found, "; ".join(unread[:3]))


def _tree(python: str) -> ast.Module:
    """Return the tree of a cell: an empty one where it is no Python and has no word of a loader.

    Raises:
        UnreadableError: it is no Python, and may load something under another version.
    """
    try:
        return parse_source(python)
    except UnreadableError:
        if may_load(python):
            raise
        return ast.Module(body=[], type_ignores=[])


def _foreign(kernel: str, language: str) -> bool:
    """Whether a notebook is of another language: its kernel says so, not only its label."""
    other = bool(language) and "python" not in language.lower()
    return other and _FOREIGN.fullmatch(kernel.lower()) is not None


def _answer(found: list[Finding], unread: str) -> Answer:
    if found:
        left_out = len(found) - MAX_FINDINGS
        return Answer(
            outcome=Outcome.FAILED,
            reason=f"{left_out} further findings are left out" if left_out > 0 else "",
            findings=tuple(found[:MAX_FINDINGS]),
        )
    if unread:
        return Answer(outcome=Outcome.INCOMPLETE, reason=unread[:2000])
    return Answer(outcome=Outcome.PASSED)


def _finding(seen: Seen, path: str, where: str) -> Finding:
    return Finding(
        rule=_RULES[seen.rule],
        message=where + visible(seen.message, 400),
        confidence=seen.confidence,
        location=Location(path=path, line=seen.line, column=seen.column),
        detail={"call": visible(seen.name, 120)},
    )


INSPECTOR = Inspector(
    check=CHECK,
    formats=frozenset({Format.PYTHON, Format.NOTEBOOK}),
    inspect=_inspect,
)
