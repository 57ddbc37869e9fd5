"""Compose what is read: the history, for pages and status. Reaches no exchange."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from hedgewatch.bootstrap.places import spool_folder
from hedgewatch.domain.errors import StoreRefusedError, StoreUnavailableError
from hedgewatch.settings import Settings
from hedgewatch.storage.engine import place_of
from hedgewatch.storage.history import History
from hedgewatch.storage.migrate import upgrade

log = logging.getLogger(__name__)


@contextmanager
def reading(settings: Settings, environ: Mapping[str, str], *, migrate: bool = False) -> Iterator[History]:
    """Open the history, read only. migrate: bring the schema up to date first.

    A database that was in use before and is away for now is no reason not to open. Raises StoreUnavailableError.
    """
    url = settings.storage.url.resolve(environ).get_secret_value()
    if migrate:
        _migrate(url, environ)
    history = History(url)
    try:
        yield history
    finally:
        history.close()


def _migrate(url: str, environ: Mapping[str, str]) -> None:
    try:
        upgrade(url)
    except StoreRefusedError:
        raise
    except StoreUnavailableError as error:
        if not spool_folder(place_of(url), environ).is_dir():
            raise
        log.warning("nothing can be shown yet: %s", error)
