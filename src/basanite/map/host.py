"""Facts of the machine that matter for hardware assurance: read, never guessed.

Where the Linux kernel says something, its words are kept as they are; where it says nothing, the
fact is ``absent``; where reading is refused, ``unreadable``. The paths are those of the kernel's
documentation (Documentation/ABI in the Linux source).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from basanite.domain.inventory import HostFact, HostState
from basanite.domain.names import encode_name, visible

Read = Callable[[str], bytes | None]
"""Returns a file's first bytes, None when it is not there; raises OSError when it refuses."""
ListFolder = Callable[[str], Sequence[str] | None]
"""Returns the names in a folder, None when it is not there; raises OSError when it refuses."""

VULNERABILITIES = "/sys/devices/system/cpu/vulnerabilities"
LOCKDOWN = "/sys/kernel/security/lockdown"
EFI_VARIABLES = "/sys/firmware/efi/efivars"
SECURE_BOOT = "SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
"""The variable under the EFI global vendor GUID (UEFI specification, section 3.3)."""

MAX_ENTRIES = 256
MAX_TEXT = 300

_NUMBERED = re.compile(r"(tpm|card)[0-9]{1,4}\Z")
_NVIDIA = re.compile(r"Kernel Module(?: for \S{1,40})?\s+([0-9][0-9.]{0,30})")
_SELECTED = re.compile(r"\[([a-z]{1,40})\]")


def read_host(read: Read, list_dir: ListFolder) -> tuple[HostFact, ...]:
    """Return the host's facts, by way of the given readers. Never raises for what it reads."""
    host = _Host(read, list_dir)
    return (
        *_cpu(host),
        *_vulnerabilities(host),
        host.file("kernel.version", "/proc/sys/kernel/osrelease"),
        host.file("kernel.lockdown", LOCKDOWN, _selected),
        _secure_boot(host),
        *_tpm(host),
        *_iommu(host),
        *_virtualisation(host),
        *_gpu(host),
    )


class _Host:
    """Reads with a state instead of an exception."""

    def __init__(self, read: Read, list_dir: ListFolder) -> None:
        self._read = read
        self._list = list_dir

    def bytes_of(self, path: str) -> tuple[HostState, bytes]:
        try:
            data = self._read(path)
        except FileNotFoundError:
            return HostState.ABSENT, b""
        except OSError:
            return HostState.UNREADABLE, b""
        return (HostState.ABSENT, b"") if data is None else (HostState.READ, data)

    def names_in(self, path: str) -> tuple[HostState, list[str]]:
        try:
            names = self._list(path)
        except (FileNotFoundError, NotADirectoryError):
            return HostState.ABSENT, []
        except OSError:
            return HostState.UNREADABLE, []
        if names is None:
            return HostState.ABSENT, []
        return HostState.READ, sorted(names)[:MAX_ENTRIES]

    def file(
        self, name: str, path: str, choose: Callable[[str], str] = lambda text: text
    ) -> HostFact:
        """Return the fact that one file holds; an empty answer is no answer."""
        state, data = self.bytes_of(path)
        value = choose(_text(data)) if state is HostState.READ else ""
        if state is HostState.READ and not value:
            state = HostState.ABSENT
        return _fact(name, state, value, path)


def _fact(name: str, state: HostState, value: str, source: str) -> HostFact:
    return HostFact(name=name, state=state, value=visible(value, MAX_TEXT), source=source)


def _text(data: bytes) -> str:
    return data.decode("utf-8", errors="replace").strip("\0 \t\r\n")


def _selected(text: str) -> str:
    """Return the bracketed word of a kernel switch such as ``none [integrity] confidentiality``."""
    found = _SELECTED.search(text)
    return found.group(1) if found else text


def _field(*names: str) -> Callable[[str], str]:
    """Return a reader of the first of these fields in the style of /proc/cpuinfo."""

    def choose(text: str) -> str:
        for line in text.splitlines():
            key, colon, value = line.partition(":")
            if colon and key.strip() in names and value.strip():
                return value.strip()
        return ""

    return choose


def _cpu(host: _Host) -> Iterator[HostFact]:
    path = "/proc/cpuinfo"
    # Arm machines give no model name; the device tree names the board.
    model = host.file("cpu.model", path, _field("model name", "Processor", "cpu model", "uarch"))
    if model.state is HostState.ABSENT:
        board = host.file("cpu.model", "/proc/device-tree/model")
        model = board if board.state is HostState.READ else model
    yield model
    yield host.file("cpu.microcode", path, _field("microcode"))
    yield host.file("cpu.smt", "/sys/devices/system/cpu/smt/control")


