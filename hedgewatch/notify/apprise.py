"""Whatever Apprise can reach: chats, pagers, phones. Told in the words of the mail."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from importlib import import_module
from typing import Any

from hedgewatch.domain.errors import ConfigurationError, DeliveryError, DeliveryFault
from hedgewatch.domain.redaction import Redactor
from hedgewatch.monitoring.ports import Delivery
from hedgewatch.notify.channels import AppriseChannel
from hedgewatch.notify.letter import MailText, one_line
from hedgewatch.notify.message import ending_of, mail_of
from hedgewatch.notify.wording import read_timezone

TOTAL_SECONDS = Decimal(20)  # a service may need several calls, of which the library gives each 4 s
LONGEST_REASON = 160
SUCCESS, TIMEOUT = "SUCCESS", "TIMEOUT"
TEXT = "text"
SPLIT, UPSTREAM = "split", "upstream"
WARNING = 30  # the library's level for what it could not do
# What a plugin may raise; the deliverer counts it as a failed attempt and tells none of its text.
BREAKS = (OSError, ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)
MOODS = {"resolved": "success", "closed": "info", "critical": "failure", "warning": "warning"}


class AppriseNotifier:
    """Tells one address of Apprise, in a thread of its own, since the library waits by blocking.

    The thread is none of the library's pool, which is shared: a service that hangs would delay the others.
    """

    def __init__(self, channel: AppriseChannel, *, total_seconds: Decimal = TOTAL_SECONDS) -> None:
        """Check the address; ``total_seconds`` is the longest a message may take.

        Raises ConfigurationError that does not show it.
        """
        self._channel = channel
        self._total_seconds = total_seconds
        self._timezone = read_timezone(channel.timezone)
        self._library, self._service = _opened(channel)
        self._redactor = Redactor([channel.url])
        self._hung: threading.Thread | None = None

    @property
    def channel(self) -> str:
        """The channel's name in the configuration."""
        return self._channel.name

    @property
    def deadline_seconds(self) -> Decimal:
        """A little more than a message may take by itself."""
        return self._total_seconds + 1

    async def send(self, delivery: Delivery, now: datetime) -> None:  # noqa: ARG002  the port's signature
        """Hand over one message; it counts as delivered only if its service took it. Raises DeliveryError."""
        if self._hung is not None and self._hung.is_alive():
            problem = f"{self._name} still hangs over an earlier message"
            raise DeliveryError(problem, fault=DeliveryFault.OVERLOADED)
        payload = json.loads(delivery.payload)
        words = mail_of(payload, self._timezone)
        body = fitting(words, self._service.body_maxlen, has_title=self._service.title_maxlen > 0)
        mood = MOODS.get(ending_of(payload), "info")
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._hung = _beside(answer, lambda: self._notified(words.subject, body, mood))
        try:
            async with asyncio.timeout(float(self._total_seconds)):
                result = await answer
        except TimeoutError:
            problem = f"{self._name} did not answer in time (at most {self._total_seconds} s)"
            raise DeliveryError(problem, fault=DeliveryFault.OVERLOADED) from None
        self._hung = None
        self._judge(result)

    async def close(self) -> None:
        """Nothing stays open between two messages; a thread that hangs ends with the process."""

    @property
    def _name(self) -> str:
        """Return the service's name, such as Slack: its address is a secret."""
        return one_line(str(self._service.service_name))

    def _notified(self, title: str, body: str, mood: str) -> Any:  # noqa: ANN401  the library's result
        return self._library.notify(title=title, body=body, notify_type=mood, body_format=TEXT, log_level=WARNING)

    def _judge(self, result: Any) -> None:  # noqa: ANN401  the library's result
        """Raise DeliveryError unless the one service took the message, ``optional=yes`` or not."""
        attempts = [attempt for service in result for attempt in service.attempts]
        last = attempts[-1].status.name if attempts else result.status.name
        if result and last == SUCCESS:
            return
        reasons = [one_line(str(entry.message)) for entry in result.logs()]
        told = self._redactor.clean(reasons[-1])[:LONGEST_REASON] if reasons else f"the library says {last}"
        fault = DeliveryFault.OVERLOADED if last == TIMEOUT else None
        raise DeliveryError(f"{self._name} did not take it: {told}", fault=fault)


def fitting(words: MailText, most: int, *, has_title: bool) -> str:
    """Return the longest wording that a service takes in one message; the headline alone where it takes little.

    most: characters a body may have; where the title is no separate field it stands in the body.
    """
    room = most if has_title else most - len(words.subject) - len("\r\n")
    return next((text for text in (words.text, words.brief) if len(text) <= room), words.headline)


def _opened(channel: AppriseChannel) -> tuple[Any, Any]:
    """Return the library, holding the one service of the address, and that service. Raises ConfigurationError."""
    apprise = import_module("apprise")  # late: it costs 25 MB and 0.3 s, and few have such a channel
    # Redirects lead where nobody meant them to; ``redirect=yes`` in the address allows them.
    asset = apprise.AppriseAsset(app_id="hedgewatch", http_redirects=False, async_mode=False, service_timeout=0)
    library = apprise.Apprise(asset=asset)
    is_read = library.add(channel.url)
    if not is_read or len(library) != 1:
        found = f"it names {len(library)} services" if len(library) > 1 else "Apprise does not understand it"
        raise ConfigurationError(
            f"channels.{channel.name}.url: {found}; give one address, as the library's list of services shows it"
        )
    service = library[0]
    if service.overflow_mode.value == UPSTREAM:  # as the library ships: too long a text would be refused for ever
        service.overflow_mode = apprise.OverflowMode(SPLIT)
    return library, service


def _beside(answer: asyncio.Future[Any], work: Callable[[], Any]) -> threading.Thread:
    """Run ``work`` in a thread that does not keep the process alive, and hand what it gives to ``answer``."""
    loop = answer.get_loop()

    def give(value: Any, error: BaseException | None) -> None:  # noqa: ANN401  whatever the work gives
        if answer.done():  # nobody waits any more
            return
        if error is not None:
            answer.set_exception(error)
        else:
            answer.set_result(value)

    def run() -> None:
        value, error = None, None
        try:
            value = work()
        except BREAKS as broken:
            error = broken
        if not loop.is_closed():
            loop.call_soon_threadsafe(give, value, error)

    thread = threading.Thread(target=run, name="apprise", daemon=True)
    thread.start()
    return thread
