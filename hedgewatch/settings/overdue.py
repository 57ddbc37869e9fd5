"""What a configuration asks for that is over already: events, horizons and contracts of the past, one line each."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from hedgewatch.domain.deadlines import moment_words
from hedgewatch.domain.errors import ConfigurationError
from hedgewatch.settings.hedge_entries import HedgeEntry
from hedgewatch.settings.models import Settings
from hedgewatch.settings.unbuilt import Gap
from hedgewatch.settings.visit import KeyPath, written


def overdue(settings: Settings, now: datetime) -> tuple[str, ...]:
    """Return a line for every deadline that has passed; a daemon starts all the same, and its rules tell them."""
    found = (
        gap
        for index, hedge in enumerate(settings.hedges)
        for gap in (*_deadlines(hedge, ("hedges", index), now), *_expired(hedge, ("hedges", index), now))
    )
    return tuple(f"{settings.file}: {written(path)}: {what}" for path, what in found)


def refuse_overdue(settings: Settings, now: datetime) -> None:
    """Raise ConfigurationError with every line of ``overdue``, for whoever checks a file before it is used."""
    lines = overdue(settings, now)
    if lines:
        raise ConfigurationError(*lines)


def _deadlines(hedge: HedgeEntry, path: KeyPath, now: datetime) -> Iterator[Gap]:
    mend = f"close the hedge (`hedgewatch hedge close {hedge.name}`), or"
    if hedge.event_at is not None and now >= hedge.event_at:
        text = f"found {moment_words(hedge.event_at)}, which is past: {mend} name the next event"
        yield (*path, "event_at"), text
    if hedge.until is not None and now >= hedge.until:
        yield (*path, "until"), f"found {moment_words(hedge.until)}, which is past: {mend} move it"


def _expired(hedge: HedgeEntry, path: KeyPath, now: datetime) -> Iterator[Gap]:
    for index, leg in enumerate(hedge.all_legs):
        is_short_form = hedge.futures is not None and index == 0
        number = index - 1 if hedge.futures is not None else index
        here = (*path, "futures") if is_short_form else (*path, "legs", number, "futures")
        expiry = leg.futures.ref.expires_at
        if expiry is not None and now >= expiry:
            text = (
                f'"{leg.futures}" expired at {moment_words(expiry)}: hedge with a later contract, or take the leg out'
            )
            yield here, text
