"""A language-model system behind the OpenAI chat protocol, asked over a granted connection.

The server is not trusted: its answers are bounded in time and size, it may not redirect, and what
is not a chat completion is a `TargetError`. No word of the server is in an error, since errors are
kept and a server may repeat what it was asked. The key is sent to the granted host alone and never
appears in an error or an answer.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, Self

import aiohttp

from basanite.adapters.network import Policy, RefusedError
from basanite.domain.names import visible
from basanite.domain.ports import Completion, Message, TargetError
from basanite.domain.system import Endpoint

_RETRIED = frozenset({408, 425, 429, 500, 502, 503, 504})
_REDIRECTS = range(300, 400)
_CHUNK = 1 << 14


class OpenAIChat:
    """One endpoint, as an async context manager. Implements `basanite.domain.ports.Target`.

    ``seconds`` bounds one attempt, ``max_bytes`` its answer, ``retries`` the attempts after the
    first, ``max_wait`` each pause between them (seconds; a server that asks for longer is given
    up).

    Raises:
        TargetError: the endpoint is not granted or the key is no header value.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        policy: Policy,
        *,
        key: str | None = None,
        seconds: float = 60.0,
        max_bytes: int = 1 << 20,
        retries: int = 3,
        max_wait: float = 30.0,
        first_wait: float = 0.5,
    ) -> None:
        url = endpoint.url.rstrip("/")
        self._url = url if url.endswith("/chat/completions") else f"{url}/chat/completions"
        self._model = endpoint.model
        self._policy = policy
        self._key = key or ""
        self._seconds = seconds
        self._max_bytes = max_bytes
        self._retries = retries
        self._max_wait = max_wait
        self._first_wait = first_wait
        self._session: aiohttp.ClientSession | None = None
        if self._key and not (self._key.isascii() and self._key.isprintable()):
            raise TargetError("the key holds characters that no header may", transient=False)
        self._allow(self._url)

    async def __aenter__(self) -> Self:
        self._session = self._policy.session(aiohttp.ClientTimeout(total=self._seconds))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def complete(
        self, messages: Sequence[Message], *, sample: int, parameters: Mapping[str, Any]
    ) -> Completion:
        """Return the answer to a conversation. ``sample`` is not sent.

        Raises:
            TargetError: no usable answer came within the attempts.
        """
        del sample
        body = {
            **parameters,
            "model": self._model,
            "messages": [{"role": m.role, "content": m.content} for m in messages],
            "stream": False,
        }
        data = json.dumps(body, ensure_ascii=True, allow_nan=False).encode()
        for attempt in range(self._retries + 1):
            pause = min(self._max_wait, self._first_wait * 2**attempt)
            try:
                return await self._once(data)
            except _TryAgainError as error:
                last = error
                pause = pause if error.wait is None else error.wait
            if attempt == self._retries or pause > self._max_wait:
                break
            await asyncio.sleep(pause)
        raise TargetError(last.reason)

    async def _once(self, data: bytes) -> Completion:
        if self._session is None:
            raise RuntimeError("the target is used outside its context")
        headers = {"Content-Type": "application/json", "Accept-Encoding": "identity"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        started = time.perf_counter()
        try:
            async with self._session.post(
                self._url, data=data, headers=headers, allow_redirects=False
            ) as response:
                raw = await self._judged(response)
        except TimeoutError as error:
            raise _TryAgainError(f"no answer within {self._seconds:g} s") from error
        except RefusedError as error:
            raise TargetError(str(error), transient=False) from error
        except aiohttp.ClientError as error:
            refused = _cause(error)
            if refused is not None:
                raise TargetError(str(refused), transient=False) from error
            raise _TryAgainError(f"no connection: {_fault(error)}") from error
        return self._completion(raw, time.perf_counter() - started)

    async def _judged(self, response: aiohttp.ClientResponse) -> bytes:
        """Return the body of a good response; raise for any other."""
        status = response.status
        if status in _REDIRECTS:
            raise TargetError(
                f"it answers {status}, a redirect, which is not followed", transient=False
            )
        if status in _RETRIED:
            raise _TryAgainError(
                f"it answers {status}", _retry_after(response.headers.get("Retry-After", ""))
            )
        if response.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise TargetError("its answer is compressed although that was not asked for")
        if status != 200:
            hint = " (set its key)" if status in (401, 403) else ""
            raise TargetError(f"it answers {status}{hint}", transient=False)
        return await self._bounded(response)

    async def _bounded(self, response: aiohttp.ClientResponse) -> bytes:
        body = bytearray()
        async for chunk in response.content.iter_chunked(_CHUNK):
            body += chunk
            if len(body) > self._max_bytes:
                raise TargetError(f"its answer is longer than {self._max_bytes:,} bytes")
        return bytes(body)

    def _completion(self, raw: bytes, seconds: float) -> Completion:
        try:
            answer = json.loads(raw)
            choice = answer["choices"][0]
            content = choice["message"]["content"]
        except (ValueError, LookupError, TypeError, RecursionError) as error:
            raise TargetError("its answer is no chat completion") from error
        if isinstance(content, list):
            parts = [p.get("text") for p in content if isinstance(p, dict)]
            content = "".join(part for part in parts if isinstance(part, str))
        if content is not None and not isinstance(content, str):
            raise TargetError("its answer is no chat completion")
        usage = answer.get("usage")
        tokens = usage.get("completion_tokens") if isinstance(usage, dict) else None
        return Completion(
            text=self._scrubbed(content or ""),
            finish=_short(choice.get("finish_reason")),
            model=_short(answer.get("model")),
            fingerprint=_short(answer.get("system_fingerprint")),
            seconds=seconds,
            tokens=tokens if isinstance(tokens, int) and 0 <= tokens < 1 << 31 else 0,
        )

    def _allow(self, url: str) -> None:
        try:
            self._policy.check(url)
        except RefusedError as error:
            raise TargetError(str(error), transient=False) from error

    def _scrubbed(self, text: str) -> str:
        """Take the key out, and halves of surrogate pairs, which no file can hold."""
        clean = text.replace(self._key, "[key]") if self._key else text
        return clean.encode("utf-8", errors="replace").decode("utf-8")


class _TryAgainError(Exception):
    """An attempt failed in a way that may pass; ``wait`` is what the server asked for."""

    def __init__(self, reason: str, wait: float | None = None) -> None:
        self.reason = reason
        self.wait = wait
        super().__init__(reason)


def _retry_after(value: str) -> float | None:
    """Return the seconds of a Retry-After header (RFC 9110, 10.2.3): seconds or a date."""
    text = value.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        when = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    when = when if when.tzinfo is not None else when.replace(tzinfo=UTC)
    return max(0.0, (when - datetime.now(UTC)).total_seconds())


def _fault(error: aiohttp.ClientError) -> str:
    """Return what is wrong with a connection, in the system's words or ours, never the server's."""
    if isinstance(error, aiohttp.ClientSSLError):
        return "no trusted encryption"
    if isinstance(error, aiohttp.ClientOSError) and error.strerror:
        return visible(error.strerror, 200)
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return "it hung up"
    return f"it does not keep to the protocol ({type(error).__name__})"


def _cause(error: BaseException | None) -> RefusedError | None:
    """Return the refusal that an error of the library wraps."""
    for _ in range(8):
        if error is None:
            return None
        if isinstance(error, RefusedError):
            return error
        wrapped = getattr(error, "os_error", None)
        error = wrapped if isinstance(wrapped, OSError) else error.__cause__ or error.__context__
    return None


def _short(value: Any) -> str:
    return visible(value, 200) if isinstance(value, str) else ""
