"""Coverage-guided fuzzing of one target with atheris (libFuzzer).

    python tests/fuzz/fuzz.py TARGET [seconds] [folder for the corpus]
    python tests/fuzz/fuzz.py --list

Starts from the valid files of the tests. A fault ends it and leaves its input in
``tests/fuzz/found/TARGET/``, where `test_found.py` replays it from then on.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    """Fuzz the named target for the time that is given, ten minutes by default."""
    import atheris

    sys.path[:0] = [str(ROOT / "src"), str(ROOT)]
    with atheris.instrument_imports(include=["basanite"]):
        from tests.fuzz.targets import TARGETS
    from tests.strategies import VALID

    if sys.argv[1:2] in ([], ["--list"]):
        print("\n".join(TARGETS))
        return
    name = sys.argv[1]
    seconds = sys.argv[2] if len(sys.argv) > 2 else "600"
    corpus = Path(sys.argv[3] if len(sys.argv) > 3 else ROOT / "build" / "fuzz") / name
    found = ROOT / "tests" / "fuzz" / "found" / name
    corpus.mkdir(parents=True, exist_ok=True)
    found.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate(VALID.values()):
        for prefix in [b""] if name.startswith("read-") or name == "inspect" else [b"\0", b"\1"]:
            (corpus / f"seed-{number}-{len(prefix)}{prefix.hex()}").write_bytes(prefix + data)
    atheris.Setup(
        [
            sys.argv[0], f"-max_total_time={seconds}", "-timeout=10", "-rss_limit_mb=1500",
            "-max_len=20000", "-print_final_stats=1", "-verbosity=0",
            f"-artifact_prefix={found}/", str(corpus),
        ],
        TARGETS[name],
    )  # fmt: skip
    atheris.Fuzz()


if __name__ == "__main__":
    main()
