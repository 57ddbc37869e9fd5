"""Accounts poll by poll: what is listed, and what the wallet that would notice says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from hedgewatch.domain.account import (
    AccountFailure,
    AccountPosition,
    AccountSnapshot,
    CoinBalance,
    MarginMode,
    MarginWallet,
    PartFailure,
)
from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.market import Stamp, UnknownReason
from tests.domain.cases import NOW

POLL = Decimal(30)
SECONDS = timedelta(seconds=1)
PERP = InstrumentRef(exchange="binance", symbol="BTC/USDT:USDT")
OTHER = InstrumentRef(exchange="binance", symbol="ETH/USDT:USDT")
FAULT = PartFailure(reason=UnknownReason.TIMEOUT, detail="no answer")
UNTOLD = PartFailure(reason=UnknownReason.NOT_AVAILABLE, detail="not offered")
DOWN = AccountFailure(account="treasury", exchange="binance", reason=UnknownReason.BANNED, detail="banned")
MARGIN_PER_CONTRACT = Decimal(300)


def position(
    contracts: str | Decimal, ref: InstrumentRef = PERP, at: datetime = NOW, *, mode: MarginMode = MarginMode.CROSS
) -> AccountPosition:
    held = Decimal(contracts)
    return AccountPosition(
        ref=ref,
        contracts=held,
        is_dual_side=False,
        entry_price=Decimal(60000),
        mark_price=Decimal(60000),
        reported_notional=abs(held) * 60000,
        liquidation_price=None,
        margin_mode=mode,
        margin=None,
        maintenance_margin=abs(held) * MARGIN_PER_CONTRACT,
        unrealised_pnl=Decimal(0),
        leverage=Decimal(10),
        adl_quantile=1,
        stamp=Stamp(exchange_time=at, received_at=at, source="test"),
    )


def wallet(maintenance: Decimal | None, *, initial: Decimal | None = None, asset: str = "USDT") -> MarginWallet:
    return MarginWallet(
        wallet="usd-m",
        asset=asset,
        equity=Decimal(100000),
        initial_margin=initial,
        maintenance_margin=maintenance,
        credit=None,
        is_shared=True,
    )


def coins(free: str | Decimal, *, asset: str = "BTC", wallet: str = "spot", earn: str = "0") -> CoinBalance:
    return CoinBalance(asset=asset, wallet=wallet, free=Decimal(free), used=Decimal(0), earn=Decimal(earn))


def answer(
    positions: Iterable[AccountPosition] | PartFailure = (),
    *,
    wallets: Iterable[MarginWallet] | PartFailure = (),
    balances: Iterable[CoinBalance] | PartFailure = (),
    at: datetime = NOW,
) -> AccountSnapshot:
    return AccountSnapshot(
        account="treasury",
        exchange="binance",
        received_at=at,
        exchange_time=at,
        positions=positions if isinstance(positions, PartFailure) else tuple(positions),
        balances=balances if isinstance(balances, PartFailure) else tuple(balances),
        wallets=wallets if isinstance(wallets, PartFailure) else tuple(wallets),
        orders=(),
        payments=(),
    )


def poll(told: str, at: datetime = NOW) -> AccountSnapshot | AccountFailure:
    """Read one poll: contracts short that are listed, and those the wallet's margin is used by.

    ``5:5`` all is well, ``0:5`` dropped from the list, ``0:0`` closed, ``0:?`` the wallets failed, ``0:`` no wallet
    tells; ``x`` the positions failed, ``X`` the account did.
    """
    if told == "X":
        return DOWN
    if told == "x":
        return answer(FAULT, wallets=[wallet(5 * MARGIN_PER_CONTRACT)], at=at)
    listed, _, held = told.partition(":")
    shown = [position(-Decimal(listed), at=at)] if Decimal(listed) else []
    if held == "?":
        return answer(shown, wallets=FAULT, at=at)
    if not held:
        return answer(shown, wallets=UNTOLD, at=at)
    return answer(shown, wallets=[wallet(Decimal(held) * MARGIN_PER_CONTRACT)], at=at)


def without_maintenance(said: AccountSnapshot) -> AccountSnapshot:
    """Return the answer of an exchange that reports no maintenance margin, only the margin that is used."""
    assert not isinstance(said.wallets, PartFailure)
    told = [
        replace(one, maintenance_margin=None, initial_margin=_times(one.maintenance_margin, 20)) for one in said.wallets
    ]
    return replace(said, wallets=tuple(told))


def _times(figure: Decimal | None, factor: int) -> Decimal | None:
    return None if figure is None else figure * factor
