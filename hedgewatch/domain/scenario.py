"""Scenario: what a path of prices does to a hedged book, step by step, with its liquidation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from hedgewatch.domain.errors import InvalidValueError
from hedgewatch.domain.exposure import pnl, position_value
from hedgewatch.domain.funding import short_pays_per_day
from hedgewatch.domain.instrument import Payoff, PositionSide, hedging
from hedgewatch.domain.liquidation import liq_price
from hedgewatch.domain.margin import margin_usage, trigger_rate
from hedgewatch.domain.numbers import ONE, ZERO, exact, exactly, non_negative, positive


@dataclass(frozen=True, slots=True, kw_only=True)
class PathPoint:
    """One point of a path. spot_mult: of the spot price at the start; basis: quote, None for the one at the start."""

    spot_mult: Decimal
    basis: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """Coins held and one futures position, as they stand now.

    contracts: short is negative, 0 for none. basis0: futures minus spot, quote. margin: the position's equity now, in
    its settle asset (coins for inverse contracts, and then they are exposed to the price like the holding). mmr, cum:
    of the tier at liquidation. fee_rate: the fee that counts in the trigger.
    """

    spot_coin: Decimal
    spot0: Decimal
    payoff: Payoff
    contracts: Decimal
    contract_size: Decimal
    basis0: Decimal
    margin: Decimal
    mmr: Decimal
    cum: Decimal = ZERO
    fee_rate: Decimal = ZERO

    @property
    def entry(self) -> Decimal:
        """The futures price now, from which results are counted."""
        return self.spot0 + self.basis0

    @property
    def worth(self) -> Decimal:
        """Coins and margin together, in quote."""
        return self.spot_coin * self.spot0 + self.margin * (self.spot0 if self.payoff is Payoff.INVERSE else ONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The position at one point of a path. equity: settle asset, 0 once it is liquidated; usage: 1 is liquidation."""

    spot: Decimal
    futures_price: Decimal
    equity: Decimal
    margin_usage: Decimal | None
    is_liquidated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioResult:
    """Results in quote, + is a gain. liq_price None: it cannot be liquidated. liq_step: the first point is 0."""

    liq_price: Decimal | None
    liquidated: bool
    liq_step: int | None
    spot_pnl: Decimal
    collateral_pnl: Decimal
    futures_pnl: Decimal
    funding: Decimal
    net_pnl: Decimal


@exactly
def scenario(  # noqa: PLR0913  the inputs of the formula
    spot_coin: Decimal,
    spot0: Decimal,
    payoff: Payoff,
    contracts: Decimal,
    *,
    contract_size: Decimal,
    basis0: Decimal,
    margin: Decimal,
    mmr: Decimal,
    path: Sequence[PathPoint],
    r8: Decimal = ZERO,
    days: Decimal = ZERO,
    cum: Decimal = ZERO,
    fee_rate: Decimal = ZERO,
) -> ScenarioResult:
    """Return what a path does to a book: see ``Book`` for its units, ``walk`` for the rule."""
    book = Book(
        spot_coin=spot_coin,
        spot0=spot0,
        payoff=payoff,
        contracts=contracts,
        contract_size=contract_size,
        basis0=basis0,
        margin=margin,
        mmr=mmr,
        cum=cum,
        fee_rate=fee_rate,
    )
    return walk(book, path, r8=r8, days=days)


@exactly
def walk(
    book: Book, path: Sequence[PathPoint], *, r8: Decimal = ZERO, days: Decimal = ZERO, is_lost: bool = False
) -> ScenarioResult:
    """Follow a path: at each point the futures price is spot plus basis, and there the position may be liquidated.

    A short is liquidated at the first futures price at or above its liquidation price, a long at or below; from then on
    its margin is lost, it pays no funding, and spot runs on alone. r8: funding per 8 hours, paid for ``days`` at the
    last point, a short receives it. is_lost: the exchange is gone, and position and margin with it, before the path
    begins. Source: domain specification 9. Raises InvalidValueError for an empty path, prices and sizes that are not
    above zero (also along the path), negative coins, margin or days, and rates that reach 1.
    """
    liquidation = liquidation_of(book)
    prices = _prices(book, path)
    reached = [at for at, (_, future) in enumerate(prices) if _is_reached(book, future, liquidation)]
    liq_step = reached[0] if reached and not is_lost else None
    spot, future = prices[-1]
    in_quote = spot if book.payoff is Payoff.INVERSE else ONE
    if is_lost or liq_step is not None:
        futures_pnl, funding = -book.margin * in_quote, ZERO
    else:
        futures_pnl = _gain(book, future) * in_quote
        funding = _funding(book, future, exact(r8, "r8")) * non_negative(days, "days") * in_quote
    spot_pnl = book.spot_coin * (spot - book.spot0)
    collateral_pnl = book.margin * (spot - book.spot0) if book.payoff is Payoff.INVERSE else ZERO
    return ScenarioResult(
        liq_price=liquidation,
        liquidated=liq_step is not None,
        liq_step=liq_step,
        spot_pnl=spot_pnl,
        collateral_pnl=collateral_pnl,
        futures_pnl=futures_pnl,
        funding=funding,
        net_pnl=spot_pnl + collateral_pnl + futures_pnl + funding,
    )


