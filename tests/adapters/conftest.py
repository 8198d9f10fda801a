"""A real server on loopback that misbehaves on purpose, and ONNX models made on the spot."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web

Behaviour = Callable[[web.Request, "ScriptedServer"], Any]


@dataclass
class ScriptedServer:
    """What the server was asked, and how it behaves."""

    behaviour: Behaviour
    port: int = 0
    bodies: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"


def completion(text: str | None, **more: Any) -> web.Response:
    """Return a chat completion."""
    return web.json_response(
        {
            "model": "scripted",
            "choices": [{"message": {"role": "assistant", "content": text}, **more}],
            "usage": {"completion_tokens": 3},
        }
    )


@pytest.fixture
def answered() -> Callable[..., web.Response]:
    return completion


@pytest.fixture
def serve() -> Iterator[Callable[[Behaviour], ScriptedServer]]:
    """Start servers in a thread of their own; stop them at the end."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    runners: list[web.AppRunner] = []

    def start(behaviour: Behaviour) -> ScriptedServer:
        server = ScriptedServer(behaviour)

        async def handle(request: web.Request) -> web.StreamResponse:
            server.paths.append(request.path)
            server.headers.append(dict(request.headers))
            server.bodies.append(json.loads(await request.read() or b"{}"))
            answer: web.StreamResponse | Awaitable[web.StreamResponse] = server.behaviour(
                request, server
            )
            return answer if isinstance(answer, web.StreamResponse) else await answer

        async def up() -> None:
            app = web.Application()
            app.router.add_route("*", "/{path:.*}", handle)
            runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
            await runner.setup()
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            server.port = runner.addresses[0][1]
            runners.append(runner)

        asyncio.run_coroutine_threadsafe(up(), loop).result(10)
        return server

    yield start
    for runner in runners:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()
