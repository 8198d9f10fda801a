"""Only what was granted is connected to, and no grant opens the machine's own surroundings."""

import asyncio
import socket
from typing import Any

import aiohttp
import pytest

from basanite.adapters.network import GuardedResolver, Policy, RefusedError
from basanite.adapters.openai_chat import _cause


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "169.254.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "100.100.100.200",
        "168.63.129.16",
        "fe80::1",
        "fd00:ec2::254",
        "ff02::1",
        "::",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "2002:a9fe:a9fe::1",
    ],
)
def test_surroundings_are_refused_even_when_granted(address: str) -> None:
    host = f"[{address}]" if ":" in address else address
    policy = Policy(frozenset({(address, 80)}))
    with pytest.raises(RefusedError, match="never connected"):
        policy.check(f"http://{host}/latest")


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "::1", "203.0.113.7"])
def test_other_granted_addresses_are_allowed(address: str) -> None:
    host = f"[{address}]" if ":" in address else address
    Policy(frozenset({(address, 8080)})).check(f"http://{host}:8080/v1")


@pytest.mark.parametrize(
    "url",
    [
        "http://other.example/v1",
        "http://model.example:81/v1",
        "https://model.example/v1",
        "http://model.example.evil/v1",
        "http://user:pw@model.example/v1",
        "http://model.example@evil.example/v1",
        "ftp://model.example/v1",
        "file:///etc/passwd",
        "http:///v1",
        "http://model.example:99999/v1",
        "http://[::1/v1",
    ],
)
def test_everything_else_is_refused(url: str) -> None:
    with pytest.raises(RefusedError):
        Policy(frozenset({("model.example", 80)})).check(url)


def test_a_name_is_the_same_in_any_case_and_with_a_final_dot() -> None:
    Policy(frozenset({("Model.Example", 80)})).check("http://MODEL.example./v1")


class _Names(aiohttp.abc.AbstractResolver):
    """Answers every name with the same address, as a hostile name server would."""

    def __init__(self, address: str) -> None:
        self.address = address

    async def resolve(self, host: str, port: int = 0, family: Any = socket.AF_INET) -> Any:
        return [
            {
                "hostname": host,
                "host": self.address,
                "port": port,
                "family": family,
                "proto": 0,
                "flags": 0,
            }
        ]

    async def close(self) -> None: ...


@pytest.mark.parametrize("address", ["169.254.169.254", "fe80::1%eth0", "::ffff:169.254.169.254"])
def test_a_granted_name_that_resolves_to_metadata_is_refused(address: str) -> None:
    policy = Policy(frozenset({("model.example", 80)}))

    async def connect() -> None:
        resolver = GuardedResolver(policy)
        resolver._resolver = _Names(address)
        connector = aiohttp.TCPConnector(resolver=resolver, use_dns_cache=False)
        async with aiohttp.ClientSession(connector=connector) as session:
            await session.post("http://model.example/v1")

    with pytest.raises(aiohttp.ClientConnectorError) as caught:
        asyncio.run(connect())
    assert "never connected" in str(_cause(caught.value))


def test_a_session_looks_names_up_through_the_guard() -> None:
    async def made() -> Any:
        async with Policy(frozenset()).session(aiohttp.ClientTimeout(1)) as session:
            assert not session.trust_env
            connector = session.connector
            assert isinstance(connector, aiohttp.TCPConnector)
            return connector._resolver

    assert isinstance(asyncio.run(made()), GuardedResolver)
