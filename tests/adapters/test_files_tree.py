"""A tree shows what is below its root, opens nothing else, and says what it could not see."""

from __future__ import annotations

import hashlib
import os
import socket
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from basanite.adapters.files import OpenedFile, Tree
from basanite.adapters.walk import MAX_DEPTH, Walk, identity_of
from basanite.domain.errors import BasaniteError, UnreadableError, UsageError


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    root = tmp_path / "root"
    root.mkdir()
    return Tree(root)


def names(walk: Walk) -> list[str]:
    return [found.path for found in walk.files]


def reasons(walk: Walk) -> dict[str, str]:
    return {unseen.path: unseen.reason for unseen in walk.unseen}


def put(tree: Tree, path: str, text: str = "x") -> Path:
    full = tree.root / path
    full.parent.mkdir(parents=True, exist_ok=True)
    full.write_text(text)
    return full


def test_files_are_found_in_order_with_their_identity(tree: Tree) -> None:
    for path in ("b", "a/z", "a/y", "a-b"):
        put(tree, path)
    (tree.root / "empty").touch()
    walk = tree.walk()
    assert names(walk) == sorted(["a-b", "a/y", "a/z", "b", "empty"])
    assert walk.files[-1].identity == identity_of((tree.root / "empty").stat())
    assert (walk.unseen, walk.excluded) == ([], [])


def test_state_history_copies_and_environments_are_left_out_and_named(tree: Tree) -> None:
    for path in (".basanite/ledger", ".git/HEAD", "a/__pycache__/m.pyc", ".venv/pyvenv.cfg"):
        put(tree, path)
    put(tree, "venv/model.pkl")
    put(tree, "env/pyvenv.cfg")
    put(tree, ".git-blame")
    put(tree, "b/.git", "gitdir: elsewhere")
    walk = tree.walk()
    assert names(walk) == [".git-blame", "b/.git", "env/pyvenv.cfg", "venv/model.pkl"]
    assert walk.excluded == [".basanite", ".git", ".venv", "a/__pycache__"]
    assert walk.unseen == []


@pytest.mark.parametrize(
    "path", ["sub/.git/evil.pkl", "sub/.basanite/evil.pkl", "a/__pycache__/evil.pkl"]
)
def test_only_the_root_s_state_and_compiled_files_are_left_out(tree: Tree, path: str) -> None:
    put(tree, path)

    assert names(tree.walk()) == [path]


def is_model(name: str) -> bool:
    return name.endswith((".pkl", ".pth"))


@pytest.mark.parametrize("folder", [".git", ".basanite", "venv", "a/.venv"])
def test_a_model_in_a_folder_that_is_left_out_makes_the_folder_unseen(
    tree: Tree, folder: str
) -> None:
    put(tree, f"{folder}/pyvenv.cfg", "")
    put(tree, f"{folder}/deep/down/evil.pkl")
    walk = tree.walk(suspect=is_model)

    assert names(walk) == []
    assert walk.excluded == [folder]
    assert reasons(walk) == {
        folder: "it is left out, and holds a file with the name of a model, such as "
        f"{folder}/deep/down/evil.pkl"
    }


def test_what_installed_packages_record_as_their_own_may_be_left_out(tree: Tree) -> None:
    site = "venv/lib/python3.11/site-packages"
    put(tree, "venv/pyvenv.cfg", "")
    put(tree, f"{site}/numpy/tests/a,b.pkl")
    put(tree, f"{site}/distutils-precedence.pth")
    put(tree, f"{site}/numpy-2.dist-info/RECORD", '"numpy/tests/a,b.pkl",sha256=x,1\n')
    assert reasons(tree.walk(suspect=is_model)) == {}

    put(tree, f"{site}/numpy/tests/evil.pkl")
    assert reasons(tree.walk(suspect=is_model))["venv"].endswith("numpy/tests/evil.pkl")


