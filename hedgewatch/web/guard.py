"""What every answer and every request must satisfy: headers, the names we answer to, reading only."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Mapping
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SECURITY_HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; "
        "frame-ancestors 'none'; form-action 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
READING = ("GET", "HEAD")


class Guard:
    """Refuses foreign Host names (DNS rebinding) and writing methods; puts the headers on every answer."""

    def __init__(self, app: ASGIApp, allowed_hosts: Collection[str]) -> None:
        """Take the application and the names, beside IP literals and localhost, it may be called by."""
        self._app = app
        self._allowed = frozenset(name.lower().rstrip(".") for name in allowed_hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer or pass on one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(SECURITY_HEADERS)
            await send(message)

        await (self._refusal(scope) or self._app)(scope, receive, send_guarded)

    def _refusal(self, scope: Scope) -> PlainTextResponse | None:
        hosts = Headers(scope=scope).getlist("host")
        if len(hosts) != 1 or not is_allowed_host(hosts[0], self._allowed):
            words = "This name is not one of ours. Use the address, localhost, or a name in web.allowed_hosts.\n"
            return PlainTextResponse(words, status_code=403)
        if scope["method"] not in READING:
            words = "These pages can only be read.\n"
            return PlainTextResponse(words, status_code=405, headers={"Allow": ", ".join(READING)})
        return None


def is_allowed_host(header: str, allowed: Collection[str]) -> bool:
    """Tell whether a Host header names an IP literal, localhost or one of ``allowed`` (lower case)."""
    name = host_name(header)
    if name is None:
        return False
    if name == "localhost" or name in allowed:
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def host_name(header: str) -> str | None:
    """Return the name of a Host header in lower case, without port, brackets and last dot; None if it has none."""
    if header.startswith("["):
        name, closed, rest = header[1:].partition("]")
        return name.lower() if closed and (not rest or _is_port(rest)) else None
    name, colon, port = header.partition(":")
    if colon and not _is_port(colon + port):
        return None
    return name.lower().rstrip(".") or None


def _is_port(text: str) -> bool:
    return text.startswith(":") and text[1:].isascii() and text[1:].isdigit()
