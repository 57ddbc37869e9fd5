"""Compose what tells people: channels of the configuration become notifiers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time, timedelta
from zoneinfo import ZoneInfo

from hedgewatch.domain.errors import ConfigurationError
from hedgewatch.domain.thresholds import Severity
from hedgewatch.monitoring.digest import DigestPlan
from hedgewatch.monitoring.heartbeat import Switch
from hedgewatch.monitoring.maintenance import Window
from hedgewatch.monitoring.ports import Clock, Notifier
from hedgewatch.monitoring.routing import Routing
from hedgewatch.notify import make_notifier
from hedgewatch.notify.channels import AppriseChannel, Channel, EmailChannel, WebhookChannel
from hedgewatch.notify.switch import HttpSwitch
from hedgewatch.notify.trial import trial_delivery
from hedgewatch.settings import Settings
from hedgewatch.settings import channel_entries as written
from hedgewatch.settings.channel_entries import DAYS
from hedgewatch.settings.secret import Secret


def routing_of(settings: Settings) -> Routing:
    """Return which channels are told which severity."""
    return Routing(
        channels={severity: getattr(settings.routing, severity.value) for severity in Severity},
        fallback=settings.routing.fallback,
        escalation=tuple(step.channels for step in settings.routing.escalation),
    )


def windows_of(settings: Settings) -> tuple[Window, ...]:
    """Return the weekly windows of maintenance."""
    zone = ZoneInfo(settings.monitor.timezone)
    return tuple(
        Window(begins=_since_monday(entry.from_), ends=_since_monday(entry.to), timezone=zone)
        for entry in settings.routing.maintenance
    )


def digest_plan(settings: Settings) -> DigestPlan | None:
    """Return when the digest is made and for whom, None if nobody wants one."""
    entry = settings.routing.digest
    if entry is None:
        return None
    return DigestPlan(
        at=time.fromisoformat(entry.at), timezone=ZoneInfo(settings.monitor.timezone), channels=entry.channels
    )


def _since_monday(written: str) -> timedelta:
    day, _, clock = written.partition(" ")
    hours, _, minutes = clock.partition(":")
    return timedelta(days=DAYS.index(day), hours=int(hours), minutes=int(minutes))


def make_notifiers(settings: Settings, environ: Mapping[str, str]) -> tuple[Notifier, ...]:
    """Make a notifier for every channel; raises ConfigurationError for all that cannot be made, at once."""
    notifiers: list[Notifier] = []
    problems: list[str] = []
    for name, entry in settings.channels.items():
        try:
            notifiers.append(make_notifier(_channel(name, entry, settings, environ)))
        except ConfigurationError as error:
            problems.extend(error.problems)
    if problems:
        raise ConfigurationError(*problems)
    return tuple(notifiers)


def make_switch(settings: Settings, environ: Mapping[str, str]) -> Switch | None:
    """Make what tells the watcher outside, None if there is none. Raises ConfigurationError."""
    section = settings.heartbeat
    return HttpSwitch(section.url.resolve(environ).get_secret_value(), method=section.method) if section.url else None


async def send_trial(settings: Settings, name: str, environ: Mapping[str, str], clock: Clock) -> str:
    """Send a test message through one channel and return its id. Raises ConfigurationError or DeliveryError."""
    if name not in settings.channels:
        known = ", ".join(settings.channels) or "none"
        raise ConfigurationError(f'channels: there is no channel "{name}"; configured: {known}')
    notifier = make_notifier(_channel(name, settings.channels[name], settings, environ))
    try:
        delivery = trial_delivery(name, clock.now())
        await notifier.send(delivery, clock.now())
    finally:
        await notifier.close()
    return delivery.event_id


def _channel(name: str, entry: written.Channel, settings: Settings, environ: Mapping[str, str]) -> Channel:
    if isinstance(entry, written.WebhookChannel):
        return WebhookChannel(
            name=name,
            url=entry.url.resolve(environ).get_secret_value(),
            secret=_resolved(entry.secret, environ),
            previous_secret=_resolved(entry.previous_secret, environ),
            format=entry.format,
            ca_file=entry.ca_file,
        )
    if isinstance(entry, written.EmailChannel):
        return EmailChannel(
            name=name,
            to=entry.to,
            sender=entry.from_,
            server=entry.server.resolve(environ).get_secret_value(),
            password=_resolved(entry.password, environ),
            tls=entry.tls,
            ca_file=entry.ca_file,
            timezone=settings.monitor.timezone,
        )
    return AppriseChannel(
        name=name, url=entry.url.resolve(environ).get_secret_value(), timezone=settings.monitor.timezone
    )


def _resolved(secret: Secret | None, environ: Mapping[str, str]) -> str | None:
    return None if secret is None else secret.resolve(environ).get_secret_value()
