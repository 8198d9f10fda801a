"""`basanite bom` as a user meets it: written, signed, compared, held against lists."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from tests.app.test_cli import run
from tests.small_system import Site

from basanite.cli.main import main


def test_bom_writes_cyclonedx_by_default_and_spdx_when_asked(
    site: Site, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    site.assess()
    path = tmp_path / "bom.json"

    code, out, _ = run(capsys, "bom", str(site.root))
    spdx = run(capsys, "bom", "--format", "spdx", str(site.root), "-o", str(path))

    assert (code, json.loads(out)["specVersion"]) == (0, "1.7")
    assert (spdx[0], spdx[1]) == (0, "")
    assert json.loads(path.read_text())["@context"].endswith("3.0.1/spdx-context.jsonld")


def test_the_same_moment_gives_the_same_bytes(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    time = site.assess().time.isoformat()
    as_of = ("--as-of", time)

    for form in ("cyclonedx", "spdx"):
        once = run(capsys, "bom", str(site.root), "--format", form, *as_of)
        assert once == run(capsys, "bom", str(site.root), "--format", form, *as_of)
        assert once[0] == 0


def test_a_signed_bom_is_verified_with_the_public_key_and_a_changed_one_is_not(
    site: Site,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    site.assess()
    path, key = tmp_path / "bom.json", tmp_path / "key.pem"
    assert run(capsys, "bom", str(site.root), "--sign", "-o", str(path))[0] == 0
    assert run(capsys, "keys", "export", "-o", str(key))[0] == 0
    assert run(capsys, "bom", "verify", str(path))[0] == 0

    monkeypatch.setenv("BASANITE_HOME", str(tmp_path / "third-party"))
    assert run(capsys, "bom", "verify", str(path)) == (
        3,
        "unknown key: no key that you trust made the signature\n",
        "",
    )
    assert run(capsys, "bom", "verify", str(path), "--key", str(key))[0] == 0
    path.write_text(path.read_text().replace("A small system", "A large system"))
    assert run(capsys, "bom", "verify", str(path), "--key", str(key))[0] == 1


def test_spdx_cannot_be_signed_and_that_is_said(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = run(capsys, "bom", str(site.root), "--format", "spdx", "--sign")

    assert code == 2
    assert "no place for a signature" in err


def test_diff_tells_what_changed_in_a_system_and_ends_with_1(
    site: Site, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    site.assess()
    old, spdx = tmp_path / "old.json", tmp_path / "old.spdx.json"
    run(capsys, "bom", str(site.root), "-o", str(old))
    run(capsys, "bom", str(site.root), "--format", "spdx", "-o", str(spdx))
    assert run(capsys, "bom", "diff", str(old), str(spdx))[0] == 0
    assert run(capsys, "bom", "diff", str(old), str(site.root))[0] == 0

    site.write("models/good.pkl", b"\x80\x04N.")
    site.write("requirements.txt", "numpy==2.2.0\nrequests\nscipy==1.15.0\n")
    site.assess()
    code, out, _ = run(capsys, "bom", "diff", str(old), str(site.root))
    machine = run(capsys, "bom", "diff", str(old), str(site.root), "--format", "json")

    assert code == 1
    assert re.search(r"^~ file  models/good.pkl ", out, re.MULTILINE)
    assert "version: 2.1.0 → 2.2.0" in out
    assert "+ library  pkg:pypi/scipy@1.15.0" in out
    told = json.loads(machine[1])
    assert machine[0] == 1
    assert told["schema"] == "basanite.bom-diff/1"
    assert [each["name"] for each in told["added"]] == ["scipy"]
    assert told["removed"] == []


def test_what_could_not_be_read_is_no_clean_comparison(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "bom.json"
    body = {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{"name": "a"}, 7]}
    path.write_text(json.dumps(body))

    code, out, _ = run(capsys, "bom", "diff", str(path), str(path))

    assert code == 3
    assert "not read: " in out


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("diff", "/nowhere.json", "/nowhere.json"), 2, "no such file"),
        (("diff", "{tmp}", "{tmp}"), 2, "holds no system"),
        (("diff", "{tmp}/text", "{tmp}/text"), 3, "JSON"),
        (("verify", "{tmp}/list"), 3, "no JSON object"),
        (("coverage", "{tmp}"), 2, "basanite init"),
        (("write", "/nowhere"), 2, "no such folder"),
        (("/nowhere",), 2, "no such folder"),
    ],
)
def test_a_wrong_argument_is_one_line(
    arguments: tuple[str, ...],
    code: int,
    says: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "text").write_text("no bom")
    (tmp_path / "list").write_text("[]")

    got, _, err = run(capsys, "bom", *(each.format(tmp=tmp_path) for each in arguments))

    assert got == code
    assert says in err
    assert len(err.strip().splitlines()) == 1


def test_coverage_is_for_people_and_for_programs(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    site.assess()

    code, out, _ = run(capsys, "bom", "coverage", str(site.root))
    machine = run(capsys, "bom", "coverage", str(site.root), "--format", "json")[1]

    assert code == 0
    assert "Structure: secondary source" in out
    assert {each["id"] for each in json.loads(machine)["lists"]} == {
        "g7-sbom-for-ai-2026",
        "cisa-sbom-2025-draft",
    }


def test_help_lists_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bom", "--help"]) == 0
    out = capsys.readouterr().out
    assert all(name in out for name in ("write", "verify", "diff", "coverage"))
