"""A name server on loopback that changes its mind, and who asks it: for tests of rebinding."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from ipaddress import IPv4Address
from itertools import cycle

from aiohttp.abc import AbstractResolver, ResolveResult

QUESTION = struct.Struct(">HHHHHH")
ANSWER_TO_THE_NAME_ABOVE = b"\xc0\x0c"


class NameServer(asyncio.DatagramProtocol):
    """Answers every question with the next of its addresses, valid for no time at all."""

    def __init__(self, *addresses: str) -> None:
        self.asked = 0
        self.addresses: Iterator[str] = cycle(addresses)
        self.port = 0
        self.transport: asyncio.DatagramTransport | None = None

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.asked += 1
        number = data[:2]
        header = number + b"\x81\x80" + struct.pack(">HHHH", 1, 1, 0, 0)
        record = struct.pack(">HHIH", 1, 1, 0, 4) + IPv4Address(next(self.addresses)).packed
        assert self.transport is not None
        self.transport.sendto(header + data[QUESTION.size :] + ANSWER_TO_THE_NAME_ABOVE + record, addr)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[NameServer]:
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", 0))
        self.transport = transport
        self.port = transport.get_extra_info("sockname")[1]
        try:
            yield self
        finally:
            transport.close()
            await asyncio.sleep(0)


class Asking(AbstractResolver):
    """Asks the name server over the network, and keeps nothing."""

    def __init__(self, server: NameServer) -> None:
        self.server = server

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_UNSPEC,  # noqa: ARG002  the port's signature
    ) -> list[ResolveResult]:
        labels = b"".join(bytes([len(label)]) + label.encode() for label in host.split("."))
        question = QUESTION.pack(1, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">HH", 1, 1)
        loop = asyncio.get_running_loop()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
            asked.settimeout(0)
            await loop.sock_connect(asked, ("127.0.0.1", self.server.port))
            await loop.sock_sendall(asked, question)
            answer = await asyncio.wait_for(loop.sock_recv(asked, 512), 2)
        address = socket.inet_ntoa(answer[-4:])
        kind = socket.AF_INET
        return [ResolveResult(hostname=host, host=address, port=port, family=kind, proto=0, flags=0)]

    async def close(self) -> None:
        """Nothing stays open."""
