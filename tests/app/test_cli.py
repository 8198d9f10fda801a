"""What a user sees: lines, formats and exit codes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.small_system import Site

from basanite.cli.main import main
from basanite.domain.evidence import Evidence

EVIL_NAME = b"evil\n\x1b[31m\xff.pkl"


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main([*arguments])
    told = capsys.readouterr()
    return int(code), told.out, told.err


def test_assess_tells_what_is_wrong_and_where_the_report_is(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = run(capsys, "assess", str(site.root))

    assert code == 1
    assert "pickle" in out
    assert out.splitlines()[-1].startswith("report: ")
    page = Path(out.splitlines()[-1].removeprefix("report: "))
    assert "<!doctype html>" in page.read_text("utf-8")[:200].lower()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("assess", "/nowhere"), "no such folder"),
        (("assess", "."), "basanite init"),
        (("inspect", "/nowhere.pkl"), "no such file"),
        (("explain", "MEASURE-2.7", "/tmp"), "basanite init"),
        (("assess", "--fail-on", "huge"), "huge"),
        (("frobnicate",), "frobnicate"),
    ],
)
def test_a_usage_error_is_one_line_and_exit_code_2(
    arguments: tuple[str, ...],
    says: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)

    code, _, err = run(capsys, *arguments)

    assert code == 2
    assert says in err
    assert len(err.strip().splitlines()) == 1
    assert "Traceback" not in err


def test_inspect_needs_no_manifest_and_prints_the_schema_of_the_design(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = run(capsys, "inspect", str(site.root / "models"), "--format", "json", "-q")

    told = json.loads(out)
    assert code == 1
    assert told["schema"] == "basanite.inspection/1"
    paths = {each["path"]: each for each in told["artifacts"]}
    evil = next(each for path, each in paths.items() if path.endswith("evil.pkl"))
    assert evil["outcome"] == "failed"
    assert {"path", "format", "size", "digest", "outcome", "findings"} <= set(evil)
    assert {"check", "severity", "confidence", "message", "location", "references"} <= set(
        evil["findings"][0]
    )


def test_inspect_of_nothing_is_not_a_pass(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, _ = run(capsys, "inspect", str(tmp_path))

    assert code == 3


def test_a_hostile_name_stays_inert_in_the_terminal_and_in_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / os.fsdecode(EVIL_NAME)).write_bytes(b"cos\nsystem\n(S'true'\ntR.")

    code, out, err = run(capsys, "inspect", str(tmp_path))
    machine = run(capsys, "inspect", str(tmp_path), "--format", "json")[1]

    assert code == 1
    assert "\x1b" not in out + err + machine
    assert "evil%0A%1B[31m%FF.pkl" in out
    assert any("evil%0A%1B" in each["path"] for each in json.loads(machine)["artifacts"])


def test_an_empty_file_and_a_huge_sparse_one_are_handled(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty.onnx").touch()
    with (tmp_path / "sparse.pt").open("wb") as file:
        file.truncate(10 << 30)

    began = time.monotonic()
    code, out, _ = run(capsys, "inspect", str(tmp_path))

    assert code == 3
    assert "empty.onnx" in out or "sparse.pt" in out
    assert time.monotonic() - began < 200


def test_a_link_loop_and_a_link_outside_are_told(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    (site.root / "loop").symlink_to("loop")
    (site.root / "out").symlink_to("/etc/passwd")

    answer = site.assess()

    unseen = {each.path: each.reason for each in answer.inventory.unseen}
    assert {"loop", "out"} <= set(unseen)
    assert "/etc/passwd" not in {a.path for a in answer.inventory.artifacts}


def test_explain_prints_the_rule_the_evidence_and_what_would_change_it(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    site.assess()

    code, out, _ = run(capsys, "explain", "measure 2.7", str(site.root))

    assert code == 0
    assert "MEASURE-2.7" in out
    assert "entry" in out


@pytest.mark.parametrize("form", ["json", "sarif", "cyclonedx", "spdx", "html"])
def test_every_format_stands_alone_on_stdout(
    site: Site, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    site.assess()

    code, out, _ = run(capsys, "report", str(site.root), "--format", form)

    assert code == 1
    if form == "html":
        assert out.lower().startswith("<!doctype html>")
    else:
        assert json.loads(out)


def test_two_systems_give_a_portfolio(
    site: Site, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    from shutil import copytree

    copytree(site.root, tmp_path / "second")
    manifest = tmp_path / "second" / "basanite.yaml"
    manifest.write_text(
        manifest.read_text().replace("id: small", "id: second").replace("A small", "A second")
    )
    page = tmp_path / "portfolio.html"

    code, out, _ = run(capsys, "assess", str(site.root), str(tmp_path / "second"), "-o", str(page))

    assert code == 1
    assert out.splitlines()[-1] == f"report: {page}"
    assert "A second system" in page.read_text()


def test_a_waiver_accepts_a_finding_without_hiding_it_and_not_in_changed_bytes(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = site.assess()
    attested = next(
        v
        for v in answer.verdicts
        if v.method.value == "attestation" and v.status.value == "unknown"
    )
    role = attested.because.text
    assert role
    result, finding = answer.findings()[0]
    occurrence = result.occurrence(finding)
    assert occurrence[:12] in run(capsys, "findings", str(site.root))[1]
    common = ["--person", "A. Tester", "--expires", "2099-01-01"]

    code, _, _ = run(capsys, "waive", occurrence[:12], str(site.root), "--reason", "test", *common)
    assert code == 0
    site.clock.pass_(minutes=5)
    after = site.assess()

    assert occurrence in after.waived
    assert occurrence not in {r.occurrence(f) for r, f in after.findings()}
    assert after.exemptions

    site.write("models/evil.pkl", b"cos\nsystem\n(S'false'\ntR.")
    changed = site.assess()
    assert [f for r, f in changed.findings() if r.subjects[0].name == "models/evil.pkl"]


def test_verify_is_sound_then_finds_a_changed_file(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    site.assess()
    sound, out, _ = run(capsys, "verify", str(site.root))
    head = run(capsys, "ledger", "head", str(site.root))[1].strip()
    assert sound == 0, out
    assert run(capsys, "verify", str(site.root), "--head", head)[0] == 0
    assert run(capsys, "verify", str(site.root), "--head", "1:" + "0" * 64)[0] == 1

    site.write("models/good.pkl", b"\x80\x04N.")
    code, out, _ = run(capsys, "verify", str(site.root))

    assert code == 1
    assert "wrong-subject" in out


def test_a_bundle_is_verified_with_only_the_public_key(
    site: Site, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.assess()
    bundle, key = tmp_path / "small.bundle", tmp_path / "small.pem"
    assert run(capsys, "ledger", "export", str(site.root), "-o", str(bundle))[0] == 0
    assert run(capsys, "keys", "export", "-o", str(key))[0] == 0
    monkeypatch.setenv("BASANITE_HOME", str(tmp_path / "third-party"))

    assert run(capsys, "verify", str(bundle), "--key", str(key))[0] == 0
    assert run(capsys, "verify", str(bundle))[0] == 2


def test_a_rotated_key_keeps_evidence_and_a_lost_one_voids_it(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    site.assess()
    old = run(capsys, "keys", "list")[1].split()[0]
    assert run(capsys, "keys", "rotate", str(site.root))[0] == 0
    assert not [r for r in site.assess().results if r.ran]

    lost = run(
        capsys, "keys", "compromised", old, str(site.root), "--since", "2", "--reason", "stolen"
    )
    assert lost[0] == 0
    assert [r for r in site.assess().results if r.ran]
    assert "compromised-key" in run(capsys, "verify", str(site.root))[1]


def test_init_writes_a_manifest_that_assess_accepts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "model.pkl").write_bytes(b"\x80\x04N.")
    (tmp_path / "app.py").write_text(
        'import openai\nclient = openai.OpenAI(base_url="http://10.0.0.5:8000/v1")\n'
    )

    assert run(capsys, "init", str(tmp_path))[0] == 0
    assert "enabled: false" in (tmp_path / "basanite.yaml").read_text()
    assert run(capsys, "init", str(tmp_path))[0] == 2
    assert run(capsys, "assess", str(tmp_path))[0] in (1, 3)


def mounted(site: Site, options: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run basanite where the system's folder is mounted with other options, in a namespace."""
    script = f'mount --bind "$0" "$0" && mount -o remount,bind,{options} "$0" && exec "$@"'
    command = ["unshare", "--mount", "sh", "-c", script, str(site.root), sys.executable]
    whole = [*command, "-m", "basanite.cli.main", *arguments]
    ran = subprocess.run(whole, capture_output=True, text=True, check=False)
    if "unshare" in ran.stderr or "mount" in ran.stderr.splitlines()[0:1]:
        pytest.skip(f"no mount namespace here: {ran.stderr.strip()}")
    return ran


