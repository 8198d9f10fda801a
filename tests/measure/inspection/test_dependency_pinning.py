"""Dependencies that are not fixed are found line by line; malformed lines never stop the check."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from basanite.domain.answer import Answer
from basanite.domain.outcome import Outcome

Ask = Callable[..., Answer]
CHECK = "dependency-pinning"
HASH = "sha256:" + "ab" * 32
COMMIT = "3f2a9c1b5d7e8f60718293a4b5c6d7e8f9012345"

CASES = [
    ("numpy", {"unpinned", "unhashed"}),
    ("numpy>=1.2,<2", {"unpinned", "unhashed"}),
    ("numpy==1.*", {"unpinned", "unhashed"}),
    ("numpy==1.2", {"unhashed"}),
    (f"numpy==1.2 --hash={HASH}", set()),
    (f"numpy>=1 --hash={HASH}", {"unpinned"}),
    (f"numpy==1.2 \\\n    --hash={HASH} \\\n    --hash={HASH}", set()),
    ("git+https://example.org/a.git@main#egg=a", {"address"}),
    (f"git+https://example.org/a.git@{COMMIT}#egg=a", set()),
    ("https://example.org/a-1.0.tar.gz", {"address"}),
    (f"https://example.org/a-1.0.tar.gz#sha256={'ab' * 32}", set()),
    ("a @ https://example.org/a-1.0.tar.gz", {"address"}),
    ("-e .", set()),
    ("--extra-index-url https://example.org/simple", {"index"}),
    ("--index-url http://example.org/simple", {"index"}),
    ("--trusted-host example.org", {"index"}),
    ("--index-url https://example.org/simple", set()),
    ("this is no requirement !!", {"malformed"}),
    ("!!\nnumpy", {"malformed", "unpinned", "unhashed"}),
    ("numpy==1.2; python_version < '3.12'", {"unhashed"}),
]


@pytest.mark.parametrize(("text", "rules"), CASES)
def test_each_line_says_what_is_not_fixed(ask: Ask, text: str, rules: set[str]) -> None:
    answer = ask(CHECK, text + "\n", "requirements.txt")

    assert {each.rule.id.split("/")[1] for each in answer.findings} == rules
    assert answer.outcome is (Outcome.FAILED if rules else Outcome.PASSED)


def test_findings_name_the_line(ask: Ask) -> None:
    text = f"# c\nnumpy==1.2 --hash={HASH}\n\ntorch>=2\n"
    unpinned = ask(CHECK, text, "requirements.txt").findings

    assert {each.location.line for each in unpinned} == {4}


def test_missing_hashes_are_one_finding_and_can_be_waived_by_parameter(ask: Ask) -> None:
    text = "".join(f"package{n}==1.0\n" for n in range(50))
    answer = ask(CHECK, text, "requirements.txt")

    assert len(answer.findings) == 1
    assert "50 of 50" in answer.findings[0].message
    assert ask(CHECK, text, "requirements.txt", hashes=False).outcome is Outcome.PASSED


def test_an_empty_list_is_not_a_pass(ask: Ask) -> None:
    assert ask(CHECK, "# nothing\n", "requirements.txt").outcome is Outcome.NOT_APPLICABLE


def test_passwords_in_addresses_stay_out_of_the_finding(ask: Ask) -> None:
    answer = ask(CHECK, "git+https://me:hunter22@example.org/a.git\n", "requirements.txt")

    assert "hunter22" not in answer.model_dump_json()


def test_bad_lines_always_get_an_answer(ask: Ask) -> None:
    @settings(max_examples=150, deadline=None)
    @given(st.text(max_size=200) | st.lists(st.sampled_from([c[0] for c in CASES])).map("\n".join))
    def check(text: str) -> None:
        data = text.encode("utf-8", "surrogatepass")
        assert ask(CHECK, data, "requirements.txt").outcome is not Outcome.ERROR

    check()
