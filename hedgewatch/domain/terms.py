"""Terms: why a hedge is there, until when, and when it has done its work."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

EVENT_SETTLES_IN = timedelta(hours=24)


class Objective(StrEnum):
    """What a hedge is held for: protection that may cost something, or the funding that it earns."""

    INSURANCE = "insurance"
    CARRY = "carry"


@dataclass(frozen=True, slots=True, kw_only=True)
class HedgeTerms:
    """What its owner says of a hedge besides its size. None: not said.

    event_at: the moment that it protects from; event_settle: so long after it, closing is proposed. until: when it is
    to end. opening_until: when it is to be built. profit_target: the gain of spot over the cost of the coins, a
    fraction, at which coins and hedge are to be given up together.
    """

    objective: Objective = Objective.INSURANCE
    purpose: str | None = None
    event_at: datetime | None = None
    event_settle: timedelta = EVENT_SETTLES_IN
    until: datetime | None = None
    opening_until: datetime | None = None
    profit_target: Decimal | None = None

    @property
    def ends_at(self) -> datetime | None:
        """When the hedge has done its work: ``until``, else when the event has settled; None if neither is said."""
        if self.until is not None or self.event_at is None:
            return self.until
        return self.event_at + self.event_settle
