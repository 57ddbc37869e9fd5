"""Standing: how near a leg is to liquidation, by its own margin, its wallet, or its whole account."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from hedgewatch.domain.account import MarginWallet, Never
from hedgewatch.domain.backed import BackedPosition, backed_position
from hedgewatch.domain.backing import pledged_coins
from hedgewatch.domain.errors import InvalidValueError
from hedgewatch.domain.hedge import CycleFacts, Leg
from hedgewatch.domain.held import HeldPosition
from hedgewatch.domain.instrument import Instrument
from hedgewatch.domain.liquidation import Liquidation, distance_to, liq_price_from_state
from hedgewatch.domain.liquidation_rules import (
    LiquidationView,
    liquidation_by,
    which_liquidation,
)
from hedgewatch.domain.margin import effective_leverage, margin_usage
from hedgewatch.domain.numbers import ZERO
from hedgewatch.domain.unified import Pledge, whole_account_price

NEVER = LiquidationView(shown=None, acted_on=None, source=None, difference=None, is_mismatch=False, is_never=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a leg stands. None: not known, or (is_never) no move can liquidate it. usage: 1 is liquidation.

    difference: our liquidation price against the exchange's, a fraction of the latter, where both are reckoned; NEVER
    where the exchange gives one and by our reckoning no price liquidates it.
    """

    price: Decimal | None = None
    distance: Decimal | None = None
    is_never: bool = False
    usage: Decimal | None = None
    leverage: Decimal | None = None
    difference: Decimal | Never | None = None


FLAT = Standing(is_never=True, usage=ZERO, leverage=ZERO)
UNKNOWN = Standing()


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
    if held.contracts == 0:
        return FLAT
    position = backed_position(leg, held, instrument, mark, facts=facts)
    if position is None:
        return UNKNOWN
    try:
        return _standing(position)
    except InvalidValueError:
        return UNKNOWN


def _standing(position: BackedPosition) -> Standing:
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
        difference=_difference(position, view),
    )


def _view(position: BackedPosition) -> LiquidationView:
    told = position.held.liquidation_price
    if isinstance(told, Never):
        return NEVER
    wallet, is_whole = position.wallet, position.is_whole_account
    own = _by_whole_account(position, wallet) if wallet is not None and is_whole else _own(position)
    return which_liquidation(position.side, told, own, is_estimate=is_whole)


def _own(position: BackedPosition) -> Liquidation | None:
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
    equity = position.backing
    kept = position.maintenance if wallet is None else wallet.maintenance_margin
    rate = position.rate
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
        fee_rate=position.trigger_fee,
    )
    return Liquidation(price=price, tier=None)


def _by_whole_account(position: BackedPosition, wallet: MarginWallet) -> Liquidation | None:
    """Estimate the price at which a unified account has no more than it must keep; other assets stand still."""
    rate, entry = position.rate, position.held.entry_price
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


def _difference(position: BackedPosition, view: LiquidationView) -> Decimal | Never | None:
    if position.is_whole_account:  # ours is an estimate there
        return None
    return Never.NEVER if view.is_mismatch and view.difference is None else view.difference


def _usage(position: BackedPosition) -> Decimal | None:
    wallet, equity = position.wallet, position.backing
    kept = position.maintenance if wallet is None else wallet.maintenance_margin
    return None if equity is None or kept is None else margin_usage(equity, kept).usage


def _leverage(position: BackedPosition) -> Decimal | None:
    """Return notional over equity; in a wallet of all cross positions that are seen in it."""
    value, equity = position.value_in_wallet, position.backing
    return None if value is None or equity is None else effective_leverage(value, equity)