def test_a_read_only_system_says_what_to_do_and_state_elsewhere_works(
    site: Site, tmp_path: Path
) -> None:
    refused = mounted(site, "ro", "assess", str(site.root))
    elsewhere = mounted(site, "ro", "assess", str(site.root), "--state", str(tmp_path / "kept"))

    assert refused.returncode == 2
    assert "--state" in refused.stderr
    assert elsewhere.returncode == 1, elsewhere.stderr
    assert not (site.root / ".basanite").exists()


def test_a_corrupt_ledger_is_an_error_and_not_a_new_ledger(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    site.assess()
    path = site.root / ".basanite" / "ledger.sqlite"
    path.write_bytes(b"this is no database, and it is long enough to be looked at" * 100)
    for extra in ("-wal", "-shm"):
        path.with_name(path.name + extra).unlink(missing_ok=True)

    code, _, err = run(capsys, "assess", str(site.root))

    assert code in (2, 4)
    assert "ledger" in err
    assert "Traceback" not in err


def test_two_assessments_at_once_double_nothing(site: Site) -> None:
    command = [sys.executable, "-m", "basanite.cli.main", "assess", str(site.root), "-q"]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(2)]
    for each in both:
        each.communicate(timeout=120)

    assert [each.returncode for each in both] == [1, 1]
    with site.state.ledger("small") as ledger:
        keys = [r.content.key for r in ledger.entries() if isinstance(r.content, Evidence)]
    assert len(keys) == len(set(keys))


