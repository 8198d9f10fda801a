"""Commands: what starts when a server of tools, or a hook, is started."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from basanite.domain.names import visible
from basanite.domain.severity import Severity
from basanite.measure.inspection.agents import shell
from basanite.measure.inspection.agents.concern import Concern
from basanite.measure.inspection.agents.images import image
from basanite.measure.inspection.agents.packages import Fetched, fetched

_SENDERS = frozenset({"curl", "wget", "nc", "ncat", "netcat", "socat", "telnet", "ftp", "tftp"})
_PASSING = re.compile(
    r"(?:/tmp/|/var/tmp/|/dev/shm/|%temp%|%tmp%|\\\\[\w.-]{1,100}\\|~/downloads/|"
    r"[a-z]:\\(?:windows\\temp|users\\public)\\)"
)
_UNCHECKED = re.compile(
    r"--(?:dangerously-[a-z-]{3,60}|allow-dangerously-[a-z-]{3,60}|yolo|no-sandbox-approval|"
    r"full-auto-dangerous|trust-all-tools|allow-all-tools|auto-approve-all|skip-permissions)\Z"
)
_INLINE = {
    "python": ("-c",), "python3": ("-c",), "py": ("-c",), "node": ("-e", "--eval", "-p", "--print"),
    "bun": ("-e", "--eval"), "deno": ("eval",), "ruby": ("-e",), "perl": ("-e", "-E"),
    "php": ("-r",),
    "osascript": ("-e",),
}  # fmt: skip
_DEPTH = 3


def of_server(name: str, argv: Sequence[str]) -> Iterator[Concern]:
    """Yield what is to be said of the command that starts a server of tools."""
    yield from _judged(f"The server {visible(name, 80)}", argv, 0, hook=False)


def of_hook(name: str, argv: Sequence[str], line: str) -> Iterator[Concern]:
    """Yield what is to be said of a command that runs by itself. ``line`` is it as written."""
    who = f"The hook {visible(name, 80)}"
    if shell.fetches_and_runs(line):
        yield Concern("remote-script", f"{who} runs what it downloads: {visible(line, 200)}")
        return
    yield from _judged(who, argv, 0, hook=True)


def _judged(who: str, argv: Sequence[str], depth: int, *, hook: bool) -> Iterator[Concern]:
    argv = shell.unwrapped(argv)
    if not argv:
        return
    line = " ".join(argv)
    script = shell.script_of(argv)
    if script is not None:
        yield from _script(who, line, script, depth, hook=hook)
        return
    if shell.fetches_and_runs(line):
        yield Concern("remote-script", f"{who} runs what it downloads: {visible(line, 200)}")
        return
    name = shell.program(argv[0])
    if name in _SENDERS and not hook:
        yield Concern("inline-script", f"{who} is the program {name}: {visible(line, 200)}")
    elif _PASSING.match(argv[0].lower()) or (
        name in shell.LAUNCHERS and any(_PASSING.match(each.lower()) for each in argv[1:2])
    ):
        yield Concern(
            "passing-place",
            f"{who} starts from a place that anybody may write to: {visible(line, 200)}",
        )
    elif any(each in _INLINE.get(name, ()) for each in argv[1:4]) and not hook:
        yield Concern("inline-script", f"{who} is code in the configuration: {visible(line, 200)}")
    for each in argv[1:]:
        if _UNCHECKED.match(each.partition("=")[0]):
            yield Concern("no-approval", f"{who} is started with {visible(each, 80)}.")
    for package in fetched(argv):
        yield from _package(who, package)
    yield from _image(who, argv)


def _script(who: str, line: str, script: str, depth: int, *, hook: bool) -> Iterator[Concern]:
    if shell.fetches_and_runs(script):
        yield Concern("remote-script", f"{who} runs what it downloads: {visible(line, 200)}")
        return
    started = shell.plain_start(script)
    if started is not None and depth < _DEPTH:
        yield from _judged(who, started, depth + 1, hook=hook)
        return
    if hook and re.search(r"-e(?:nc?|ncodedcommand)?\b\s{1,4}[A-Za-z0-9+/=]{40}", line) is None:
        return  # a hook is a line of shell by its nature
    yield Concern("inline-script", f"{who} is a script in the configuration: {visible(line, 200)}")


def _package(who: str, package: Fetched) -> Iterator[Concern]:
    if package.fixed:
        return
    name = visible(package.name, 120)
    if package.name.startswith(("http://", "git+http://", "git://")):
        yield Concern("remote-script", f"{who} fetches {name} over an unprotected connection.")
    elif package.address:
        yield Concern(
            "unpinned", f"{who} runs what stands at {name} at that time, by no fixed commit."
        )
    elif package.asked:
        yield Concern(
            "unpinned",
            f"{who} runs any version of {name}, after asking when it is not installed.",
            severity=Severity.LOW,
        )
    else:
        yield Concern("unpinned", f"{who} fetches and runs {name}, whose version is not fixed.")


def _image(who: str, argv: Sequence[str]) -> Iterator[Concern]:
    found = image(argv)
    if found is None:
        return
    if found.reaches:
        opened = ", ".join(visible(each, 80) for each in found.reaches[:5])
        yield Concern("wide-container", f"{who} is a container that reaches the host: {opened}.")
    if found.name and not found.fixed and "$" not in found.name:
        yield Concern(
            "unpinned",
            f"{who} runs the image {visible(found.name, 100)}, which no tag or digest fixes.",
        )
