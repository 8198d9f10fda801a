"""The main job: what runs, what does not, and why."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from tests.small_system import Site

from basanite.app.replay import replay
from basanite.domain.errors import ExitCode, UsageError
from basanite.domain.job import Failure, Job, JobResult
from basanite.domain.outcome import Outcome
from basanite.domain.ports import Engine
from basanite.domain.severity import Severity
from basanite.domain.verdict import Freshness


def ran(answer: object) -> dict[tuple[str, str], str]:
    """Return (check, first subject) -> why, of all that ran."""
    return {(r.check, r.subjects[0].name): r.why for r in answer.results if r.ran}  # type: ignore[attr-defined]


def test_the_first_assessment_finds_the_planted_faults(site: Site) -> None:
    answer = site.assess()

    failed = {(r.check, r.subjects[0].name) for r in answer.results if r.outcome is Outcome.FAILED}
    assert ("pickle-code-execution", "models/evil.pkl") in failed
    assert ("pickle-code-execution", "models/good.pkl") not in failed
    assert ("unsafe-loading", "app.py") in failed
    assert answer.exit_code(Severity.HIGH) is ExitCode.FINDINGS
    assert len(answer.verdicts) == 72


def test_a_second_assessment_with_nothing_changed_runs_no_check(site: Site) -> None:
    first = site.assess()
    second = site.assess()

    assert ran(first)
    assert ran(second) == {}
    assert [r.entry for r in first.results] == [r.entry for r in second.results]
    assert second.exit_code(Severity.HIGH) is ExitCode.FINDINGS


def test_an_unchanged_answer_is_not_recorded_twice(site: Site) -> None:
    site.assess()
    with site.state.ledger("small") as ledger:
        before = ledger.head()
    site.assess()
    with site.state.ledger("small") as ledger:
        assert ledger.head() == before


def test_one_changed_byte_reruns_just_the_checks_on_that_file(site: Site) -> None:
    site.assess()
    site.write("app.py", "import json\n")

    again = ran(site.assess())

    assert {path for _, path in again} == {"app.py"}
    assert all("subject changed" in why for why in again.values())


def test_a_changed_parameter_reruns_that_check_and_says_so(site: Site) -> None:
    site.assess()
    manifest = (site.root / "basanite.yaml").read_text()
    threshold = "thresholds:\n  - {check: dependency-pinning, parameters: {hashes: false}}\n"
    site.write("basanite.yaml", manifest + threshold)

    again = ran(site.assess())

    assert {check for check, path in again if path != "basanite.yaml"} == {"dependency-pinning"}
    assert any("parameters changed" in why for why in again.values())


def test_a_new_check_version_reruns_that_check_and_says_so(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    from basanite.measure.inspection.catalog import INSPECTORS

    site.assess()
    raised = [
        replace(each, check=each.check.model_copy(update={"version": 99}))
        if each.check.id == "unsafe-loading"
        else each
        for each in INSPECTORS
    ]
    monkeypatch.setattr("basanite.app.plan.INSPECTORS", tuple(raised))

    again = ran(site.assess())

    assert {check for check, _ in again} == {"unsafe-loading"}
    assert all("check version" in why for why in again.values())


def test_expired_evidence_reruns_and_says_so(site: Site) -> None:
    site.assess()
    site.clock.pass_(days=400)

    again = ran(site.assess())

    assert again
    assert all("expired" in why for why in again.values())


def test_a_report_computes_freshness_when_it_is_asked(site: Site) -> None:
    site.assess()
    site.clock.pass_(days=400)

    answer, _, _ = replay(site.state)

    signed = [r for r in answer.results if r.entry]
    assert signed
    assert all(r.freshness is Freshness.STALE for r in signed)


def test_the_verdict_of_a_past_time_is_computed_again_the_same(site: Site) -> None:
    first = site.assess()
    then = site.clock.at
    site.clock.pass_(hours=1)
    site.write("models/evil.pkl", b"\x80\x04N.")
    site.write("app.py", "import json\n")
    changed = site.assess()

    replayed, _, _ = replay(site.state, then)

    assert replayed.verdicts == first.verdicts
    assert replayed.verdicts != changed.verdicts


def test_replay_before_the_first_assessment_says_so(site: Site) -> None:
    site.assess()
    with pytest.raises(UsageError, match="no assessment was complete"):
        replay(site.state, site.clock.at - timedelta(days=1))


def test_a_deleted_file_leaves_the_inventory_and_its_evidence_stays_in_the_ledger(
    site: Site,
) -> None:
    site.assess()
    (site.root / "models/evil.pkl").unlink()

    answer = site.assess()

    assert "models/evil.pkl" not in {a.path for a in answer.inventory.artifacts}
    with site.state.ledger("small") as ledger:
        named = {
            s.name
            for r in ledger.entries()
            if hasattr(r.content, "question")
            for s in r.content.question.subjects
        }
    assert "models/evil.pkl" in named


@contextmanager
def listener() -> Iterator[tuple[int, list[str]]]:
    """Give a port on loopback that counts who connects."""
    hits: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        stop = threading.Event()

        def accept() -> None:
            while not stop.is_set():
                try:
                    connection, peer = server.accept()
                except TimeoutError:
                    continue
                hits.append(str(peer))
                connection.close()

        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield server.getsockname()[1], hits
        finally:
            stop.set()
            thread.join()


def test_a_hostile_manifest_connects_nowhere(site: Site) -> None:
    with listener() as (port, hits):
        manifest = (site.root / "basanite.yaml").read_text()
        site.write(
            "basanite.yaml",
            manifest
            + "  - {id: trap, kind: service, endpoint: {url: 'http://127.0.0.1:"
            + f"{port}/v1', model: x, enabled: true}}}}\n",
        )
        answer = site.assess()

    assert hits == []
    skipped = [r for r in answer.results if r.component == "trap"]
    assert skipped
    assert all(r.outcome is Outcome.SKIPPED for r in skipped)
    assert any("basanite allow network trap" in r.reason for r in skipped)


@pytest.mark.parametrize("path", ["../outside", "/etc/passwd", "models/../../x"])
def test_a_manifest_cannot_name_files_outside_its_folder(site: Site, path: str) -> None:
    manifest = (site.root / "basanite.yaml").read_text()
    site.write("basanite.yaml", manifest + f"  - {{id: out, kind: model, path: '{path}'}}\n")

    with pytest.raises(UsageError, match=r"basanite.yaml:\d+"):
        site.assess()


def test_a_link_in_place_of_the_state_folder_is_refused(site: Site, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (site.root / ".basanite").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(UsageError, match="link"):
        site.assess()
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_foreign_ledger_that_came_with_a_repository_counts_for_nothing(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from basanite.domain.errors import BasaniteError

    monkeypatch.setenv("BASANITE_HOME", str(tmp_path / "stranger"))
    site.assess()
    monkeypatch.setenv("BASANITE_HOME", str(tmp_path / "mine"))

    with pytest.raises(BasaniteError, match="key"):
        site.assess()


def test_state_can_live_elsewhere_for_a_read_only_system(site: Site, tmp_path: Path) -> None:
    from basanite.app.assess import Options, assess
    from basanite.app.state import State

    state = State.of(site.root, site.clock, state=tmp_path / "kept")
    assess(state, Options())

    assert not (site.root / ".basanite").exists()
    assert (tmp_path / "kept" / "ledger.sqlite").exists()


def test_the_high_tier_reads_every_file_again(site: Site) -> None:
    manifest = (site.root / "basanite.yaml").read_text()
    site.write("basanite.yaml", manifest.replace("tier: moderate", "tier: high"))
    site.assess()
    seen: list[str] = []

    site.assess(listen=lambda event: seen.append(event.stage))

    assert "map" in seen


def test_a_shared_job_that_breaks_leaves_only_the_guilty_check_in_error(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that exhausts one check does not take the others with it."""
    from basanite.app import inspecting

    class Flaky:
        """A real engine whose shared jobs all fail."""

        def __init__(self, engine: Engine) -> None:
            self.engine = engine

        def run(self, jobs: Iterable[Job]) -> Iterator[JobResult]:
            for job in list(jobs):
                if job.entry == "inspect" and len(job.payload["checks"]) > 1:
                    yield JobResult(id=job.id, failure=Failure.TIMEOUT, reason="over 300 s")
                else:
                    yield from self.engine.run([job])

        def close(self) -> None:
            self.engine.close()

    whole = inspecting.inspections
    monkeypatch.setattr(
        "basanite.app.assess.inspections",
        lambda todo, *, engine, **rest: whole(todo, engine=Flaky(engine), **rest),
    )

    answer = site.assess()

    assert {r.outcome for r in answer.results if r.check == "unsafe-loading"} >= {Outcome.FAILED}
    assert all(r.outcome is not Outcome.ERROR for r in answer.results)
