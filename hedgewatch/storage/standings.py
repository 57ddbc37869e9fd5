"""Standings: where each leg was to be liquidated when that was last known, for the day its exchange goes silent."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import Connection, or_, select

from hedgewatch.domain.hedge import HedgeSnapshot
from hedgewatch.domain.history import LastStanding
from hedgewatch.domain.instrument import InstrumentRef, PositionSide
from hedgewatch.domain.numbers import ONE, exactly
from hedgewatch.storage import tables
from hedgewatch.storage.types import from_ms, to_decimal, to_float, to_ms

LOOKBACK = timedelta(days=7)  # what was seen longer ago says nothing of a position now
Standings = dict[tuple[str, str], LastStanding]


def note_standings(known: Standings, snapshots: Iterable[HedgeSnapshot], read_at: datetime) -> None:
    """Keep where each leg is to be liquidated; one that holds nothing or never is, is forgotten; a blind one stays."""
    for snapshot in snapshots:
        for leg in snapshot.legs:
            key = snapshot.hedge.name, leg.leg.name
            if leg.is_never:
                known.pop(key, None)
            elif leg.unknown is None and leg.coins and leg.mark_price is not None:
                distance, mark = to_decimal(to_float(leg.liquidation_distance)), to_decimal(to_float(leg.mark_price))
                if distance is not None and mark is not None:
                    known[key] = _standing(leg.leg.futures, leg.coins, mark, distance, seen_at=read_at)


def standings_at(known: Standings, now: datetime) -> Standings:
    """Return what is not too old to say anything."""
    return {key: standing for key, standing in known.items() if now - standing.seen_at <= LOOKBACK}


def load_standings(connection: Connection, now: datetime) -> Standings:
    """Read the latest row of every leg that knew it, unless a later one says that nothing is held."""
    leg, seen = tables.leg, tables.leg_snapshot.c
    known: Standings = {}
    for row in list(connection.execute(select(leg)).mappings()):
        columns = (seen.read_at_ms, seen.coins, seen.mark_price, seen.liquidation_distance)
        told = or_(seen.liquidation_distance.is_not(None), seen.coins == 0)
        latest = (
            select(*columns)
            .where(seen.leg_id == row["id"], seen.read_at_ms >= to_ms(now - LOOKBACK), told)
            .order_by(seen.read_at_ms.desc())
            .limit(1)
        )
        for read_at_ms, coins, mark, distance in connection.execute(latest):
            key, before = (row["hedge"], row["name"]), known.get((row["hedge"], row["name"]))
            if coins and mark and distance is not None and (before is None or before.seen_at < from_ms(read_at_ms)):
                ref = InstrumentRef(exchange=row["exchange"], symbol=row["symbol"])
                known[key] = _standing(ref, coins, mark, distance, seen_at=from_ms(read_at_ms))
    return known


@exactly
def _standing(
    ref: InstrumentRef, coins: Decimal, mark: Decimal, distance: Decimal, *, seen_at: datetime
) -> LastStanding:
    side = PositionSide.SHORT if coins < 0 else PositionSide.LONG
    price = mark * (ONE + distance if side is PositionSide.SHORT else ONE - distance)
    return LastStanding(futures=ref, side=side, price=price, distance=distance, seen_at=seen_at)
