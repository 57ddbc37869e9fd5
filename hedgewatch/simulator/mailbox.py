"""A real SMTP server on loopback that keeps what it receives, for the demo and the tests."""

from __future__ import annotations

import asyncio
import email
import email.policy
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from types import TracebackType
from typing import Self, cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One accepted message with the envelope it came in."""

    sender: str
    recipients: tuple[str, ...]
    message: EmailMessage
    is_encrypted: bool
    user: str | None


class Mailbox:
    """The server: plain, or with STARTTLS required (``tls``), or with a login required (``user``, ``password``).

    ``refuse`` lets it answer 451 to a number of messages, as a busy server does.
    """

    def __init__(self, *, tls: ssl.SSLContext | None = None, user: str | None = None, password: str = "") -> None:
        self.mails: list[Mail] = []
        self.refused = 0
        self.port = 0
        self._tls = tls
        self._login = None if user is None else (user.encode(), password.encode())
        self._refusals = 0
        self._server: asyncio.Server | None = None

    def refuse(self, times: int) -> None:
        """Answer 451 to the next ``times`` messages."""
        self._refusals = times

    async def start(self, port: int = 0) -> int:
        """Listen on loopback (0: any free port) and return the port. Raises OSError if it is taken."""
        self._server = await asyncio.get_running_loop().create_server(self._session, LOOPBACK, port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self.port

    async def stop(self) -> None:
        """Close the port."""
        if self._server is not None:
            self._server.close()
            self._server = None
            await asyncio.sleep(0)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  aiosmtpd's
        """Keep a message, or refuse it."""
        if self._refusals > 0:
            self._refusals -= 1
            self.refused += 1
            return "451 Requested action aborted: try again later"
        content = cast("bytes", envelope.content)
        self.mails.append(
            Mail(
                sender=envelope.mail_from or "",
                recipients=tuple(envelope.rcpt_tos),
                message=email.message_from_bytes(content, policy=email.policy.default),
                is_encrypted=session.ssl is not None,
                user=cast("str | None", session.auth_data),
            )
        )
        return "250 Message accepted for delivery"

    def _session(self) -> SMTP:
        return SMTP(
            self,
            hostname="mailbox.localhost",
            tls_context=self._tls,
            require_starttls=self._tls is not None,
            auth_required=self._login is not None and self._tls is not None,
            auth_require_tls=self._tls is not None,
            authenticator=self._authenticate,
        )

    def _authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, login: object
    ) -> AuthResult:
        # handled=False makes the refusal come at once; else the client waits for its time limit.
        if self._login is None or not isinstance(login, LoginPassword):
            return AuthResult(success=False, handled=False)
        if (login.login, login.password) != self._login:
            return AuthResult(success=False, handled=False)
        return AuthResult(success=True, auth_data=login.login.decode())
