"""Checks of exchanges, accounts, channels, routing, the dashboard, and of secrets written out."""

from __future__ import annotations

import stat
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

from hedgewatch.domain.hedge import DOLLAR
from hedgewatch.settings.channel_entries import EmailChannel, WebhookChannel
from hedgewatch.settings.check_hedges import Book
from hedgewatch.settings.instruments import read_exchange
from hedgewatch.settings.problems import did_you_mean
from hedgewatch.settings.secret import Address, Secret, SecretSource
from hedgewatch.settings.visit import KeyPath, leaves

OTHERS = stat.S_IRWXG | stat.S_IRWXO


def check_exchanges(book: Book) -> None:
    """Check the names of the exchange tables."""
    for name in book.settings.exchanges:
        try:
            read_exchange(name)
        except ValueError as error:
            book.problems.add(("exchanges", name), str(error))


def check_currencies(book: Book) -> None:
    """Check that each currency's source prices that currency, in dollars."""
    for name, currency in book.settings.currencies.items():
        path: KeyPath = ("currencies", name, "usd")
        source = currency.usd
        if not book.problems.readable(*path) or (source.base, source.quote) == (name, DOLLAR):
            continue
        meant = f"{source.ref.exchange}:{name}/{DOLLAR}"
        book.problems.add(path, f'"{source}" does not tell what {name} is worth in dollars; did you mean "{meant}"?')


def check_channels(book: Book) -> None:
    """Check every channel's means, and that every route leads to one."""
    for name, channel in book.settings.channels.items():
        path: KeyPath = ("channels", name)
        if isinstance(channel, WebhookChannel):
            _check_webhook(book, path, channel)
        elif isinstance(channel, EmailChannel):
            _check_mail(book, path, channel)
    _check_escalation(book)
    known = book.names("channels")
    for path, names in _routes(book).items():
        for name in names:
            if name not in known:
                hint = did_you_mean(name, known) or "; declare it under [channels.NAME]"
                book.problems.add(path, f'unknown channel "{name}"{hint}')


def _routes(book: Book) -> dict[KeyPath, tuple[str, ...]]:
    """Return every list of channels, by where it stands."""
    routing = book.settings.routing
    digest = routing.digest.channels if routing.digest else ()
    routes: dict[KeyPath, tuple[str, ...]] = {
        ("routing", "critical"): routing.critical,
        ("routing", "warning"): routing.warning,
        ("routing", "info"): routing.info,
        ("routing", "fallback"): routing.fallback,
        ("routing", "digest", "channels"): digest,
    }
    for number, step in enumerate(routing.escalation):
        routes["routing", "escalation", number, "channels"] = step.channels
    for rule, entry in book.settings.rules.items():
        routes["rules", rule, "channels"] = entry.channels or ()
    for path, hedge in book.numbered_hedges():
        for rule, entry in hedge.rules.items():
            routes[(*path, "rules", rule, "channels")] = entry.channels or ()
    return routes


def _check_escalation(book: Book) -> None:
    steps = book.settings.routing.escalation
    for number, (before, step) in enumerate(pairwise(steps), 1):
        if step.after.seconds <= before.after.seconds:
            text = f"found {step.after}, no later than the step before it; write the steps in the order of their time"
            book.problems.add(("routing", "escalation", number, "after"), text)


def _check_webhook(book: Book, path: KeyPath, channel: WebhookChannel) -> None:
    if channel.previous_secret is not None and channel.secret is None and book.problems.readable(*path, "secret"):
        book.problems.add((*path, "previous_secret"), "stands alone: it is what secret was before; write secret")
    elif channel.secret is None and channel.format == "hedgewatch" and book.problems.readable(*path, "secret"):
        book.problems.add((*path, "secret"), 'is missing: webhooks are signed; write secret = "env:NAME" (whsec_…)')


def _check_mail(book: Book, path: KeyPath, channel: EmailChannel) -> None:
    server = channel.server.written
    if server is None:
        return
    if server.scheme == "smtps" and channel.tls == "none":
        book.problems.add((*path, "tls"), 'found "none": smtps always speaks TLS; write smtp:// or leave tls out')
    if server.username and channel.password is None and book.problems.readable(*path, "password"):
        book.problems.add((*path, "password"), f'is missing: the server is asked as "{server.username}"')


def check_web(book: Book) -> None:
    """Check that a dashboard which others can reach is locked."""
    web = book.settings.web
    if web.is_loopback or not book.problems.readable("web"):
        return
    missing = [] if web.token else ["a token"]
    missing += [] if web.tls or web.behind_proxy else ["tls or behind_proxy = true"]
    if missing:
        text = f"found {web.listen}, which others can reach: that needs {' and '.join(missing)}"
        book.problems.add(("web", "listen"), f"{text}; 127.0.0.1 keeps it to this machine")


def check_secrets(book: Book, file: Path, overrides: Mapping[KeyPath, str]) -> None:
    """Refuse secrets written into the file, unless that is allowed and the file is private."""
    written = [path for path, leaf in leaves(book.settings) if _is_written_out(leaf)]
    in_file = [path for path in written if not _is_overridden(path, overrides)]
    if not book.settings.monitor.allow_literal_secrets:
        for path in in_file:
            text = 'a secret is written out; write "env:NAME", "file:PATH" or "credential:NAME"'
            book.problems.add(path, text)
    elif in_file and file.stat().st_mode & OTHERS:
        mode = stat.S_IMODE(file.stat().st_mode)
        book.problems.add(
            (), f"holds secrets and others may read it (mode {mode:04o}); make it private: chmod 600 {file}"
        )


def _is_written_out(leaf: object) -> bool:
    if isinstance(leaf, Address):
        return leaf.has_password
    return isinstance(leaf, Secret) and leaf.source is SecretSource.LITERAL


def _is_overridden(path: KeyPath, overrides: Mapping[KeyPath, str]) -> bool:
    return any(path[:size] in overrides for size in range(1, len(path) + 1))
