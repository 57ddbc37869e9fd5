"""Margin advice: what to add to a short, or to cut from it, so that it survives; one of the two, never both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_UP, Decimal

from hedgewatch.domain.advice import Advice, cutting_part
from hedgewatch.domain.backed import BackedPosition, position_of_leg
from hedgewatch.domain.backing import DOLLARS, pledged_coins
from hedgewatch.domain.contract_terms import USUAL_RATE
from hedgewatch.domain.errors import InvalidValueError
from hedgewatch.domain.exposure import coins_of
from hedgewatch.domain.hedge import CycleFacts, HedgeSnapshot, LegSnapshot
from hedgewatch.domain.instrument import Instrument, Payoff
from hedgewatch.domain.margin import cut_to_survive, margin_topup
from hedgewatch.domain.numbers import ONE, ZERO, exactly, plain
from hedgewatch.domain.order import TopUp
from hedgewatch.domain.sizing import Rounding, round_contracts
from hedgewatch.domain.thresholds import Level, Severity
from hedgewatch.domain.words import order_words

SURVIVE = Decimal("0.5")  # domain specification 5.4: the 97.5 % rise of a month at 60 % volatility is about 38 %
BEYOND = Decimal("1.1")  # past a threshold that is set wider than that
INSIDE = Decimal("0.95")  # of the threshold that a usage or a leverage must fall below
EITHER = "if no margin is added instead"
NO_ORDERS = Advice()
CENT, SATOSHI = Decimal("0.01"), Decimal("1e-8")


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginAdvice:
    """What saves a short: margin to add, or the orders that cut it instead. why_none: why there is neither."""

    top_up: TopUp | None = None
    cut: Advice = NO_ORDERS
    why_none: str | None = None

    @property
    def condition(self) -> str | None:
        """What must hold for the orders: that no margin is added, and what they ask by themselves."""
        said = [words for words in (EITHER if self.top_up else None, self.cut.condition) if words is not None]
        return ", and ".join(said) if self.cut.orders and said else None

    @property
    def words(self) -> str:
        """Both ways, for a message."""
        orders = "; ".join(order_words(order) for order in self.cut.orders)
        ratio = self.cut.orders[-1].hedge_ratio_after if self.cut.orders else None
        left = f", which leaves {percent_of(ratio)} hedged" if ratio is not None else ""
        ways = [top_up_words(self.top_up)] if self.top_up else []
        ways += [f"{orders}{left}"] if orders else [self.cut.why_none] if self.cut.why_none and not ways else []
        return ", or instead ".join(ways) or self.why_none or "no margin or order is known that would mend it"


def percent_of(ratio: Decimal) -> str:
    """Write a ratio in percent for a message."""
    return f"{plain(round(ratio * 100, 1))} %"


def top_up_words(top_up: TopUp) -> str:
    """Write margin to add for a message."""
    where = f" to account {top_up.account}" if top_up.account else ""
    after = top_up.liquidation_price_after
    bought = f"at {plain(after, 8)} then" if after is not None else "at no price then"
    return f"add {plain(top_up.amount)} {top_up.asset} of margin{where}, liquidated {bought}"


@exactly
def survival_advice(
    snapshot: HedgeSnapshot, leg: LegSnapshot, levels: Mapping[Severity, Level], facts: CycleFacts
) -> MarginAdvice:
    """Return what makes a short survive a rise of half its price, or of 1.1 times the widest ``clear`` of ``levels``.

    Where nobody tells the margin or the tiers, the exchange's price and the usual rate do. The margin is rounded up and
    bought so that liquidation is no nearer by the exchange's own price either; the contracts to cut are rounded up to
    the lot. Source: domain specification 5.4.
    """
    position = _short(leg, facts)
    if isinstance(position, str):
        return MarginAdvice(why_none=position)
    move = max([SURVIVE, *(level.clear * BEYOND for level in levels.values())])
    try:
        return _survival(snapshot, leg, position, move)
    except InvalidValueError as error:
        return MarginAdvice(why_none=f"what it needs cannot be reckoned: {error}")


@exactly
def leverage_advice(snapshot: HedgeSnapshot, leg: LegSnapshot, leverage: Decimal, facts: CycleFacts) -> MarginAdvice:
    """Return what brings a short's leverage (of all in its wallet, where one backs it) to ``leverage``.

    Source: domain specification 5.1: notional over equity, so either grows the equity or falls the notional.
    """
    position = _short(leg, facts)
    if isinstance(position, str):
        return MarginAdvice(why_none=position)
    value, equity = position.value_in_wallet, position.backing
    if value is None or equity is None:
        return MarginAdvice(why_none=f"the margin behind {leg.leg.futures} is not known")
    missing = value / leverage - equity
    if missing <= 0:
        return MarginAdvice(why_none="its leverage is low enough")
    cut = min(ONE, (value - leverage * max(ZERO, equity)) / _value_in_wallets_asset(position))
    return MarginAdvice(
        top_up=_top_up(leg, position, missing), cut=_cut(snapshot, leg, position, cut * abs(position.contracts))
    )


@exactly
def usage_top_up(leg: LegSnapshot, usage: Decimal, facts: CycleFacts) -> TopUp | None:
    """Return the margin that brings the usage of a leg's wallet to ``usage``; None where that cannot be reckoned."""
    position = _short(leg, facts)
    if isinstance(position, str) or position.wallet is None or position.wallet.maintenance_margin is None:
        return None
    missing = position.wallet.maintenance_margin / usage - position.wallet.equity
    return _top_up(leg, position, missing) if missing > 0 else None


