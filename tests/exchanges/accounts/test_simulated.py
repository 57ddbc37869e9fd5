"""Against the simulated exchanges, which check every signature: what the account holds is what is read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from hedgewatch.domain.account import AccountFailure, AccountSnapshot, Never, PartFailure
from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.market import ReadingFailure, UnknownReason
from hedgewatch.exchanges.accounts.source import CcxtAccountSource
from hedgewatch.exchanges.credentials import Credentials
from hedgewatch.monitoring.ports import AccountWanted
from hedgewatch.simulator.server import SimulatedExchanges
from tests.exchanges.accounts.conftest import KEYS, listed

pytest.importorskip("hedgewatch.simulator.accounts", reason="the simulated exchanges keep no accounts yet")

EXCHANGES = ("binance", "bybit", "bingx", "weex", "mexc")
PERPETUAL, COIN = "BTC/USDT:USDT", "BTC/USD:BTC"
COIN_IDS = {"binance": "BTCUSD_PERP", "bybit": "BTCUSD", "bingx": "BTC-USD", "mexc": "BTC_USD"}
UNIT = {"mexc": 10_000}  # contracts that are one coin
D = Decimal

each_exchange = pytest.mark.parametrize("exchange", EXCHANGES)


@pytest.fixture
def held(exchange: str, server: Any, world: Any) -> Any:
    """An account at the simulated exchange, whose keys the source has."""
    world.pin("BTC", spot="60000", futures="60000", mark="60000", index="60000")
    return server.accounts.add(exchange, "treasury", key=KEYS.api_key, secret=KEYS.secret, password=KEYS.password or "")


@pytest.fixture
async def reader(
    exchange: str, held: Any, server: SimulatedExchanges, source: Any, clock: Any
) -> AsyncIterator[CcxtAccountSource]:
    assert held is not None
    market = source(exchange, server.base_url)
    one = CcxtAccountSource(account="desk", market=market, credentials=KEYS, clock=clock, timeout_seconds=D(5))
    one.client.enableRateLimit = False
    one.client.timeout_on_exit = 1
    yield one
    await one.close()


def wanted(exchange: str, *symbols: str, since: datetime | None = None) -> AccountWanted:
    refs = tuple(InstrumentRef(exchange=exchange, symbol=symbol) for symbol in symbols or (PERPETUAL,))
    return AccountWanted(instruments=refs, payments_since=dict.fromkeys(refs, since) if since else {})


async def read(one: CcxtAccountSource, *symbols: str, since: datetime | None = None) -> AccountSnapshot:
    found = await one.fetch(wanted(one.exchange, *symbols, since=since))
    assert isinstance(found, AccountSnapshot), found
    return found


def coins(exchange: str, amount: str) -> Decimal:
    return D(amount) * UNIT.get(exchange, 1)


@each_exchange
async def test_a_treasury_is_read(exchange: str, held: Any, reader: CcxtAccountSource, clock: Any) -> None:
    held.deposit("spot", "BTC", "3")
    held.rest("BTC", "-0.5", "70000", kind="spot")
    held.deposit("linear", "USDT", "150000")
    entered = round((clock.at - timedelta(days=3)).timestamp() * 1000)
    held.open("BTC", coins(exchange, "-2"), entry="59000", leverage=5, is_isolated=exchange != "bybit", at=entered)
    held.rest("BTC", coins(exchange, "-0.25"), "66000")
    held.set_key(can_read=True)
    found = await read(reader, since=clock.at - timedelta(days=4))
    (position,) = found.positions  # type: ignore[misc]  # a tuple
    assert not isinstance(position, ReadingFailure), position
    figures = held.statement(round(clock.at.timestamp() * 1000)).held[0]
    assert position.contracts == coins(exchange, "-2")
    assert position.entry_price == 59000
    assert position.leverage == 5
    assert isinstance(position.liquidation_price, Decimal)
    assert position.liquidation_price == pytest.approx(figures.liquidation, abs=D("0.02"))
    assert isinstance(found.balances, tuple), found.balances
    owned = sum(balance.owned for balance in found.balances if balance.asset == "BTC")
    assert owned == 3
    assert isinstance(found.wallets, tuple), found.wallets
    assert found.wallets
    assert isinstance(found.orders, tuple), found.orders
    assert [(order.contracts, order.limit_price) for order in found.orders] == [(coins(exchange, "-0.25"), 66000)]
    assert isinstance(found.payments, tuple), found.payments
    for payment, paid in zip(found.payments, held.payments, strict=True):
        assert payment.amount == pytest.approx(paid.amount, abs=D("1e-8"))
        assert abs(payment.paid_at.timestamp() * 1000 - paid.at) < 60_000  # BingX writes it some seconds later
    assert len(found.payments) >= 9
    (terms,) = found.terms
    assert not isinstance(terms.fees, PartFailure), terms.fees
    assert not isinstance(terms.tiers, PartFailure), terms.tiers
    assert (terms.tiers is None) == (exchange == "weex")


@each_exchange
@pytest.mark.parametrize("is_dual", [True, False])
async def test_the_position_mode_of_a_flat_account_is_known(
    exchange: str,
    is_dual: bool,  # noqa: FBT001
    held: Any,
    reader: CcxtAccountSource,
) -> None:
    assert reader.exchange == exchange
    held.deposit("linear", "USDT", "1000")
    held.configure(is_dual_side=is_dual)
    found = await read(reader)
    assert (found.positions, [terms.is_dual_side for terms in found.terms]) == ((), [is_dual])


@pytest.mark.parametrize("exchange", ["binance", "bybit"])
async def test_earn_is_read(held: Any, reader: CcxtAccountSource, clock: Any) -> None:
    held.deposit("spot", "BTC", "3")
    await read(reader)
    held.move("BTC", "1", "spot", "earn_flexible")
    clock.pass_by(seconds=30)
    found = await read(reader)
    assert isinstance(found.balances, tuple), found.balances
    assert sum(balance.owned for balance in found.balances if balance.asset == "BTC") == 3
    assert sum(balance.earn for balance in found.balances) == 1


@pytest.mark.parametrize("exchange", ["binance", "bybit", "bingx", "mexc"])
async def test_an_inverse_short_of_one_is_never_liquidated(
    exchange: str, held: Any, reader: CcxtAccountSource, shelf: Any
) -> None:
    face = "1" if exchange == "bybit" else "100"
    linear = "BTC_USDT" if exchange == "mexc" else "BTC-USDT" if exchange == "bingx" else "BTCUSDT"
    shelf.kept[exchange] = {
        COIN: listed(COIN, COIN_IDS[exchange], face),
        PERPETUAL: listed(PERPETUAL, linear),
    }
    held.deposit("inverse", "BTC", "2")
    contracts = -(60_000 // int(face))
    held.open("BTC", contracts, kind="inverse", leverage=1)
    found = await read(reader, COIN)
    (position,) = found.positions  # type: ignore[misc]  # a tuple
    assert not isinstance(position, ReadingFailure), position
    assert position.contracts == contracts
    assert position.liquidation_price is (Never.NEVER if exchange in {"binance", "bingx"} else None)
    if position.reported_notional is not None:
        assert position.reported_notional == 60_000
    assert isinstance(found.wallets, tuple), found.wallets
    assert {wallet.asset for wallet in found.wallets} & {"BTC", "USD"}


@each_exchange
@pytest.mark.parametrize("wrong", ["key", "secret", "password"])
async def test_wrong_credentials_are_a_bad_key(
    exchange: str, wrong: str, held: Any, server: SimulatedExchanges, source: Any, clock: Any
) -> None:
    assert held is not None
    keys = {"key": "api_key"}.get(wrong, wrong)
    if wrong == "password" and exchange != "weex":
        pytest.skip("only WEEX has a passphrase")
    one = CcxtAccountSource(
        account="desk",
        market=source(exchange, server.base_url),
        credentials=replace(KEYS, **{keys: "canaryWRONGcanary"}),
        clock=clock,
        timeout_seconds=D(5),
    )
    one.client.timeout_on_exit = 1
    found = await one.fetch(wanted(exchange, since=clock.at - timedelta(days=1)))
    await one.close()
    assert isinstance(found, AccountFailure), found
    assert found.reason is UnknownReason.BAD_KEY, found
    assert "canary" not in repr(found)


@each_exchange
async def test_a_clock_that_is_off_is_told_and_mended(
    exchange: str, held: Any, reader: CcxtAccountSource, clock: Any, world: Any, server: Any
) -> None:
    assert held is not None
    assert server is not None
    await read(reader)
    reader._market.skew.seconds = D(-120)  # as if ours were two minutes behind, which it is not
    clock.pass_by(seconds=30)
    found = await reader.fetch(wanted(exchange))
    assert isinstance(found, AccountFailure), found
    assert found.reason is UnknownReason.CLOCK_SKEW, found
    assert world is not None
    assert reader._market.skew.is_due()
    await reader._market.skew.measure()
    clock.pass_by(seconds=30)
    await read(reader)


@pytest.mark.parametrize("exchange", ["binance", "bybit", "bingx"])
@pytest.mark.parametrize(
    ("rights", "powers"),
    [({}, (False, False)), ({"can_trade": True}, (True, False)), ({"can_withdraw": True}, (False, True))],
)
async def test_a_scope_is_told(rights: dict[str, bool], powers: Any, held: Any, reader: CcxtAccountSource) -> None:
    held.set_key(**rights)
    scope = (await read(reader)).scope
    assert scope is not None
    assert (scope.can_trade, scope.can_withdraw) == powers, scope


@each_exchange
async def test_a_faulty_position_list_is_no_flat(
    exchange: str, held: Any, reader: CcxtAccountSource, server: Any, clock: Any
) -> None:
    held.deposit("linear", "USDT", "150000")
    held.open("BTC", coins(exchange, "-2"), leverage=5)
    await read(reader)
    for kind in ("html", "truncated", "empty_body", "null", "503"):
        server.faults.set(exchange, kind)
        clock.pass_by(seconds=30)
        found = await reader.fetch(wanted(exchange))
        server.faults.clear()
        assert isinstance(found, AccountFailure), (kind, found)
    clock.pass_by(minutes=2)
    found = await read(reader)
    assert len(found.positions) == 1  # type: ignore[arg-type]  # a tuple


async def test_two_accounts_of_one_exchange_share_a_ban(server: SimulatedExchanges, source: Any, clock: Any) -> None:
    accounts: Any = server.accounts  # type: ignore[attr-defined]  # simulated exchanges keep accounts
    market = source("binance", server.base_url)
    both = []
    for name in ("one", "two"):
        accounts.add("binance", name, key=f"key-{name}", secret=f"secret-{name}")
        keys = Credentials(api_key=f"key-{name}", secret=f"secret-{name}")
        both.append(CcxtAccountSource(account=name, market=market, credentials=keys, clock=clock, timeout_seconds=D(5)))
    for one in both:
        one.client.timeout_on_exit = 1
        assert isinstance(await one.fetch(wanted("binance")), AccountSnapshot)
    server.faults.set("binance", "418", count=50, seconds=600)
    first = await both[0].fetch(wanted("binance"))
    assert isinstance(first, AccountFailure)
    server.faults.clear()
    server.forget_calls()
    second = await both[1].fetch(wanted("binance"))
    assert isinstance(second, AccountFailure)
    assert (first.reason, second.reason) == (UnknownReason.BANNED, UnknownReason.BANNED)
    assert not server.calls
    await asyncio.gather(*(one.close() for one in both))