@exactly
def steps_of(book: Book, path: Sequence[PathPoint]) -> tuple[Step, ...]:
    """Return the position at every point of a path: its equity and how much of that it uses.

    Raises InvalidValueError as ``walk`` does.
    """
    liquidation = liquidation_of(book)
    rate = trigger_rate(book.mmr, book.fee_rate)
    found: list[Step] = []
    is_liquidated = False
    for spot, future in _prices(book, path):
        is_liquidated = is_liquidated or _is_reached(book, future, liquidation)
        equity = ZERO if is_liquidated else book.margin + _gain(book, future)
        value = position_value(book.payoff, book.contracts, book.contract_size, future).value_settle
        needed = max(ZERO, rate * value - book.cum)
        usage = None if is_liquidated else margin_usage(equity, needed).usage
        found.append(
            Step(spot=spot, futures_price=future, equity=equity, margin_usage=usage, is_liquidated=is_liquidated)
        )
    return tuple(found)


@exactly
def liquidation_of(book: Book) -> Decimal | None:
    """Return the book's liquidation price; None: it cannot be liquidated, or holds no contracts.

    Raises InvalidValueError for what ``walk`` refuses of a book.
    """
    hedging(book.payoff)
    non_negative(book.spot_coin, "spot_coin")
    positive(book.spot0, "spot0")
    positive(book.contract_size, "contract_size")
    non_negative(book.margin, "margin")
    trigger_rate(book.mmr, book.fee_rate)
    if exact(book.basis0, "basis0") <= -book.spot0:
        raise InvalidValueError("basis0", f"puts the futures price at {book.entry}; it must be above zero")
    if exact(book.contracts, "contracts") == 0:
        return None
    return liq_price(
        book.payoff,
        PositionSide.SHORT if book.contracts < 0 else PositionSide.LONG,
        book.contracts,
        book.contract_size,
        entry=book.entry,
        margin=book.margin,
        mmr=book.mmr,
        cum=book.cum,
        fee_rate=book.fee_rate,
    )


def _prices(book: Book, path: Sequence[PathPoint]) -> list[tuple[Decimal, Decimal]]:
    """Return spot and futures price at every point."""
    if not path:
        raise InvalidValueError("path", "is empty: it needs at least one point")
    found = []
    for at, point in enumerate(path):
        spot = book.spot0 * positive(point.spot_mult, f"path[{at}].spot_mult")
        basis = book.basis0 if point.basis is None else exact(point.basis, f"path[{at}].basis")
        if spot + basis <= 0:
            raise InvalidValueError(
                f"path[{at}].basis", f"puts the futures price at {spot + basis}; it must be above zero"
            )
        found.append((spot, spot + basis))
    return found


def _is_reached(book: Book, future: Decimal, liquidation: Decimal | None) -> bool:
    if liquidation is None:
        return False
    return future >= liquidation if book.contracts < 0 else future <= liquidation


def _gain(book: Book, future: Decimal) -> Decimal:
    return pnl(book.payoff, book.contracts, book.contract_size, book.entry, future)


def _funding(book: Book, future: Decimal, r8: Decimal) -> Decimal:
    """Return what the position receives in a day, in the settle asset."""
    value = position_value(book.payoff, book.contracts, book.contract_size, future).value_settle
    paid_by_short = short_pays_per_day(r8, value)
    return -paid_by_short if book.contracts < 0 else paid_by_short
