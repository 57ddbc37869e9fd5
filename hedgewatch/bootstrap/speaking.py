"""Compose the desk: where people's words to a running worker are kept. Reaches no exchange."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from hedgewatch.bootstrap.reading import reading
from hedgewatch.monitoring.desk import Desk
from hedgewatch.settings import Settings
from hedgewatch.storage.database import Database
from hedgewatch.storage.history import History
from hedgewatch.storage.interventions import SqlDesk


@contextmanager
def speaking(settings: Settings, environ: Mapping[str, str]) -> Iterator[tuple[History, Desk]]:
    """Open the history and the desk over it, beside whatever worker is active. Raises StoreUnavailableError.

    The history comes first: a database that is not there is not made by somebody who has a word to say.
    """
    with reading(settings, environ) as history:
        history.schema_state()
        database = Database(settings.storage.url.resolve(environ).get_secret_value())
        try:
            yield history, SqlDesk(database)
        finally:
            database.close()
