"""A hedge whose leg is read from an account, with what the account says, for tests of the domain."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from hedgewatch.domain.account import (
    AccountPosition,
    AccountSnapshot,
    CoinBalance,
    ContractTerms,
    LeverageTiers,
    MarginMode,
    MarginTier,
    MarginWallet,
    OpenOrder,
    TierUnit,
)
from hedgewatch.domain.hedge import CycleFacts, Hedge, HedgeSnapshot, Leg
from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.inventory import HeldShare
from hedgewatch.domain.measure import measure_hedge
from hedgewatch.domain.proving import prove_coins, prove_positions
from tests.domain.accounts import position, wallet
from tests.domain.samples import FUTURES, INVERSE, NOW, POLL, facts, hedge, holding, reading, spot_reading, stamp

D = Decimal
ACCOUNT = "treasury"


def read_leg(ref: InstrumentRef = FUTURES, **changes: Any) -> Leg:
    known = Leg(name=f"{ref}@{ACCOUNT}", futures=ref, account=ACCOUNT, position=None, counts_equity=ref.is_inverse)
    return replace(known, **changes)


def read_hedge(*legs: Leg, coins: str | None = "5", from_account: bool = False) -> Hedge:
    """A hedge of declared coins, or of all that the account holds."""
    held = holding(coins or "1")
    if from_account:
        held = replace(held, name="hot", quantity=None, account=ACCOUNT)
    return hedge(*(legs or (read_leg(),)), held=(HeldShare(holding=held, share=D(1)),) if coins or from_account else ())


def isolated(contracts: str, margin: str, **changes: Any) -> AccountPosition:
    return replace(position(contracts, mode=MarginMode.ISOLATED), margin=D(margin), **changes)


def said(*positions: AccountPosition, **parts: Any) -> AccountSnapshot:
    """What the account says; ``parts`` as in AccountSnapshot."""
    known = AccountSnapshot(
        account=ACCOUNT,
        exchange="binance",
        received_at=NOW,
        exchange_time=None,
        positions=positions,
        balances=(),
        wallets=(wallet(D(1500)),),
        orders=(),
        payments=(),
    )
    return replace(known, **parts)


def balance(asset: str, amount: str, place: str = "spot") -> CoinBalance:
    return CoinBalance(asset=asset, wallet=place, free=D(amount), used=D(0))


def dollars(equity: str, maintenance: str) -> MarginWallet:
    return replace(wallet(D(maintenance), asset="USD"), wallet="unified", equity=D(equity))


def tiers(*rows: tuple[str, str], unit: TierUnit = TierUnit.NOTIONAL, ref: InstrumentRef = FUTURES) -> ContractTerms:
    steps = tuple(
        MarginTier(floor=D(floor), cap=None, maintenance_margin_rate=D(rate), deduction=None, max_leverage=None)
        for floor, rate in rows
    )
    found = LeverageTiers(unit=unit, is_progressive=True, tiers=steps, stamp=stamp())
    return ContractTerms(ref=ref, tiers=found, fees=None)


def order(contracts: str, price: str = "60500", ref: InstrumentRef = FUTURES, **changes: Any) -> OpenOrder:
    known = OpenOrder(
        ref=ref, order_id="77", contracts=D(contracts), limit_price=D(price), reduce_only=False, position_side=None
    )
    return replace(known, **changes)


def account_facts(answer: AccountSnapshot, *readings: Any) -> CycleFacts:
    """What a cycle knows after this answer, proven as a first one is."""
    refs = [one.ref for one in readings] or [FUTURES]
    beliefs = dict(prove_positions(answer, {}, expected=refs, poll_seconds=POLL).beliefs)
    beliefs |= prove_coins(answer, {}, expected=["BTC"], poll_seconds=POLL).beliefs
    seen = facts(spot_reading("59999.5", "60000.5"), *(readings or (reading(mark="60000"),)))
    return replace(seen, accounts={ACCOUNT: answer}, beliefs=beliefs)


def measured(answer: AccountSnapshot, declared: Hedge | None = None, *readings: Any) -> HedgeSnapshot:
    return measure_hedge(declared or read_hedge(), account_facts(answer, *readings))


def inverse_reading(mark: str = "60000") -> Any:
    return reading(INVERSE, "59999.5", "60000.5", mark=mark)
