"""What may be connected to: granted hosts and ports, and never the machine's own surroundings.

A granted name is looked up once, and every address it has is held against the refused ranges
before anything connects. Link-local and metadata addresses hand out the credentials of the machine
they are asked from; no grant opens them.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from aiohttp.abc import AbstractResolver, ResolveResult

from basanite.domain.names import visible

if TYPE_CHECKING:
    import aiohttp

_REFUSED = tuple(
    ip_network(each)
    for each in (
        "0.0.0.0/8",
        "169.254.0.0/16",  # link-local; metadata of most clouds
        "100.100.100.200/32",  # metadata of Alibaba Cloud
        "168.63.129.16/32",  # the host agent of Azure
        "192.0.0.192/32",  # metadata of Oracle Cloud, classic
        "224.0.0.0/4",
        "255.255.255.255/32",
        "::/128",
        "fe80::/10",
        "fd00:ec2::/32",  # metadata of AWS over IPv6
        "fd20:ce::/32",  # metadata of Google Cloud over IPv6
        "fd00:42::42/128",  # metadata of Scaleway
        "ff00::/8",
    )
)
_TRANSLATED = ip_network("64:ff9b::/96")


class RefusedError(OSError):
    """A connection that the policy does not allow. The text says which and why."""


@dataclass(frozen=True)
class Policy:
    """The hosts and ports that were granted. Hosts as in the URL: names or literal addresses."""

    allowed: frozenset[tuple[str, int]]
    _names: frozenset[tuple[str, int]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        names = frozenset((_canonical(host), port) for host, port in self.allowed)
        object.__setattr__(self, "_names", names)

    def check(self, url: str) -> None:
        """Refuse a URL that was not granted, or that names a refused address.

        Raises:
            RefusedError: it is refused.
        """
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
        except ValueError as error:
            raise RefusedError("the address is malformed") from error
        if parts.scheme not in ("http", "https") or not host:
            raise RefusedError("the address is no http or https URL")
        if parts.username is not None or parts.password is not None:
            raise RefusedError("the address holds a user name or password")
        port = port if port is not None else (443 if parts.scheme == "https" else 80)
        if (_canonical(host), port) not in self._names:
            raise RefusedError(f"no grant for {visible(host, 120)}:{port}")
        literal = _literal(host)
        if literal is not None:
            self.check_address(literal)

    def check_address(self, address: str | IPv4Address | IPv6Address) -> None:
        """Refuse link-local, metadata, multicast and unspecified addresses.

        Raises:
            RefusedError: it is refused.
        """
        for each in _meanings(ip_address(address)):
            if any(each in network for network in _REFUSED if network.version == each.version):
                raise RefusedError(
                    f"{each} is a link-local, metadata or multicast address, never connected to"
                )

    def session(self, timeout: aiohttp.ClientTimeout) -> aiohttp.ClientSession:
        """Return a session whose every connection obeys the policy.

        It uses no proxy and no credentials from the environment, keeps no cookies and decompresses
        nothing. Call it inside a running event loop.
        """
        import aiohttp  # noqa: PLC0415 - heavy

        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(resolver=GuardedResolver(self), use_dns_cache=False),
            timeout=timeout,
            trust_env=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            raise_for_status=False,
        )


class GuardedResolver(AbstractResolver):
    """Looks names up with the system's resolver and holds every address against the policy."""

    def __init__(self, policy: Policy) -> None:
        import aiohttp  # noqa: PLC0415 - heavy

        self._policy = policy
        self._resolver: AbstractResolver = aiohttp.ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return the addresses of a name.

        Raises:
            RefusedError: one of them is refused. One bad address spoils the name: whoever
                answers with it means harm or is misconfigured.
        """
        found = await self._resolver.resolve(host, port, family)
        for each in found:
            self._policy.check_address(each["host"].partition("%")[0])
        return found

    async def close(self) -> None:
        """Release the system's resolver."""
        await self._resolver.close()


def _canonical(host: str) -> str:
    literal = _literal(host)
    return str(literal) if literal is not None else host.rstrip(".").lower()


def _literal(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return None


def _meanings(address: IPv4Address | IPv6Address) -> Iterator[IPv4Address | IPv6Address]:
    """Yield the address and the IPv4 addresses that an IPv6 address stands for."""
    yield address
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            yield address.ipv4_mapped
        if address.sixtofour is not None:
            yield address.sixtofour
        if address.teredo is not None:
            yield from address.teredo
        if address in _TRANSLATED:
            yield IPv4Address(int(address) & 0xFFFFFFFF)
