"""The home is private; locks, grants and secrets are exact and fail closed."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from basanite.adapters.clock import FixedClock, SystemClock
from basanite.adapters.grants import Grant, Grants
from basanite.adapters.home import BusyError, RunLock, home, home_path
from basanite.adapters.secrets import Secrets
from basanite.domain.check import Need
from basanite.domain.errors import UsageError
from basanite.domain.system import Environment

NOW = datetime(2030, 1, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DIGEST = "ab" * 32
TARGET = "127.0.0.1:8080"


def grant(**changes: Any) -> Grant:
    base = {
        "kind": Need.NETWORK,
        "part": "assistant",
        "digest": DIGEST,
        "host": "plant-1",
        "environment": Environment.TEST,
        "target": TARGET,
        "granted": NOW,
    }
    return Grant(**{**base, **changes})


@pytest.fixture
def grants(tmp_path: Path) -> Grants:
    return Grants(tmp_path, host="plant-1")


def test_the_home_is_made_private_and_kept_private(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BASANITE_HOME", str(tmp_path / "a" / "b"))
    assert home() == tmp_path / "a" / "b"
    home().chmod(0o755)
    assert stat.S_IMODE(home().stat().st_mode) == 0o700


def test_the_home_is_the_users_data_folder_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BASANITE_HOME", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    assert home_path() == Path("/data/basanite")


def test_a_home_that_cannot_be_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BASANITE_HOME", "relative")
    with pytest.raises(UsageError, match="absolute"):
        home()
    (tmp_path / "file").touch()
    monkeypatch.setenv("BASANITE_HOME", str(tmp_path / "file"))
    with pytest.raises(UsageError, match="cannot make the home"):
        home()


def test_a_second_run_is_told_who_is_at_work(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from basanite.adapters.home import RunLock\n"
        "with RunLock(Path(sys.argv[1])):\n"
        "    print('held', flush=True); time.sleep(60)"
    )
    path = tmp_path / "lock"
    command = [sys.executable, "-c", code, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        with pytest.raises(BusyError, match=f"process {process.pid}"), RunLock(path):
            pass
        process.kill()
    with RunLock(path):  # The lock died with its holder.
        pass


def test_a_run_can_wait_for_another(tmp_path: Path) -> None:
    first, order = RunLock(tmp_path / "lock"), ["first"]

    def second() -> None:
        with RunLock(tmp_path / "lock", wait=True):
            order.append("second")

    with first:
        waiting = threading.Thread(target=second)
        waiting.start()
        waiting.join(0.1)
        assert order == ["first"]
    waiting.join(5)
    assert order == ["first", "second"]


def test_one_lock_is_not_taken_twice(tmp_path: Path) -> None:
    lock = RunLock(tmp_path / "lock")
    with lock, pytest.raises(BusyError), lock:
        pass
    with lock:
        pass


def test_a_lock_is_not_led_astray(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("keep")
    (tmp_path / "link").symlink_to("target")
    os.mkfifo(tmp_path / "pipe")
    for name in ("link", "pipe", "absent/lock"):
        with pytest.raises(UsageError), RunLock(tmp_path / name):
            pass
    assert (tmp_path / "target").read_text() == "keep"


def allows(grants: Grants, **changes: Any) -> bool:
    asked = {
        "kind": Need.NETWORK,
        "digest": DIGEST,
        "environment": Environment.TEST,
        "target": TARGET,
        "now": NOW,
    }
    return grants.allows(**{**asked, **changes})


def test_nothing_is_allowed_but_reading(grants: Grants) -> None:
    assert not allows(grants)
    assert allows(grants, kind=Need.READ)


@pytest.mark.parametrize(
    "change",
    [
        {"kind": Need.EXECUTE},
        {"digest": "cd" * 32},
        {"environment": Environment.STAGING},
        {"target": "127.0.0.1:8081"},
        {"target": ""},
    ],
)
def test_a_grant_binds_exactly(grants: Grants, tmp_path: Path, change: dict[str, Any]) -> None:
    grants.add(grant())
    assert allows(grants)
    assert not allows(grants, **change)
    assert not allows(Grants(tmp_path, host="plant-2"))


@pytest.mark.parametrize(("at", "open_"), [(-2, False), (-1, True), (0, True), (1, False)])
def test_a_window_opens_and_ends(grants: Grants, at: int, open_: bool) -> None:
    grants.add(grant(window=(NOW - HOUR, NOW + HOUR)))
    assert allows(grants, now=NOW + at * HOUR) is open_


def test_disruption_of_production_needs_a_window(grants: Grants) -> None:
    asked = {"kind": Need.DISRUPT, "environment": Environment.PRODUCTION, "target": ""}
    with pytest.raises(ValidationError, match="window"):
        grant(**asked)
    grants.add(grant(**{**asked, "environment": Environment.TEST}))
    assert not allows(grants, **asked)
    grants.add(grant(**asked, window=(NOW, NOW + HOUR)))
    assert allows(grants, **asked)
    assert not allows(grants, **asked, now=NOW + HOUR)


@pytest.mark.parametrize(
    "change", [{"target": ""}, {"window": (NOW, NOW)}, {"host": ""}, {"digest": "short"}]
)
def test_a_grant_that_says_too_little_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        grant(**change)


def test_a_grant_replaces_one_for_the_same_and_can_be_revoked(grants: Grants) -> None:
    grants.add(grant(granted=NOW - HOUR))
    grants.add(grant())
    assert grants.all() == (grant(),)
    grants.revoke(grant())
    assert grants.all() == ()


@pytest.mark.parametrize("content", ["", "[]", "{", '{"schema": "basanite.grants/2"}', '{"x": 1}'])
def test_a_damaged_grants_file_allows_nothing(grants: Grants, tmp_path: Path, content: str) -> None:
    grants.add(grant())
    (tmp_path / "grants.json").write_text(content)
    with pytest.raises(UsageError, match="nothing is allowed"):
        allows(grants)


def test_a_grants_file_that_others_could_write_allows_nothing(
    grants: Grants, tmp_path: Path
) -> None:
    grants.add(grant())
    path = tmp_path / "grants.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o666)
    with pytest.raises(UsageError, match="others than you"):
        allows(grants)
    path.rename(tmp_path / "elsewhere")
    path.symlink_to("elsewhere")
    with pytest.raises(UsageError):
        allows(grants)


def test_two_writers_lose_no_grant(tmp_path: Path) -> None:
    def work(number: int) -> None:
        for port in range(10):
            Grants(tmp_path, host="h").add(grant(target=f"h{number}:{port}"))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(Grants(tmp_path).all()) == 30


def test_a_secret_stays_in_its_variable(tmp_path: Path) -> None:
    secrets = Secrets(tmp_path, environment={"KEY": "s3cret", "EMPTY": ""})
    secrets.bind("API.Example:443", "KEY")
    secrets.bind("other:1", "EMPTY")
    secrets.bind("third:1", "UNSET")
    assert secrets.secret_for("api.example:443") == "s3cret"
    assert [secrets.secret_for(t) for t in ("other:1", "third:1", "api.example:444")] == [None] * 3
    path = tmp_path / "secrets.json"
    assert "s3cret" not in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    secrets.unbind("api.example:443")
    assert secrets.secret_for("api.example:443") is None


def test_a_secret_given_for_a_name_is_not_repeated(tmp_path: Path) -> None:
    secrets = Secrets(tmp_path)
    with pytest.raises(UsageError) as caught:
        secrets.bind("host:1", "sk-s3cret")
    assert "s3cret" not in str(caught.value)
    for target in ("host", "host:x", "http://host:1", "host:1\n"):
        with pytest.raises(UsageError):
            secrets.bind(target, "KEY")


def test_clocks_know_their_offset() -> None:
    assert SystemClock().now().utcoffset() == timedelta(0)
    assert FixedClock(NOW).now() == NOW
    with pytest.raises(ValueError, match="offset"):
        FixedClock(datetime(2030, 1, 1))  # noqa: DTZ001
