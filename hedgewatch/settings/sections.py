"""The sections about where things are: monitor, storage, exchanges, accounts, currencies, web."""

from __future__ import annotations

import re
from decimal import Decimal
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import PlainValidator, WithJsonSchema

from hedgewatch.settings.instruments import ExchangeId, SpotName
from hedgewatch.settings.secret import SecretReference, StoreAddress, address_reader
from hedgewatch.settings.section import Section
from hedgewatch.settings.values import Duration, Flag, PollInterval, Span, TimeZone

DAY_SECONDS = 86400
LAST_PORT = 65535
_LISTEN = re.compile(r"(?P<host>\[[0-9a-fA-F:.]+\]|[^\s:/\[\]]+):(?P<port>\d+)")


def read_listen(value: object) -> str:
    """Read host:port."""
    match = _LISTEN.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f'found {value!r}: write host:port, such as "127.0.0.1:8710"')
    if not 1 <= int(match["port"]) <= LAST_PORT:
        raise ValueError(f"found port {match['port']}: a port lies between 1 and {LAST_PORT}")
    return match.string


def read_base_url(value: object) -> str:
    """Read the address of a server that stands in for an exchange: written out, without password, query or fragment."""
    address = address_reader("https", "http")(value)
    if address.written is None:
        raise ValueError("is no secret: write the address itself")
    if address.written.username or address.written.query or address.written.fragment:
        raise ValueError("takes only scheme, host, port and path")
    return str(address).rstrip("/")


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine and no other can reach it."""
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


Listen = Annotated[str, PlainValidator(read_listen), WithJsonSchema({"type": "string", "pattern": r"^.+:\d+$"})]
BaseUrl = Annotated[str, PlainValidator(read_base_url), WithJsonSchema({"type": "string", "format": "uri"})]


class MonitorSection(Section):
    """How often the exchanges are read, and in whose time words are written."""

    poll_every: PollInterval = Span(seconds=Decimal(30))
    timezone: TimeZone = "UTC"
    profile: Literal["calm", "default", "tight"] = "default"
    allow_literal_secrets: Flag = False


class StorageSection(Section):
    """Where history lies, and how long its rows are kept whole. keep_hourly None: for ever."""

    url: StoreAddress = address_reader("sqlite", "postgresql")("sqlite:///hedgewatch.db")
    keep_raw: Duration = Span(seconds=Decimal(90 * DAY_SECONDS))
    keep_hourly: Duration | None = None


class ExchangeSection(Section):
    """What differs from an exchange's defaults."""

    base_url: BaseUrl | None = None


class AccountSection(Section):
    """Read-only credentials at one exchange."""

    exchange: ExchangeId
    api_key: SecretReference
    secret: SecretReference
    password: SecretReference | None = None
    margin: Literal["classic", "unified", "portfolio"] = "classic"
    allow_trading_keys: Flag = False


class CurrencySection(Section):
    """How a quote currency is worth dollars."""

    usd: SpotName


class TlsEntry(Section):
    """The dashboard's own certificate and key (PEM files)."""

    certificate: Path
    key: Path


class WebSection(Section):
    """Where the dashboard listens; anything but loopback needs a token, and TLS or a proxy that has it."""

    listen: Listen = "127.0.0.1:8710"
    token: SecretReference | None = None
    tls: TlsEntry | None = None
    behind_proxy: Flag = False
    allowed_hosts: tuple[str, ...] = ()

    @property
    def host(self) -> str:
        """The host part of ``listen``, without brackets."""
        return urlsplit(f"//{self.listen}").hostname or ""

    @property
    def is_loopback(self) -> bool:
        """True if only this machine can reach it."""
        return is_loopback(self.host)
