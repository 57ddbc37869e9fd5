"""The standard stresses: named paths that every book is put through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from hedgewatch.domain.errors import InvalidValueError
from hedgewatch.domain.instrument import Payoff
from hedgewatch.domain.numbers import ONE, ZERO, exact, exactly, positive
from hedgewatch.domain.scenario import Book, PathPoint, ScenarioResult, Step, steps_of, walk

SHOCKS = ("-0.1", "0.1", "-0.2", "0.2", "-0.5", "0.5", "1")
WHIPSAW = ("0.3", "-0.3")
BASIS_SHOCKS = ("-0.02", "0.02", "-0.05", "0.05")
SQUEEZE_RATE = Decimal("-0.003")
SQUEEZE_DAYS = Decimal(7)
HOURLY_DAYS = ONE
DEPEG = Decimal("-0.05")
FLOOR_OF_MMR = Decimal("-0.75")  # Binance's majors: 0.75 times the maintenance margin rate (domain specification 4)
HOURS_OF_HEADLINE = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One move of a path. spot: change against the start, a fraction; basis: change of the basis rate, a fraction."""

    spot: Decimal = ZERO
    basis: Decimal = ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class Stress:
    """A named path. r8: funding per 8 hours for ``days`` at its end. depeg: change of the quote currency's worth."""

    name: str
    moves: tuple[Move, ...] = (Move(),)
    r8: Decimal = ZERO
    days: Decimal = ZERO
    is_lost: bool = False
    depeg: Decimal = ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a stress does to a book, in dollars where the quote currency is one. left: coins and margin, afterwards."""

    stress: Stress
    result: ScenarioResult
    steps: tuple[Step, ...]
    left: Decimal

    @property
    def is_naked(self) -> bool:
        """True if the coins are left without their hedge."""
        return self.result.liquidated or self.stress.is_lost


def percent_text(fraction: Decimal) -> str:
    """Write a move in words, with its sign."""
    return f"{(fraction * 100).normalize():+f} %"


def standard_stresses(payoff: Payoff, mmr: Decimal, floor: Decimal | None = None) -> tuple[Stress, ...]:
    """Return the stresses every book should be put through.

    floor: the instrument's lowest funding rate per interval, a fraction; None: -0.75 times the maintenance margin
    rate, the rule of Binance's majors. A depeg is one of linear contracts alone: inverse ones are priced in dollars.
    Source: domain specification 9.
    """
    lowest = FLOOR_OF_MMR * mmr if floor is None else exact(floor, "floor")
    week = f"{SQUEEZE_DAYS} d"
    moves = (Stress(name=f"spot {percent_text(move)}", moves=(Move(spot=move),)) for move in map(Decimal, SHOCKS))
    widths = (
        Stress(name=f"basis {percent_text(width)}", moves=(Move(basis=width),)) for width in map(Decimal, BASIS_SHOCKS)
    )
    hourly = lowest * HOURS_OF_HEADLINE
    return (
        *moves,
        path_stress([Decimal(move) for move in WHIPSAW]),
        *widths,
        Stress(name=f"funding at its floor, {percent_text(lowest)}/8h {week}", r8=lowest, days=SQUEEZE_DAYS),
        Stress(name=f"funding {percent_text(SQUEEZE_RATE)}/8h {week}", r8=SQUEEZE_RATE, days=SQUEEZE_DAYS),
        Stress(name=f"funding at its floor every hour, {HOURLY_DAYS} d", r8=hourly, days=HOURLY_DAYS),
        *((Stress(name=f"quote currency {percent_text(DEPEG)}", depeg=DEPEG),) if payoff is Payoff.LINEAR else ()),
        Stress(name="exchange lost", is_lost=True),
    )


@exactly
def path_stress(
    shocks: Sequence[Decimal], *, r8: Decimal = ZERO, days: Decimal = ZERO, is_lost: bool = False
) -> Stress:
    """Return a path of shocks in order, each against the price at the start: +12 %, then -30 % ends at 0.7 of it.

    Raises InvalidValueError for no shocks, and for a fall of 100 % or more.
    """
    if not shocks:
        raise InvalidValueError("path", "is empty: it needs at least one move")
    for shock in shocks:
        if exact(shock, "path") <= -1:
            raise InvalidValueError("path", f"the price cannot fall by {percent_text(shock)}")
    words = ["exchange lost"] if is_lost else []
    if any(shocks) or not (is_lost or r8):
        words.append(f"spot {', then '.join(percent_text(shock) for shock in shocks)}")
    if r8:
        words.append(f"funding {percent_text(r8)}/8h {days.normalize():f} d")
    return Stress(
        name=", ".join(words),
        moves=tuple(Move(spot=shock) for shock in shocks),
        r8=r8,
        days=days,
        is_lost=is_lost,
    )


@exactly
def put_through(book: Book, stress: Stress) -> Outcome:
    """Return what a stress does to a book.

    A depeg keeps the coin's worth in dollars: its price in the quote currency rises, and whatever is settled in that
    currency is worth less; the results are dollars then. Raises InvalidValueError as ``walk`` does.
    """
    worth = ONE + stress.depeg
    if positive(worth, "depeg") != ONE and book.payoff is Payoff.INVERSE:
        raise InvalidValueError("depeg", "inverse contracts are priced in dollars: no quote currency can fall")
    path = tuple(_point(book, move, worth) for move in stress.moves)
    result = walk(book, path, r8=stress.r8, days=stress.days, is_lost=stress.is_lost)
    result = result if worth == ONE else _in_dollars(book, result, path[-1], worth)
    steps = () if stress.is_lost else steps_of(book, path)
    return Outcome(stress=stress, result=result, steps=steps, left=book.worth + result.net_pnl)


def _point(book: Book, move: Move, worth: Decimal) -> PathPoint:
    """Return a move as a point: the basis at the start stays, and moves by a fraction of the spot price there."""
    mult = (ONE + move.spot) / worth
    return PathPoint(spot_mult=mult, basis=book.basis0 + move.basis * book.spot0 * mult)


def _in_dollars(book: Book, result: ScenarioResult, last: PathPoint, worth: Decimal) -> ScenarioResult:
    spot_pnl = book.spot_coin * book.spot0 * (last.spot_mult * worth - ONE)
    collateral_pnl = book.margin * (worth - ONE)
    futures_pnl, funding = result.futures_pnl * worth, result.funding * worth
    return ScenarioResult(
        liq_price=result.liq_price,
        liquidated=result.liquidated,
        liq_step=result.liq_step,
        spot_pnl=spot_pnl,
        collateral_pnl=collateral_pnl,
        futures_pnl=futures_pnl,
        funding=funding,
        net_pnl=spot_pnl + collateral_pnl + futures_pnl + funding,
    )