def _vulnerabilities(host: _Host) -> Iterator[HostFact]:
    state, names = host.names_in(VULNERABILITIES)
    if not names:
        yield _fact(
            "cpu.vulnerability",
            state if state is not HostState.READ else HostState.ABSENT,
            "",
            VULNERABILITIES,
        )
    for name in names:
        shown = encode_name(name)
        yield host.file(f"cpu.vulnerability.{shown}", f"{VULNERABILITIES}/{shown}")


def _secure_boot(host: _Host) -> HostFact:
    """Four bytes of attributes come first, then one byte: 1 when secure boot is on."""
    path = f"{EFI_VARIABLES}/{SECURE_BOOT}"
    state, data = host.bytes_of(path)
    if state is not HostState.READ:
        return _fact("secure-boot", state, "", path)
    if len(data) != 5 or data[4] not in (0, 1):
        return _fact("secure-boot", HostState.UNREADABLE, "", path)
    return _fact("secure-boot", HostState.READ, "enabled" if data[4] else "disabled", path)


def _tpm(host: _Host) -> Iterator[HostFact]:
    folder = "/sys/class/tpm"
    state, names = host.names_in(folder)
    devices = [name for name in names if _NUMBERED.match(name) and name.startswith("tpm")]
    if not devices:
        absent = state if state is HostState.UNREADABLE else HostState.ABSENT
        yield _fact("tpm", absent, "", folder)
    for name in devices:
        path = f"{folder}/{name}/tpm_version_major"
        version = host.file("tpm", path, lambda text: f"version {text}" if text else "")
        if version.state is HostState.ABSENT:
            # Kernels before 5.6 have no version file; that the device is there is still a fact.
            version = _fact("tpm", HostState.READ, "present", f"{folder}/{name}")
        yield version


def _iommu(host: _Host) -> Iterator[HostFact]:
    for name, folder in (
        ("iommu.units", "/sys/class/iommu"),
        ("iommu.groups", "/sys/kernel/iommu_groups"),
    ):
        state, names = host.names_in(folder)
        value = str(len(names)) if state is HostState.READ else ""
        yield _fact(name, state, value, folder)


def _virtualisation(host: _Host) -> Iterator[HostFact]:
    path = "/proc/cpuinfo"
    state, data = host.bytes_of(path)
    if state is HostState.READ:
        flags = _field("flags", "Features")(_text(data)).split()
        value = "hypervisor flag set" if "hypervisor" in flags else "no hypervisor flag"
        yield _fact(
            "virtualisation.cpu",
            HostState.READ if flags else HostState.ABSENT,
            value if flags else "",
            path,
        )
    else:
        yield _fact("virtualisation.cpu", state, "", path)
    yield host.file("virtualisation.vendor", "/sys/class/dmi/id/sys_vendor")
    yield host.file("virtualisation.hypervisor", "/sys/hypervisor/type")


def _gpu(host: _Host) -> Iterator[HostFact]:
    folder = "/sys/class/drm"
    state, names = host.names_in(folder)
    cards = [name for name in names if _NUMBERED.match(name) and name.startswith("card")]
    if not cards:
        absent = state if state is HostState.UNREADABLE else HostState.ABSENT
        yield _fact("gpu", absent, "", folder)
    for name in cards:
        device = f"{folder}/{name}/device"
        vendor = host.file("gpu", f"{device}/vendor")
        model = host.file("gpu", f"{device}/device")
        # Cards of a platform bus (virtual displays, boards) have no PCI numbers.
        value = f"{vendor.value}:{model.value}" if model.state is HostState.READ else vendor.value
        yield _fact(f"gpu.{name}", vendor.state, value, device)
    yield host.file("gpu.driver.nvidia", "/proc/driver/nvidia/version", _nvidia)
    yield host.file("gpu.driver.amdgpu", "/sys/module/amdgpu/version")
    kfd, names = host.names_in("/sys/class/kfd")
    value = "present" if "kfd" in names else ""
    yield _fact(
        "gpu.kfd",
        kfd if value or kfd is HostState.UNREADABLE else HostState.ABSENT,
        value,
        "/sys/class/kfd",
    )


def _nvidia(text: str) -> str:
    found = _NVIDIA.search(text)
    return found.group(1) if found else text.partition("\n")[0]