def test_ctrl_c_keeps_what_was_finished(site: Site) -> None:
    for number in range(300):
        site.write(f"models/many/{number}.pkl", b"\x80\x04N." + str(number).encode())
    command = [sys.executable, "-m", "basanite.cli.main", "assess", str(site.root)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("measure:"):
            break
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)

    assert process.returncode == 3
    assert "run again to go on" in err
    assert "Traceback" not in err
    with site.state.ledger("small") as ledger:
        kept = sum(r.kind.value == "evidence" for r in ledger.entries())
    assert kept > 0
    rest = [r for r in site.assess().results if r.ran]
    assert len(rest) < 300


def test_an_accepted_finding_does_not_count_until_the_bytes_change(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BASANITE_HOME", str(tmp_path / "home"))
    models, baseline = tmp_path / "models", tmp_path / "b.yaml"
    models.mkdir()
    (models / "m.pkl").write_bytes(b"cwater.models\nForecast\n)R.")
    inspect = ("inspect", str(models), "--baseline", str(baseline), "-q")

    assert run(capsys, *inspect)[0] == 2
    code, out, _ = run(capsys, *inspect, "--accept", "our own class, read by two of us")
    assert (code, "1 accepted" in out) == (0, True)
    assert run(capsys, *inspect)[0] == 0
    told = json.loads(run(capsys, *inspect, "--format", "json")[1])
    assert told["artifacts"][0]["findings"][0]["accepted"] is True
    sarif = json.loads(run(capsys, *inspect, "--format", "sarif")[1])
    assert "suppressions" in sarif["runs"][0]["results"][0]

    (models / "m.pkl").write_bytes(b"cwater.models\nForecast\n)R.more")
    assert run(capsys, *inspect)[0] == 3


@pytest.mark.parametrize(
    "options",
    [
        ("--accept", "why not"),
        ("--baseline", "b.yaml", "--accept", "why", "--expires", "2020-01-01"),
        ("--baseline", "b.yaml", "--accept", "why", "--expires", "soon"),
    ],
)
def test_accepting_in_the_past_or_into_nothing_is_wrong_use(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: tuple[str, ...]
) -> None:
    code, _, err = run(capsys, "inspect", str(tmp_path), *options)

    assert code == 2
    assert len(err.splitlines()) == 1
