"""Facts of the host are read, never guessed: what is not there or refused is said so."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from basanite.domain.inventory import HostFact, HostState
from basanite.domain.names import visible
from basanite.map.host import EFI_VARIABLES, LOCKDOWN, SECURE_BOOT, VULNERABILITIES, read_host

SERVER = {
    "/proc/cpuinfo": b"processor\t: 0\nmodel name\t: Example CPU 9000\nmicrocode\t: 0xb000040\n"
    b"flags\t\t: fpu vme hypervisor aes\n",
    "/proc/sys/kernel/osrelease": b"6.12.1-amd64\n",
    "/sys/devices/system/cpu/smt/control": b"on\n",
    f"{VULNERABILITIES}/meltdown": b"Not affected\n",
    f"{VULNERABILITIES}/mds": b"Mitigation: Clear CPU buffers; SMT vulnerable\n",
    LOCKDOWN: b"none [integrity] confidentiality\n",
    f"{EFI_VARIABLES}/{SECURE_BOOT}": b"\x06\x00\x00\x00\x01",
    "/sys/class/tpm/tpm0/tpm_version_major": b"2\n",
    "/sys/class/iommu/dmar0/x": b"",
    "/sys/class/iommu/dmar1/x": b"",
    "/sys/kernel/iommu_groups/0/x": b"",
    "/sys/class/dmi/id/sys_vendor": b"Example Systems\n",
    "/sys/class/drm/card0/device/vendor": b"0x10de\n",
    "/sys/class/drm/card0/device/device": b"0x2204\n",
    "/sys/class/drm/card0-DP-1/status": b"connected\n",
    "/proc/driver/nvidia/version": b"NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.183.01  "
    b"Sun May 12 19:39:15 UTC 2024\nGCC version: 12\n",
    "/sys/class/kfd/kfd/x": b"",
}


class Tree:
    """A captured tree of files; some of them may refuse to be read."""

    def __init__(self, files: dict[str, bytes], refused: Sequence[str] = ()) -> None:
        self.files, self.refused = files, refused

    def read(self, path: str) -> bytes | None:
        if any(path.startswith(each) for each in self.refused):
            raise PermissionError(path)
        return self.files.get(path)

    def list_dir(self, path: str) -> list[str] | None:
        if any(path.startswith(each) for each in self.refused):
            raise PermissionError(path)
        below = {
            name.removeprefix(path + "/").split("/")[0]
            for name in self.files
            if name.startswith(path + "/")
        }
        return sorted(below) or None

    def facts(self) -> dict[str, HostFact]:
        return {fact.name: fact for fact in read_host(self.read, self.list_dir)}


def test_a_server_tells_what_it_knows() -> None:
    values = {name: fact.value for name, fact in Tree(SERVER).facts().items() if fact.value}
    assert values == {
        "cpu.model": "Example CPU 9000",
        "cpu.microcode": "0xb000040",
        "cpu.smt": "on",
        "cpu.vulnerability.mds": "Mitigation: Clear CPU buffers; SMT vulnerable",
        "cpu.vulnerability.meltdown": "Not affected",
        "kernel.version": "6.12.1-amd64",
        "kernel.lockdown": "integrity",
        "secure-boot": "enabled",
        "tpm": "version 2",
        "iommu.units": "2",
        "iommu.groups": "1",
        "virtualisation.cpu": "hypervisor flag set",
        "virtualisation.vendor": "Example Systems",
        "gpu.card0": "0x10de:0x2204",
        "gpu.driver.nvidia": "535.183.01",
        "gpu.kfd": "present",
    }


def test_an_empty_machine_has_only_absent_facts() -> None:
    facts = Tree({}).facts()
    assert {"secure-boot", "tpm", "kernel.lockdown", "gpu", "cpu.vulnerability"} <= set(facts)
    assert {fact.state for fact in facts.values()} == {HostState.ABSENT}
    assert not any(fact.value for fact in facts.values())


def test_what_refuses_to_be_read_is_unreadable_and_never_absent() -> None:
    facts = Tree(SERVER, refused=("/",)).facts()
    assert {fact.state for fact in facts.values()} == {HostState.UNREADABLE}


def test_secure_boot_off_is_disabled_and_nonsense_is_unreadable() -> None:
    path = f"{EFI_VARIABLES}/{SECURE_BOOT}"
    off = Tree({path: b"\x06\x00\x00\x00\x00"}).facts()["secure-boot"]
    assert (off.state, off.value) == (HostState.READ, "disabled")
    for data in (b"", b"\x06\x00\x00\x00\x07", b"\x01" * 9):
        odd = Tree({path: data}).facts()["secure-boot"]
        assert (odd.state, odd.value) == (HostState.UNREADABLE, "")


def test_every_fact_names_the_file_it_comes_from() -> None:
    assert all(fact.source.startswith("/") for fact in Tree(SERVER).facts().values())


@given(data=st.binary(max_size=80))
def test_no_content_of_a_file_breaks_it_or_stays_a_control(data: bytes) -> None:
    facts = Tree(dict.fromkeys(SERVER, data)).facts().values()
    assert all(visible(fact.value) == fact.value for fact in facts)
