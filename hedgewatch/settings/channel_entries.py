"""Channels, routing and the heartbeat as written in the file."""

from __future__ import annotations

import re
from datetime import time
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from hedgewatch.settings.secret import MailServer, SecretReference, WebAddress
from hedgewatch.settings.section import Section
from hedgewatch.settings.values import Duration, Names, as_list

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_MAILBOX = re.compile(r"[^\s@]+@[^\s@]+|[^<>]*<[^\s@<>]+@[^\s@<>]+>")


def read_clock(value: object) -> str:
    """Read a time of day, such as 08:00."""
    text = value.strftime("%H:%M") if isinstance(value, time) else value
    if not isinstance(text, str) or not _CLOCK.fullmatch(text):
        raise ValueError(f'found {value!r}: write a time of day such as "08:00"')
    return text


def read_week_time(value: object) -> str:
    """Read a day of the week and a time, such as Sat 02:00."""
    day, _, clock = value.partition(" ") if isinstance(value, str) else ("", "", "")
    if day not in DAYS or not _CLOCK.fullmatch(clock.strip()):
        raise ValueError(f'found {value!r}: write a day and a time such as "Sat 02:00"')
    return f"{day} {clock.strip()}"


def read_mailbox(value: object) -> str:
    """Read a mail address, one line."""
    if not isinstance(value, str) or not _MAILBOX.fullmatch(value):
        raise ValueError(f"found {value!r}, which is no mail address")
    return value


Clock = Annotated[str, BeforeValidator(read_clock)]
WeekTime = Annotated[str, BeforeValidator(read_week_time)]
Mailbox = Annotated[str, BeforeValidator(read_mailbox)]


class WebhookChannel(Section):
    """A webhook in the manner of Standard Webhooks, or of Alertmanager. previous_secret: signs as well meanwhile."""

    kind: Literal["webhook"]
    url: WebAddress
    secret: SecretReference | None = None
    previous_secret: SecretReference | None = None
    format: Literal["hedgewatch", "alertmanager"] = "hedgewatch"
    ca_file: Path | None = None


class EmailChannel(Section):
    """Mail over SMTP: STARTTLS is required unless ``tls`` is none; smtps speaks TLS from the start."""

    kind: Literal["email"]
    to: Annotated[
        tuple[Mailbox, ...],
        BeforeValidator(as_list, json_schema_input_type=Mailbox | tuple[Mailbox, ...]),
        Field(min_length=1),
    ]
    from_: Mailbox = Field(alias="from")
    server: MailServer
    password: SecretReference | None = None
    tls: Literal["none", "starttls"] | None = None
    ca_file: Path | None = None


class AppriseChannel(Section):
    """Anything that Apprise can reach; its URL is a secret."""

    kind: Literal["apprise"]
    url: SecretReference


Channel = Annotated[WebhookChannel | EmailChannel | AppriseChannel, Field(discriminator="kind")]


class DigestEntry(Section):
    """The daily digest: to whom, and when."""

    channels: Names
    at: Clock = "08:00"


class MaintenanceEntry(Section):
    """A weekly window in which only critical alerts are told."""

    from_: WeekTime = Field(alias="from")
    to: WeekTime


class EscalationEntry(Section):
    """Who else is told of a critical alert that nobody has acknowledged, and after how long."""

    after: Duration
    channels: Annotated[Names, Field(min_length=1)]


class RoutingSection(Section):
    """Which channels are told what."""

    critical: Names = ()
    warning: Names = ()
    info: Names = ()
    fallback: Names = ()
    escalation: tuple[EscalationEntry, ...] = ()
    digest: DigestEntry | None = None
    maintenance: tuple[MaintenanceEntry, ...] = ()


class HeartbeatSection(Section):
    """An address told after each complete cycle; silence is the alarm."""

    url: WebAddress | None = None
    method: Literal["GET", "POST"] = "GET"
