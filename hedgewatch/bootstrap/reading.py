"""Compose what is read: the history, for pages and status. Reaches no exchange."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from hedgewatch.settings import Settings
from hedgewatch.storage.history import History


@contextmanager
def reading(settings: Settings, environ: Mapping[str, str]) -> Iterator[History]:
    """Open the history, read only. Raises StoreUnavailableError."""
    history = History(settings.storage.url.resolve(environ).get_secret_value())
    try:
        yield history
    finally:
        history.close()
