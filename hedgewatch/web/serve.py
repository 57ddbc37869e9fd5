"""Serving the pages: a reserved socket, and uvicorn around it without its signal handlers."""

from __future__ import annotations

import contextlib
import errno
import socket
from collections.abc import Iterator

import uvicorn
from fastapi import FastAPI

from hedgewatch.domain.errors import ConfigurationError

BACKLOG = 128
GRACE_SECONDS = 1
IDLE_SECONDS = 5
PARALLEL_CONNECTIONS = 200
TROUBLES = {
    errno.EADDRINUSE: "is in use by another program; choose another port or stop it",
    errno.EADDRNOTAVAIL: "is no address of this machine; use 127.0.0.1 or one that `ip address` lists",
    errno.EACCES: "is not allowed to this user; choose a port above 1023",
}


def reserve(host: str, port: int) -> socket.socket:
    """Bind the address of the pages, port 0 being any free one; raises ConfigurationError."""
    try:
        kind, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    except (OSError, UnicodeError, OverflowError) as error:
        raise ConfigurationError(f"web.listen: {host}:{port} is no address; write one like 127.0.0.1:8710") from error
    return _bound(socket.socket(kind, socket.SOCK_STREAM), address, f"{host}:{port}")


def _bound(bound: socket.socket, address: object, told: str) -> socket.socket:
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)  # type: ignore[arg-type]  # what getaddrinfo gave
        bound.listen(BACKLOG)
    except (OSError, OverflowError) as error:
        bound.close()
        trouble = TROUBLES.get(getattr(error, "errno", None) or 0, "cannot be listened on; choose another")
        raise ConfigurationError(f"web.listen: {told} {trouble}") from error
    return bound


class QuietServer(uvicorn.Server):
    """uvicorn that leaves SIGTERM and SIGINT to the daemon around it."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


class Pages:
    """The pages being served on a reserved socket."""

    def __init__(self, app: FastAPI, bound: socket.socket) -> None:
        """Take what to serve and where; the socket is closed when ``run`` ends."""
        self._socket = bound
        self._server = QuietServer(
            uvicorn.Config(
                app,
                access_log=False,
                log_config=None,
                lifespan="off",
                server_header=False,
                date_header=False,
                proxy_headers=False,
                ws="none",
                timeout_keep_alive=IDLE_SECONDS,
                timeout_graceful_shutdown=GRACE_SECONDS,
                limit_concurrency=PARALLEL_CONNECTIONS,
            )
        )

    @property
    def address(self) -> str:
        """The ``host:port`` that is listened on, as a link needs it: port 0 has become a real one."""
        host, port = self._socket.getsockname()[:2]
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    async def run(self) -> None:
        """Serve until stopped; ends within two seconds of it."""
        try:
            await self._server.serve(sockets=[self._socket])
        finally:
            self._socket.close()

    def stop(self) -> None:
        """Ask ``run`` to end; may be called again, and before it began."""
        self._server.should_exit = True
