"""Compose what is read: the history, for pages and status. Reaches no exchange."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from hedgewatch.settings import Settings
from hedgewatch.storage.history import History
from hedgewatch.storage.migrate import upgrade


@contextmanager
def reading(settings: Settings, environ: Mapping[str, str], *, migrate: bool = False) -> Iterator[History]:
    """Open the history, read only. migrate: bring the schema up to date first. Raises StoreUnavailableError."""
    url = settings.storage.url.resolve(environ).get_secret_value()
    if migrate:
        upgrade(url)
    history = History(url)
    try:
        yield history
    finally:
        history.close()
