"""A target that is slow, broken or hostile costs bounded time and memory and is never an answer."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from aiohttp import web

from basanite.adapters.network import Policy
from basanite.adapters.openai_chat import OpenAIChat
from basanite.domain.ports import Completion, Message, TargetError
from basanite.domain.system import Endpoint

Serve = Callable[[Any], Any]
Answered = Callable[..., web.Response]
KEY = "sk-not-a-real-key-0123456789"


def ask(server: Any, *, allowed: Any = None, **options: Any) -> Completion:
    endpoint = Endpoint(url=server.url, model="m", enabled=True)
    policy = Policy(frozenset({("127.0.0.1", server.port)}) if allowed is None else allowed)

    async def once() -> Completion:
        async with OpenAIChat(endpoint, policy, **{"first_wait": 0.01, **options}) as target:
            return await target.complete(
                [Message(role="system", content="s"), Message(role="user", content="hé")],
                sample=3,
                parameters={"temperature": 0.0, "max_tokens": 7},
            )

    return asyncio.run(once())


def test_a_good_answer_comes_back_whole(serve: Serve, answered: Answered) -> None:
    server = serve(lambda request, _: answered("fine", finish_reason="stop"))
    found = ask(server, key=KEY)
    assert (found.text, found.finish, found.model, found.tokens) == ("fine", "stop", "scripted", 3)
    assert server.paths == ["/v1/chat/completions"]
    assert server.headers[0]["Authorization"] == f"Bearer {KEY}"
    assert server.bodies[0] == {
        "model": "m",
        "messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "hé"}],
        "temperature": 0.0,
        "max_tokens": 7,
        "stream": False,
    }


def test_an_empty_answer_and_one_in_parts_are_text(serve: Serve, answered: Answered) -> None:
    assert ask(serve(lambda r, s: answered(None))).text == ""
    parts: Any = [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}, 5]
    assert ask(serve(lambda r, s: answered(parts))).text == "ab"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"garbage",
        b"[]",
        b'{"choices": []}',
        b'{"choices": [{"message": {"content": 5}}]}',
        b'{"choices": "x"}',
        b"[" * 100_000,
        b"\xff\xfe",
    ],
)
def test_garbage_is_no_answer(serve: Serve, body: bytes) -> None:
    with pytest.raises(TargetError, match="no chat completion"):
        ask(serve(lambda r, s: web.Response(body=body)))


def test_a_passing_error_is_tried_again(serve: Serve, answered: Answered) -> None:
    server = serve(
        lambda r, s: web.Response(status=500) if len(s.bodies) < 3 else answered("at last")
    )
    assert ask(server).text == "at last"
    assert len(server.bodies) == 3


def test_a_lasting_error_is_tried_a_bounded_number_of_times(serve: Serve) -> None:
    server = serve(lambda r, s: web.Response(status=503))
    with pytest.raises(TargetError, match="503") as caught:
        ask(server, retries=2)
    assert caught.value.transient
    assert len(server.bodies) == 3


def test_retry_after_is_honoured(serve: Serve, answered: Answered) -> None:
    server = serve(
        lambda r, s: (
            web.Response(status=429, headers={"Retry-After": "1"})
            if len(s.bodies) == 1
            else answered("ok")
        )
    )
    started = time.monotonic()
    assert ask(server).text == "ok"
    assert time.monotonic() - started >= 1


@pytest.mark.parametrize("wait", ["3600", "99999999999999999999", "Fri, 31 Dec 2999 23:59:59 GMT"])
def test_a_server_that_asks_for_too_much_patience_is_given_up(serve: Serve, wait: str) -> None:
    server = serve(lambda r, s: web.Response(status=429, headers={"Retry-After": wait}))
    started = time.monotonic()
    with pytest.raises(TargetError, match="429"):
        ask(server)
    assert time.monotonic() - started < 5
    assert len(server.bodies) == 1


def test_a_malformed_retry_after_is_ignored(serve: Serve, answered: Answered) -> None:
    server = serve(
        lambda r, s: (
            web.Response(status=429, headers={"Retry-After": "soon"})
            if len(s.bodies) == 1
            else answered("ok")
        )
    )
    assert ask(server).text == "ok"


def test_a_slow_server_is_given_up_in_time(serve: Serve, answered: Answered) -> None:
    async def slow(request: web.Request, _: Any) -> web.Response:
        await asyncio.sleep(30)
        return answered("late")

    started = time.monotonic()
    with pytest.raises(TargetError, match="no answer within"):
        ask(serve(slow), seconds=0.3, retries=1)
    assert time.monotonic() - started < 5


def test_an_endless_answer_is_cut_off(serve: Serve) -> None:
    async def endless(request: web.Request, _: Any) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x" * 65536)

    started = time.monotonic()
    with pytest.raises(TargetError, match="longer than"):
        ask(serve(endless), max_bytes=200_000)
    assert time.monotonic() - started < 5


def test_a_compressed_answer_is_refused_unread(serve: Serve) -> None:
    bomb = web.Response(body=b"\x1f\x8b" + b"0" * 50, headers={"Content-Encoding": "gzip"})
    with pytest.raises(TargetError, match="compressed"):
        ask(serve(lambda r, s: bomb))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(serve: Serve, answered: Answered, status: int) -> None:
    other = serve(lambda r, s: answered("from elsewhere"))
    place = {"Location": f"{other.url}/chat/completions"}
    server = serve(lambda r, s: web.Response(status=status, headers=place))
    with pytest.raises(TargetError, match=f"answers {status}, a redirect") as caught:
        ask(server, key=KEY)
    assert other.bodies == []
    assert not caught.value.transient


def test_the_key_is_in_no_error_and_in_no_answer(serve: Serve, answered: Answered) -> None:
    refused = serve(lambda r, s: web.Response(status=401, text=f"bad key {KEY}"))
    with pytest.raises(TargetError, match=r"401 \(set its key\)") as caught:
        ask(refused, key=KEY)
    assert KEY not in caught.value.reason
    echo = serve(lambda r, s: answered(f"your key is {KEY}"))
    assert ask(echo, key=KEY).text == "your key is [key]"
    with pytest.raises(TargetError) as broken:
        ask(echo, key="sk\nX-Evil: 1")
    assert "Evil" not in broken.value.reason


def test_a_server_that_is_down_is_a_passing_error(serve: Serve, answered: Answered) -> None:
    server = serve(lambda r, s: answered("x"))
    server.port = 9  # discard: nothing listens there
    with pytest.raises(TargetError, match="no connection") as caught:
        ask(server, retries=0)
    assert caught.value.transient


def test_what_was_not_granted_is_not_contacted(serve: Serve, answered: Answered) -> None:
    server = serve(lambda r, s: answered("x"))
    with pytest.raises(TargetError, match="no grant"):
        ask(server, allowed=frozenset({("127.0.0.1", server.port + 1)}))
    assert server.bodies == []


def test_no_proxy_is_taken_from_the_environment(
    serve: Serve, answered: Answered, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = serve(lambda r, s: answered("from the proxy"))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
    assert ask(serve(lambda r, s: answered("direct"))).text == "direct"
    assert proxy.bodies == []


def test_broken_surrogates_are_text_that_a_file_can_hold(serve: Serve) -> None:
    body = b'{"choices": [{"message": {"content": "a\\ud800b"}}]}'
    ask(serve(lambda r, s: web.Response(body=body))).text.encode("utf-8")


SAID = "HERON-4471-KESTREL"


@pytest.mark.parametrize("status", [302, 400, 401, 404, 422, 500])
def test_no_word_of_a_server_gets_into_an_error(serve: Serve, status: int) -> None:
    place = {"Location": f"http://{SAID}.example/", "X-Said": SAID}
    server = serve(lambda r, s: web.Response(status=status, text=SAID, reason=SAID, headers=place))
    with pytest.raises(TargetError, match=f"answers {status}") as caught:
        ask(server, retries=0)
    assert SAID.lower() not in caught.value.reason.lower()


@pytest.mark.parametrize(
    "said",
    [
        f"HTTP/1.1 {SAID}\r\n\r\n",
        f"{SAID}\r\n\r\n",
        f"HTTP/1.1 200 OK\r\n{SAID} {SAID}\r\n\r\n",
        f"HTTP/1.1 200 OK\r\nContent-Length: {SAID}\r\n\r\n",
        f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{SAID}\r\n{SAID}",
        "HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n" + SAID,
    ],
)
def test_no_word_of_a_server_that_breaks_the_protocol_gets_into_an_error(said: str) -> None:
    """A raw server: the client library's own errors quote what they cannot read."""

    class Raw:
        port = 0

        @property
        def url(self) -> str:
            return f"http://127.0.0.1:{self.port}/v1"

    def answer() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(said.encode())

    with socket.create_server(("127.0.0.1", 0)) as listener:
        raw = Raw()
        raw.port = listener.getsockname()[1]
        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(TargetError) as caught:
            ask(raw, retries=0)
        thread.join(10)
    assert caught.value.reason
    assert SAID not in caught.value.reason
