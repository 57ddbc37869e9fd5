"""Liquidation: the price at which an exchange closes a position, and how far it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from hedgewatch.domain.errors import InvalidValueError
from hedgewatch.domain.instrument import Payoff, PositionSide, hedging
from hedgewatch.domain.margin import Tiers, tier_cums, trigger_rate
from hedgewatch.domain.numbers import ONE, ZERO, N, exact, exactly, non_negative, positive


@dataclass(frozen=True, slots=True, kw_only=True)
class Liquidation:
    """price: quote, None where the position cannot be liquidated, and then the tier is None too. tier: lowest is 1."""

    price: Decimal | None
    tier: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LiquidationDistance:
    """frac: of the mark price, below zero once it is passed; sigmas: in daily deviations. None: it cannot happen."""

    frac: Decimal | None
    sigmas: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Position:
    """A position opened at ``entry``. quantity: coins (linear) or quote (inverse), positive.

    loss: +1 where its value in the settle asset rises as it loses (linear short, inverse long), else -1.
    """

    payoff: Payoff
    quantity: Decimal
    entry: Decimal
    loss: int

    @property
    def value(self) -> Decimal:
        """What it was worth at entry, in the settle asset."""
        return self.quantity * self.entry if self.payoff is Payoff.LINEAR else self.quantity / self.entry

    def price_at(self, backing: Decimal, rate: Decimal, field: str) -> Decimal | None:
        """Return the price at which backing plus the result equals ``rate`` times the value; None: at no price.

        All closed forms of domain specification 5.3 are one: the value there is (backing + loss * value at entry) /
        (rate + loss). As a price it is multiplied out, so that only one division rounds. backing: margin plus the
        tier's deduction. Raises InvalidValueError that names ``field`` if the position is beyond saving at any price.
        """
        linear = self.payoff is Payoff.LINEAR
        scale, start = (ONE, self.quantity * self.entry) if linear else (self.entry, self.quantity)
        left, slope = backing * scale + self.loss * start, rate + self.loss
        if left * self.loss <= 0:
            if self.loss < 0:
                return None
            raise InvalidValueError(
                field, f"is used up: the position would be liquidated at any price, found {backing}"
            )
        return left / (self.quantity * slope) if linear else self.quantity * self.entry * slope / left


@exactly
def liq_price(  # noqa: PLR0913  the inputs of the formula
    payoff: Payoff,
    side: PositionSide,
    contracts: Decimal,
    contract_size: Decimal,
    *,
    entry: Decimal,
    margin: Decimal,
    mmr: Decimal,
    cum: Decimal = ZERO,
    fee_rate: Decimal = ZERO,
) -> Decimal | None:
    """Return the price at which margin plus result equals the maintenance margin there; None: it cannot be liquidated.

    contracts: of either sign, short where the side is. margin: settle asset, isolated with what was added and funding
    settled, or what stands behind the position in a cross account. mmr, cum: of the tier at that price. fee_rate: the
    fee that counts in the trigger. Source: domain specification 5.3 (pages of Binance, Bybit, BingX and MEXC).
    Raises InvalidValueError for prices and sizes that are not above zero, no contracts, a negative margin, and rates
    that reach 1.
    """
    position = _position(payoff, side, contracts, contract_size, entry=entry)
    rate = trigger_rate(mmr, fee_rate)
    return position.price_at(non_negative(margin, "margin") + non_negative(cum, "cum"), rate, "margin")


@exactly
def liq_price_tiered(  # noqa: PLR0913  the inputs of the formula
    payoff: Payoff,
    side: PositionSide,
    contracts: Decimal,
    contract_size: Decimal,
    *,
    entry: Decimal,
    margin: Decimal,
    tiers: Tiers,
    fee_rate: Decimal = ZERO,
) -> Liquidation:
    """Return the liquidation price under the tier that holds at that price, and the tier.

    The tier is the first one at whose upper end the position has crossed from one side of liquidation to the other: the
    maintenance margin is continuous, so that is the tier whose own candidate lies inside it, and a candidate that
    rounds off a boundary is not lost. Source: domain specification 5.3. Raises InvalidValueError as ``liq_price`` and
    ``tier_cums`` do.
    """
    position = _position(payoff, side, contracts, contract_size, entry=entry)
    cums = tier_cums(tiers)
    non_negative(margin, "margin")
    at = _tier_of(position, margin, tiers, cums, fee_rate=fee_rate)
    price = position.price_at(margin + cums[at], trigger_rate(tiers[at][1], fee_rate), "margin")
    return Liquidation(price=price, tier=None if price is None else at + 1)


@exactly
def liq_price_entry_mm(  # noqa: PLR0913  the inputs of the formula
    payoff: Payoff,
    side: PositionSide,
    contracts: Decimal,
    contract_size: Decimal,
    *,
    entry: Decimal,
    initial_margin: Decimal,
    maintenance_margin: Decimal,
    extra_margin: Decimal = ZERO,
) -> Decimal | None:
    """Return the liquidation price where the maintenance margin is fixed at entry; None: it cannot be liquidated.

    Margins in the settle asset. extra_margin: added by hand, or below zero what funding took. linear:
    E - s (IM + extra - MM) / q; inverse: q / (q/E + s (IM + extra - MM)). Source: domain specification 5.3 (Bybit's
    page on USDT contracts, MEXC's on liquidation). Raises InvalidValueError as ``liq_price`` does.
    """
    position = _position(payoff, side, contracts, contract_size, entry=entry)
    kept = non_negative(maintenance_margin, "maintenance_margin")
    margin = non_negative(initial_margin, "initial_margin") + exact(extra_margin, "extra_margin")
    return position.price_at(margin - kept, ZERO, "initial_margin")


@exactly
def liq_price_from_state(  # noqa: PLR0913  the inputs of the formula
    payoff: Payoff,
    side: PositionSide,
    contracts: Decimal,
    contract_size: Decimal,
    *,
    mark: Decimal,
    equity: Decimal,
    mm: Decimal,
    mmr: Decimal,
    fee_rate: Decimal = ZERO,
) -> Decimal | None:
    """Return the liquidation price from an account as it stands now; None: it cannot be liquidated.

    equity, mm: settle asset, of the whole account if it is cross. The deduction follows from what must be kept now:
    cum = mmr * value - mm. P = mark - s (equity - mm - fee q mark) / (q (1 - s (mmr + fee))) for linear contracts.
    Source: domain specification 5.3 (WEEX' page on cross margin). Raises InvalidValueError as ``liq_price`` does.
    """
    position = _position(payoff, side, contracts, contract_size, entry=positive(mark, "mark"))
    rate = trigger_rate(mmr, fee_rate)
    cum = mmr * position.value - non_negative(mm, "mm")
    return position.price_at(exact(equity, "equity") + cum, rate, "equity")


@exactly
def distance_to(side: PositionSide, mark: N, liquidation: N) -> N:
    """Return how far the mark price is from liquidation, as a fraction of it; of arrays elementwise.

    Below zero once it is passed. Source: domain specification 5.4. Raises InvalidValueError for a price that is not
    above zero.
    """
    sign = 1 if side is PositionSide.SHORT else -1
    return sign * (positive(liquidation, "liq") - positive(mark, "mark")) / mark


@exactly
def liq_distance(
    side: PositionSide, mark: Decimal, *, liq: Decimal | None = None, sigma_daily: Decimal
) -> LiquidationDistance:
    """Return the distance to liquidation as a fraction of the mark price and in daily deviations.

    liq None: it cannot be liquidated, and so is no distance. sigma_daily: deviation of daily returns, a fraction.
    Source: domain specification 5.4. Raises InvalidValueError for prices and a deviation that are not above zero.
    """
    positive(mark, "mark")
    positive(sigma_daily, "sigma_daily")
    if liq is None:
        return LiquidationDistance(frac=None, sigmas=None)
    frac = distance_to(side, mark, liq)
    return LiquidationDistance(frac=frac, sigmas=frac / sigma_daily)


def _position(
    payoff: Payoff, side: PositionSide, contracts: Decimal, contract_size: Decimal, *, entry: Decimal
) -> _Position:
    if exact(contracts, "contracts") == 0:
        raise InvalidValueError("contracts", "there are none: nothing can be liquidated")
    if contracts < 0 and side is PositionSide.LONG:
        raise InvalidValueError("contracts", f"short is negative, and the side is long: found {contracts}")
    return _Position(
        payoff=hedging(payoff),
        quantity=abs(contracts) * positive(contract_size, "contract_size"),
        entry=positive(entry, "entry"),
        loss=1 if (side is PositionSide.SHORT) == (payoff is Payoff.LINEAR) else -1,
    )


def _tier_of(position: _Position, margin: Decimal, tiers: Tiers, cums: Sequence[Decimal], *, fee_rate: Decimal) -> int:
    """Return the index of the tier in which liquidation lies."""
    rates = [trigger_rate(mmr, fee_rate) for _, mmr in tiers]
    for at, (above, _) in enumerate(tiers[1:]):
        spare = margin + position.loss * (position.value - above) - (rates[at] * above - cums[at])
        if position.loss * spare <= 0:
            return at
    return len(tiers) - 1
