"""The facts of ``doctor --json``: what each exchange and account gives on this machine."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from hedgewatch.cli.complaints import sizes_by_positions
from hedgewatch.domain.account import AccountFailure, AccountSnapshot, KeyScope, PartFailure
from hedgewatch.domain.instrument import Instrument
from hedgewatch.domain.key_scope import judge_key
from hedgewatch.domain.market import MarketReading
from hedgewatch.domain.size_check import SizeCheck
from hedgewatch.exchanges.accounts.inspection import AccountInspection
from hedgewatch.exchanges.calls import CallReport
from hedgewatch.exchanges.faults import Fault
from hedgewatch.exchanges.inspection import Inspection
from hedgewatch.monitoring.report import json_value

PARTS = ("positions", "balances", "wallets", "orders", "payments")
MODES = {True: "both sides", False: "one-way", None: None}


def exchange_facts(found: Inspection) -> dict[str, Any]:
    """Return one exchange's facts."""
    readings = {one.ref: one for one in found.answer.readings if isinstance(one, MarketReading)}
    return {
        "exchange": found.exchange,
        "reachable": found.problem is None,
        "outcome": found.answer.outcome.value,
        "latency_seconds": json_value(_rounded(found.latency_seconds)),
        "skew_seconds": json_value(_rounded(found.skew_seconds)),
        "skew_corrected": "in signed requests" if found.skew_seconds is not None else None,
        "retry_at": json_value(found.answer.retry_at),
        "budget_spent": json_value(_rounded(found.budget_spent)),
        "budget_window_seconds": found.budget_window.seconds,
        "calls": [call_facts(call) for call in found.calls],
        "instruments": [_instrument(one, found, readings.get(one.ref)) for one in found.instruments],
        "untold": {ref.symbol: list(parts) for ref, parts in found.untold.items()},
        "unlisted": [fault.text for fault in found.unlisted.values()],
    }


def call_facts(call: CallReport) -> dict[str, Any]:
    """Return what one call tells and whether it answered."""
    fault = call.fault
    return {
        "call": call.name,
        "side": call.side,
        "tells": list(call.tells),
        "asked": "once for all" if call.in_batch else "once an instrument",
        "outcome": "failed" if fault else "ok" if call.was_asked else "not asked",
        "reason": fault.reason.value if fault else None,
        "detail": fault.text if fault else None,
    }


def _instrument(one: Instrument, found: Inspection, reading: MarketReading | None) -> dict[str, Any]:
    funding = reading.funding if reading else None
    told = found.intervals.get(one.ref)
    return {
        "symbol": one.ref.symbol,
        "kind": one.kind.value,
        "payoff": json_value(one.payoff),
        "listing": {True: "trading", False: "not trading", None: None}[one.active],
        "expiry": json_value(one.expiry),
        "contract_size": json_value(one.contract_size),
        "size_check": size_facts(found.sizes.get(one.ref)),
        "tick": json_value(one.tick),
        "lot_step": json_value(one.lot_step),
        "min_contracts": json_value(one.min_contracts),
        "order_unit": one.order_unit.value,
        "quote_from": reading.quote.stamp.source if reading and reading.quote else None,
        "mark_from": reading.mark.stamp.source if reading and reading.mark else None,
        "funding_from": funding.stamp.source if funding else None,
        "funding_interval_hours": json_value(funding.interval_hours) if funding else None,
        "funding_interval_from": told.call if told else None,
        "funding_interval_told_at": json_value(told.told_at) if told else None,
        "next_funding_at": json_value(funding.settles_at) if funding else None,
    }


def size_facts(check: SizeCheck | Fault | None) -> dict[str, Any] | None:
    """Return what the second route to a size says; None where there is none."""
    if check is None:
        return None
    if isinstance(check, Fault):
        return {"agrees": None, "implied_low": None, "implied_high": None, "from": check.text}
    low, high = json_value(check.implied_low), json_value(check.implied_high)
    return {"agrees": check.agrees, "implied_low": low, "implied_high": high, "from": check.source}


def account_facts(found: AccountInspection, market: Inspection | None, *, allow_trading_keys: bool) -> dict[str, Any]:
    """Return one account's facts."""
    answer = found.answer
    is_read = isinstance(answer, AccountSnapshot)
    sizes = sizes_by_positions(answer, market) if isinstance(answer, AccountSnapshot) else {}
    return {
        "account": found.account,
        "exchange": found.exchange,
        "read": is_read,
        "failure": f"{answer.reason}: {answer.detail}" if isinstance(answer, AccountFailure) else None,
        "key": key_facts(answer.scope, allow_trading_keys) if isinstance(answer, AccountSnapshot) else None,
        "position_mode": MODES[found.is_dual_side],
        "earn": found.no_earn or ("read" if is_read else None),
        "parts": {part: _part(answer, part) for part in PARTS} if isinstance(answer, AccountSnapshot) else {},
        "sizes": {ref.symbol: size_facts(check) for ref, check in sizes.items()},
        "calls": [call_facts(call) for call in found.calls],
        "received_at": json_value(_received(answer)),
    }


def key_facts(scope: KeyScope | None, allow_trading_keys: bool) -> dict[str, Any] | None:
    """Return what a key may do, and what is thought of it."""
    if scope is None:
        return None
    verdict, words = judge_key(scope, allow_trading_keys=allow_trading_keys)
    return {
        "verdict": verdict.value,
        "can_trade": scope.can_trade,
        "can_withdraw": scope.can_withdraw,
        "bound_to_address": scope.is_bound_to_address,
        "words": words,
    }


def _part(answer: AccountSnapshot, part: str) -> dict[str, Any]:
    """Return how a part was read; partial: one wallet of several was not."""
    said = getattr(answer, part)
    if isinstance(said, PartFailure):
        return {"outcome": "failed", "count": None, "reason": said.reason.value, "detail": said.detail}
    lacking = {
        "wallets": next((one.failure for one in answer.unread_wallets), None),
        "balances": next(iter(answer.unread_balances), None),
    }.get(part)
    if lacking is not None:
        return {"outcome": "partial", "count": len(said), "reason": lacking.reason.value, "detail": lacking.detail}
    return {"outcome": "ok", "count": len(said), "reason": None, "detail": None}


def _received(answer: AccountSnapshot | AccountFailure) -> datetime | None:
    return answer.received_at if isinstance(answer, AccountSnapshot) else None


def _rounded(seconds: Decimal | None) -> Decimal | None:
    return None if seconds is None else round(seconds, 3)
