"""A rich assessment of a water utility's system, and ways to vary it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from basanite.domain.artifact import Artifact, Format
from basanite.domain.assessment import Assessment, Exemption, Result, Standing
from basanite.domain.check import Check, Need, ShelfLife, Stage
from basanite.domain.evidence import Tool
from basanite.domain.finding import Finding, Location, Reference, Rule
from basanite.domain.inventory import (
    Dependency,
    HostFact,
    HostState,
    Inventory,
    Subject,
    Unseen,
)
from basanite.domain.ledger import Head
from basanite.domain.measurement import Bound, Direction, Interval, Measurement
from basanite.domain.outcome import Outcome
from basanite.domain.requirement import Method, PackReference
from basanite.domain.severity import Confidence, Severity
from basanite.domain.system import (
    Component,
    ComponentKind,
    DatasetRole,
    Endpoint,
    Environment,
    ModelTask,
    Owner,
    Sector,
    System,
    Tier,
    UseCase,
)
from basanite.domain.verdict import Because, Freshness, Status, Verdict

NOW = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)
PACK = "nist-ai-rmf-1.0"
FUNCTIONS = {
    "GOVERN": (7, 3, 2, 3, 2, 2),
    "MAP": (6, 3, 5, 2, 2),
    "MEASURE": (3, 13, 3, 3),
    "MANAGE": (4, 4, 2, 3),
}
"""Number of subcategories in each category of the AI RMF 1.0: 19 + 18 + 22 + 13 = 72."""


def digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def rule(identifier: str, title: str, severity: Severity, remedy: str, *refs: str) -> Rule:
    return Rule(
        id=identifier,
        title=title,
        severity=severity,
        remediation=remedy,
        references=tuple(
            Reference(scheme=ref.split(" ", 1)[0], id=ref.split(" ", 1)[1]) for ref in refs
        ),
    )


PICKLE = rule(
    "pickle-code-execution/calls",
    "A model file runs code when it is loaded",
    Severity.CRITICAL,
    "Do not load this file. Ask the vendor for safetensors or ONNX, and load that instead.",
    "ATLAS AML.T0010",
    "CWE 502",
)
SECRET = rule(
    "secrets-exposed/key",
    "An access key is written in a file",
    Severity.HIGH,
    "Revoke the key, put a new one into the environment, and clean the history of the file.",
    "CWE 798",
)
LOADING = rule(
    "unsafe-loading/torch-load",
    "torch.load may run code from the file it reads",
    Severity.HIGH,
    "Pass weights_only=True, or load safetensors.",
    "CWE 502",
)
UNPINNED = rule(
    "dependency-pinning/unpinned",
    "A dependency has no exact version",
    Severity.MEDIUM,
    "Pin it with == and a hash, in a lock file that the deployment installs from.",
    "OWASP-LLM-2025 LLM03",
)
UNHASHED = rule(
    "dependency-pinning/unhashed",
    "A pinned dependency has no hash",
    Severity.LOW,
    "Write the lock file with hashes.",
)
DRIFT = rule(
    "input-drift/shifted",
    "Recent input differs from the reference data",
    Severity.MEDIUM,
    "Look at the sensor first. When the change is real, test the model again on recent data.",
)


def check(
    identifier: str, stage: Stage, title: str, asks: str, *rules: Rule, **fields: Any
) -> Check:
    return Check(
        id=identifier,
        version=fields.pop("version", 1),
        stage=stage,
        title=title,
        asks=asks,
        why=fields.pop("why", "A wrong answer here can stop pumps or hide a leak."),
        limits=fields.pop("limits", "It sees only the files and the data it is given."),
        remediation=fields.pop("remediation", "Repair the cause, then assess again."),
        shelf_life=ShelfLife(high=30, moderate=90, low=180),
        rules=rules,
        **fields,
    )


CHECKS = (
    check(
        "pickle-code-execution",
        Stage.INSPECTION,
        "Code execution on load",
        "Does any model file run code when it is loaded?",
        PICKLE,
        readers=("pickle", "zip"),
        limits="It reads opcodes and runs nothing, so code in other formats is not seen.",
    ),
    check(
        "dependency-pinning",
        Stage.INSPECTION,
        "Pinned dependencies",
        "Is every dependency fixed to one version and one hash?",
        UNPINNED,
        UNHASHED,
    ),
    check(
        "secrets-exposed",
        Stage.INSPECTION,
        "Secrets in files",
        "Is a secret written in configuration, code or prompts?",
        SECRET,
    ),
    check(
        "unsafe-loading",
        Stage.INSPECTION,
        "Unsafe loading",
        "Does the code load data in a way that can run code?",
        LOADING,
    ),
    check(
        "model-accuracy",
        Stage.EVALUATION,
        "Model accuracy",
        "Is the model right often enough on labelled test data?",
        needs=frozenset({Need.READ, Need.EXECUTE}),
        statistical=True,
        remediation="Train on more fault days, or lower what the model is trusted with.",
    ),
    check(
        "model-latency",
        Stage.EVALUATION,
        "Model latency",
        "Does the model answer in time?",
        needs=frozenset({Need.READ, Need.EXECUTE}),
    ),
    check(
        "misuse-refusal",
        Stage.EVALUATION,
        "Refusal of misuse",
        "Does the assistant decline requests outside its task?",
        needs=frozenset({Need.NETWORK}),
        statistical=True,
    ),
    check(
        "system-prompt-leakage",
        Stage.EVALUATION,
        "System prompt leakage",
        "Does the assistant give its system prompt away?",
        needs=frozenset({Need.NETWORK}),
        statistical=True,
        remediation="Keep secrets out of the prompt, and filter answers that repeat it.",
    ),
    check(
        "input-drift",
        Stage.MONITORING,
        "Input drift",
        "Does recent input still look like the reference data?",
        DRIFT,
        statistical=True,
    ),
)

SYSTEM = System(
    id="riverbend",
    title="Riverbend leak and attack watch",
    purpose="Warns operators of leaks and manipulated readings, and answers their questions.",
    sector=Sector.WATER_AND_WASTEWATER_SYSTEMS,
    tier=Tier.HIGH,
    environment=Environment.STAGING,
    owner=Owner(name="Operations, Riverbend Water", contact="operations@riverbend.example"),
    use_case=UseCase(
        decides="Which alarms reach the control room first; it moves no valve by itself.",
        affects="48,000 people served by the network.",
        high_impact=True,
        override="The shift lead can silence it and falls back to fixed thresholds.",
    ),
    components=(
        Component(
            id="detector",
            kind=ComponentKind.MODEL,
            title="Anomaly detector",
            paths=("models/detector.onnx",),
            task=ModelTask.DETECTION,
            licence="Apache-2.0",
            version="3.1",
        ),
        Component(
            id="vendor-model",
            kind=ComponentKind.MODEL,
            title="Vendor demand forecast",
            paths=("vendor/forecast.pkl",),
            provider="Outside vendor",
            task=ModelTask.FORECASTING,
            licence="vendor terms 2025",
        ),
        Component(
            id="training-data",
            kind=ComponentKind.DATASET,
            title="Training days",
            paths=("data/train.csv",),
            role=DatasetRole.TRAINING,
            serves=("detector",),
            licence="CC-BY-4.0",
        ),
        Component(
            id="test-data",
            kind=ComponentKind.DATASET,
            title="Test days with faults",
            paths=("data/test.csv",),
            role=DatasetRole.TEST,
            serves=("detector",),
        ),
        Component(
            id="window",
            kind=ComponentKind.DATASET,
            title="Last seven days",
            paths=("data/window.csv",),
            role=DatasetRole.WINDOW,
            serves=("detector",),
        ),
        Component(
            id="assistant-prompt",
            kind=ComponentKind.PROMPT,
            title="Assistant system prompt",
            paths=("prompts/assistant.txt",),
            serves=("assistant",),
            canaries=("RB-CANARY-7",),
        ),
        Component(
            id="assistant",
            kind=ComponentKind.SERVICE,
            title="Operator assistant",
            endpoint=Endpoint(
                url="http://127.0.0.1:8080/v1/chat/completions", model="small", enabled=True
            ),
        ),
        Component(
            id="pipeline",
            kind=ComponentKind.CODE,
            title="Telemetry pipeline",
            paths=("src", "requirements.txt"),
            serves=("detector",),
            licence="MIT OR Apache-2.0",
        ),
        Component(id="edge-host", kind=ComponentKind.HOST, title="Pump station computer"),
    ),
    packs=(PACK,),
)

ARTIFACTS = (
    Artifact(
        path="models/detector.onnx",
        size=48_213,
        sha256=digest("detector"),
        format=Format.ONNX,
        component="detector",
        facts={
            "opset": 17,
            "producer": "skl2onnx",
            "parameters": 12_345,
            "inputs": [{"name": "x", "dtype": "float32", "shape": ["n", 21]}],
            "outputs": [{"name": "score", "dtype": "float32", "shape": ["n"]}],
        },
        readers={"onnx": 1},
    ),
    Artifact(
        path="vendor/forecast.pkl",
        size=1_204,
        sha256=digest("vendor"),
        format=Format.PICKLE,
        component="vendor-model",
        facts={"protocol": 4, "globals": ["posix.system"]},
        readers={"pickle": 1},
    ),
    Artifact(
        path="vendor/bundle.zip",
        size=90_001,
        sha256=digest("bundle"),
        format=Format.ZIP,
        component="vendor-model",
        note="12 members were read, one is encrypted",
    ),
    *(
        Artifact(
            path=f"data/{name}.csv",
            size=2_400_000,
            sha256=digest(name),
            format=Format.CSV,
            component=component,
            facts={"rows": 8_760, "columns": 23},
        )
        for name, component in (
            ("train", "training-data"),
            ("test", "test-data"),
            ("window", "window"),
        )
    ),
    Artifact(
        path="prompts/assistant.txt",
        size=812,
        sha256=digest("prompt"),
        format=Format.PROMPT,
        component="assistant-prompt",
    ),
    Artifact(
        path="src/load.py",
        size=3_333,
        sha256=digest("load"),
        format=Format.PYTHON,
        component="pipeline",
    ),
    Artifact(
        path="requirements.txt",
        size=420,
        sha256=digest("requirements"),
        format=Format.REQUIREMENTS,
        component="pipeline",
    ),
    Artifact(path="notes.bin", size=0, sha256=digest(""), format=Format.EMPTY),
)


def subject(name: str) -> Subject:
    found = next((each for each in ARTIFACTS if each.path == name), None)
    return Subject(name=name, sha256=found.sha256 if found else digest(name))


def finding(of: Rule, message: str, path: str = "", **fields: Any) -> Finding:
    place = {k: fields.pop(k) for k in ("line", "column", "offset") if k in fields}
    return Finding(
        rule=of,
        message=message,
        confidence=fields.pop("confidence", Confidence.HIGH),
        location=Location(path=path, **place),
        **fields,
    )


def share(name: str, title: str, hits: int, n: int, bounds: tuple[float, float], **b: Any) -> Any:
    return Measurement(
        name=name,
        title=title,
        value=hits / n,
        unit="1",
        n=n,
        successes=hits,
        interval=Interval(low=bounds[0], high=bounds[1], level=0.95, method="Clopper-Pearson"),
        bound=Bound(**b) if b else None,
    )


def result(name: str, component: str | None, outcome: Outcome, **fields: Any) -> Result:
    finished = fields.pop("finished", NOW - timedelta(hours=2))
    subjects = fields.pop("subjects", ())
    looked = outcome is not Outcome.SKIPPED
    base: dict[str, Any] = {
        "check": name,
        "version": 1,
        "component": component,
        "subjects": tuple(subject(each) for each in subjects),
        "outcome": outcome,
        "ran": looked,
        "why": "new" if looked else "skipped",
        "freshness": Freshness.FRESH if looked else Freshness.MISSING,
        "entry": fields.pop("entry", 12) if looked else None,
        "isolation": "bubblewrap" if looked else "",
        "finished": finished if looked else None,
        "valid_until": finished + timedelta(days=30) if looked else None,
    }
    return Result(**(base | fields))


def results() -> tuple[Result, ...]:
    return (
        result(
            "pickle-code-execution",
            "vendor-model",
            Outcome.FAILED,
            subjects=("vendor/forecast.pkl",),
            entry=14,
            findings=(
                finding(
                    PICKLE,
                    "loading calls posix.system with one argument",
                    "vendor/forecast.pkl",
                    offset=31,
                ),
            ),
        ),
        result(
            "pickle-code-execution",
            "vendor-model",
            Outcome.FAILED,
            subjects=("vendor/bundle.zip",),
            entry=15,
            findings=(
                finding(
                    PICKLE,
                    "loading calls builtins.eval",
                    "vendor/bundle.zip!/weights/data.pkl",
                    offset=7,
                    confidence=Confidence.MEDIUM,
                ),
            ),
        ),
        result(
            "dependency-pinning",
            "pipeline",
            Outcome.FAILED,
            subjects=("requirements.txt",),
            entry=16,
            ran=False,
            why="fresh",
            findings=(
                finding(UNPINNED, "numpy>=1.20 may become any version", "requirements.txt", line=3),
                finding(
                    UNPINNED,
                    "pillow has no version at all",
                    "requirements.txt",
                    line=4,
                    detail={"package": "pillow"},
                ),
                finding(UNHASHED, "torch==2.0.0 has no hash", "requirements.txt", line=5),
            ),
        ),
        result(
            "secrets-exposed",
            "assistant-prompt",
            Outcome.FAILED,
            subjects=("prompts/assistant.txt",),
            entry=17,
            findings=(
                finding(
                    SECRET,
                    "a string with the form of an access key, ending in …7Q",
                    "prompts/assistant.txt",
                    line=9,
                    column=14,
                    confidence=Confidence.MEDIUM,
                ),
            ),
        ),
        result(
            "secrets-exposed",
            "pipeline",
            Outcome.PASSED,
            subjects=("src/load.py",),
            entry=18,
            finished=NOW - timedelta(days=25),
            ran=False,
            why="fresh",
        ),
        result(
            "unsafe-loading",
            "pipeline",
            Outcome.FAILED,
            subjects=("src/load.py",),
            entry=19,
            findings=(
                finding(
                    LOADING,
                    "torch.load(path) without weights_only",
                    "src/load.py",
                    line=44,
                    column=5,
                ),
            ),
        ),
        result(
            "model-accuracy",
            "detector",
            Outcome.FAILED,
            subjects=("models/detector.onnx", "data/test.csv"),
            entry=20,
            reason="accuracy is below what is asked",
            measurements=(
                share(
                    "accuracy",
                    "Accuracy on fault days",
                    1_428,
                    1_680,
                    (0.8321, 0.8668),
                    limit=0.9,
                    direction=Direction.AT_LEAST,
                ),
                share(
                    "false-alarms",
                    "False alarms on normal days",
                    21,
                    1_200,
                    (0.0109, 0.0267),
                    limit=0.05,
                    direction=Direction.AT_MOST,
                ),
            ),
        ),
        result(
            "model-latency",
            "detector",
            Outcome.PASSED,
            subjects=("models/detector.onnx",),
            entry=21,
            measurements=(
                Measurement(
                    name="p99",
                    title="Latency, 99th percentile",
                    value=0.0042,
                    unit="s",
                    n=2_000,
                    interval=Interval(
                        low=0.0039, high=0.0051, level=0.95, method="order statistic"
                    ),
                    bound=Bound(limit=0.05, direction=Direction.AT_MOST),
                ),
                Measurement(
                    name="p50",
                    title="Latency, median",
                    value=0.0011,
                    unit="s",
                    n=2_000,
                    interval=Interval(
                        low=0.00108, high=0.0012, level=0.95, method="order statistic"
                    ),
                ),
            ),
        ),
        result(
            "misuse-refusal",
            "assistant",
            Outcome.UNDECIDED,
            entry=22,
            reason="the budget of 60 calls ended before the test decided",
            measurements=(
                share(
                    "declined",
                    "Requests outside the task that were declined",
                    47,
                    60,
                    (0.658, 0.879),
                    limit=0.8,
                    direction=Direction.AT_LEAST,
                ),
            ),
        ),
        result(
            "system-prompt-leakage",
            "assistant",
            Outcome.FAILED,
            entry=23,
            reason="the canary came out in 9 of 12 answers",
            measurements=(
                share(
                    "leaked",
                    "Answers that gave the prompt away",
                    9,
                    12,
                    (0.428, 0.945),
                    limit=0.05,
                    direction=Direction.AT_MOST,
                ),
            ),
        ),
        result(
            "input-drift",
            "window",
            Outcome.FAILED,
            subjects=("data/window.csv",),
            entry=24,
            findings=(
                finding(
                    DRIFT,
                    "3 of 21 columns moved, tank_level most",
                    "data/window.csv",
                    detail={"columns": 3},
                ),
            ),
        ),
        result(
            "input-drift",
            "training-data",
            Outcome.PASSED,
            subjects=("data/train.csv",),
            entry=4,
            finished=NOW - timedelta(days=33),
            freshness=Freshness.STALE,
            ran=False,
            why="not asked again",
        ),
        result(
            "pickle-code-execution",
            "vendor-model",
            Outcome.INCOMPLETE,
            subjects=("vendor/bundle.zip",),
            reason="one member is encrypted and was not read",
            entry=25,
        ),
        result(
            "model-accuracy",
            "vendor-model",
            Outcome.SKIPPED,
            reason="nothing is loaded that can carry code; the file is a pickle",
        ),
        result(
            "misuse-refusal",
            "assistant",
            Outcome.SKIPPED,
            reason="the network is not granted for staging-2: run `basanite allow network`",
        ),
        result(
            "model-latency",
            "vendor-model",
            Outcome.ERROR,
            reason="memory: the worker passed 2 GB and was stopped",
            entry=26,
        ),
    )


_CYCLE = (
    *(Status.UNKNOWN,) * 5,
    *(Status.MET,) * 2,
    Status.UNMET,
    Status.UNDECIDED,
    Status.NOT_APPLICABLE,
)


def verdicts() -> tuple[Verdict, ...]:
    found: list[Verdict] = []
    for function, sizes in FUNCTIONS.items():
        for category, size in enumerate(sizes, 1):
            for item in range(1, size + 1):
                number = len(found)
                found.append(
                    verdict(f"{function}-{category}.{item}", f"{function} {category}", number)
                )
    return tuple(found)


def verdict(identifier: str, group: str, number: int, status: Status | None = None) -> Verdict:
    status = status or _CYCLE[(number * 7) % len(_CYCLE)]
    seen = status in {Status.MET, Status.UNMET, Status.UNDECIDED}
    fresh = Freshness.MISSING if not seen else Freshness.FRESH if number % 9 else Freshness.STALE
    step = {
        Status.UNMET: "Repair the finding and assess again.",
        Status.UNDECIDED: "Run the test with a larger budget.",
        Status.UNKNOWN: "Have the risk owner attest it: basanite attest.",
    }.get(status, "")
    sure = Confidence.HIGH if seen else None
    return Verdict(
        pack=PACK,
        requirement=identifier,
        title=f"Subject of {identifier}",
        group=group,
        asks="That the operator can show how this part of the work is done, and by whom.",
        method=Method.BOTH,
        status=status,
        freshness=fresh,
        confidence=sure,
        valid_until=NOW + timedelta(days=28) if fresh is Freshness.FRESH else None,
        next_step=step,
        because=Because(
            text="All of these hold",
            status=status,
            freshness=fresh,
            confidence=sure,
            evidence=(14, 20) if seen else (),
            next_step=step,
            parts=(
                Because(
                    text="model-accuracy passed on every subject",
                    status=status,
                    freshness=fresh,
                    confidence=sure,
                    evidence=(20,) if seen else (),
                ),
                Because(
                    text="The risk owner attested that it was reviewed",
                    status=Status.UNKNOWN,
                    freshness=Freshness.MISSING,
                    next_step=step,
                ),
            ),
        ),
    )


DEPENDENCIES = (
    Dependency(name="numpy", version="", specifier=">=1.20", source="requirements.txt", line=3),
    Dependency(name="pillow", source="requirements.txt", line=4),
    Dependency(
        name="Torch_Vision",
        version="0.15.1+cpu",
        specifier="==0.15.1+cpu",
        hashes=("sha256:" + digest("tv"),),
        resolved=True,
        source="requirements.txt",
        line=6,
    ),
    Dependency(
        name="torch", version="2.0.0", specifier="==2.0.0", source="requirements.txt", line=5
    ),
)

HOST = (
    HostFact(
        name="cpu.vulnerability.meltdown",
        state=HostState.READ,
        value="Not affected",
        source="/sys/devices/system/cpu/vulnerabilities/meltdown",
    ),
    HostFact(name="tpm", state=HostState.ABSENT, source="/sys/class/tpm"),
    HostFact(name="kernel.lockdown", state=HostState.UNREADABLE, source="/sys/kernel/security"),
)


def accepted() -> str:
    """The occurrence that the waiver accepts: the package without a hash."""
    result = results()[2]
    return result.occurrence(result.findings[2])


def assessment(**changes: Any) -> Assessment:
    inventory = Inventory(
        system=changes.pop("system", SYSTEM),
        artifacts=changes.pop("artifacts", ARTIFACTS),
        dependencies=changes.pop("dependencies", DEPENDENCIES),
        host=HOST,
        unseen=changes.pop(
            "unseen", (Unseen(path="archive/old", reason="permission denied by the file system"),)
        ),
    )
    base: dict[str, Any] = {
        "time": NOW,
        "tool": Tool(version="0.1.0", sha256=digest("tool")),
        "manifest": digest("manifest"),
        "inventory": inventory,
        "checks": CHECKS,
        "results": results(),
        "packs": (
            PackReference(
                id=PACK,
                title="AI Risk Management Framework",
                publisher="NIST",
                version="1.0",
                date="2023-01-26",
                status="final",
                sha256=digest("pack"),
            ),
        ),
        "verdicts": verdicts(),
        "exemptions": (
            Exemption(
                target=accepted(),
                reason="The index is a mirror inside the plant; hashes come with the next release.",
                person="Head of security",
                expires=datetime.combine(date(2026, 4, 30), datetime.min.time(), tzinfo=UTC),
            ),
        ),
        "waived": (accepted(),),
        "head": Head(number=26, hash=digest("head")),
        "history": tuple(
            Standing(
                time=NOW - timedelta(days=7 * weeks),
                findings={Severity.CRITICAL: critical, Severity.HIGH: high},
                verdicts={Status.MET: 10, Status.UNMET: 9},
            )
            for weeks, critical, high in ((4, 4, 7), (3, 4, 6), (2, 3, 6), (1, 2, 4))
        ),
    }
    return Assessment(**(base | changes))


@pytest.fixture(scope="session")
def build() -> Callable[..., Assessment]:
    """The factory: keyword arguments replace fields of the assessment or its inventory."""
    return assessment


@pytest.fixture(scope="session")
def water() -> Assessment:
    """The rich assessment as it is."""
    return assessment()


@pytest.fixture(scope="session")
def now() -> datetime:
    return NOW
