"""Margin: what a position must keep, how much of it is used, and what would make it survive a move."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from hedgewatch.domain.errors import InvalidValueError
from hedgewatch.domain.exposure import hedge_ratio, position_value
from hedgewatch.domain.instrument import Payoff, hedging
from hedgewatch.domain.numbers import ONE, ZERO, N, exact, exactly, non_negative, positive
from hedgewatch.domain.sizing import Rounding, round_contracts

# (floor, maintenance margin rate), the lowest floor first: quote for linear contracts, coins for inverse ones.
Tiers = Sequence[tuple[Decimal, Decimal]]


@dataclass(frozen=True, slots=True, kw_only=True)
class MaintenanceMargin:
    """What a position must keep. tier: the lowest is 1. mm = mmr * notional - cum, in the notional's asset."""

    tier: int
    mmr: Decimal
    cum: Decimal
    mm: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginUsage:
    """usage: 1 is liquidation, None where no equity is left. is_liquidatable: the exchange may close it now."""

    usage: Decimal | None
    is_liquidatable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginTopup:
    """What margin survives a move, in the settle asset. topup: to be added; below zero, so much is to spare."""

    stress_price: Decimal
    required_margin: Decimal
    topup: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Reduction:
    """Contracts to buy back instead of a top-up, both unsigned, and the hedge ratio that leaves (None: no coins)."""

    contracts_to_cut: Decimal
    contracts_left: Decimal
    hedge_ratio_left: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AdlScore:
    """A place in the queue of automatic deleveraging; the higher, the sooner. None: the position is bankrupt."""

    pnl_frac: Decimal
    effective_leverage: Decimal | None
    score: Decimal | None


@exactly
def tier_cums(tiers: Tiers) -> tuple[Decimal, ...]:
    """Return each tier's deduction, which makes the maintenance margin continuous over the tiers.

    cum_k = cum_(k-1) + floor_k (mmr_k - mmr_(k-1)). Source: domain specification 5.2 (Binance's ``cum`` and Bybit's
    ``mmDeduction`` follow the same recurrence). Raises InvalidValueError for no tiers, a first floor other than zero,
    floors or rates that do not rise, and a rate that is not below 1.
    """
    if not tiers:
        raise InvalidValueError("tiers", "there are none")
    if exact(tiers[0][0], "tiers[0][0]") != 0:
        raise InvalidValueError("tiers[0][0]", f"the first tier starts at 0, found {tiers[0][0]}")
    cums = [ZERO]
    below, rate_below = ZERO, margin_rate(tiers[0][1], "tiers[0][1]")
    for at, (floor, mmr) in enumerate(tiers[1:], start=1):
        if exact(floor, f"tiers[{at}][0]") <= below:
            raise InvalidValueError(f"tiers[{at}][0]", f"must be above the floor before it ({below}), found {floor}")
        if margin_rate(mmr, f"tiers[{at}][1]") < rate_below:
            raise InvalidValueError(f"tiers[{at}][1]", f"must not be below the rate before it, found {mmr}")
        cums.append(cums[-1] + floor * (mmr - rate_below))
        below, rate_below = floor, mmr
    return tuple(cums)


@exactly
def maintenance_margin(tiers: Tiers, notional: Decimal) -> MaintenanceMargin:
    """Return what a position of this value must keep; a value on the boundary belongs to the lower tier.

    notional: in the asset of the tiers' floors. Source: domain specification 5.2.
    Raises InvalidValueError for a negative notional and for tiers as ``tier_cums`` does.
    """
    cums = tier_cums(tiers)
    non_negative(notional, "notional")
    at = max((at for at, (floor, _) in enumerate(tiers) if floor < notional), default=0)
    mmr = tiers[at][1]
    return MaintenanceMargin(tier=at + 1, mmr=mmr, cum=cums[at], mm=mmr * notional - cums[at])


