"""Terms that an operator has to know are told; a licence alone never blocks a model."""

from __future__ import annotations

import struct
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.strategies import VALID, gguf_file, gguf_text, mutated

from basanite.domain.answer import Answer
from basanite.domain.outcome import Outcome

Ask = Callable[..., Answer]
CHECK = "licence-terms"


def card(head: str) -> str:
    return f"---\n{head}\n---\n# A model\n"


def cases(answer: Answer) -> set[str]:
    return {each.rule.id.partition("/")[2] for each in answer.findings}


@pytest.mark.parametrize(
    ("head", "found"),
    [
        ("license: apache-2.0", set()),
        ("license: mit\npipeline_tag: text-generation", set()),
        ("license: MIT OR GPL-3.0-only", set()),
        ("license: [mit, apache-2.0]", set()),
        ("license: cc-by-4.0", set()),
        ("license: https://creativecommons.org/licenses/by/4.0/", set()),
        ("license: Apache License 2.0", set()),
        ("license: gpl-3.0", {"copyleft"}),
        ("license: agpl-3.0 and mit", {"copyleft"}),
        ("license: cc-by-sa-4.0", {"copyleft"}),
        ("license: cc-by-nc-4.0", {"limited"}),
        ("license: cc-by-nd-4.0", {"limited"}),
        ("license: https://creativecommons.org/licenses/by-nc/4.0/", {"limited"}),
        ("license: creativeml-openrail-m", {"limited"}),
        ("license: gemma", {"limited"}),
        ("license: llama3.1", {"limited", "infrastructure"}),
        ("license: other\nlicense_name: qwen-research", {"limited"}),
        ("license: other\nlicense_name: my-own", {"unclear"}),
        ("license: unknown", {"unclear"}),
        ("license: ((((mit", {"unclear"}),
        ("license: do what you like", {"unclear"}),
        ("pipeline_tag: text-generation", {"missing"}),
        ("license: mit\nextra_gated_prompt: Say who you are.", {"gated"}),
        ("license: mit\nbase_model: mistralai/Mistral-7B-v0.1", set()),
        ("license: llama3.1\nbase_model: meta-llama/Llama-3.1-8B", {"limited", "infrastructure"}),
    ],
)
def test_a_card_passes_with_the_terms_told(ask: Ask, head: str, found: set[str]) -> None:
    answer = ask(CHECK, card(head), "README.md")

    assert cases(answer) == found
    assert answer.outcome is Outcome.PASSED


@pytest.mark.parametrize(
    "base", ["meta-llama/Llama-3.1-8B-Instruct", "google/gemma-2-9b", "bigscience/bloom-7b1"]
)
def test_a_card_cannot_give_what_its_base_model_does_not_give(ask: Ask, base: str) -> None:
    answer = ask(CHECK, card(f"license: apache-2.0\nbase_model:\n- {base}"), "README.md")

    assert cases(answer) == {"conflict"}
    assert answer.outcome is Outcome.UNDECIDED


def test_a_declared_use_is_held_against_the_terms(ask: Ask) -> None:
    text = card("license: cc-by-nc-4.0")

    assert "forbidden" in cases(ask(CHECK, text, "README.md", use="commercial"))
    assert "forbidden" not in cases(ask(CHECK, text, "README.md", use="research"))


@pytest.mark.parametrize(
    ("path", "text", "found"),
    [
        ("LICENSE", "Apache License\nVersion 2.0, January 2004\n", set()),
        ("LICENSE.txt", "MIT License\n\nPermission is hereby granted, free of charge, to", set()),
        ("COPYING", "GNU GENERAL PUBLIC LICENSE\nVersion 3, 29 June 2007\n", {"copyleft"}),
        ("LICENSE", "LLAMA 3.1 COMMUNITY LICENSE AGREEMENT\n", {"limited", "infrastructure"}),
        ("LICENSE.md", "CreativeML Open RAIL-M\ndated August 22, 2022\n", {"limited"}),
        ("LICENSE", "Mistral AI Research License\n", {"limited"}),
        ("LICENSE", "Attribution-NonCommercial 4.0 International\n", {"limited"}),
    ],
)
def test_texts_of_licences_are_known(ask: Ask, path: str, text: str, found: set[str]) -> None:
    answer = ask(CHECK, text, path)

    assert cases(answer) == found
    assert answer.outcome is Outcome.PASSED


def test_the_header_of_a_gguf_file_is_read(ask: Ask) -> None:
    plain = gguf_file()
    key = gguf_text("general.license") + struct.pack("<I", 8) + gguf_text("llama3.2")
    keys = int.from_bytes(plain[16:24], "little")
    named = plain[:16] + struct.pack("<Q", keys + 1) + key + plain[24:]

    assert cases(ask(CHECK, plain, "a.gguf")) == {"missing"}
    assert "infrastructure" in cases(ask(CHECK, named + bytes(64), "a.gguf"))


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("README.md", "# A program\n"),
        ("README.md", card("title: A page")),
        ("notes.md", card("license: mit")),
        ("LICENSE", "All rights reserved.\n"),
        ("license.py", "x = 1\n"),
    ],
)
def test_other_texts_are_none_of_its_business(ask: Ask, path: str, text: str) -> None:
    assert ask(CHECK, text, path).outcome is Outcome.NOT_APPLICABLE


def test_hostile_cards_always_get_an_answer_and_never_block(ask: Ask) -> None:
    valid = card("license: mit\nbase_model: [a/b]\ndatasets: [c]").encode()
    heads = st.text("ABMIT()- or and with\n:[]{}&*'", max_size=80).map(
        lambda text: card(f"license: {text}").encode()
    )

    @settings(max_examples=150, deadline=None)
    @given(st.binary(max_size=200) | mutated(valid) | heads | mutated(VALID["gguf"]),
           st.sampled_from(["README.md", "LICENSE", "a.gguf"]))  # fmt: skip
    def check(data: bytes, path: str) -> None:
        answer = ask(CHECK, data, path)
        assert answer.outcome is not Outcome.ERROR
        assert all(each.level.rank <= 1 for each in answer.findings)

    check()
