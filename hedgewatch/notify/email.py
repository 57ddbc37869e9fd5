"""Mail over SMTP: encrypted and verified, text and HTML, delivered when the server answered 250 to the message."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime
from decimal import Decimal
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

import aiosmtplib
import structlog

from hedgewatch.domain.errors import ConfigurationError, DeliveryError, DeliveryFault
from hedgewatch.monitoring.ports import Delivery
from hedgewatch.notify.channels import EmailChannel
from hedgewatch.notify.letter import LONGEST_SUBJECT, one_line
from hedgewatch.notify.message import mail_of
from hedgewatch.notify.smtp_faults import explain
from hedgewatch.notify.smtp_server import smtp_server
from hedgewatch.notify.trust import trust
from hedgewatch.notify.wording import read_timezone

TOTAL_SECONDS = Decimal(30)
STEP_SECONDS = 10
# Python folds a subject before its first word where the rest fits one line; readers then show it with a blank ahead.
UNFOLDED = SMTP.clone(cte_type="7bit", max_line_length=len("Subject: ") + LONGEST_SUBJECT)

log = structlog.stdlib.get_logger("hedgewatch.notify")


class EmailNotifier:
    """Sends one mail per event through one server."""

    def __init__(self, channel: EmailChannel, *, total_seconds: Decimal = TOTAL_SECONDS) -> None:
        """Check addresses, server and time zone; ``total_seconds`` is the longest a mail may take.

        Raises ConfigurationError.
        """
        place = f"channels.{channel.name}"
        self._channel = channel
        self._total_seconds = total_seconds
        self._server = smtp_server(channel, place)
        self._trust = trust(channel.ca_file, f"{place}.ca_file")
        self._timezone = read_timezone(channel.timezone)
        self._sender = _address(channel.sender, f"{place}.from")
        self._recipients = tuple(_address(address, f"{place}.to") for address in channel.to)
        if not self._recipients:
            raise ConfigurationError(f"{place}.to: must name at least one address")

    @property
    def channel(self) -> str:
        """The channel's name in the configuration."""
        return self._channel.name

    @property
    def deadline_seconds(self) -> Decimal:
        """A little more than a mail may take by itself."""
        return self._total_seconds + 1

    async def send(self, delivery: Delivery, now: datetime) -> None:
        """Send one delivery. Raises DeliveryError that says what to mend and holds no secret.

        Taken by the server for at least one address counts as delivered: a retry would tell the others twice, and hold
        up what this alert has to tell next. Who was left out is logged.
        """
        message = self._message(delivery, now)
        try:
            async with asyncio.timeout(float(self._total_seconds)):
                await self._hand_over(message)
        except TimeoutError:
            problem = f"{self._server.host} did not take the mail in time (at most {self._total_seconds} s)"
            raise DeliveryError(problem, fault=DeliveryFault.OVERLOADED) from None
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            # from None: the library's errors hold the server's words, which may repeat what we sent
            is_login = isinstance(error, aiosmtplib.SMTPAuthenticationError)
            problem = f"{self._server.host} {explain(error, self._server, self._channel.password)}"
            raise DeliveryError(problem, fault=DeliveryFault.CONFIG if is_login else None) from None

    async def close(self) -> None:
        """Nothing stays open between two mails."""

    async def _hand_over(self, message: EmailMessage) -> None:
        server = self._server
        client = _Client(
            hostname=server.host,
            port=server.port,
            username=server.user,
            password=self._channel.password,
            use_tls=server.is_encrypted,
            start_tls=server.starts_tls,
            tls_context=self._trust if server.is_encrypted or server.starts_tls else None,
            timeout=STEP_SECONDS,
        )
        try:
            async with client:
                if all(str(message[name]).isascii() for name in ("Subject", "From", "To")):
                    whole = message.as_bytes(policy=UNFOLDED)
                    refused, _ = await client.sendmail(self._sender, self._recipients, whole)
                else:  # what is encoded must be folded: a word of it has 75 characters at most (RFC 2047)
                    refused, _ = await client.send_message(message, sender=self._sender, recipients=self._recipients)
        finally:
            await asyncio.sleep(0)  # one step of the loop lets go of the connection
        for address, response in refused.items():
            log.warning("recipient_refused", channel=self._channel.name, address=address, code=response.code)

    def _message(self, delivery: Delivery, now: datetime) -> EmailMessage:
        words = mail_of(json.loads(delivery.payload), self._timezone)
        event_id = one_line(delivery.event_id).replace(" ", "")
        message = EmailMessage()
        message["Subject"] = words.subject
        message["From"] = one_line(self._channel.sender)
        message["To"] = ", ".join(one_line(address) for address in self._channel.to)
        message["Date"] = format_datetime(now)
        message["Message-ID"] = f"<{event_id}@{self._sender.rpartition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"
        message["X-Hedgewatch-Event"] = event_id
        message.set_content(words.text)
        message.add_alternative(words.html, subtype="html")
        return message


class _Client(aiosmtplib.SMTP):
    """Leaves as soon as it closes: the library would wait for the server's half of TLS's goodbye, and the loop may end.

    When it closes, either the goodbyes of SMTP are said or the server has refused us.
    """

    def close(self) -> None:
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()
        super().close()


def _address(text: str, place: str) -> str:
    address = parseaddr(text)[1]
    local, at, domain = address.rpartition("@")
    if not (local and at and domain and text.isprintable()) or " " in address:
        raise ConfigurationError(f'{place}: "{one_line(text)}" is no mail address')
    return address
