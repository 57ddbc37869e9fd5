"""How a person is told: webhook, e-mail and Apprise, and the table of channel kinds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hedgewatch.monitoring.ports import Notifier
from hedgewatch.notify.apprise import AppriseNotifier
from hedgewatch.notify.channels import AppriseChannel, Channel, EmailChannel, WebhookChannel
from hedgewatch.notify.email import EmailNotifier
from hedgewatch.notify.webhook import WebhookNotifier

KINDS: dict[str, Callable[[Any], Notifier]] = {
    WebhookChannel.kind: WebhookNotifier,
    EmailChannel.kind: EmailNotifier,
    AppriseChannel.kind: AppriseNotifier,
}


def make_notifier(channel: Channel) -> Notifier:
    """Return what speaks to this channel. Raises ConfigurationError if it is set wrongly."""
    return KINDS[channel.kind](channel)
