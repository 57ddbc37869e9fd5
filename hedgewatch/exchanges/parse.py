"""Parsing, pure: raw rows to readings. What is implausible is refused, what is missing stays unknown."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

from hedgewatch.domain.errors import InvalidValueError
from hedgewatch.domain.instrument import Instrument, InstrumentKind, InstrumentRef, OrderUnit, Payoff, hedging
from hedgewatch.domain.market import Funding, Mark, Quote, Stamp, UnknownReason
from hedgewatch.domain.numbers import ONE, exact, positive
from hedgewatch.exchanges.quirks.shape import Call, Quirk

Row = Mapping[str, Any]

CROSSED_HAIR = Decimal("0.001")  # a bid this much above the ask is two moments in one answer, more is garbage
LOWEST_PRICE, HIGHEST_PRICE = Decimal(10) ** -18, Decimal(10) ** 12
WIDEST_SPREAD = 5  # ask over bid
FARTHEST_FROM_MARK = 2  # a book twice or half its own mark price is no book
LOWEST_FUNDING, HIGHEST_FUNDING = Decimal(10) ** -12, Decimal("0.1")  # a day's caps are below 3 %
SHORTEST_INTERVAL, LONGEST_INTERVAL = Decimal(1), Decimal(24)
SETTLEMENT_JITTER = timedelta(minutes=5)
EARLIEST_MS, LATEST_MS = 1_000_000_000_000, 4_000_000_000_000  # 2001 to 2096: what is outside is not milliseconds

KINDS = {"spot": InstrumentKind.SPOT, "swap": InstrumentKind.PERPETUAL, "future": InstrumentKind.FUTURE}


class UnreadableError(Exception):
    """A part of a row that must not be believed, and why."""

    def __init__(self, reason: UnknownReason, detail: str) -> None:
        """Carry the ``reason`` and a line of ``detail``."""
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


def moment_of(value: Any) -> datetime | None:  # noqa: ANN401  whatever the exchange wrote
    """Return the moment of a millisecond stamp; None if it is missing or none."""
    return _moment(value) if type(value) in {int, str} else None


@lru_cache(maxsize=4096)  # the rows of one answer share their stamps
def _moment(value: str | int) -> datetime | None:
    try:
        milliseconds = int(exact(value, "stamp"))
    except InvalidValueError:
        return None
    if not EARLIEST_MS < milliseconds < LATEST_MS:
        return None
    return datetime.fromtimestamp(milliseconds // 1000, UTC) + timedelta(milliseconds=milliseconds % 1000)


def number_in(row: Row, key: str | None, field: str) -> Decimal | None:
    """Read a number; None if the key is missing or blank. Raises UnreadableError if it is there and none."""
    value = row.get(key) if key is not None else None
    if value is None or value == "":
        return None
    try:
        return exact(value, field)
    except InvalidValueError as error:
        raise UnreadableError(UnknownReason.NOT_A_NUMBER, str(error)[:120]) from None


def price_in(row: Row, key: str | None, field: str) -> Decimal | None:
    """Read a price; None if it is missing or blank. Raises UnreadableError if it is not above zero, or too high."""
    price = number_in(row, key, field)
    if price is None or LOWEST_PRICE <= price <= HIGHEST_PRICE:
        return price
    problem = f"{price}, not above zero" if price <= 0 else f"{price:.3e}"
    raise UnreadableError(UnknownReason.OUT_OF_RANGE, f"{field} is {problem}")


def parse_quote(row: Row, call: Call, stamp: Stamp) -> Quote:
    """Read bid and ask. Raises UnreadableError if one is missing, not positive, or they are crossed."""
    bid, ask = price_in(row, call.bid, "bid"), price_in(row, call.ask, "ask")
    if bid is None or ask is None:
        raise UnreadableError(UnknownReason.MISSING, f"no {'bid' if bid is None else 'ask'} in {stamp.source}")
    if bid <= ask < bid * WIDEST_SPREAD:
        return Quote(bid=bid, ask=ask, stamp=stamp)
    if ask < bid <= ask * (1 + CROSSED_HAIR):
        return Quote(bid=ask, ask=bid, stamp=stamp)
    raise UnreadableError(UnknownReason.OUT_OF_RANGE, f"bid {bid} and ask {ask} are no book")


def check_against(price: Decimal, reference: Decimal | None, name: str) -> None:
    """Raise UnreadableError if a price is twice or half a ``reference`` price; no reference, no complaint."""
    if reference is None:
        return
    if not reference < price * FARTHEST_FROM_MARK or not price < reference * FARTHEST_FROM_MARK:
        raise UnreadableError(UnknownReason.OUT_OF_RANGE, f"{price} is far from the {name} {reference}")


def parse_mark(row: Row, call: Call, stamp: Stamp) -> Mark:
    """Read mark and index price. Raises UnreadableError if neither is there or one is not positive."""
    mark, index = price_in(row, call.mark, "mark price"), price_in(row, call.index, "index price")
    if mark is None and index is None:
        raise UnreadableError(UnknownReason.MISSING, f"no mark price in {stamp.source}")
    return Mark(mark_price=mark, index_price=index, stamp=stamp)


def parse_interval(row: Row, call: Call) -> Decimal | None:
    """Read a funding interval in hours; None if the row does not say. Raises UnreadableError outside 1 to 24 h."""
    told = row.get(call.interval) if call.interval else None
    if isinstance(told, str) and told.endswith("h"):
        told = told[:-1]
    hours = number_in({"interval": told}, "interval", "funding interval")
    if hours is None:
        return None
    if call.interval_minutes:
        hours = hours / 60
    if not SHORTEST_INTERVAL <= hours <= LONGEST_INTERVAL:
        raise UnreadableError(UnknownReason.OUT_OF_RANGE, f"a funding interval of {hours} h")
    return hours


def parse_rate(row: Row, call: Call, source: str) -> Decimal:
    """Read the coming funding rate, a fraction per interval. Raises UnreadableError."""
    rate = number_in(row, call.rate, "funding rate")
    if rate is None:
        raise UnreadableError(UnknownReason.MISSING, f"no funding rate in {source}")
    return plausible(rate)


def plausible(rate: Decimal) -> Decimal:
    """Return a funding rate that an exchange may have written. Raises UnreadableError for any other."""
    if rate and not LOWEST_FUNDING <= abs(rate) <= HIGHEST_FUNDING:
        raise UnreadableError(UnknownReason.OUT_OF_RANGE, f"a funding rate of {rate:.3e}")
    return rate


def coming(settles_at: datetime | None, now: datetime) -> datetime | None:
    """Return a settlement time that lies ahead; None if it is unknown or past."""
    return settles_at if settles_at is not None and settles_at > now else None


def is_too_far(settles_at: datetime | None, interval: Decimal | None, now: datetime) -> bool:
    """Tell whether a settlement lies more than one interval ahead, of any length where ours is not known."""
    hours = LONGEST_INTERVAL if interval is None else interval
    return settles_at is not None and settles_at > _latest(now, hours)


@lru_cache(maxsize=64)  # a cycle has one moment, an exchange few intervals
def _latest(now: datetime, hours: Decimal) -> datetime:
    return now + timedelta(hours=float(hours)) + SETTLEMENT_JITTER


def make_funding(
    rate: Decimal,
    interval: Decimal | None,
    settles_at: datetime | None,
    stamp: Stamp,
    *,
    no_interval: UnknownReason = UnknownReason.MISSING,
) -> Funding:
    """Put the parts of the coming funding together; ``no_interval``: why there is none, where there is none."""
    return Funding(rate=rate, interval_hours=interval, settles_at=settles_at, stamp=stamp, no_interval=no_interval)


def parse_instrument(market: Row, quirk: Quirk) -> Instrument:
    """Read an instrument from ccxt's market. Raises UnreadableError if kind or size are not known, and for quanto."""
    kind = KINDS.get(str(market.get("type")))
    if kind is None:
        raise UnreadableError(UnknownReason.UNKNOWN_SYMBOL, f"{market.get('symbol')} is of type {market.get('type')}")
    payoff = None if kind is InstrumentKind.SPOT else _payoff(market)
    size = _contract_size(market, quirk, payoff)
    _check_name(market, quirk)
    precision, limits = market.get("precision") or {}, market.get("limits") or {}
    return Instrument(
        ref=InstrumentRef(exchange=quirk.exchange, symbol=str(market["symbol"])),
        kind=kind,
        payoff=payoff,
        base=str(market["base"]),
        quote=str(market["quote"]),
        settle=market.get("settle"),
        contract_size=size,
        order_unit=_order_unit(quirk, payoff, size),
        tick=_step(precision, "price"),
        lot_step=_step(precision, "amount") or (quirk.inverse_lot if payoff is Payoff.INVERSE else None),
        min_contracts=_step(limits.get("amount") or {}, "min"),
        min_notional=_step(limits.get("cost") or {}, "min"),
        maker_fee=_fee(market, "maker"),
        taker_fee=_fee(market, "taker"),
        expiry=moment_of(market.get("expiry")),
        active=market.get("active"),
    )


