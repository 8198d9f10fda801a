"""Models are signed and verified by the command line, with files of another program too."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from basanite.cli.main import main

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
CURVES = [ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1()]


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BASANITE_HOME", str(tmp_path / "home"))


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    (folder / "deep").mkdir(parents=True)
    (folder / "weights.bin").write_bytes(bytes(5000))
    (folder / "deep" / "zü b.json").write_text("{}")
    return folder


def keys(folder: Path, curve: ec.EllipticCurve, password: bytes = b"") -> tuple[Path, Path]:
    key = ec.generate_private_key(curve)
    locked = BestAvailableEncryption(password) if password else NoEncryption()
    private, public = folder / f"{curve.name}.pem", folder / f"{curve.name}.pub"
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked))
    public.write_bytes(
        key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    return private, public


def ran(*words: str | Path) -> int:
    return main(["--quiet", *map(str, words)])


@pytest.mark.parametrize("curve", CURVES, ids=lambda each: each.name)
def test_what_was_signed_is_verified_with_its_key_only(
    model: Path, tmp_path: Path, curve: ec.EllipticCurve
) -> None:
    private, public = keys(tmp_path, curve)
    (tmp_path / "other").mkdir()
    _, other = keys(tmp_path / "other", curve)

    assert ran("provenance", "sign", model, "--key", private) == 0
    assert ran("provenance", "verify", model, "--key", public) == 0
    assert ran("provenance", "verify", model, "--key", other) == 1


def test_a_signature_of_the_reference_implementation_is_verified(tmp_path: Path) -> None:
    model = tmp_path / "signed"
    shutil.copytree(FIXTURES / "signed_model", model)
    key = FIXTURES / "signed_model.pem"

    assert ran("provenance", "verify", model, "--key", key) == 0
    (model / "weights.bin").write_text("other\n")
    assert ran("provenance", "verify", model, "--key", key) == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda model: (model / "weights.bin").write_bytes(bytes(4999)),
        lambda model: (model / "weights.bin").unlink(),
        lambda model: (model / "new.txt").write_text(""),
        lambda model: (model / "weights.bin").rename(model / "moved.bin"),
    ],
)
def test_any_change_of_the_folder_is_told(model: Path, tmp_path: Path, change: object) -> None:
    private, public = keys(tmp_path, CURVES[0])
    assert ran("provenance", "sign", model, "--key", private) == 0
    assert callable(change)
    change(model)

    assert ran("provenance", "verify", model, "--key", public) == 1


def test_inspect_verifies_by_the_keys_that_are_trusted(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    private, public = keys(tmp_path, CURVES[0])
    ran("provenance", "sign", model, "--key", private)
    assert ran("inspect", model) == 3
    assert "not trusted here" in capsys.readouterr().out

    assert ran("provenance", "trust", public) == 0
    assert ran("inspect", model) == 0
    (model / "weights.bin").write_bytes(b"swapped")
    assert ran("inspect", model) == 1
    assert "another digest than the signed one" in capsys.readouterr().out


def test_a_password_comes_from_a_variable_and_a_wrong_one_is_told(
    model: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    private, _ = keys(tmp_path, CURVES[0], b"secret")
    sign = ("provenance", "sign", model, "--key", private)
    monkeypatch.setenv("KEY_PASSWORD", "secret")

    assert ran(*sign) == 2
    assert ran(*sign, "--password-env", "NOT_SET") == 2
    assert ran(*sign, "--password-env", "KEY_PASSWORD") == 0
    monkeypatch.setenv("KEY_PASSWORD", "wrong")
    assert ran(*sign, "--password-env", "KEY_PASSWORD") == 2
    assert "wrong" not in capsys.readouterr().err.replace("password is wrong", "")


def test_wrong_use_is_one_line_and_exit_2(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    private, _ = keys(tmp_path, CURVES[0])
    (tmp_path / "no.pem").write_text("no key")
    for words in (
        ("sign", model, "--key", tmp_path / "no.pem"),
        ("sign", tmp_path / "absent", "--key", private),
        ("verify", model),
        ("trust", tmp_path / "no.pem"),
    ):
        assert ran("provenance", *words) == 2
        assert len(capsys.readouterr().err.splitlines()) == 1


def test_links_in_a_model_are_refused_not_followed(model: Path, tmp_path: Path) -> None:
    private, _ = keys(tmp_path, CURVES[0])
    (model / "link").symlink_to("/etc/passwd")

    assert ran("provenance", "sign", model, "--key", private) == 2
