"""What ``size --json`` answers. Imports no terminal: it is asked by scripts, and often."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from hedgewatch.cli.plain_contract import COINS, FoundContract, SizeAnswer
from hedgewatch.domain.hedge_size import BookRoom, HedgeSize
from hedgewatch.domain.instrument import Instrument
from hedgewatch.domain.order import TimeInForce
from hedgewatch.monitoring.payload import number_text, time_text

TERMS = ("contract_size", "tick", "lot_step", "min_contracts", "min_notional", "maker_fee", "taker_fee")
PRICES = ("bid", "ask", "spot_price", "funding_rate", "funding_interval_hours")


def size_json(told: SizeAnswer) -> dict[str, Any]:
    """Return the answer of ``size --json``."""
    found, size, instrument = told.found, told.size, told.found.instrument
    is_listed = found.read_at is not None
    return {
        "exchange": instrument.ref.exchange if is_listed else None,
        "symbol": instrument.ref.symbol if is_listed else None,
        "asset": None if instrument.base == COINS else instrument.base,
        "kind": str(instrument.payoff),
        "price": number_text(found.market.coin_price),
        "futures_price": number_text(found.market.futures_price),
        "asked_coins": number_text(size.asked_coins),
        "asked_notional": number_text(size.asked_notional),
        "side": size.side.value,
        "contracts": number_text(size.count.contracts),
        "coins": number_text(size.coins),
        "residual_coins": number_text(size.count.residual_coin),
        "hedge_ratio": number_text(size.hedge_ratio),
        "order_quantity": number_text(size.order_quantity),
        "order_unit": instrument.order_unit.value,
        "limit_price": number_text(size.limit_price),
        "time_in_force": TimeInForce.POST_ONLY.value,
        "orderable": size.shortage is None,
        "notional": number_text(size.notional),
        **_margin(found, size),
        "funding_per_day": number_text(size.funding_per_day),
        **{name: number_text(getattr(found.market, name)) for name in PRICES},
        "next_funding_at": _time(found.market.next_funding_at),
        "specification": _specification(instrument) | {"least_contracts": number_text(size.least_contracts)},
        "playbook": {
            "contracts": number_text(told.playbook.contracts),
            "same": told.playbook.is_same,
            "why": list(told.playbook.why),
        },
        "book": None if size.room is None else _room(size.room),
        "source": found.source,
        "read_at": _time(found.read_at),
        "age_seconds": number_text(found.age_seconds),
        "warnings": [{"code": warning.code, "message": warning.message} for warning in told.warnings],
        "notes": list(found.notes),
    }


def _margin(found: FoundContract, size: HedgeSize) -> dict[str, Any]:
    margin = size.margin
    rate = found.terms.tiers[0][1] if margin is None else margin.maintenance_margin_rate
    return {
        "margin_asset": found.instrument.settle,
        "leverage": number_text(size.leverage),
        "margin_1x": None if margin is None else number_text(margin.at_1x),
        "margin": None if margin is None else number_text(margin.chosen),
        "maintenance_margin_rate": number_text(rate),
        "maintenance_margin_rate_assumed": found.is_rate_assumed,
        "liquidation_price": None if margin is None else number_text(margin.liquidation_price),
        "liquidation_distance": None if margin is None else number_text(margin.liquidation_distance),
        "never_liquidated": margin is not None and margin.liquidation_price is None,
    }


def _specification(instrument: Instrument) -> dict[str, Any]:
    return {
        "instrument": instrument.kind.value,
        **{name: number_text(getattr(instrument, name)) for name in TERMS},
        "contract_unit": instrument.size_asset,
        "margin_asset": instrument.settle,
        "expires_at": _time(instrument.expiry),
    }


def _room(room: BookRoom) -> dict[str, Any]:
    return {
        "slippage_budget": number_text(room.budget),
        "carries_coins": number_text(room.carries.quantity),
        "is_all_that_is_shown": room.carries.exhausted,
        "filled_coins": number_text(room.walk.filled),
        "slippage": number_text(room.walk.slippage),
    }


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else time_text(moment)