@exactly
def volume_tiers(
    base_rate: Decimal, base_contracts: Decimal, step_contracts: Decimal, step_rate: Decimal, *, levels: int
) -> tuple[tuple[Decimal, Decimal], ...]:
    """Return tiers counted in contracts whose rate holds for the whole position, as MEXC has them: no deduction.

    Up to base_contracts the rate is base_rate; each further step_contracts adds step_rate, ``levels`` times.
    Source: domain specification 5.2. Raises InvalidValueError for sizes that are not above zero.
    """
    margin_rate(base_rate, "base_rate")
    positive(base_contracts, "base_contracts")
    positive(step_contracts, "step_contracts")
    non_negative(step_rate, "step_rate")
    steps = ((base_contracts + step_contracts * (level - 1), level) for level in range(1, levels + 1))
    return ((ZERO, base_rate), *((floor, base_rate + level * step_rate) for floor, level in steps))


@exactly
def cross_margin(wallet_balance: Decimal, unrealised_of_others: Decimal, maintenance_of_others: Decimal) -> Decimal:
    """Return the margin that stands behind one position of a cross account, in its settle asset; it can be negative.

    unrealised_of_others: + is a gain. Source: domain specification 5.3 (Binance's page on liquidation).
    """
    balance = exact(wallet_balance, "wallet_balance")
    gains = exact(unrealised_of_others, "unrealised_of_others")
    return balance + gains - non_negative(maintenance_of_others, "maintenance_of_others")


@exactly
def effective_leverage(notional: Decimal, equity: Decimal) -> Decimal | None:
    """Return notional over equity, both in one asset; None where no equity is left. Source: domain specification 5.1.

    It says nothing about how much is hedged: that comes from coins alone.
    """
    non_negative(notional, "notional")
    return notional / equity if exact(equity, "equity") > 0 else None


@exactly
def usage_of(equity: N, maintenance: N, liq_fee: N) -> N:
    """Return the share of equity that is needed, 1 is liquidation; of arrays elementwise.

    Source: domain specification 5.4. Raises InvalidValueError for equity that is not above zero.
    """
    needed = non_negative(maintenance, "maintenance_margin") + non_negative(liq_fee, "liq_fee")
    return needed / positive(equity, "equity")


@exactly
def margin_usage(equity: Decimal, maintenance_margin: Decimal, liq_fee: Decimal = ZERO) -> MarginUsage:
    """Return how much of the equity is used, all in the settle asset; without equity the usage is not defined.

    Source: domain specification 5.4. Raises InvalidValueError for a negative maintenance margin or fee.
    """
    needed = non_negative(maintenance_margin, "maintenance_margin") + non_negative(liq_fee, "liq_fee")
    if exact(equity, "equity") <= 0:
        return MarginUsage(usage=None, is_liquidatable=equity < 0 or needed > 0)
    return MarginUsage(usage=usage_of(equity, maintenance_margin, liq_fee), is_liquidatable=needed >= equity)


@exactly
def margin_topup(  # noqa: PLR0913  the inputs of the formula
    payoff: Payoff,
    contracts: Decimal,
    contract_size: Decimal,
    entry: Decimal,
    *,
    margin: Decimal,
    mark: Decimal,
    move_frac: Decimal,
    mmr: Decimal,
    cum: Decimal = ZERO,
    fee_rate: Decimal = ZERO,
) -> MarginTopup:
    """Return the margin with which a short is liquidated exactly when the mark price has moved by ``move_frac``.

    contracts: of either sign, the position is short. mmr, cum: of the tier at the stress price, cum and margins in the
    settle asset. linear: q (T - E) + (mmr + fee) q T - cum; inverse: q (1/E - 1/T) + (mmr + fee) q / T - cum.
    Source: domain specification 5.4. Raises InvalidValueError for prices and sizes that are not above zero, a negative
    margin, a move of -100 % or more, and rates that reach 1.
    """
    rate = trigger_rate(mmr, fee_rate)
    non_negative(margin, "margin")
    non_negative(cum, "cum")
    if ONE + exact(move_frac, "move_frac") <= 0:
        raise InvalidValueError("move_frac", f"must be above -1, found {move_frac}")
    stress = positive(mark, "mark") * (ONE + move_frac)
    at_entry = _value(payoff, contracts, contract_size, entry, "entry")
    at_stress = _value(payoff, contracts, contract_size, stress, "move_frac")
    loss = at_stress - at_entry if payoff is Payoff.LINEAR else at_entry - at_stress
    required = loss + rate * at_stress - cum
    return MarginTopup(stress_price=stress, required_margin=required, topup=required - margin)


