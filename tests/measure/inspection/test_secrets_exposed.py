"""Secrets are found, placeholders are not, and no finding repeats a secret.

Every secret here is made up at run time, so that none of that shape lies in the repository.
"""

from __future__ import annotations

import base64
import hashlib
import json
import time
import zlib
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
    "npm-token": "np" + "m_" + noise(36),
    "pypi-token": "py" + "pi-AgEIcHlwaS5vcmc" + noise(80),
    "sendgrid-key": "S" + "G." + noise(22) + "." + noise(43, "z"),
    "groq-key": "gs" + "k_" + noise(52),
    "replicate-token": "r" + "8_" + noise(37),
    "openrouter-key": "s" + "k-or-v1-" + hashlib.sha256(b"o").hexdigest(),
    "langsmith-key": "ls" + "v2_pt_" + hashlib.sha256(b"l").hexdigest()[:32] + "_4f9a0c7be2",
    "databricks-token": "da" + "pi" + hashlib.sha256(b"d").hexdigest()[:32],
    "vault-token": "hv" + "s." + noise(40),
    "age-key": "AGE-SECRET-KEY-1QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7LQPZRY9X8GF2TVDW0S3JN54KHCE",
    "azure-key": "Account" + "Key=" + noise(86) + "==",
    "aws-secret-key": "aws_secret_" + "access_key=" + noise(40),
    "encoded-private-key": base64.b64encode(
        ("-----BEGIN " + "PRIVATE KEY-----\n" + noise(60)).encode()
    ).decode(),
    "basic-credentials": "Authorization: Ba"
    "sic " + base64.b64encode(f"plant:{noise(12)}".encode()).decode(),
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


@pytest.mark.parametrize(
    "text",
    [
        "The file begins with -----BEGIN " + "RSA PRIVATE KEY----- and a body.\n",
        "-----BEGIN " + "PRIVATE KEY-----\n...\n-----END",
        "-----BEGIN " + "PRIVATE KEY-----\nMIIE...\n-----END",
        "const token = resolveGitHubTokenFromEnvironment();",
        "credential = DefaultAzureCredential2()",
        'next_page_token = "eyJpZCI6IDEyM30xY2Rl"',
        "secret: morningstar-mcp-server.personal_access_token2",
        "model.embed_tokens.weight: model-00001-of-00004.safetensors",
        "tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)",
        "Authorization: Basic dXNlcjpwYXNzd29yZA==",
        "AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==",
        "integrity: sha512-" + "Zm9vYmFyMTIz" * 7 + "==",
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIn0."
        "SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c",
    ],
)
def test_examples_expressions_and_what_is_only_spoken_of_are_left_alone(
    ask: Ask, text: str
) -> None:
    answer = ask(CHECK, text + "\n", "notes.md")

    assert answer.outcome is Outcome.PASSED, answer.findings


@pytest.mark.parametrize(
    ("text", "rule", "level"),
    [
        ("plc_password: Wasser2024!x", "named-secret", "high"),
        ("mqtt.password: Pumpe7-Nord", "named-secret", "high"),
        ("opcua_password: changeme", "default-password", "medium"),
        ("db_password: admin", "default-password", "medium"),
    ],
)
def test_passwords_in_settings_are_judged_as_a_person_chose_them(
    ask: Ask, text: str, rule: str, level: str
) -> None:
    answer = ask(CHECK, text + "\n", "scada.yaml")

    assert [(each.rule.id, each.level.value) for each in answer.findings] == [
        (f"secrets-exposed/{rule}", level)
    ]


def test_the_checksum_inside_a_token_is_computed(ask: Ask) -> None:
    body, digits = noise(30), "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    number, shown = zlib.crc32(body.encode()), ""
    while number:
        number, digit = divmod(number, 62)
        shown = digits[digit] + shown
    real = ask(CHECK, "key: gh" + "p_" + body + shown.rjust(6, "0"), "a.txt").findings[0]
    made_up = ask(CHECK, "key: " + SECRETS["github-token"], "a.txt").findings[0]

    assert (real.level.value, made_up.level.value) == ("critical", "high")
    assert "checksum holds" in real.message


def test_a_secret_far_into_a_long_line_is_found_once(ask: Ask) -> None:
    for far in (18_990, 19_500, 20_010, 100_000):
        answer = ask(CHECK, "x " * (far // 2) + SECRETS["anthropic-key"] + " x" * 30_000, "a.txt")

        assert [each.location.column for each in answer.findings] == [far + 1]


def test_what_is_not_read_is_not_passed(ask: Ask) -> None:
    assert ask(CHECK, "x\n" * (5 << 20), "a.txt").outcome is Outcome.INCOMPLETE


@pytest.mark.parametrize(
    "text",
    ["a", "sk-", "://", "eyJ", "token", "secret=", "a.b", "-----BEGIN ", "x://a:", "basic ", "sig=",
     "secret_access_key=", "machine a login b password ", "password: a ", "8Q~", "LS0tLS1CRUdJTi"],
)  # fmt: skip
def test_lines_made_to_be_slow_are_not(ask: Ask, text: str) -> None:
    start = time.process_time()
    ask(CHECK, text * (1_000_000 // len(text)), "a.txt")

    assert time.process_time() - start < 8


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
