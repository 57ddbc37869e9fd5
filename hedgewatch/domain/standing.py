"""Standing: how near a leg is to liquidation, by its own margin, its wallet, or its whole account."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from hedgewatch.domain.account import AccountSnapshot, MarginMode, MarginWallet, Never
from hedgewatch.domain.backing import DOLLARS, pledged_coins, wallet_of
from hedgewatch.domain.contract_terms import margin_tiers, rule_of, taker_fee, terms_of
from hedgewatch.domain.errors import InvalidValueError
from hedgewatch.domain.exposure import settle_value
from hedgewatch.domain.hedge import CycleFacts, HeldPosition, Leg
from hedgewatch.domain.instrument import Instrument, Payoff, PositionSide
from hedgewatch.domain.liquidation import Liquidation, distance_to, liq_price_from_state
from hedgewatch.domain.liquidation_rules import (
    LiquidationRule,
    LiquidationView,
    TiersBy,
    TriggerFee,
    liquidation_by,
    which_liquidation,
)
from hedgewatch.domain.margin import Tiers, effective_leverage, maintenance_margin, margin_usage
from hedgewatch.domain.numbers import ONE, ZERO
from hedgewatch.domain.position import positions_of
from hedgewatch.domain.unified import Pledge, whole_account_price

NEVER = LiquidationView(shown=None, acted_on=None, source=None, difference=None, is_mismatch=False, is_never=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a leg stands. None: not known, or (is_never) no move can liquidate it. usage: 1 is liquidation."""

    price: Decimal | None = None
    distance: Decimal | None = None
    is_never: bool = False
    usage: Decimal | None = None
    leverage: Decimal | None = None


FLAT = Standing(is_never=True, usage=ZERO, leverage=ZERO)
UNKNOWN = Standing()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Position:
    """A position that is there, with what stands behind it. wallet: the one that backs it, None if none does."""

    held: HeldPosition
    instrument: Instrument
    payoff: Payoff
    contracts: Decimal
    mark: Decimal
    tiers: Tiers | None
    taker_fee: Decimal | None
    wallet: MarginWallet | None
    said: AccountSnapshot | None

    @property
    def side(self) -> PositionSide:
        return PositionSide.SHORT if self.contracts < 0 else PositionSide.LONG

    @property
    def value(self) -> Decimal:
        """What it is worth at the mark price, in the settle asset."""
        return abs(settle_value(self.payoff, self.contracts, self.instrument.contract_size, self.mark))

    @property
    def rule(self) -> LiquidationRule:
        return rule_of(self.instrument)

    @property
    def maintenance(self) -> Decimal | None:
        """What it must keep now, in the settle asset."""
        if self.held.maintenance_margin is not None:
            return self.held.maintenance_margin
        if self.tiers is None:
            return None
        if self.rule.tiers_by is TiersBy.CONTRACTS:
            return maintenance_margin(self.tiers, abs(self.contracts)).mmr * self.value
        return maintenance_margin(self.tiers, self.value).mm

    @property
    def equity(self) -> Decimal | None:
        """What backs it alone now, in the settle asset."""
        margin, gain = self.held.margin, self.held.unrealised_pnl
        return None if margin is None or gain is None else margin + gain


def standing_of(
    leg: Leg,
    held: HeldPosition,
    instrument: Instrument | None,
    mark: Decimal | None,
    *,
    facts: CycleFacts,
) -> Standing:
    """Return liquidation price and distance, usage of the margin, and leverage of a leg.

    An isolated position stands on its margin, a cross one on its wallet, one of a unified account on the whole of it.
    The exchange's liquidation price is shown where it gives one; more than 2 % from ours, the nearer counts. Source:
    domain specification 5.
    """
    contracts = held.contracts
    if contracts == 0:
        return FLAT
    if instrument is None or instrument.payoff is None or mark is None or contracts is None:
        return UNKNOWN
    said = facts.accounts.get(leg.account or "") if leg.is_read else None
    snapshot = said if isinstance(said, AccountSnapshot) else None
    terms = terms_of(leg, facts)
    is_alone = held.margin_mode is MarginMode.ISOLATED or not leg.is_read
    position = _Position(
        held=held,
        instrument=instrument,
        payoff=instrument.payoff,
        contracts=contracts,
        mark=mark,
        tiers=margin_tiers(held, instrument, terms),
        taker_fee=taker_fee(instrument, terms),
        wallet=None if is_alone or snapshot is None else wallet_of(snapshot, instrument.ref),
        said=snapshot,
    )
    try:
        return _standing(position)
    except InvalidValueError:
        return UNKNOWN


