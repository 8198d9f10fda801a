"""A worker whose entries do what a worker that was taken over could do."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import socket
import sys
import threading
import time
from pathlib import Path
from typing import Any

from basanite.engine.loop import Context, serve

Payload = dict[str, Any]


def echo(payload: Payload, context: Context) -> Any:
    return payload.get("value")


def pid(payload: Payload, context: Context) -> Any:
    return {"pid": os.getpid(), "isolation": context.isolation, "root": context.root}


def hang(payload: Payload, context: Context) -> Any:
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
    while True:
        time.sleep(60)


def sleep(payload: Payload, context: Context) -> Any:
    time.sleep(payload["seconds"])
    return payload["seconds"]


def burn(payload: Payload, context: Context) -> Any:
    until = time.process_time() + payload.get("seconds", 1e9)
    while time.process_time() < until:
        pass
    return "done"


def raw_fork(payload: Payload, context: Context) -> Any:
    library = ctypes.CDLL(None, use_errno=True)
    if library.fork() == 0:
        time.sleep(60)
    return ctypes.get_errno()


def fork_bomb(payload: Payload, context: Context) -> Any:
    while True:
        os.fork()


def thread_bomb(payload: Payload, context: Context) -> Any:
    while True:
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()


def memory(payload: Payload, context: Context) -> Any:
    kept = []
    while True:
        kept.append(bytearray(1 << 24))


def touch(payload: Payload, context: Context) -> Any:
    return len(bytearray(b"x" * payload["bytes"]))


def long_answer(payload: Payload, context: Context) -> Any:
    return "x" * payload["bytes"]


def wild(payload: Payload, context: Context) -> Any:
    """Write anything to every pipe that is open, past the protocol."""
    data = payload["text"].encode("utf-8", errors="surrogateescape") * payload.get("times", 1)
    descriptors = [2] if payload.get("errors") else _pipes()
    while True:
        for descriptor in descriptors:
            view = memoryview(data)
            while view:
                view = view[os.write(descriptor, view) :]
        if not payload.get("forever"):
            break
    time.sleep(60)


def twice(payload: Payload, context: Context) -> Any:
    """Answer now, and once more for the next job, before it was asked."""
    said = {"answer": "forged", "cost": {"wall": 0, "cpu": 0, "peak": 0}}
    lines = [json.dumps({"id": each, **said}) for each in (context.job, payload["next"])]
    for descriptor in _pipes():
        os.write(descriptor, ("\n".join(lines) + "\n").encode())
    time.sleep(60)


def _pipes() -> list[int]:
    found = []
    for number in range(3, 64):
        try:
            target = Path(f"/proc/self/fd/{number}").readlink()
            writable = int(
                Path(f"/proc/self/fdinfo/{number}").read_text().split("flags:")[1].split()[0], 8
            )
        except OSError:
            continue
        if str(target).startswith("pipe:") and writable & os.O_WRONLY:
            found.append(number)
    assert found
    return found


def chatter(payload: Payload, context: Context) -> Any:
    print("a library that prints")
    os.write(1, b"and one that writes to the descriptor\n")
    return sys.stdin.read()


def kill_self(payload: Payload, context: Context) -> Any:
    os.kill(os.getpid(), payload["signal"])
    time.sleep(60)


def leave(payload: Payload, context: Context) -> Any:
    print("leaving\x1b[31m now", file=sys.stderr, flush=True)
    os._exit(payload["code"])


def close_pipes(payload: Payload, context: Context) -> Any:
    os.closerange(0, 64)
    while True:
        time.sleep(60)


def fail(payload: Payload, context: Context) -> Any:
    raise ValueError(payload["text"])


def no_json(payload: Payload, context: Context) -> Any:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    return {
        "nan": float("nan"),
        "bytes": b"x",
        "deep": deep,
        "half": "\ud800",
    }[payload["which"]]


def deep(payload: Payload, context: Context) -> Any:
    value: list[Any] = []
    for _ in range(payload["depth"]):
        value = [value]
    return value


def connect(payload: Payload, context: Context) -> Any:
    with socket.socket() as client:
        client.settimeout(2)
        client.connect(("127.0.0.1", payload["port"]))
    return "connected"


def look(payload: Payload, context: Context) -> Any:
    """Say what can be seen and done from here."""
    seen: dict[str, Any] = {"environment": dict(os.environ), "uid": os.getuid()}
    seen["listed"] = {}
    for path in payload.get("list", []):
        try:
            seen["listed"][path] = sorted(each.name for each in Path(path).iterdir())
        except OSError as error:
            seen["listed"][path] = type(error).__name__
    seen["written"] = {}
    for path in payload.get("write", []):
        try:
            Path(path, "written").write_bytes(b"x")
            seen["written"][path] = True
        except OSError:
            seen["written"][path] = False
    seen["processes"] = sorted(int(p.name) for p in Path("/proc").iterdir() if p.name.isdigit())
    seen["interfaces"] = [
        line.split(":")[0].strip() for line in Path("/proc/net/dev").read_text().splitlines()[2:]
    ]
    status = Path("/proc/self/status").read_text()
    seen["capabilities"] = [line.split()[1] for line in status.splitlines() if line[:3] == "Cap"]
    return seen


def count(payload: Payload, context: Context) -> Any:
    return len(list(Path(payload["path"]).iterdir()))


def fill_disk(payload: Payload, context: Context) -> Any:
    with Path("/tmp/large").open("wb") as out:
        while True:
            out.write(bytes(1 << 20))


def use_numpy(payload: Payload, context: Context) -> Any:
    import numpy as np

    matrix = np.ones((300, 300))
    return float((matrix @ matrix)[0, 0])


def use_threads(payload: Payload, context: Context) -> Any:
    threads = [threading.Thread(target=time.sleep, args=(0.01,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(threads)


if __name__ == "__main__":
    if "--silent" in sys.argv:
        sys.exit("no worker today")
    if "--babble" in sys.argv:
        print("hello", flush=True)
        time.sleep(60)
    found = {name: value for name, value in globals().items() if callable(value)}
    serve({name: found[name] for name in found if name.islower()})
