"""Configured channels as plain values, their secrets already resolved and never shown."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

OURS, ALERTMANAGER = "hedgewatch", "alertmanager"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookChannel:
    """A webhook.

    secret: ``whsec_`` and base64, None: not signed. previous_secret: signs as well, while it is changed. format: of the
    body, ours or Alertmanager's. ca_file: the only authority trusted, None: the system's.
    """

    kind: ClassVar[str] = "webhook"
    name: str
    url: str = field(repr=False)
    secret: str | None = field(repr=False)
    previous_secret: str | None = field(default=None, repr=False)
    format: str = OURS
    ca_file: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailChannel:
    """A mail server and who gets mail through it.

    server: ``smtp://user@host:port`` (STARTTLS, unless tls is ``none``) or ``smtps://…``. timezone: an IANA name, for
    words. ca_file: the only authority trusted, None: the system's.
    """

    kind: ClassVar[str] = "email"
    name: str
    to: tuple[str, ...]
    sender: str
    server: str
    password: str | None = field(default=None, repr=False)
    tls: str | None = None
    ca_file: Path | None = None
    timezone: str = "UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class AppriseChannel:
    """One address of Apprise, a secret as a whole. timezone: an IANA name, for words."""

    kind: ClassVar[str] = "apprise"
    name: str
    url: str = field(repr=False)
    timezone: str = "UTC"


Channel = WebhookChannel | EmailChannel | AppriseChannel