def _standing(position: _Position) -> Standing:
    view = _view(position)
    distance = None
    if view.acted_on is not None:
        distance = distance_to(position.side, position.mark, view.acted_on)
    return Standing(
        price=view.shown,
        distance=distance,
        is_never=view.is_never,
        usage=_usage(position),
        leverage=_leverage(position),
    )


def _view(position: _Position) -> LiquidationView:
    told = position.held.liquidation_price
    if isinstance(told, Never):
        return NEVER
    wallet = position.wallet
    is_whole = wallet is not None and wallet.asset == DOLLARS
    own = _by_whole_account(position, wallet) if wallet is not None and is_whole else _own(position)
    return which_liquidation(position.side, told, own, is_estimate=is_whole)


def _own(position: _Position) -> Liquidation | None:
    """Return the liquidation price by our own reckoning, None where what stands behind the position is not known."""
    held, wallet = position.held, position.wallet
    if wallet is None and held.margin is not None and held.entry_price is not None and position.tiers is not None:
        return liquidation_by(
            position.rule,
            position.payoff,
            position.side,
            contracts=position.contracts,
            contract_size=position.instrument.contract_size,
            entry=held.entry_price,
            margin=held.margin,
            tiers=position.tiers,
            taker_fee=position.taker_fee,
        )
    equity = position.equity if wallet is None else wallet.equity
    kept = position.maintenance if wallet is None else wallet.maintenance_margin
    rate = _rate(position)
    if equity is None or kept is None or rate is None:
        return None
    price = liq_price_from_state(
        position.payoff,
        position.side,
        position.contracts,
        position.instrument.contract_size,
        mark=position.mark,
        equity=equity,
        mm=kept,
        mmr=rate,
        fee_rate=_trigger_fee(position),
    )
    return Liquidation(price=price, tier=None)


def _by_whole_account(position: _Position, wallet: MarginWallet) -> Liquidation | None:
    """Estimate the price at which a unified account has no more than it must keep; other assets stand still."""
    rate, entry = _rate(position), position.held.entry_price
    if wallet.maintenance_margin is None or rate is None or entry is None or position.said is None:
        return None
    coins = pledged_coins(position.said, wallet.wallet, position.instrument.base)
    if coins is None:
        return None
    return Liquidation(
        price=whole_account_price(
            Pledge(equity=wallet.equity, maintenance=wallet.maintenance_margin, coins=coins),
            position.payoff,
            position.contracts * position.instrument.contract_size,
            entry=entry,
            mark=position.mark,
            mmr=rate,
        ),
        tier=None,
    )


def _rate(position: _Position) -> Decimal | None:
    """Return the maintenance margin rate now: of the tier reached, else what is kept over the value."""
    if position.tiers is not None:
        by_contracts = position.rule.tiers_by is TiersBy.CONTRACTS
        return maintenance_margin(position.tiers, abs(position.contracts) if by_contracts else position.value).mmr
    kept = position.held.maintenance_margin
    return None if kept is None else kept / position.value


def _trigger_fee(position: _Position) -> Decimal:
    rule = position.rule
    if rule.fee is TriggerFee.TAKER and position.taker_fee is not None:
        return max(ZERO, position.taker_fee)
    return rule.usual_fee


def _usage(position: _Position) -> Decimal | None:
    wallet = position.wallet
    equity = position.equity if wallet is None else wallet.equity
    kept = position.maintenance if wallet is None else wallet.maintenance_margin
    return None if equity is None or kept is None else margin_usage(equity, kept).usage


def _leverage(position: _Position) -> Decimal | None:
    """Return notional over equity; in a wallet of all cross positions that are seen in it."""
    wallet = position.wallet
    if wallet is None or position.said is None:
        return None if position.equity is None else effective_leverage(position.value, position.equity)
    total = ZERO
    for row in positions_of(position.said):
        if row.margin_mode is MarginMode.ISOLATED or wallet_of(position.said, row.ref) != wallet:
            continue
        price = ONE if wallet.asset == DOLLARS or not row.ref.is_inverse else row.mark_price
        if row.reported_notional is None or not price:
            return None
        total += row.reported_notional / price
    return effective_leverage(total, wallet.equity)
