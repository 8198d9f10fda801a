"""Secrets are found, placeholders are not, and no finding repeats a secret.

Every secret here is made up at run time, so that none of that shape lies in the repository.
"""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.strategies import VALID, mutated

from basanite.domain.answer import Answer
from basanite.domain.outcome import Outcome

Ask = Callable[..., Answer]
CHECK = "secrets-exposed"


def noise(length: int, seed: str = "x") -> str:
    """Letters and digits without meaning."""
    raw = b"".join(hashlib.sha256(f"{seed}{n}".encode()).digest() for n in range(10))
    return base64.b64encode(raw).decode().replace("+", "a").replace("/", "b")[:length]


def upper(length: int) -> str:
    return base64.b32encode(hashlib.sha256(b"y").digest()).decode()[:length]


SECRETS = {
    "aws-access-key": "AK" + "IA" + upper(16),
    "github-token": "gh" + "p_" + noise(36),
    "openai-key": "s" + "k-proj-" + noise(48),
    "anthropic-key": "s" + "k-ant-api03-" + noise(80),
    "hugging-face-token": "h" + "f_" + noise(34),
    "google-key": "AI" + "za" + noise(35),
    "slack-token": "xo" + "xb-" + noise(40),
    "gitlab-token": "gl" + "pat-" + noise(20),
    "stripe-key": "s" + "k_live_" + noise(24),
    "json-web-token": "ey" + "J" + noise(30) + ".ey" + "J" + noise(60) + "." + noise(43),
    "password-in-url": "postgresql://scada:" + noise(14) + "@db.example.org:5432/plant",
    "named-secret": "historian_password: " + noise(24),
}


@pytest.mark.parametrize("kind", sorted(SECRETS))
@pytest.mark.parametrize(
    ("path", "around"),
    [
        ("config.yaml", "key: {}\n"),
        (".env", "KEY={}\n"),
        ("prompt.txt", "Use {} to reach the service.\n"),
        ("app.py", "KEY = '{}'\n"),
        ("a.json", '{{"key": "{}"}}\n'),
    ],
)
def test_known_shapes_are_found_in_every_kind_of_text(
    ask: Ask, kind: str, path: str, around: str
) -> None:
    secret = SECRETS[kind]
    if kind == "named-secret":
        name, value = secret.split(": ")
        given = f"'{value}'" if path == "app.py" else value
        around, secret = ("{} = " if path == "app.py" else "{}: ") + given + "\n", name
    text = "first line\n" + around.format(secret)
    answer = ask(CHECK, text, path)

    assert answer.outcome is Outcome.FAILED
    assert f"secrets-exposed/{kind}" in {each.rule.id for each in answer.findings}
    assert answer.findings[0].location.line == 2


@pytest.mark.parametrize("kind", sorted(SECRETS))
def test_no_finding_repeats_the_secret(ask: Ask, kind: str) -> None:
    secret = SECRETS[kind]
    shown = ask(CHECK, f"key: {secret}\n", "c.yaml").model_dump_json()
    bare = secret.split("://scada:")[-1].split("@")[0].split(": ")[-1]

    assert not any(bare[at : at + 8] in shown for at in range(4, len(bare) - 8))


def test_private_keys_are_found_by_their_first_line(ask: Ask) -> None:
    head = "-----BEGIN " + "RSA PRIVATE KEY-----"
    answer = ask(CHECK, f"a\n{head}\nabc\n", "deploy.txt")

    assert [each.rule.id for each in answer.findings] == ["secrets-exposed/private-key"]


def test_notebooks_are_read_cell_by_cell_with_their_outputs(ask: Ask) -> None:
    cell = {"cell_type": "code", "source": ["1"], "outputs": [{"text": [SECRETS["google-key"]]}]}
    data = json.dumps({"nbformat": 4, "cells": [cell]})

    assert ask(CHECK, data, "a.ipynb").outcome is Outcome.FAILED


def test_secrets_in_sixteen_bit_text_are_found(ask: Ask) -> None:
    data = ("\ufeffkey: " + SECRETS["github-token"]).encode("utf-16-le")

    assert ask(CHECK, data, "notes.txt").outcome is Outcome.FAILED


@pytest.mark.parametrize(
    "line",
    [
        "password: changeme",
        "api_key: <your key>",
        "api_key: ${API_KEY}",
        "api_key: $API_KEY",
        "token: xxxxxxxxxxxxxxxxxxxxxxxx",
        "token: '****************'",
        "secret: {{ vault_secret_value_1 }}",
        "password = os.environ['HISTORIAN_PASSWORD']",
        "api_key = os.getenv('OPENAI_API_KEY_PRODUCTION')",
        "api_key_env: RIVERBEND_ASSISTANT_KEY_2024",
        "openai_api_key: your-api-key-goes-here-0123",
        "key: sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "url: https://user:password@host/",
        "url: https://${USER}:${PASSWORD}@host/",
        "max_tokens: 16384",
        "pad_token: '<|endoftext|>'",
        "tokenizer: meta-llama/Llama-2-7b-chat-hf",
        "token_file: /run/secrets/historian_token_1",
        "password: correct horse battery",
        "secret_name: production/plant/Historian9",
        "author: 'Someone With A Long Name 123'",
        "auth_token = get_token_from_store(client)",
        "password_hash_algorithm: pbkdf2",
        "see https://example.org/a:b@c",
        "AKIAIOSFODNN7EXAMPLE",
        "commit 3f2a9c1b5d7e8f60718293a4b5c6d7e8f9012345",
    ],
)
def test_placeholders_and_names_are_left_alone(ask: Ask, line: str) -> None:
    answer = ask(CHECK, line + "\n", "config.yaml")

    assert answer.outcome is Outcome.PASSED, answer.findings


def test_what_is_not_read_is_not_passed(ask: Ask) -> None:
    assert ask(CHECK, "x" * 30_000, "a.txt").outcome is Outcome.INCOMPLETE
    assert ask(CHECK, "x\n" * (5 << 20), "a.txt").outcome is Outcome.INCOMPLETE


@pytest.mark.parametrize(
    "text",
    ["a" * 20_000, "sk-" * 6_000, "://" * 6_000, "eyJ" * 6_000, "token" * 4_000, "secret=" * 2_000,
     "a.b" * 6_000, "-----BEGIN " * 1_500, "x://a:" * 3_000],
)  # fmt: skip
def test_lines_made_to_be_slow_are_not(ask: Ask, text: str) -> None:
    start = time.process_time()
    ask(CHECK, (text[:20_000] + "\n") * 5, "a.txt")

    assert time.process_time() - start < 3


def test_bad_text_always_gets_an_answer(ask: Ask) -> None:
    @settings(max_examples=100, deadline=None)
    @given(
        st.binary(max_size=300) | mutated(VALID["notebook"]), st.sampled_from(["a.txt", "a.ipynb"])
    )
    def check(data: bytes, path: str) -> None:
        assert ask(CHECK, data, path).outcome is not Outcome.ERROR

    check()


def test_expressions_in_code_and_names_in_style_sheets_are_left_alone(ask: Ask) -> None:
    code = "auth = urllib3HTTPPasswordMgrWithDefaultRealm9\nself.token = Base64DecodedToken12\n"
    style = ".sk-toggleable__content-container { }\n"

    assert ask(CHECK, code, "app.py").outcome is Outcome.PASSED
    assert ask(CHECK, style, "page.css").outcome is Outcome.PASSED
