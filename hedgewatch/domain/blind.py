"""Blind: how near to liquidation a leg was when it was last seen, and may be now by another exchange's price."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from hedgewatch.domain.freshness import age_of, seconds_between
from hedgewatch.domain.hedge import CycleFacts, HedgeSnapshot, Leg
from hedgewatch.domain.history import LastStanding
from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.liquidation import distance_to
from hedgewatch.domain.market import MarketReading
from hedgewatch.domain.thresholds import Severity

OLDEST_PRICE = Decimal(15)  # seconds (domain specification 0.9)
NEAR = Decimal("0.25")  # where a hedge's liquidation_distance has no warning level of its own
RULE = "liquidation_distance"


@dataclass(frozen=True, slots=True, kw_only=True)
class BlindLeg:
    """A leg that cannot be read. distance: when it was last seen; estimate: by the price of ``source`` now.

    Both are shares of the price then and now, below zero once it is passed; estimate None: no other exchange is read.
    near: the distance that its hedge warns of.
    """

    hedge: str
    leg: str
    distance: Decimal
    seen_at: datetime
    estimate: Decimal | None
    source: InstrumentRef | None
    near: Decimal

    @property
    def is_near(self) -> bool:
        """True if by the estimate its hedge would warn, were it read."""
        return self.estimate is not None and self.estimate < self.near


def blind_legs(exchange: str, snapshots: Sequence[HedgeSnapshot], facts: CycleFacts) -> tuple[BlindLeg, ...]:
    """Return the legs at a silent exchange whose end was known when they were last seen, the nearest first."""
    found = [
        _blind(snapshot, leg, last, facts)
        for snapshot in snapshots
        for leg in snapshot.hedge.legs
        if leg.futures.exchange == exchange
        and (last := facts.past.standings.get((snapshot.hedge.name, leg.name))) is not None
        and last.futures == leg.futures
    ]
    return tuple(sorted(found, key=lambda one: one.distance if one.estimate is None else one.estimate))


def _blind(snapshot: HedgeSnapshot, leg: Leg, last: LastStanding, facts: CycleFacts) -> BlindLeg:
    level = snapshot.hedge.rules[RULE].levels.get(Severity.WARNING) if RULE in snapshot.hedge.rules else None
    elsewhere = next(_prices_elsewhere(leg.futures, facts), None)
    estimate = None if elsewhere is None else distance_to(last.side, elsewhere[1], last.price)
    return BlindLeg(
        hedge=snapshot.hedge.name,
        leg=leg.name,
        distance=last.distance,
        seen_at=last.seen_at,
        estimate=estimate,
        source=None if elsewhere is None else elsewhere[0],
        near=NEAR if level is None else level.fire,
    )


def _prices_elsewhere(futures: InstrumentRef, facts: CycleFacts) -> Iterator[tuple[InstrumentRef, Decimal]]:
    """Yield fresh prices of the same coin from other exchanges, futures of the same settle asset first."""
    others = [
        reading
        for reading in facts.readings.values()
        if isinstance(reading, MarketReading) and _is_same_coin(reading.ref, futures) and reading.quote is not None
    ]
    for reading in sorted(others, key=lambda one: (one.ref.settle != futures.settle, not one.ref.settle, one.ref)):
        age = age_of(reading, facts.read_at)
        if reading.quote is not None and age is not None and age <= OLDEST_PRICE:
            mark = reading.mark.mark_price if reading.mark else None
            yield reading.ref, mark or reading.quote.mid


def _is_same_coin(ref: InstrumentRef, futures: InstrumentRef) -> bool:
    return ref.exchange != futures.exchange and ref.base == futures.base


def seconds_since(blind: BlindLeg, facts: CycleFacts) -> Decimal:
    """Return how long ago a leg was last seen."""
    return max(Decimal(0), seconds_between(facts.read_at, blind.seen_at))
