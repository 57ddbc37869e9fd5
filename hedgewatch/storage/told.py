"""What was told of positions and holdings, in SQL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, select

from hedgewatch.domain.account import MarginMode
from hedgewatch.domain.held import DeclaredPosition
from hedgewatch.domain.told import Told, ToldHolding, ToldPosition
from hedgewatch.storage.audit import note_audit
from hedgewatch.storage.bulk import put, take_the_last
from hedgewatch.storage.intervention_tables import told_holding, told_position
from hedgewatch.storage.types import from_ms, to_ms, to_text


def read_told(connection: Connection) -> Told:
    """Read all that was told, whether the file has changed since or not."""
    positions = [_position(dict(row)) for row in connection.execute(select(told_position)).mappings()]
    holdings = [_holding(dict(row)) for row in connection.execute(select(told_holding)).mappings()]
    return Told(
        positions={(one.hedge, one.leg): one for one in positions}, holdings={one.holding: one for one in holdings}
    )


def store_position(connection: Connection, said: ToldPosition) -> None:
    """Store what was told of a position, with its audit; the latest word holds."""
    position = said.position
    mode = position.margin_mode
    row = (
        said.hedge,
        said.leg,
        said.entry,
        to_text(position.contracts),
        to_text(position.coins),
        to_text(position.entry_price),
        to_text(position.margin),
        to_text(position.entry_basis),
        to_text(position.maintenance_margin_rate),
        mode.value if mode else None,
        said.by,
        said.note,
        to_ms(said.at),
    )
    known = select(told_position).where(told_position.c.hedge == said.hedge, told_position.c.leg == said.leg)
    before = connection.execute(known).mappings().one_or_none()
    put(connection, told_position, [row], conflict=take_the_last(told_position))
    after = connection.execute(known).mappings().one()
    note_audit(
        connection, said.at, said.by, done=("position set", f"{said.hedge} {said.leg}"), before=before, after=after
    )


def store_holding(connection: Connection, said: ToldHolding) -> None:
    """Store what was told of a holding, with its audit; the latest word holds."""
    cost = to_text(said.cost_basis)
    row = (said.holding, said.entry, to_text(said.quantity), cost, said.by, said.note, to_ms(said.at))
    known = select(told_holding).where(told_holding.c.holding == said.holding)
    before = connection.execute(known).mappings().one_or_none()
    put(connection, told_holding, [row], conflict=take_the_last(told_holding))
    after = connection.execute(known).mappings().one()
    note_audit(connection, said.at, said.by, done=("holding set", said.holding), before=before, after=after)


def _position(row: Mapping[str, Any]) -> ToldPosition:
    mode = row["margin_mode"]
    return ToldPosition(
        hedge=row["hedge"],
        leg=row["leg"],
        entry=row["entry"],
        position=DeclaredPosition(
            contracts=row["contracts"],
            coins=row["coins"],
            entry_price=row["entry_price"],
            margin=row["margin"],
            entry_basis=row["entry_basis"],
            maintenance_margin_rate=row["maintenance_margin_rate"],
            margin_mode=MarginMode(mode) if mode else None,
        ),
        by=row["author"],
        note=row["note"],
        at=from_ms(row["at_ms"]),
    )


def _holding(row: Mapping[str, Any]) -> ToldHolding:
    return ToldHolding(
        holding=row["holding"],
        entry=row["entry"],
        quantity=row["quantity"],
        cost_basis=row["cost_basis"],
        by=row["author"],
        note=row["note"],
        at=from_ms(row["at_ms"]),
    )