@exactly
def cut_to_survive(  # noqa: PLR0913  the inputs of the formula
    payoff: Payoff,
    contracts: Decimal,
    contract_size: Decimal,
    *,
    equity: Decimal,
    mark: Decimal,
    move_frac: Decimal,
    mmr: Decimal,
    long_coin: Decimal,
    cum: Decimal = ZERO,
    fee_rate: Decimal = ZERO,
    lot_step: Decimal = ONE,
) -> Reduction:
    """Return what to buy back of a short, instead of a top-up, so that it survives a move of the mark price.

    equity: margin and unrealised result, in the settle asset; what the closed part sets free stays in the position.
    long_coin: the coins it hedges. Cuts are rounded up to the lot. Source: domain specification 5.4, the top-up
    formula solved for the contracts. Raises InvalidValueError as ``margin_topup`` does.
    """
    held = abs(exact(contracts, "contracts"))
    one = margin_topup(
        payoff, ONE, contract_size, mark,
        margin=ZERO, mark=mark, move_frac=move_frac, mmr=mmr, fee_rate=fee_rate,
    )  # fmt: skip
    backing = max(ZERO, exact(equity, "equity") + non_negative(cum, "cum"))
    cut = ZERO
    if one.required_margin > 0:
        cut = round_contracts(max(ZERO, held - backing / one.required_margin), lot_step, Rounding.UP)
    left = held - min(cut, held)
    coins = position_value(payoff, left, contract_size, mark).coin_quantity
    return Reduction(
        contracts_to_cut=held - left,
        contracts_left=left,
        hedge_ratio_left=hedge_ratio(exact(long_coin, "long_coin"), -coins),
    )


@exactly
def adl_score(entry: Decimal, mark: Decimal, bankruptcy: Decimal) -> AdlScore:
    """Return where a linear short stands in the queue of automatic deleveraging.

    The gain times the leverage if it gains, over the leverage if it loses; leverage = mark / (bankruptcy - mark), not
    defined where the mark price has reached bankruptcy. Source: domain specification 5.4 (BitMEX's page on ADL).
    Raises InvalidValueError for prices that are not above zero.
    """
    positive(entry, "entry")
    positive(mark, "mark")
    gain = (entry - mark) / entry
    room = positive(bankruptcy, "bankruptcy") - mark
    if room <= 0:
        return AdlScore(pnl_frac=gain, effective_leverage=None, score=None)
    leverage = mark / room
    score = gain * leverage if gain > 0 else gain / leverage
    return AdlScore(pnl_frac=gain, effective_leverage=leverage, score=score)


@exactly
def trigger_rate(mmr: Decimal, fee_rate: Decimal) -> Decimal:
    """Return the share of its value with which a position is closed: maintenance margin and the fee that counts.

    Raises InvalidValueError for negative rates and for a sum that reaches 1.
    """
    rate = margin_rate(mmr, "mmr") + non_negative(fee_rate, "fee_rate")
    if rate >= 1:
        raise InvalidValueError("fee_rate", f"with the maintenance margin rate it must be below 1, found {rate}")
    return rate


def margin_rate(mmr: Decimal, field: str) -> Decimal:
    """Return a maintenance margin rate that has a meaning: a fraction from 0 to below 1.

    Raises InvalidValueError that names ``field``.
    """
    if non_negative(mmr, field) >= 1:
        raise InvalidValueError(field, f"is a fraction below 1 (0.005 is 0.5 %), found {mmr}")
    return mmr


def _value(payoff: Payoff, contracts: Decimal, contract_size: Decimal, price: Decimal, field: str) -> Decimal:
    positive(price, field)
    return position_value(hedging(payoff), exact(contracts, "contracts"), contract_size, price).value_settle
