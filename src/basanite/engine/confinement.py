"""What a worker does to itself before it reads any job: limits, and a filter of system calls.

Neither can be undone from inside. The filter matters most where the sandbox is missing, and where
the user is root, whom the kernel exempts from the limit on processes. Filter programs are described
in seccomp(2) and in the kernel's `Documentation/userspace-api/seccomp_filter.rst`.
"""

from __future__ import annotations

import errno
import os
import platform
import resource
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

FILE_BYTES = 16 << 20
"""The largest file that a worker can write, where it can write at all."""
OPEN_FILES = 256

CPU_LIVES = 10
"""A worker's whole life may use this many times the processor time of one job."""

_CLONE_THREAD = 0x10000
_ALLOW = 0x7FFF0000
_KILL = 0x80000000
_ERRNO = 0x00050000
_X32 = 0x40000000
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16

_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38
_SET_FILTER, _ALL_THREADS = 1, 1
_SIGKILL = 9


@dataclass(frozen=True)
class _Machine:
    """System call numbers of one processor architecture (the kernel's `unistd.h`)."""

    audit: int
    seccomp: int
    clone: int
    denied: tuple[int, ...]
    wide: bool = False
    """Whether a second table of numbers (x32) lives above bit 30."""


# New system calls have one number everywhere: io_uring, mounts, pidfd_getfd.
_NEW = (425, 426, 427, 428, 429, 430, 431, 432, 433, 438, 442)
_CLONE3 = 435

# In both rows: fork, vfork (where they exist), then socket, ptrace, process_vm_readv and writev,
# unshare, setns, mount, umount2, pivot_root, chroot, bpf, perf_event_open, userfaultfd, keyctl,
# add_key, request_key, kexec_load, kexec_file_load, init_module, finit_module, open_by_handle_at.
_MACHINES = {
    "x86_64": _Machine(
        audit=0xC000003E,
        seccomp=317,
        clone=56,
        denied=(
            *(57, 58, 41, 101, 310, 311, 272, 308, 165, 166, 155, 161, 321, 298, 323),
            *(250, 248, 249, 246, 320, 175, 313, 304, *_NEW),
        ),
        wide=True,
    ),
    "aarch64": _Machine(
        audit=0xC00000B7,
        seccomp=277,
        clone=220,
        denied=(
            *(198, 117, 270, 271, 97, 268, 40, 39, 41, 51, 280, 241, 282),
            *(219, 217, 218, 104, 294, 105, 273, 265, *_NEW),
        ),
    ),
}


def set_limits(limits: Mapping[str, int], *, confined: bool) -> None:
    """Set the limits that hold for the worker's whole life.

    Raises:
        ValueError, OSError: the kernel refuses them.
    """
    memory = limits["memory_bytes"]
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_BYTES, FILE_BYTES))
    resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES, OPEN_FILES))
    processes = _process_limit(limits["processes"], confined=confined)
    if processes is not None:
        resource.setrlimit(resource.RLIMIT_NPROC, (processes, processes))
    life = limits["cpu_seconds"] * CPU_LIVES
    resource.setrlimit(resource.RLIMIT_CPU, (life, life))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


def allow_processor(seconds: int) -> None:
    """Let the worker use so many more seconds of processor time; then the kernel ends it."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    # The kernel counts whole seconds, so a fraction is rounded up in the job's favour.
    soft = int(used.ru_utime + used.ru_stime) + seconds + 1
    resource.setrlimit(resource.RLIMIT_CPU, (min(soft, hard), hard))


def _process_limit(processes: int, *, confined: bool) -> int | None:
    """Return the limit to set, or None where it would count the user's other processes.

    Since Linux 5.14 a user namespace counts its own; before that, and outside of one, the kernel
    counts everything the user runs.
    """
    if confined:
        major, minor = (int(part) for part in platform.release().split(".")[:2])
        return processes + 2 if (major, minor) >= (5, 14) else None
    return processes + _tasks_of_user()


def _tasks_of_user() -> int:
    mine = os.getuid()
    count = 0
    try:
        for process in Path("/proc").iterdir():
            try:
                if process.name.isdigit() and process.stat().st_uid == mine:
                    # A directory has one link per subdirectory, and two of its own.
                    count += max(1, (process / "task").stat().st_nlink - 2)
            except OSError:
                continue  # It ended meanwhile.
    except OSError:
        return 4096
    return count


def filter_program(machine: str) -> bytes | None:
    """Return the filter for an architecture as the kernel wants it; None for one not known here.

    Threads may be made, processes may not. Calls that open sockets, trace others, mount, or reach
    parts of the kernel that a reader of files never needs, fail with EPERM.
    """
    known = _MACHINES.get(machine)
    if known is None:
        return None
    denied = sorted(known.denied)
    body: list[tuple[int, int, int, int]] = [(_LOAD, 0, 0, _NUMBER)]
    if known.wide:
        body.append((_AT_LEAST, len(denied) + 6, 0, _X32))
    for index, number in enumerate(denied):
        body.append((_EQUAL, len(denied) - index + 5, 0, number))
    # clone3 hides its flags behind a pointer. Said to be missing, the C library uses clone.
    body += [
        (_EQUAL, 0, 1, _CLONE3),
        (_RETURN, 0, 0, _ERRNO | errno.ENOSYS),
        (_EQUAL, 0, 2, known.clone),
        (_LOAD, 0, 0, _FIRST_ARGUMENT),
        (_ANY_BIT, 0, 1, _CLONE_THREAD),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _ERRNO | errno.EPERM),
    ]
    start = [(_LOAD, 0, 0, _ARCHITECTURE), (_EQUAL, 1, 0, known.audit), (_RETURN, 0, 0, _KILL)]
    return b"".join(struct.pack("=HBBI", *step) for step in (*start, *body))


def filter_calls() -> bool:
    """Filter this process's system calls for good; return whether that was possible."""
    # Imported here: the engine's own side never needs it.
    import ctypes  # noqa: PLC0415

    program = filter_program(platform.machine())
    if program is None:
        return False
    code = ctypes.create_string_buffer(program, len(program))
    head = ctypes.create_string_buffer(
        struct.pack("@HP", len(program) // 8, ctypes.addressof(code))
    )
    library = ctypes.CDLL(None, use_errno=True)
    numbers = [ctypes.c_ulong] * 4
    library.prctl.argtypes = [ctypes.c_int, *numbers]
    library.syscall.argtypes = [ctypes.c_long, *numbers]
    # A worker without a sandbox must not outlive the engine either.
    library.prctl(_PR_SET_PDEATHSIG, _SIGKILL, 0, 0, 0)
    if library.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return False
    # Libraries that are already imported may have started threads.
    call = _MACHINES[platform.machine()].seccomp
    filtered: int = library.syscall(call, _SET_FILTER, _ALL_THREADS, ctypes.addressof(head), 0)
    return filtered == 0
