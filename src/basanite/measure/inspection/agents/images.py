"""Images: what a container of tools may reach on its host. Source: docker run reference."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from basanite.measure.inspection.agents.shell import program

_VALUED = frozenset(
    {
        "-v", "--volume", "--mount", "-e", "--env", "--env-file", "--name", "-p", "--publish", "-w",
        "--workdir", "--network", "--net", "-u", "--user", "--entrypoint", "--platform", "--memory",
        "-m", "--cpus", "--add-host", "--label", "-l", "-h", "--hostname",
        "--cap-add", "--cap-drop",
        "--security-opt", "--pid", "--ipc", "--userns", "--device", "--gpus", "--runtime", "--pull",
        "--tmpfs", "--restart", "--shm-size", "--dns", "--log-driver", "--ulimit", "--stop-timeout",
    }
)  # fmt: skip
_WIDE = re.compile(
    r"(?:/|/(?:etc|root|home|proc|sys|dev|boot|usr|var|Users)/?|~/?|\$\{?HOME\}?/?|[A-Za-z]:[\\/]?|"
    r"/var/run/docker\.sock|/run/docker\.sock|~/\.ssh/?|~/\.aws/?)\Z"
)


@dataclass(frozen=True)
class Image:
    """A container that a command starts."""

    name: str
    fixed: bool
    """Whether a tag other than ``latest`` or a digest stands behind its name."""
    reaches: tuple[str, ...]
    """Options that open the host to it."""


def image(argv: Sequence[str]) -> Image | None:
    """Return the container that a command starts, or None where it starts none."""
    if len(argv) < 3 or program(argv[0]) not in ("docker", "podman", "nerdctl"):
        return None
    rest = list(argv[1:])
    if rest[0] == "container":
        rest = rest[1:]
    if not rest or rest[0] != "run":
        return None
    reaches: list[str] = []
    at = 1
    while at < len(rest) and rest[at].startswith("-"):
        option, equals, value = rest[at].partition("=")
        if not equals and option in _VALUED and at + 1 < len(rest):
            at += 1
            value = rest[at]
        if _opens(option, value):
            reaches.append(f"{option} {value}".strip())
        at += 1
    name = rest[at] if at < len(rest) else ""
    tag = name.rpartition("/")[2].partition(":")[2]
    fixed = "@sha256:" in name or (bool(tag) and tag != "latest")
    return Image(name, fixed, tuple(reaches))


def _opens(option: str, value: str) -> bool:
    if option == "--privileged":
        return value.lower() != "false"
    if option in ("-v", "--volume"):
        return _WIDE.match(_source(value)) is not None
    if option == "--mount":
        source = re.search(r"(?:source|src)=([^,]{1,300})", value)
        return source is not None and _WIDE.match(source.group(1)) is not None
    if option == "--cap-add":
        return value.upper().removeprefix("CAP_") in (
            "ALL",
            "SYS_ADMIN",
            "SYS_PTRACE",
            "SYS_MODULE",
        )
    if option == "--security-opt":
        return "unconfined" in value
    return option in ("--pid", "--ipc", "--userns") and value == "host"


def _source(volume: str) -> str:
    drive = re.match(r"[A-Za-z]:[\\/]?(?=:)", volume)
    return drive.group() if drive else volume.partition(":")[0]
