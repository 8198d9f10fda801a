"""Map and govern reach nothing outside: an audit hook watches them at work."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent

WORK = """
import sys
from datetime import UTC, datetime
from pathlib import Path

from basanite.domain.system import Tier
from basanite.govern.body import Body
from basanite.govern.pack import builtin_packs, load_pack
from basanite.govern.verdicts import judge
from basanite.map.discover import discover
from basanite.map.draft import render
from basanite.map.inventory import assemble
from basanite.map.manifest import parse_manifest

manifest = Path(sys.argv[1]).read_bytes().replace(b"${port}", b"8135")
packs = builtin_packs()


def work():
    system = parse_manifest(manifest).system
    inventory = assemble(system, ())
    parse_manifest(render(discover((), lambda path: None), "folder").encode())
    loaded = [load_pack(data, name) for name, data in packs.items()]
    now = datetime.now(UTC)
    return inventory, judge(loaded, (), Body((), Tier.HIGH, now), now=now)


work()  # imports that are made late are made here
reached = []
watched = ("open", "socket.", "subprocess.", "os.", "shutil.", "urllib.", "ctypes.", "exec")
sys.addaudithook(
    lambda event, arguments: reached.append((event, arguments)) if event.startswith(watched) else 0
)
work()
# ruamel.yaml lists its own folder for plug-ins each time.
print([each for each in reached if "ruamel" not in str(each)])
"""


def test_parsing_drafting_and_judging_open_start_and_connect_nothing() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", WORK, str(ROOT / "examples/riverbend/system/basanite.yaml.in")],
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.strip() == "[]"