def _short(leg: LegSnapshot, facts: CycleFacts) -> BackedPosition | str:
    if leg.size_doubt is not None:
        return f"nothing is reckoned in {leg.leg.futures} while its contract is in doubt: {leg.size_doubt}"
    position = position_of_leg(leg, facts)
    if position is None:
        return f"what {leg.leg.futures} needs is not known: its contracts or its mark price are not"
    return position if position.contracts < 0 else f"{leg.leg.futures} is long, which protects nothing"


def _survival(snapshot: HedgeSnapshot, leg: LegSnapshot, position: BackedPosition, move: Decimal) -> MarginAdvice:
    stress = position.mark * (ONE + move)
    backing, terms = _backing_at(position, stress), position.terms_at(stress)
    if leg.liquidation_distance is None and (backing is None or terms is None):
        return MarginAdvice(why_none=f"the margin behind {leg.leg.futures} is not known")
    rate, deduction = terms or (USUAL_RATE, ZERO)
    fee = ZERO if position.is_whole_account else position.trigger_fee
    size, payoff = position.instrument.contract_size, position.payoff
    needed = margin_topup(
        payoff, position.contracts, size, position.mark,
        margin=ZERO, mark=position.mark, move_frac=move, mmr=rate, cum=deduction, fee_rate=fee,
    ).required_margin  # fmt: skip
    by_exchange = _missing_by_price(leg, position, stress, rate + fee)
    missing = by_exchange if backing is None else max(needed - backing, by_exchange)
    if missing <= 0:
        return MarginAdvice(why_none="it survives as it is")
    left = cut_to_survive(
        payoff, position.contracts, size,
        equity=needed - missing, mark=position.mark, move_frac=move, mmr=rate, long_coin=snapshot.exposure or ZERO,
        cum=deduction, fee_rate=fee, lot_step=_lot(position.instrument),
    )  # fmt: skip
    asset = _margin_asset(leg, position)
    top_up = TopUp(
        account=leg.leg.account, asset=asset, amount=_rounded(missing, asset, leg), liquidation_price_after=stress
    )
    return MarginAdvice(top_up=top_up, cut=_cut(snapshot, leg, position, left.contracts_to_cut))


def _backing_at(position: BackedPosition, stress: Decimal) -> Decimal | None:
    """Return what backs a position if the price goes to ``stress``, its own loss left out, others' margin taken off."""
    wallet, said = position.wallet, position.said
    if wallet is None:
        return position.equity
    if wallet.maintenance_margin is None:
        return None
    others = max(ZERO, wallet.maintenance_margin - (position.maintenance or ZERO))
    if not position.is_whole_account or said is None:
        return wallet.equity - others
    coins = pledged_coins(said, wallet.wallet, position.instrument.base)
    return None if coins is None else wallet.equity - others + coins * (stress - position.mark)


def _missing_by_price(leg: LegSnapshot, position: BackedPosition, stress: Decimal, rate: Decimal) -> Decimal:
    """Return the margin that moves liquidation from where it is acted on to ``stress``; zero where that is not known.

    For a short each unit of margin moves it by the closed forms of domain specification 5.3, whatever backs it now.
    """
    if leg.liquidation_distance is None or position.is_whole_account:
        return ZERO
    now = position.mark * (ONE + leg.liquidation_distance)
    quantity = abs(position.contracts) * position.instrument.contract_size
    if position.payoff is Payoff.INVERSE:
        return quantity * (ONE - rate) * (ONE / now - ONE / stress)
    return quantity * (ONE + rate) * (stress - now)


def _price_after(leg: LegSnapshot, position: BackedPosition, amount: Decimal) -> Decimal | None:
    """Return where a short is liquidated with so much more margin, None where at no price (or it is not known)."""
    if leg.liquidation_distance is None:
        return None
    now, rate = position.mark * (ONE + leg.liquidation_distance), (position.rate or ZERO) + position.trigger_fee
    quantity = abs(position.contracts) * position.instrument.contract_size
    if position.payoff is Payoff.LINEAR:
        return now + amount / (quantity * (ONE + rate))
    left = ONE / now - amount / (quantity * (ONE - rate))
    return ONE / left if left > 0 else None


def _top_up(leg: LegSnapshot, position: BackedPosition, missing: Decimal) -> TopUp:
    asset = _margin_asset(leg, position)
    amount = _rounded(missing, asset, leg)
    after = _price_after(leg, position, amount)
    return TopUp(account=leg.leg.account, asset=asset, amount=amount, liquidation_price_after=after)


def _margin_asset(leg: LegSnapshot, position: BackedPosition) -> str:
    """Return what margin is paid in; a unified account counts dollars, and takes what a linear contract settles in."""
    if position.is_whole_account and leg.leg.futures.is_inverse:
        return DOLLARS
    return leg.leg.futures.settle


def _rounded(amount: Decimal, asset: str, leg: LegSnapshot) -> Decimal:
    step = SATOSHI if asset == leg.leg.futures.base else CENT
    return amount.quantize(step, rounding=ROUND_UP)


def _value_in_wallets_asset(position: BackedPosition) -> Decimal:
    if position.is_whole_account and position.payoff is Payoff.INVERSE:
        return position.value * position.mark
    return position.value


def _cut(snapshot: HedgeSnapshot, leg: LegSnapshot, position: BackedPosition, contracts: Decimal) -> Advice:
    """Return the purchase of so many contracts, rounded up to the lot."""
    up = round_contracts(contracts, _lot(position.instrument), Rounding.UP)
    coins = coins_of(position.payoff, up, position.instrument.contract_size, position.mark)
    each = leg.per_coin or ONE  # what is cut is this leg's, whatever it stands for
    return cutting_part(snapshot, replace(leg, per_coin=each), coins * each) if coins > 0 else NO_ORDERS


def _lot(instrument: Instrument) -> Decimal:
    return ONE if instrument.lot_step is None else instrument.lot_step
