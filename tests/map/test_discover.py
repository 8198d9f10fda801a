"""Discovery finds what a folder holds, says why, and copies no secret into the draft."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from basanite.domain.artifact import Artifact, Format
from basanite.domain.names import encode_name
from basanite.domain.system import ComponentKind, DatasetRole, ModelTask
from basanite.map.address import plain_address
from basanite.map.discover import discover
from basanite.map.draft import render
from basanite.map.found import Draft, DraftComponent
from basanite.map.manifest import Manifest, parse_manifest

Seen = tuple[list[Artifact], Callable[[str], bytes | None]]
Write = Callable[[dict[str, str | bytes]], Seen]

PICKLE = b"\x80\x04]\x94."
GGUF = b"GGUF\x03\x00\x00\x00" + b"\x00" * 16
SAFETENSORS = b"\x02\x00\x00\x00\x00\x00\x00\x00{}"
SECRET = "sk-proj-Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MGFiY2Rl"  # no real key


def found(write: Write, files: dict[str, str | bytes]) -> tuple[dict[str, DraftComponent], Draft]:
    draft = discover(*write(files))
    manifest(draft)
    return {part.id: part for part in draft.components}, draft


def manifest(draft: Draft, name: str = "folder") -> Manifest:
    return parse_manifest(render(draft, name).encode())


def test_a_hugging_face_folder_is_one_model_with_its_licence_and_task(seen: Write) -> None:
    parts, _ = found(
        seen,
        {
            "models/llm/config.json": '{"architectures": ["LlamaForCausalLM"]}',
            "models/llm/tokenizer.json": "{}",
            "models/llm/model-00001-of-00002.safetensors": SAFETENSORS,
            "models/llm/model-00002-of-00002.safetensors": SAFETENSORS,
            "models/llm/optimizer.pt": PICKLE,
            "models/llm/README.md": "---\nlicense: apache-2.0\n---\n# Card\n",
        },
    )
    assert list(parts) == ["llm"]
    part = parts["llm"]
    assert (part.kind, part.paths) == (ComponentKind.MODEL, ("models/llm",))
    assert (part.licence, part.task) == ("apache-2.0", ModelTask.GENERATION)


def test_shards_outside_such_a_folder_are_one_model(seen: Write) -> None:
    parts, _ = found(seen, {f"m/big-0000{n}-of-00003.gguf": GGUF for n in (1, 2, 3)})
    assert [part.paths for part in parts.values()] == [("m/big-*-of-00003.gguf",)]


def test_model_files_are_models_and_pickled_data_is_not(seen: Write) -> None:
    parts, _ = found(
        seen, {"models/pump.pkl": PICKLE, "store/index.pkl": PICKLE, "tests/fixtures/m.pkl": PICKLE}
    )
    models = [part for part in parts.values() if part.kind is ComponentKind.MODEL]
    assert [part.paths for part in models] == [("models/pump.pkl",)]


def test_data_gets_its_role_from_its_name_and_its_columns_from_its_head(seen: Write) -> None:
    head = "timestamp,flow,label\n1,2,0\n"
    parts, _ = found(
        seen,
        {
            "model.gguf": GGUF,
            "data/train.csv": head,
            "data/test.csv": head,
            "data/reference.csv": head,
            "data/window.csv": head,
            "data/other.csv": "a,b\n1,2\n",
        },
    )
    roles = {part.paths: part.role for part in parts.values() if part.role}
    assert roles == {
        ("data/train.csv",): DatasetRole.TRAINING,
        ("data/test.csv",): DatasetRole.TEST,
        ("data/reference.csv",): DatasetRole.REFERENCE,
        ("data/window.csv",): DatasetRole.WINDOW,
        ("data/other.csv",): DatasetRole.OTHER,
    }
    test = next(part for part in parts.values() if part.role is DatasetRole.TEST)
    assert (test.columns.label, test.columns.time) == ("label", "timestamp")


def test_a_test_set_serves_the_only_model(seen: Write) -> None:
    parts, _ = found(seen, {"m/pump.pkl": PICKLE, "data/test.csv": "a,y\n1,2\n"})
    assert parts["test"].serves == ("pump",)
    assert "serves" in parts["test"].guessed


def test_providers_are_found_by_import_address_and_variable_and_stay_disabled(
    seen: Write,
) -> None:
    parts, draft = found(
        seen,
        {
            "app/main.py": "import os\nfrom openai import OpenAI\nmodel = 'x'\n"
            "client.create(model='gpt-4o-mini')\n",
            "app/claude.ts": "import Anthropic from '@anthropic-ai/sdk'\n",
            ".env": f"GROQ_API_KEY={SECRET}\n",
            "config.yaml": "llm:\n  base_url: http://gpu.internal:8000/v1\n",
            "compose.yaml": "services:\n  llm:\n    image: ollama/ollama:0.3\n",
        },
    )
    urls = {part.id: part.endpoint.url for part in parts.values() if part.endpoint}
    assert urls == {
        "openai": "https://api.openai.com/v1",
        "anthropic": "https://api.anthropic.com",
        "groq": "https://api.groq.com/openai/v1",
        "service-gpu-internal-8000": "http://gpu.internal:8000/v1",
    }
    assert "ollama" in parts
    assert parts["openai"].endpoint is not None
    assert parts["openai"].endpoint.model == "gpt-4o-mini"
    declared = manifest(draft).system.components
    assert not any(part.endpoint.enabled for part in declared if part.endpoint)
    assert (parts["openai"].signs[0].path, parts["openai"].signs[0].line) == ("app/main.py", 2)


def test_azure_is_not_taken_for_openai(seen: Write) -> None:
    parts, _ = found(seen, {"a.py": "from openai import AzureOpenAI\n"})
    assert "azure-openai" in parts
    assert "openai" not in parts


@pytest.mark.parametrize(
    "line",
    [
        "# base_url = 'http://localhost:8000/v1'",
        "url = 'https://api.example.com/v1'",
        "docs = 'https://en.wikipedia.org/wiki/Water'",
        "cors = ['http://localhost:5173']",
    ],
)
def test_addresses_where_no_model_answers_are_left_alone(seen: Write, line: str) -> None:
    parts, _ = found(seen, {"a.py": line + "\n"})
    assert not [part for part in parts.values() if part.endpoint]


def test_models_of_a_hub_are_named_without_being_fetched(seen: Write) -> None:
    parts, _ = found(
        seen,
        {"a.py": "m = AutoModel.from_pretrained('acme/bert-small')\n"
                 "e = SentenceTransformer('all-MiniLM-L6-v2')\n"},
    )  # fmt: skip
    assert parts["bert-small"].kind is ComponentKind.MODEL
    assert parts["bert-small"].paths == ()
    assert "all-minilm-l6-v2" in parts


def test_prompts_agents_notebooks_code_and_stores_are_found(seen: Write) -> None:
    parts, draft = found(
        seen,
        {
            "prompts/answer.txt": "Answer the operator.",
            "prompts/refuse.md": "Decline.",
            "assistant/system-prompt.txt": "You are an assistant.",
            ".mcp.json": '{"mcpServers": {}}',
            "graph.py": "from langgraph.graph import StateGraph\n",
            "store/index.faiss": b"IxFI\x00",
            "app/main.py": "system_prompt = 'You are'\n",
            "explore.ipynb": '{"cells": [], "nbformat": 4, "metadata": {}}',
            "requirements.txt": "numpy==2.0\n",
            "web/package.json": '{"dependencies": {}}',
            "web/index.ts": "export {}\n",
            "AGENTS.md": "Use tabs.",
            "Dockerfile": "FROM debian\n",
        },
    )
    kinds = {part.id: (part.kind.value, part.paths) for part in parts.values()}
    assert kinds == {
        "prompts": ("prompt", ("prompts",)),
        "system-prompt": ("prompt", ("assistant/system-prompt.txt",)),
        "mcp-agent": ("agent", (".mcp.json",)),
        "agent": ("agent", ("graph.py",)),
        "store-store": ("dataset", ("store",)),
        "code": ("code", ("app", "requirements.txt")),
        "web": ("code", ("web",)),
        "notebooks": ("code", ("explore.ipynb",)),
        "deployment": ("code", ("Dockerfile",)),
    }
    notes = " ".join(draft.notes)
    assert "app/main.py:1 holds prompt text" in notes
    assert "AGENTS.md instructs a coding assistant" in notes


def test_files_kept_elsewhere_are_said_and_not_taken_for_models(seen: Write) -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "a" * 64 + "\nsize 9999\n"
    parts, draft = found(seen, {"m/model.pkl": pointer, "data/x.csv.dvc": "outs: []\n"})
    assert not parts
    assert sum("kept elsewhere" in note for note in draft.notes) == 2


def test_tools_own_folders_and_an_earlier_manifest_are_not_looked_at(seen: Write) -> None:
    parts, _ = found(
        seen,
        {
            "node_modules/openai/index.py": "import openai\n",
            ".venv/lib/x.pkl": PICKLE,
            ".git/config": "x",
            "basanite.yaml": "schema: x\n",
        },
    )
    assert parts == {}


def test_no_secret_reaches_the_draft(seen: Write) -> None:
    draft = discover(
        *seen(
            {
                ".env": f"OPENAI_API_KEY={SECRET}\nOPENAI_BASE_URL=https://me:{SECRET}@llm.local/v1\n",
                "a.py": f"client = OpenAI(api_key='{SECRET}', base_url='http://h.local/v1/{SECRET}')\n"
                f"model = '{SECRET}'\nAutoModel.from_pretrained('acme/{SECRET}')\n",
                "c.yaml": f"endpoint: http://llm.local/{SECRET}/v1?key={SECRET}\n",
                "d.json": f'{{"model": "gpt-{SECRET}", "api_base": "http://x.local/v1?k={SECRET}"}}',
            }
        )
    )
    text = render(draft, "folder")
    assert "Zm9v" not in text
    assert "https://llm.local/v1" in text


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("http://localhost:8000/v1/chat/completions", "http://localhost:8000/v1"),
        ("https://u:p@host/v1", "https://host/v1"),
        ("https://host/v1?key=x#y", "https://host/v1"),
        ("https://host/v1beta/models", "https://host/v1beta"),
        ("http://host:99999999/v1", None),
        ("http://${HOST}/v1", None),
        ("http://{host}:1/v1", None),
        ("http://[::1/v1", None),
    ],
)
def test_only_the_plain_part_of_an_address_is_kept(text: str, address: str | None) -> None:
    assert plain_address(text) == address


NAMES = [
    "new\nline.csv", "esc\x1b[31m.pkl", "colon: x.csv", "- dash.csv", "#hash.csv", "'quote'.csv",
    '"double".pkl', "star*.csv", "br[1].csv", "back\\slash.csv", "~tilde.csv", "C:drive.csv",
    "per%41cent.csv", "ümlaut.csv", "\u202egpj.csv", " space .csv", "{a: b}.csv", "&a.csv",
    "data/test\u2028.csv", "x/- id: y.csv", "true", "null.csv", "...csv", "a" * 250 + ".csv",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_hostile_file_name_stays_a_name(name: str) -> None:
    path = encode_name(name)
    kind = Format.PICKLE if name.endswith(".pkl") else Format.CSV
    artifacts = [Artifact(path=path, size=9, sha256="0" * 64, format=kind)]
    draft = discover(artifacts, lambda _: b"timestamp,label\n1,2\n")
    declared = manifest(draft, name)
    assert [part.paths for part in declared.system.components] == [(path,)]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    files=st.lists(
        st.tuples(
            st.lists(
                st.sampled_from(["data", "models", "src", "prompts", "tests", "a%0Ab", "1"])
                | st.text(alphabet="ab *?[]\"'%:#-\\~é", min_size=1, max_size=5).map(encode_name),
                min_size=1,
                max_size=3,
            ).map("/".join),
            st.sampled_from(["", ".csv", ".py", ".json", ".txt", ".pkl", ".ipynb", ".yaml"]),
            st.sampled_from(list(Format)),
            st.binary(max_size=40)
            | st.sampled_from(
                [b"import openai\n", b'{"model_type": "x"}', b"time,label\n", b"http://h:1/v1",
                 b"mcpServers", b'base_url="http://a.b/v1"\x00', b"---\nlicense: \x85\n---"]
            ),
        ),
        max_size=12,
    )
)  # fmt: skip
def test_whatever_is_found_the_draft_is_a_manifest(
    files: list[tuple[str, str, Format, bytes]],
) -> None:
    contents = {
        path + end: (kind, data) for path, end, kind, data in files if ".." not in path.split("/")
    }
    artifacts = [
        Artifact(path=path, size=len(data), sha256="0" * 64, format=kind)
        for path, (kind, data) in contents.items()
    ]
    draft = discover(artifacts, lambda path: contents[path][1])
    assert len(manifest(draft).system.components) == len(draft.components)


def test_ten_thousand_files_take_seconds_not_minutes() -> None:
    import time

    artifacts = [
        Artifact(
            path=f"pkg{n % 97}/sub{n % 11}/f{n}.{'py' if n % 3 else 'csv'}",
            size=50,
            sha256="0" * 64,
            format=Format.PYTHON if n % 3 else Format.CSV,
        )
        for n in range(10_000)
    ]
    start = time.perf_counter()
    draft = discover(artifacts, lambda _: b"import os\nx = 'http://a.b/c'\n")
    assert time.perf_counter() - start < 10
    assert len(manifest(draft).parts) == len(draft.components)
