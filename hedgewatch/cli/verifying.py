"""Symbols, as the exchanges know them."""

from __future__ import annotations

from hedgewatch.domain.errors import ConfigurationError
from hedgewatch.domain.hedge import Quality
from hedgewatch.domain.market import ReadingFailure, UnknownReason
from hedgewatch.monitoring.cycle import CycleResult


def refuse_unlisted(result: CycleResult) -> None:
    """Raise ConfigurationError for all symbols that their exchange does not list, where a hedge suffers from it."""
    needed = {
        ref for snapshot in result.snapshots if snapshot.quality is not Quality.OK for ref in snapshot.hedge.instruments
    }
    unlisted = [
        reading.detail
        for answer in result.answers.values()
        for reading in answer.readings
        if isinstance(reading, ReadingFailure)
        and reading.reason is UnknownReason.UNKNOWN_SYMBOL
        and reading.ref in needed
    ]
    if unlisted:
        raise ConfigurationError(*dict.fromkeys(unlisted))
