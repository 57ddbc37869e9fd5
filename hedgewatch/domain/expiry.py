"""Expiry: when a dated future ends, by its listing, else by its name."""

from __future__ import annotations

from datetime import datetime

from hedgewatch.domain.hedge import CycleFacts
from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.market import MarketReading


def expiry_of(ref: InstrumentRef, facts: CycleFacts) -> datetime | None:
    """Return when a contract expires; None: it does not, or its name does not say and its exchange has not yet."""
    if not ref.is_dated:
        return None
    reading = facts.readings.get(ref)
    listed = reading.instrument.expiry if isinstance(reading, MarketReading) else None
    return listed or ref.expires_at


def is_expired(ref: InstrumentRef, facts: CycleFacts) -> bool:
    """Tell whether a contract has been delivered: from then on there is no position in it, whatever was declared."""
    if not ref.is_dated:
        return False
    expiry = expiry_of(ref, facts)
    return expiry is not None and expiry <= facts.read_at
