"""A mail server's address as the configuration writes it."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from hedgewatch.domain.errors import ConfigurationError
from hedgewatch.notify.channels import EmailChannel

PORTS = {"smtp": 587, "smtps": 465}
PLAIN = "none"
TLS_CHOICES = (None, "starttls", PLAIN)


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpServer:
    """Where and how to speak SMTP. is_encrypted: from the first byte on. starts_tls: STARTTLS is demanded."""

    host: str
    port: int
    user: str | None
    is_encrypted: bool
    starts_tls: bool


def smtp_server(channel: EmailChannel, place: str) -> SmtpServer:
    """Read ``smtp://user@host:port`` or ``smtps://…``. Raises ConfigurationError that never shows a password."""
    try:
        parts = urlsplit(channel.server)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise ConfigurationError(f"{place}.server: is no address of a mail server") from None
    problem = _problem(channel, scheme=parts.scheme, host=host, user=parts.username, has_password=bool(parts.password))
    if problem or not host:
        raise ConfigurationError(f"{place}.{problem}")
    return SmtpServer(
        host=host,
        port=port or PORTS[parts.scheme],
        user=unquote(parts.username) if parts.username else None,
        is_encrypted=parts.scheme == "smtps",
        starts_tls=parts.scheme == "smtp" and channel.tls != PLAIN,
    )


def _problem(
    channel: EmailChannel, *, scheme: str, host: str | None, user: str | None, has_password: bool
) -> str | None:
    if scheme not in PORTS or not host:
        return "server: must be written like smtp://user@mail.example.com:587 or smtps://user@mail.example.com"
    if has_password:
        return 'server: holds a password; write password = "env:NAME" instead'
    if channel.tls not in TLS_CHOICES:
        return f'tls: "{channel.tls}" is not known; leave it out, or write "{PLAIN}"'
    if scheme == "smtps" and channel.tls == PLAIN:
        return f'tls: "{PLAIN}" contradicts smtps://; write smtp:// for an unencrypted server'
    if bool(user) != bool(channel.password):
        return "password: a user in server and a password belong together; one of them is missing"
    return None