def test_a_record_counts_only_beside_the_packages_and_only_in_an_environment(tree: Tree) -> None:
    put(tree, ".git/site-packages/x.dist-info/RECORD", "evil.pkl,,\n")
    put(tree, ".git/site-packages/evil.pkl")
    put(tree, "venv/pyvenv.cfg", "")
    put(tree, "venv/x.dist-info/RECORD", "evil.pkl,,\n")
    put(tree, "venv/evil.pkl")

    assert sorted(reasons(tree.walk(suspect=is_model))) == [".git", "venv"]


def test_a_folder_that_is_left_out_and_too_large_to_look_through_is_unseen(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("basanite.adapters.left_out.MAX_ENTRIES", 3)
    for number in range(4):
        put(tree, f".git/{number}")

    assert reasons(tree.walk())[".git"] == "it is left out, and holds more than 3 names"


def test_what_the_user_excludes_is_left_out(tree: Tree) -> None:
    for path in ("data/raw/1", "data/clean", "a%b"):
        put(tree, path)
    walk = tree.walk(exclude=["data/raw", "a%25b", "absent"])
    assert names(walk) == ["data/clean"]
    assert walk.excluded == ["a%25b", "data/raw"]


def test_links_are_not_followed_and_each_is_accounted_for(tree: Tree, tmp_path: Path) -> None:
    put(tree, "a/model")
    put(tree, ".hidden/x")
    put(tree, "x")
    put(tree, ".git/objects")
    (tmp_path / "outside").write_text("secret")
    links = {
        "file": "a/model",
        "folder": "a",
        "a/up": "..",
        "hidden": ".hidden/x",
        "outside": "../outside",
        "absolute": "/etc/passwd",
        "nothing": "absent",
        "loop": "loop",
        "one": "two",
        "two": "one",
        "history": ".git/objects",
    }
    for name, target in links.items():
        (tree.root / name).symlink_to(target)
    walk = tree.walk()
    assert names(walk) == [".hidden/x", "a/model", "x"]
    assert walk.excluded == [".git", "a/up", "file", "folder", "hidden"]
    assert reasons(walk) == {
        "absolute": "a symbolic link that leads outside the folder",
        "history": "a symbolic link to something that was not looked at",
        "loop": "a symbolic link that leads in a loop",
        "nothing": "a symbolic link that leads to nothing",
        "one": "a symbolic link that leads in a loop",
        "outside": "a symbolic link that leads outside the folder",
        "two": "a symbolic link that leads in a loop",
    }


def test_what_is_no_file_is_unseen_and_not_opened(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(tree.root / "pipe")
    monkeypatch.chdir(tree.root)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
        assert reasons(tree.walk()) == {
            "pipe": "a pipe, not a file",
            "socket": "a socket, not a file",
        }
    for name in ("pipe", "socket"):
        with pytest.raises(UnreadableError):
            tree.open(name)


def test_what_may_not_be_read_is_unseen() -> None:
    with tempfile.TemporaryDirectory() as name:
        tree = Tree(Path(name))
        tree.root.chmod(0o755)
        put(tree, "file").chmod(0)
        put(tree, "folder/inner").parent.chmod(0)
        me = os.geteuid()
        try:
            if me == 0:
                os.seteuid(65534)  # root may read everything
            assert reasons(tree.walk()) == {
                "file": "cannot open: permission is denied",
                "folder": "cannot open the folder: permission is denied",
            }
            with pytest.raises(UnreadableError, match="permission is denied"):
                tree.open("file")
        finally:
            os.seteuid(me)
            (tree.root / "folder").chmod(0o700)


def test_a_limit_is_said_and_never_silent(tree: Tree) -> None:
    for number in range(20):
        put(tree, f"{number:02}/file")
    walk = tree.walk(limit=10)
    assert reasons(walk) == {".": "more than 10 entries; the rest was not looked at"}
    deep = tree.root
    for _ in range(MAX_DEPTH + 5):
        deep = deep / "d"
    deep.mkdir(parents=True)
    assert list(reasons(tree.walk()).values()) == [f"more than {MAX_DEPTH} folders deep"]


@pytest.mark.parametrize(
    "raw", [b"a\nb", b"\xff\xfe", b"\x1b[2J", b"\xe2\x80\xaefdp", b"100%", b" ", b"-rf", b"n" * 255]
)
def test_hostile_names_are_inert_and_can_be_opened(tree: Tree, raw: bytes) -> None:
    Path(os.fsdecode(os.fsencode(tree.root) + b"/" + raw)).write_text("content")
    [found] = tree.walk().files
    assert found.path.isprintable()
    with tree.open(found.path) as opened:
        assert opened.file.read() == b"content"


@settings(deadline=None, max_examples=60)
@given(st.text(max_size=30))
def test_any_name_is_refused_in_a_sentence(name: str) -> None:
    with pytest.raises(BasaniteError) as caught:
        Tree(Path("/proc/self/fdinfo/absent")).open(name)
    assert "\n" not in caught.value.what


@pytest.mark.parametrize(
    "path", ["", ".", "..", "../outside", "a/../../outside", "/etc/passwd", "a//b", "a%00b", "a%zz"]
)
def test_no_name_leaves_the_root(tree: Tree, path: str) -> None:
    put(tree, "a/b")
    (tree.root.parent / "outside").write_text("secret")
    with pytest.raises(UsageError):
        tree.open(path)


def test_no_link_is_opened_wherever_it_stands(tree: Tree, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "file").write_text("secret")
    (tree.root / "folder").symlink_to(tmp_path / "outside")
    (tree.root / "file").symlink_to(tmp_path / "outside" / "file")
    for path in ("folder/file", "file"):
        with pytest.raises(UnreadableError):
            tree.open(path)


def test_a_folder_is_no_file(tree: Tree) -> None:
    put(tree, "folder/file")
    for path in ("folder", "folder/absent", "folder/file/x"):
        with pytest.raises(UnreadableError, match=r"cannot open|folder"):
            tree.open(path)


@pytest.mark.parametrize("size", [0, 1, (1 << 20) - 1, 1 << 20, (3 << 20) + 7])
def test_the_digest_is_of_the_whole_file_and_moves_nothing(tree: Tree, size: int) -> None:
    data = os.urandom(size)
    (tree.root / "file").write_bytes(data)
    with tree.open("file") as opened:
        opened.file.read(5)
        assert opened.sha256() == hashlib.sha256(data).hexdigest()
        assert opened.file.tell() == min(5, size)
        assert opened.unchanged()


def opened_of(tree: Tree) -> OpenedFile:
    put(tree, "file", "content")
    return tree.open("file")


def test_a_file_that_changes_is_noticed(tree: Tree) -> None:
    with opened_of(tree) as opened, (tree.root / "file").open("ab") as out:
        out.write(b"more")
        out.flush()
        assert not opened.unchanged()
        with pytest.raises(UnreadableError, match="changed"):
            opened.sha256()
    with tree.open("file") as opened:
        os.truncate(tree.root / "file", 2)
        with pytest.raises(UnreadableError, match="changed"):
            opened.sha256()


def test_a_file_that_is_replaced_stays_what_was_opened(tree: Tree) -> None:
    with opened_of(tree) as opened:
        (tree.root / "other").write_text("CONTENT")
        (tree.root / "other").replace(tree.root / "file")
        assert opened.sha256() == hashlib.sha256(b"content").hexdigest()


def test_a_file_of_ten_gigabytes_costs_nothing_over_its_budget(tree: Tree) -> None:
    with (tree.root / "sparse").open("wb") as out:
        out.truncate(10 << 30)
    with tree.open("sparse") as opened, pytest.raises(UnreadableError, match="more than"):
        opened.sha256(budget=1 << 30)


def test_a_root_that_is_no_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for name in ("absent", "file"):
        with pytest.raises(UsageError, match="cannot read the folder"):
            Tree(tmp_path / name).walk()


def test_a_walk_leaves_no_descriptor_open(tree: Tree) -> None:
    put(tree, "a/b/c")
    before = len(list(Path("/proc/self/fd").iterdir()))
    tree.walk()
    tree.walk(limit=1)
    assert len(list(Path("/proc/self/fd").iterdir())) == before
