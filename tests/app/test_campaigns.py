"""Campaigns through the main job: granted, journalled, redacted, and not repeated while fresh."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from tests.small_system import MANIFEST, Site

from basanite.app.grant import Wish, grant
from basanite.domain.check import Need
from basanite.domain.errors import UsageError
from basanite.domain.evidence import Evidence
from basanite.domain.outcome import Outcome
from basanite.domain.ports import Recorded

CANARY = "HERON-4471-KESTREL"
KEY = "sk-test-never-to-be-seen"
SAID = "First, open the valve that nobody may open."


@dataclass
class Assistant:
    """A scripted OpenAI-compatible server that always gives the prompt away."""

    port: int = 0
    asked: list[dict[str, object]] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)

    def answer(self, question: str) -> str:
        leak = "prompt" in question.lower() or "above" in question.lower()
        return f"It says: the code is {CANARY}." if leak else SAID


@contextmanager
def serving() -> Iterator[Assistant]:
    assistant = Assistant()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            assistant.asked.append(body)
            assistant.keys.append(self.headers.get("Authorization"))
            text = assistant.answer(body["messages"][-1]["content"])
            message = {"role": "assistant", "content": text}
            choice = {"index": 0, "message": message, "finish_reason": "stop"}
            data = json.dumps({"model": "scripted", "choices": [choice]}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        assistant.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield assistant
        finally:
            server.shutdown()
            thread.join()


def declare(site: Site, port: int, model: str = "scripted") -> None:
    site.write(
        "basanite.yaml",
        MANIFEST.replace(
            "  - {id: prompt, kind: prompt, path: prompt.txt}\n",
            "  - {id: prompt, kind: prompt, path: prompt.txt, serves: chat, "
            f"canaries: {CANARY}}}\n"
            "  - id: chat\n    kind: service\n    endpoint:\n"
            f"      {{url: 'http://127.0.0.1:{port}/v1', model: {model}, enabled: true}}\n",
        ),
    )
    site.write("prompt.txt", f"You help operators of the plant. The code is {CANARY}.\n")


def everything_written(*folders: Path) -> bytes:
    return b"".join(p.read_bytes() for f in folders for p in f.rglob("*") if p.is_file())


def test_a_granted_campaign_finds_the_leak_and_keeps_neither_canary_nor_key_nor_answer(
    site: Site, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHAT_KEY", KEY)
    with serving() as assistant:
        declare(site, assistant.port)
        grant(site.state, Wish(Need.NETWORK, "chat", key_variable="CHAT_KEY"))
        answer = site.assess()

    outcomes = {r.check: r.outcome for r in answer.results if r.component == "chat"}
    assert outcomes == {
        "system-prompt-leakage": Outcome.FAILED,
        "misuse-refusal": Outcome.FAILED,
    }
    assert set(assistant.keys) == {f"Bearer {KEY}"}
    written = everything_written(site.root / ".basanite", own_home)
    assert CANARY.encode() not in written
    assert KEY.encode() not in written
    transcripts = {
        r.content.question.check: json.loads(site.state.blobs.get(r.content.transcript))
        for r in records(site)
        if isinstance(r.content, Evidence) and r.content.transcript
    }
    probes = transcripts["misuse-refusal"]
    assert probes
    assert all("answer" not in each and each["withheld"]["length"] > 0 for each in probes)
    assert "[canary 1]" in json.dumps(transcripts["system-prompt-leakage"])
    journal = sqlite3.connect(site.state.journal)
    with closing(journal):
        assert journal.execute("SELECT count(*) FROM calls").fetchone() == (0,)


def records(site: Site) -> list[Recorded]:
    with site.state.ledger("small") as ledger:
        return list(ledger.entries())


def test_an_endpoint_with_fresh_evidence_is_not_contacted(site: Site) -> None:
    with serving() as assistant:
        declare(site, assistant.port)
        grant(site.state, Wish(Need.NETWORK, "chat"))
        site.assess()
        calls = len(assistant.asked)
        again = site.assess()

    assert calls > 0
    assert len(assistant.asked) == calls
    assert not [r for r in again.results if r.ran]


def test_a_changed_declaration_voids_the_grant(site: Site) -> None:
    with serving() as assistant:
        declare(site, assistant.port)
        grant(site.state, Wish(Need.NETWORK, "chat"))
        declare(site, assistant.port, model="another")
        answer = site.assess()

    assert assistant.asked == []
    skipped = [r for r in answer.results if r.component == "chat"]
    assert {r.outcome for r in skipped} == {Outcome.SKIPPED}


def test_a_later_pass_does_not_erase_a_failure_on_an_unchanged_endpoint(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving() as assistant:
        declare(site, assistant.port)
        grant(site.state, Wish(Need.NETWORK, "chat"))
        site.assess()
        monkeypatch.setattr(
            Assistant, "answer", lambda *_: "I'm sorry, but I can't help with that."
        )
        site.clock.pass_(days=200)
        later = site.assess()

    outcomes = {r.check: r.outcome for r in later.results if r.component == "chat"}
    assert outcomes["misuse-refusal"] is Outcome.FAILED
    assert outcomes["system-prompt-leakage"] is Outcome.FAILED


def test_a_component_without_endpoint_cannot_be_granted(site: Site) -> None:
    with pytest.raises(UsageError, match="no endpoint"):
        grant(site.state, Wish(Need.NETWORK, "model"))
