"""Where an address that somebody typed into a page may lead: to the public internet, and to nothing else.

Addresses of the configuration file are trusted and do not come here; see docs/security.md.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from http import HTTPStatus
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from yarl import URL

from hedgewatch import __version__
from hedgewatch.domain.errors import DeliveryError
from hedgewatch.notify.webhook import CONNECT_SECONDS, TOTAL_SECONDS, read_a_little, what_broke

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# What leads inside or nowhere though Python calls some of it global: translation and tunnel prefixes hold an IPv4
# address of anyone's choice, the others are reserved by IANA's special-purpose registries.
NEVER = tuple(
    ip_network(text)
    for text in (
        "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "100::/64", "5f00::/16", "3fff::/20", "fec0::/10",
        "::/96", "192.88.99.0/24", "192.0.0.0/24", "100.64.0.0/10", "198.18.0.0/15", "240.0.0.0/4",
    )
)  # fmt: skip
SECURE, PLAIN = "https", "http"
PORTS = frozenset({443, 8443})
PLAIN_PORTS = frozenset({80, 8080})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How far an address that was entered may lead.

    allow_private_targets: networks that are allowed all the same. ports: those that may be asked, and 80 and 8080 too
    where http is allowed.
    """

    allow_http: bool = False
    allow_private_targets: Sequence[Network] = ()
    ports: frozenset[int] = PORTS

    def refusal(self, url: str) -> str | None:
        """Say why an address may not be asked, as far as its text tells; None: its host is yet to be resolved."""
        try:
            target = URL(url)
            host, port = target.host, target.port
        except ValueError:
            return "is no web address"
        if target.scheme != SECURE and not (self.allow_http and target.scheme == PLAIN):
            return "must begin with https://"
        if not host:
            return "names no host"
        if port not in self.ports | (PLAIN_PORTS if self.allow_http else frozenset()):
            return f"leads to port {port}, which is not among those that may be asked"
        try:
            literal = ip_address(host)
        except ValueError:
            return None  # a name
        return self.refused(literal)

    def refused(self, address: Address) -> str | None:
        """Say why an address of the network may not be connected to; None: it may."""
        mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
        real = mapped or address
        if any(_lies_in(real, network) for network in self.allow_private_targets):
            return None
        leads_inside = real.is_multicast or real.is_reserved or any(_lies_in(real, network) for network in NEVER)
        if leads_inside or not real.is_global:
            return "leads to an address that is not public"
        return None


class CheckedResolver(AbstractResolver):
    """Resolves a name once and hands on what was checked: the connection goes there and asks nobody again."""

    def __init__(self, reach: Reach, inner: AbstractResolver | None = None) -> None:
        """Take how far names may lead, and who resolves them; left out: the system."""
        self._reach = reach
        self._inner = inner or ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the addresses of a name. Raises OSError if one of them may not be asked: a name of ours has none."""
        found = await self._inner.resolve(host, port, family)
        for result in found:
            if self._reach.refused(ip_address(result["host"].partition("%")[0])) is not None:
                raise OSError("a name that leads inside")
        return found

    async def close(self) -> None:
        """Let go of who resolves."""
        await self._inner.close()


async def post_outside(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    reach: Reach,
    resolver: AbstractResolver | None = None,
    total_seconds: Decimal = TOTAL_SECONDS,
) -> int:
    """POST to an address that somebody entered and return the answer's status; the answer itself is never shown.

    No redirect is followed, no proxy of the environment is asked, no cookie kept. Raises DeliveryError.
    """
    problem = reach.refusal(url)
    if problem is not None:
        raise DeliveryError(f"the address {problem}")
    session = aiohttp.ClientSession(
        timeout=aiohttp.ClientTimeout(total=float(total_seconds), connect=CONNECT_SECONDS),
        connector=aiohttp.TCPConnector(resolver=CheckedResolver(reach, resolver), use_dns_cache=False, limit=1),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        trust_env=False,
        headers={"User-Agent": f"hedgewatch/{__version__}"},
    )
    try:
        async with session, session.post(url, data=body, headers=headers, allow_redirects=False) as answer:
            await read_a_little(answer)
    except TimeoutError:
        raise DeliveryError(f"the address did not answer in time (at most {total_seconds} s)") from None
    except (aiohttp.ClientError, OSError, ValueError) as error:
        raise DeliveryError(f"the address {what_broke(error)}") from None
    if HTTPStatus.MULTIPLE_CHOICES <= answer.status < HTTPStatus.BAD_REQUEST:
        raise DeliveryError(f"the address answered {answer.status}: redirects are not followed")
    return answer.status


def _lies_in(address: Address, network: Network) -> bool:
    return address.version == network.version and address in network
