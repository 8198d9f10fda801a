"""What a confined worker sees and can do."""

from __future__ import annotations

import os
import socket
import sys
import sysconfig
from pathlib import Path
from typing import Any

import pytest

from basanite.adapters import sandbox as module
from basanite.adapters.sandbox import Bubblewrap, find_sandbox
from basanite.domain.job import Failure, Job, JobResult, Limits
from basanite.domain.ports import Sandbox
from basanite.engine.local import LocalEngine

HERE = Path(__file__).parent
WORKER = [sys.executable, "-I", str(HERE / "hostile_worker.py")]
LIMITS = Limits(wall_seconds=10)


def run(sandbox: Sandbox, entry: str, root: Path | str = "", **payload: Any) -> JobResult:
    with LocalEngine(sandbox, WORKER, 1) as engine:
        job = Job(id="1", entry=entry, root=str(root), payload=payload, limits=LIMITS)
        [result] = engine.run([job])
    return result


@pytest.fixture
def system(tmp_path: Path) -> Path:
    root = tmp_path / "system"
    (root / ".basanite").mkdir(parents=True)
    (root / ".basanite" / "ledger").write_text("entries")
    (root / "model.onnx").write_text("model")
    (tmp_path / "neighbour").write_text("not yours")
    return root


def test_the_root_is_seen_at_its_own_path_without_the_ledger_and_neighbours(
    bubblewrap: Sandbox, system: Path
) -> None:
    listed = [str(system), str(system / ".basanite"), str(system.parent)]
    answer = run(bubblewrap, "look", system, list=listed).answer
    assert answer["listed"] == {
        str(system): [".basanite", "model.onnx"],
        str(system / ".basanite"): [],
        str(system.parent): ["system"],
    }


def test_nothing_can_be_written_but_a_small_tmp(bubblewrap: Sandbox, system: Path) -> None:
    places = ["/", "/usr", "/dev", "/etc", "/proc", str(system), str(system / ".basanite")]
    places += [str(HERE), sysconfig.get_path("purelib"), str(Path(module.__file__).parent), "/tmp"]
    written = run(bubblewrap, "look", system, write=places).answer["written"]
    assert [place for place in places if written[place]] == ["/tmp"]
    assert not list(system.glob("**/written"))


def test_the_environment_is_empty_but_for_three_settings(
    bubblewrap: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("API_KEY", "canary")
    environment = run(bubblewrap, "look").answer["environment"]
    assert environment == {"LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1", "PWD": "/"}


def test_no_process_no_interface_and_no_capability_is_there(bubblewrap: Sandbox) -> None:
    answer = run(bubblewrap, "look").answer
    assert answer["processes"] == [1, 2]
    assert answer["interfaces"] == ["lo"]
    assert {int(held, 16) for held in answer["capabilities"]} == {0}


def test_nothing_connects_not_even_to_this_machine(sandbox: Sandbox) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        result = run(sandbox, "connect", port=server.getsockname()[1])
    assert result.failure is Failure.CRASH
    assert "PermissionError" in result.reason


def test_home_and_keys_are_invisible_also_below_what_is_seen(
    tmp_path: Path, system: Path, bubblewrap: Sandbox
) -> None:
    seen, keys, home = tmp_path / "seen", tmp_path / "seen" / "keys", tmp_path / "seen" / "home"
    for folder in (keys, home):
        folder.mkdir(parents=True)
        (folder / "id_ed25519").write_text("secret")
    inner = home / "system"
    inner.mkdir()
    (inner / "model").write_text("x")
    sandbox = find_sandbox(seen=[str(HERE), str(seen)], keys=[str(keys)], private=[str(home)])
    answer = run(sandbox, "look", inner, list=[str(seen), str(keys), str(home), str(inner)]).answer
    assert list(answer["listed"].values()) == [["home", "keys"], [], ["system"], ["model"]]


def test_keys_below_the_root_are_covered(tmp_path: Path, system: Path) -> None:
    keys = system / "home"
    keys.mkdir()
    (keys / "key.pem").write_text("secret")
    sandbox = find_sandbox(seen=[str(HERE)], keys=[str(keys)])
    assert run(sandbox, "look", system, list=[str(keys)]).answer["listed"] == {str(keys): []}


def test_the_real_home_shows_only_python(bubblewrap: Sandbox) -> None:
    home = str(Path.home())
    listed = run(bubblewrap, "look", list=[home]).answer["listed"][home]
    needed = {Path(path).relative_to(home).parts[0] for path in _below(bubblewrap, home)}
    assert listed in (sorted(needed), "FileNotFoundError")


def _below(sandbox: Sandbox, folder: str) -> list[str]:
    assert isinstance(sandbox, Bubblewrap)
    return [path for path in sandbox.seen if path.startswith(folder + "/")]


@pytest.mark.parametrize("root", ["/", "/proc", "/proc/self", "/sys", "/dev", "/absent", "/a\0b"])
def test_a_root_that_would_open_the_machine_starts_nothing(bubblewrap: Sandbox, root: str) -> None:
    assert run(bubblewrap, "echo", root, value=1).failure is Failure.START


def test_a_root_where_keys_are_starts_nothing(tmp_path: Path) -> None:
    sandbox = find_sandbox(seen=[str(HERE)], keys=[str(tmp_path)])
    result = run(sandbox, "echo", tmp_path, value=1)
    assert result.failure is Failure.START
    assert "where keys are kept" in result.reason


def test_a_root_that_is_reached_through_a_link_has_both_names(
    bubblewrap: Sandbox, system: Path
) -> None:
    link = system.parent / "link"
    link.symlink_to(system)
    listed = run(bubblewrap, "look", link, list=[str(link), str(link / ".basanite")]).answer
    assert listed["listed"][str(link)] == [".basanite", "model.onnx"]
    assert listed["listed"][str(link / ".basanite")] == []


def test_a_root_with_a_hostile_name_is_seen(bubblewrap: Sandbox, tmp_path: Path) -> None:
    root = os.fsdecode(os.fsencode(tmp_path) + b"/--bind\n\xff\x1b")
    Path(root).mkdir()
    Path(root, "model").write_text("x")
    assert (
        run(bubblewrap, "look", root, list=[root]).failure is Failure.NONSENSE
    )  # half a surrogate
    assert run(bubblewrap, "count", root, path=root).answer == 1


def test_a_state_folder_that_is_a_link_leads_nowhere(bubblewrap: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    (tmp_path / "outside").mkdir()
    link = tmp_path / "root" / ".basanite"
    link.symlink_to(tmp_path / "outside")
    listed = run(bubblewrap, "look", tmp_path / "root", list=[str(link)]).answer["listed"]
    assert listed == {str(link): "FileNotFoundError"}


def test_numerical_libraries_and_threads_work_inside(sandbox: Sandbox) -> None:
    assert run(sandbox, "use_numpy").answer == 300.0
    assert run(sandbox, "use_threads").answer == 8


def test_the_result_says_how_it_was_confined(sandbox: Sandbox) -> None:
    assert run(sandbox, "echo", value=1).isolation == sandbox.name
