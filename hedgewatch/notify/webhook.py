"""Webhooks, signed as Standard Webhooks asks: https://www.standardwebhooks.com."""

from __future__ import annotations

import base64
import binascii
import contextlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from urllib.parse import urlsplit

import aiohttp
from standardwebhooks import Webhook

from hedgewatch import __version__
from hedgewatch.domain.errors import ConfigurationError, DeliveryError, DeliveryFault
from hedgewatch.monitoring.ports import Delivery
from hedgewatch.notify.alertmanager import alertmanager_body
from hedgewatch.notify.channels import ALERTMANAGER, WebhookChannel
from hedgewatch.notify.trust import refused_certificate, trust

CONNECT_SECONDS = 3
TOTAL_SECONDS = Decimal(10)
MOST_READ_BYTES = 8 * 1024
LATE_AFTER_SECONDS = 60
SECRET_PREFIX = "whsec_"  # noqa: S105  the public prefix of a secret
SHORTEST_SECRET_BYTES = 24  # the specification's lower bound
OVERLOADED = frozenset({429, 502, 504})
LONGEST_RETRY_AFTER_DIGITS = 9
MENDS = {
    401: ": does its secret equal ours?",
    403: ": does its secret equal ours?",
    404: ": is the path of the url right?",
    410: ": the receiver says that it is gone for good; take the channel out or mend its url",
}


class WebhookNotifier:
    """POSTs the frozen body to one address and keeps the connection warm."""

    def __init__(self, channel: WebhookChannel, *, total_seconds: Decimal = TOTAL_SECONDS) -> None:
        """Check the address and the secret; ``total_seconds`` is the longest a request may take.

        Raises ConfigurationError that shows neither.
        """
        place = f"channels.{channel.name}"
        self._channel = channel
        self._total_seconds = total_seconds
        self._host = host_of(channel.url, f"{place}.url")
        secrets = {"secret": channel.secret, "previous_secret": channel.previous_secret}
        self._signers = [_signer(secret, f"{place}.{key}") for key, secret in secrets.items() if secret is not None]
        self._trust = trust(channel.ca_file, f"{place}.ca_file")
        self._session: aiohttp.ClientSession | None = None

    @property
    def channel(self) -> str:
        """The channel's name in the configuration."""
        return self._channel.name

    @property
    def deadline_seconds(self) -> Decimal:
        """A little more than a request may take by itself."""
        return self._total_seconds + 1

    async def send(self, delivery: Delivery, now: datetime) -> None:
        """POST one delivery; only a 2xx answer counts. Raises DeliveryError that names the host and nothing more."""
        body = self._body(delivery)
        try:
            async with self._open().post(
                self._channel.url,
                data=body,
                headers=self._headers(delivery, body, now),
                allow_redirects=False,
            ) as answer:
                await read_a_little(answer)
        except TimeoutError:
            problem = f"{self._host} did not answer in time (at most {self._total_seconds} s)"
            raise DeliveryError(problem, fault=DeliveryFault.OVERLOADED) from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            # from None: the library's errors hold the whole address, which may be a secret
            raise DeliveryError(f"{self._host} {what_broke(error)}") from None
        if not HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
            raise _refusal(self._host, answer.status, answer.headers, now)

    async def close(self) -> None:
        """Close the connection."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _open(self) -> aiohttp.ClientSession:
        """Return the one session, made at the first send because it needs the running loop."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=float(self._total_seconds), connect=CONNECT_SECONDS),
                connector=aiohttp.TCPConnector(ssl=self._trust, limit=1),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
            )
        return self._session

    def _body(self, delivery: Delivery) -> bytes:
        """Return the frozen body, or what follows from it and from nothing else: the same bytes at every attempt."""
        if self._channel.format == ALERTMANAGER:
            return alertmanager_body(json.loads(delivery.payload), self._channel.name)
        return delivery.payload

    def _headers(self, delivery: Delivery, body: bytes, now: datetime) -> dict[str, str]:
        # The library overwrites the time zone instead of converting: anything but UTC would sign another moment.
        at = now.astimezone(UTC)
        headers = {
            "Content-Type": "application/json",
            "User-Agent": f"hedgewatch/{__version__}",
            "webhook-id": delivery.event_id,
            "webhook-timestamp": str(int(at.timestamp())),
        }
        if self._signers:
            signatures = [signer.sign(delivery.event_id, at, body.decode()) for signer in self._signers]
            headers["webhook-signature"] = " ".join(signatures)
        if (now - delivery.made_at).total_seconds() > LATE_AFTER_SECONDS:
            headers["hedgewatch-late"] = "true"
        return headers


def host_of(url: str, place: str) -> str:
    """Return host and port of a web address; raises ConfigurationError that does not show it."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise ConfigurationError(f"{place}: is no web address") from None
    if parts.scheme not in {"http", "https"} or not host:
        raise ConfigurationError(f"{place}: must begin with https:// (or http://) and name a host")
    return f"{host}:{port}" if port else host


def _signer(secret: str, place: str) -> Webhook:
    problem = (
        f"{place}: must be {SECRET_PREFIX} followed by base64 of at least {SHORTEST_SECRET_BYTES} random bytes;"
        ' make one with: echo "whsec_$(openssl rand -base64 32)"'
    )
    text = secret.removeprefix(SECRET_PREFIX).rstrip("=")
    try:
        key = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise ConfigurationError(problem) from None
    if not secret.startswith(SECRET_PREFIX) or len(key) < SHORTEST_SECRET_BYTES:
        raise ConfigurationError(problem)
    return Webhook(key)


async def read_a_little(answer: aiohttp.ClientResponse) -> None:
    """Read a short answer, so that its connection can be used again; the status alone decides, so trouble is none."""
    left = MOST_READ_BYTES
    with contextlib.suppress(aiohttp.ClientError, TimeoutError, OSError):
        while left > 0 and (chunk := await answer.content.read(left)):
            left -= len(chunk)


def _refusal(host: str, status: int, headers: Mapping[str, str], now: datetime) -> DeliveryError:
    retry_after = _retry_after(headers.get("Retry-After", ""), now)
    mend = MENDS.get(status, "")
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        mend = ": redirects are not followed; give the final url"
    return DeliveryError(f"{host} answered {status}{mend}", retry_after_seconds=retry_after, fault=_fault(status))


def _fault(status: int) -> DeliveryFault | None:
    if status in OVERLOADED:
        return DeliveryFault.OVERLOADED
    if status == HTTPStatus.GONE:
        return DeliveryFault.GONE
    is_ours = HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.INTERNAL_SERVER_ERROR
    return DeliveryFault.CONFIG if is_ours else None


def _retry_after(text: str, now: datetime) -> Decimal | None:
    """Read the header's seconds or date; None where it says nothing that can be understood."""
    text = text.strip()
    if text.isascii() and text.isdigit():
        return Decimal(text[:LONGEST_RETRY_AFTER_DIGITS])
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    until = date if date.tzinfo else date.replace(tzinfo=UTC)
    return Decimal(max(0, round((until - now).total_seconds())))


def what_broke(error: BaseException) -> str:
    """Say how a request broke, without its address, which may be a secret."""
    certificate = refused_certificate(error)
    if certificate:
        return f"showed a certificate that is not trusted ({certificate}): is ca_file needed?"
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "is not known to the name server"
    if isinstance(error, aiohttp.ClientConnectorError):
        return f"could not be reached ({error.strerror or 'no connection'})"
    if isinstance(error, aiohttp.ServerDisconnectedError | ConnectionError):
        return "cut the connection before it answered"
    return f"gave no usable answer ({type(error).__name__})"
