"""One worker process, seen from the engine: its pipes, its end, and what it said last."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Sequence

from basanite.domain.job import Job, Limits
from basanite.domain.names import visible
from basanite.engine.protocol import hello_line, job_line

Trace = Callable[[bytes], None]

_CHUNK = 1 << 18
_LAST_WORDS = 4096
_GRACE = 0.5
_CLEAN = {"LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"}

Binding = tuple[str, Limits]
"""What a worker is bound to: a root and limits. It serves only jobs with both."""


class Worker:
    """A process that answers one job at a time. It is killed, never asked, to end a job.

    Raises:
        OSError, ValueError: the process cannot be started.
    """

    def __init__(
        self, argv: Sequence[str], binding: Binding, isolation: str, trace: Trace | None
    ) -> None:
        self.binding = binding
        self.job: Job | None = None
        self.ready = False
        self.isolation = isolation
        self.started = time.monotonic()
        self.deadline = float("inf")
        self.cpu_seconds = 0.0
        self.received = bytearray()
        self.closed = False
        self._trace = trace
        self._errors = 0
        self._last = bytearray()
        self._process = subprocess.Popen(  # noqa: S603 - argv comes from the program itself
            list(argv),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            cwd="/",
            env=_CLEAN,
            start_new_session=True,
        )
        process = self._process
        if process.stdin is None or process.stdout is None or process.stderr is None:
            raise ValueError("a worker without pipes")
        self.stdin, self.stdout, self.stderr = process.stdin, process.stdout, process.stderr
        for stream in (self.stdin, self.stdout, self.stderr):
            os.set_blocking(stream.fileno(), False)
        self._next = b""
        self._sending = memoryview(hello_line(binding[1], isolation))

    @property
    def pid(self) -> int:
        """The process that was started: the sandbox, or the worker itself."""
        return self._process.pid

    def give(self, job: Job) -> None:
        """Queue a job's line; `send` moves it.

        Raises:
            ValueError, TypeError, RecursionError: its payload is no JSON.
        """
        self._next = job_line(job)
        self.job = job
        if self.ready:
            self.begin()

    def begin(self) -> None:
        """Hand over the present job and start its clock. Before it is ready a worker gets none."""
        self._sending = memoryview(self._next)
        self.started = time.monotonic()
        self.deadline = self.started + self.binding[1].wall_seconds

    def send(self) -> bool:
        """Write what the pipe takes; return whether all is sent."""
        while self._sending:
            try:
                sent = os.write(self.stdin.fileno(), self._sending)
            except BlockingIOError:
                return False
            except OSError:
                # It is gone. Its end is seen on the other pipe, with the reason.
                self._sending = memoryview(b"")
                break
            self._sending = self._sending[sent:]
        return True

    def receive(self) -> bool:
        """Read what the worker wrote; return False at its end."""
        try:
            chunk = os.read(self.stdout.fileno(), _CHUNK)
        except BlockingIOError:
            return True
        except OSError:
            return False
        self.received += chunk
        return bool(chunk)

    def listen(self) -> bool:
        """Read what the worker wrote to its standard error; return False at its end."""
        try:
            chunk = os.read(self.stderr.fileno(), _CHUNK)
        except BlockingIOError:
            return True
        except OSError:
            return False
        self._errors += len(chunk)
        self._last += chunk
        del self._last[:-_LAST_WORDS]
        if chunk and self._trace is not None:
            self._trace(chunk)
        return bool(chunk)

    @property
    def flooding(self) -> bool:
        """Whether it wrote more than it may, to either stream."""
        limit = self.binding[1].output_bytes
        return len(self.received) > limit + 1 or self._errors > limit

    def forget_errors(self) -> None:
        """Start a new job's account of the standard error."""
        self._errors = 0
        self._last.clear()

    def last_words(self) -> str:
        """Return the last line it wrote to its standard error, made inert."""
        lines = bytes(self._last).decode("utf-8", errors="replace").strip().splitlines()
        return visible(lines[-1].strip(), 300) if lines else ""

    def ended(self) -> int | None:
        """Wait a moment for a worker that closed its output; return its end as `Popen` says it.

        Negative: the signal that killed it, also inside a sandbox. None: it went on.
        """
        until = time.monotonic() + _GRACE
        # The zombie is kept until the whole group is killed, so that its number stays ours.
        watch = os.WEXITED | os.WNOWAIT | os.WNOHANG
        while (by_itself := os.waitid(os.P_PID, self.pid, watch)) is None:
            if time.monotonic() > until:
                break
            time.sleep(0.001)
        while self._readable() and self.listen():
            pass
        self.kill()
        if by_itself is None:
            return None
        code = self._process.returncode
        # Bubblewrap tells a signal as shells do.
        return 128 - code if self.isolation != "none" and 128 < code < 128 + 65 else code

    def _readable(self) -> bool:
        with selectors.DefaultSelector() as selector:
            selector.register(self.stderr, selectors.EVENT_READ)
            return bool(selector.select(0))

    def kill(self) -> None:
        """End the process and everything in its sandbox or group; leave nothing behind."""
        if self.closed:
            return
        self.closed = True
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass  # The group is empty: it ended by itself.
        except PermissionError:
            self._process.kill()
        self._process.wait()
        for stream in (self.stdin, self.stdout, self.stderr):
            stream.close()