def _check_name(market: Row, quirk: Quirk) -> None:
    """Raise UnreadableError if a row names one coin and carries the id of another: it would be read by that id."""
    market_id, base = str(market.get("id")), str(market.get("baseId"))
    if quirk.id_begins_with_base and not market_id.upper().startswith(base.upper()):
        raise UnreadableError(UnknownReason.OUT_OF_RANGE, f"the id {market_id} is not one of {base}")


def _payoff(market: Row) -> Payoff:
    """Read what a contract pays in; ccxt calls a quanto one, which cannot hedge, neither linear nor inverse."""
    if market.get("linear"):
        return Payoff.LINEAR
    try:
        return hedging(Payoff.INVERSE if market.get("inverse") else Payoff.QUANTO)
    except InvalidValueError as error:
        raise UnreadableError(UnknownReason.UNKNOWN_SYMBOL, error.problem) from None


def _contract_size(market: Row, quirk: Quirk, payoff: Payoff | None) -> Decimal:
    if payoff is None or (payoff is Payoff.LINEAR and quirk.base_unit_contracts):
        return ONE
    try:
        size = positive(market.get("contractSize"), "contract size")  # type: ignore[arg-type]  # None is refused too
    except InvalidValueError as error:
        raise UnreadableError(UnknownReason.NOT_A_NUMBER, str(error)) from None
    if not LOWEST_PRICE <= size <= HIGHEST_PRICE:
        raise UnreadableError(UnknownReason.OUT_OF_RANGE, f"a contract size of {size:.3e}")
    return size


def _order_unit(quirk: Quirk, payoff: Payoff | None, size: Decimal) -> OrderUnit:
    if payoff is None:
        return OrderUnit.BASE
    if payoff is Payoff.INVERSE:
        return OrderUnit.CONTRACTS
    return quirk.linear_order_unit or (OrderUnit.BASE if size == ONE else OrderUnit.CONTRACTS)


def _step(steps: Row, key: str) -> Decimal | None:
    number = _fee(steps, key)
    return number if number is not None and LOWEST_PRICE <= number <= HIGHEST_PRICE else None


def _fee(row: Row, key: str) -> Decimal | None:
    try:
        return number_in(row, key, key)
    except UnreadableError:
        return None
