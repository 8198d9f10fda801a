"""Lock files of each kind give their packages; a damaged one gives problems and no exception."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from basanite.formats.lockfile import LockedPackage, is_lockfile, parse_lockfile

A, B = "a" * 64, "b" * 64
SRI = "sha512-" + "A" * 86 + "=="

LOCKS: dict[str, str] = {
    "uv.lock": f"""version = 1
[[package]]
name = "me"
version = "0"
source = {{ editable = "." }}
[[package]]
name = "NumPy"
version = "2.0.1"
source = {{ registry = "https://h/simple" }}
sdist = {{ url = "https://h/numpy.tar.gz", hash = "sha256:{A}", size = 1 }}
wheels = [{{ url = "https://h/numpy.whl", hash = "sha256:{B}" }}]
""",
    "poetry.lock": f"""[[package]]
name = "numpy"
version = "2.0.1"
files = [{{file = "numpy.tar.gz", hash = "sha256:{A}"}}, {{file = "x.whl", hash = "sha256:{B}"}}]
[metadata]
lock-version = "2.0"
""",
    "pdm.lock": f"""[[package]]
name = "numpy"
version = "2.0.1"
files = [{{file = "numpy.tar.gz", hash = "sha256:{A}"}}, {{file = "x.whl", hash = "sha256:{B}"}}]
""",
    "Pipfile.lock": json.dumps(
        {
            "_meta": {"hash": {"sha256": A}},
            "default": {"numpy": {"version": "==2.0.1", "hashes": [f"sha256:{A}", f"sha256:{B}"]}},
            "develop": {},
        }
    ),
    "pylock.toml": f"""lock-version = "1.0"
[[packages]]
name = "numpy"
version = "2.0.1"
sdist = {{url = "https://h/n.tar.gz", hashes = {{sha256 = "{A}"}}}}
wheels = [{{url = "https://h/n.whl", hashes = {{sha256 = "{B}"}}}}]
[[packages]]
name = "here"
directory = {{path = "."}}
""",
}


@pytest.mark.parametrize("name", LOCKS)
def test_each_python_lock_gives_the_package_and_its_hashes(name: str) -> None:
    packages, problems = parse_lockfile(f"deep/{name}", LOCKS[name].encode())
    assert problems == ()
    assert [(each.name, each.version, each.ecosystem) for each in packages] == [
        ("numpy", "2.0.1", "pypi")
    ]
    assert set(packages[0].hashes) == {f"sha256:{A}", f"sha256:{B}"}


def test_an_old_poetry_lock_keeps_its_hashes_apart() -> None:
    text = f"""[[package]]
name = "numpy"
version = "1.0"
[metadata.files]
numpy = [{{file = "n.whl", hash = "sha256:{A}"}}]
"""
    packages, _ = parse_lockfile("poetry.lock", text.encode())
    assert packages == (LockedPackage("numpy", "1.0", (f"sha256:{A}",), "pypi"),)


@pytest.mark.parametrize(
    "content",
    [
        {
            "lockfileVersion": 3,
            "packages": {
                "": {"name": "me"},
                "node_modules/@a/b": {"version": "1.2.3", "integrity": SRI},
                "node_modules/@a/b/node_modules/c": {"version": "0.1.0"},
                "packages/own": {"version": "0"},
                "node_modules/own": {"link": True},
            },
        },
        {
            "lockfileVersion": 1,
            "dependencies": {
                "@a/b": {
                    "version": "1.2.3",
                    "integrity": SRI,
                    "dependencies": {"c": {"version": "0.1.0"}},
                }
            },
        },
    ],
)
def test_both_generations_of_npm_locks_are_read(content: object) -> None:
    packages, problems = parse_lockfile("package-lock.json", json.dumps(content).encode())
    assert problems == ()
    assert {(each.name, each.version, each.ecosystem) for each in packages} == {
        ("@a/b", "1.2.3", "npm"),
        ("c", "0.1.0", "npm"),
    }
    hashed = next(each for each in packages if each.name == "@a/b")
    assert hashed.hashes == ("sha512:" + "00" * 64,)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("uv.lock", b"[[package]\n"),
        ("uv.lock", b"\xff"),
        ("uv.lock", b"package = 1\n"),
        ("uv.lock", b"package = [1]\n"),
        ("uv.lock", b"[[package]]\nname = 3\nversion = '1'\n"),
        ("uv.lock", b"[[package]]\nname = 'a'\nversion = 1\n"),
        ("uv.lock", b"a = " + b"[" * 100_000),
        ("package-lock.json", b"[" * 100_000),
        ("package-lock.json", b"[]"),
        ("package-lock.json", b'{"packages": {"node_modules/a": {"version": {}}}}'),
        ("Pipfile.lock", b"{"),
        ("Pipfile.lock", b'{"default": {"a": {"version": ' + b"9" * 5_000 + b"}}}"),
        ("other.lock", b""),
    ],
)
def test_what_is_damaged_is_a_problem(name: str, data: bytes) -> None:
    packages, problems = parse_lockfile(name, data)
    assert packages == ()
    assert problems


def test_one_bad_package_does_not_hide_the_others() -> None:
    packages, problems = parse_lockfile(
        "poetry.lock", b"[[package]]\nname=1\nversion='1'\n[[package]]\nname='b'\nversion='2'\n"
    )
    assert [each.name for each in packages] == ["b"]
    assert len(problems) == 1


def test_lock_files_are_known_by_name() -> None:
    assert is_lockfile("pylock.dev.toml")
    assert not is_lockfile("pylock.a.b.toml")
    assert not is_lockfile("flake.lock")


VALUES = st.recursive(
    st.none() | st.integers() | st.text(max_size=6) | st.booleans(),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["packages", "dependencies", "node_modules/a", "version", "integrity",
                         "default", "hashes", "name", "link"]),
        inner,
        max_size=4,
    ),
    max_leaves=15,
)  # fmt: skip


@given(VALUES, st.sampled_from(["package-lock.json", "Pipfile.lock"]))
def test_any_json_gives_packages_or_problems(value: object, name: str) -> None:
    packages, _ = parse_lockfile(name, json.dumps(value).encode())
    assert all(isinstance(each, LockedPackage) for each in packages)


@given(data=st.data(), name=st.sampled_from(sorted(LOCKS)))
def test_a_mutated_lock_gives_packages_or_problems(data: st.DataObject, name: str) -> None:
    mutated = bytearray(LOCKS[name].encode())
    at = data.draw(st.integers(0, len(mutated)))
    mutated[at : at + data.draw(st.integers(0, 20))] = data.draw(st.binary(max_size=10))
    packages, _ = parse_lockfile(name, bytes(mutated))
    assert all(each.ecosystem == "pypi" for each in packages)
