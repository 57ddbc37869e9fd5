"""What an account holds and what is commanded of it, and what the world makes of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from hedgewatch.simulator.accounts import Account
from hedgewatch.simulator.listings import HOUR, Exchange, Kind
from hedgewatch.simulator.market import World
from hedgewatch.simulator.registry import Accounts
from hedgewatch.simulator.statement import Held, Pool

NOW = 1_795_500_000_123
DAY = 24 * HOUR


@pytest.fixture
def accounts(world: World, clock: Any) -> Accounts:
    world.pin("BTC", spot="60000", futures="60000", mark="60000", index="60000")
    return Accounts(world, clock)


def make(accounts: Accounts, exchange: str = "binance") -> Account:
    return accounts.add(exchange, "treasury", key=f"key-{exchange}", secret="s")


def held(account: Account, kind: Kind = Kind.PERPETUAL) -> Held:
    (one,) = account.statement(NOW).positions(kind)
    return one


def pool(account: Account, wallet: str = "linear", asset: str = "USDT") -> Pool:
    return account.statement(NOW).pool(account.wallet(wallet), asset)


def coins(account: Account) -> dict[str, Decimal]:
    return {f"{wallet}:{asset}": purse.balance for (wallet, asset), purse in account.purses.items() if purse.balance}


# (kind, contracts, terms, notional, pnl at 60000, maintenance margin, liquidation)
POSITIONS = [
    # 1 x 60000; tier 2: 0.5 % less 50; (-1 x 55000 - 6000 - 50) / (-1 - 0.005)
    (
        "perpetual",
        "-1",
        {"entry": "55000", "margin": "6000", "is_isolated": True},
        "60000",
        "-5000",
        "250",
        "60746.268",
    ),
    ("perpetual", "1", {"entry": "55000", "margin": "6000", "is_isolated": True}, "60000", "5000", "250", "49195.979"),
    # a long that holds more than it is worth cannot be liquidated
    ("perpetual", "0.1", {"entry": "60000", "margin": "7000", "is_isolated": True}, "6000", "0", "24", None),
    # 500 contracts of 100 USD: 50000 / 60000 coins; (-50000 + 200) / (0.5 - 50000 / 62500)
    (
        "inverse",
        "-500",
        {"entry": "62500", "margin": "0.5", "is_isolated": True},
        "0.833333",
        "0.0333333",
        "0.00333333",
        "166000",
    ),
    (
        "inverse",
        "500",
        {"entry": "62500", "margin": "0.5", "is_isolated": True},
        "0.833333",
        "-0.0333333",
        "0.00333333",
        "38615.38",
    ),
    # a short in coins that holds its whole worth in coins is never liquidated
    (
        "inverse",
        "-500",
        {"entry": "62500", "margin": "0.8", "is_isolated": True},
        "0.833333",
        "0.0333333",
        "0.00333333",
        None,
    ),
]


@pytest.mark.parametrize("case", POSITIONS)
def test_a_position_is_worth_what_the_mark_makes_of_it(accounts: Accounts, case: tuple[Any, ...]) -> None:
    kind, contracts, terms, *figures, liquidation = case
    account = make(accounts)
    account.open("BTC", contracts, kind=kind, **terms)
    one = held(account, Kind(kind))
    found = [one.notional, one.pnl, one.maintenance_margin]
    assert found == pytest.approx([Decimal(figure) for figure in figures], rel=Decimal("0.00001"))
    assert one.liquidation == (liquidation and pytest.approx(Decimal(liquidation), rel=Decimal("0.00001")))


def test_at_its_liquidation_price_a_position_has_just_its_maintenance_margin(accounts: Accounts, world: World) -> None:
    account = make(accounts)
    account.open("BTC", "-1", is_isolated=True, leverage=10)
    price = held(account).liquidation
    assert price is not None
    world.pin("BTC", mark=price)
    there = held(account)
    assert there.position.margin + there.pnl == pytest.approx(there.maintenance_margin, abs=Decimal("0.000001"))


def test_a_cross_position_is_backed_by_the_wallet_and_the_other_positions(accounts: Accounts) -> None:
    account = make(accounts)
    account.deposit("linear", "USDT", "10000")
    account.open("BTC", "-1")
    near = held(account).liquidation
    account.deposit("linear", "USDT", "10000")
    far = held(account).liquidation
    assert near is not None and far is not None  # noqa: PT018  one fact: both can be liquidated
    assert near < far == pytest.approx(Decimal(80_050) / Decimal("1.005"))


@pytest.mark.parametrize(("exchange", "contracts"), [("mexc", "-10000"), ("weex", "-1"), ("bingx", "-1")])
def test_contracts_are_the_exchanges_own(accounts: Accounts, exchange: str, contracts: str) -> None:
    account = make(accounts, exchange)
    account.open("BTC", contracts)
    assert held(account).notional == 60_000


def test_adding_averages_the_entry_and_reducing_keeps_it(accounts: Accounts) -> None:
    account = make(accounts)
    account.open("BTC", "-1", entry="50000", is_isolated=True, margin="1000")
    account.open("BTC", "-3", entry="60000", is_isolated=True, margin="3000")
    account.reduce("BTC", "1", price="55000")
    one = held(account).position
    assert (one.contracts, one.entry, one.margin) == (Decimal(-3), Decimal(57500), Decimal(3000))
    assert coins(account) == {"linear:USDT": Decimal(2500)}
    account.reduce("BTC", price="57500")
    assert account.statement(NOW).held == ()


def test_inverse_entries_are_averaged_by_coins(accounts: Accounts) -> None:
    account = make(accounts)
    account.open("BTC", "-300", kind="inverse", entry="50000")
    account.open("BTC", "-300", kind="inverse", entry="75000")
    assert held(account, Kind.INVERSE).position.entry == Decimal(60_000)


@pytest.mark.parametrize(
    ("asset", "contracts", "terms"),
    [
        ("BTC", "0", {}),
        ("BTC", "1", {"side": "short"}),
        ("BTC", "x", {}),
        ("BTC", "1", {"size": "2"}),
        ("NOPE", "1", {}),
    ],
)
def test_a_wrong_position_is_refused(accounts: Accounts, asset: str, contracts: str, terms: dict[str, Any]) -> None:
    with pytest.raises((ValueError, KeyError)):
        make(accounts).open(asset, contracts, **terms)


def test_a_one_way_account_does_not_hold_both_sides_and_a_dual_one_does(accounts: Accounts) -> None:
    account = make(accounts)
    account.open("BTC", "1")
    with pytest.raises(ValueError, match="the other way"):
        account.open("BTC", "-1")
    dual = make(accounts, "bybit")
    dual.configure(is_dual_side=True)
    dual.open("BTC", "1")
    dual.open("BTC", "-2")
    assert [one.side for one in dual.positions] == ["long", "short"]


def test_every_settlement_pays_the_worlds_rate_once(accounts: Accounts, world: World, clock: Any) -> None:
    account = make(accounts)
    account.open("BTC", "-2")
    clock.now += DAY
    account.settle()
    account.settle()
    listing = world.listing("binance", "BTC", Kind.PERPETUAL)
    rates = world.history(listing, NOW, clock.now, 10)
    assert [(payment.at, payment.rate) for payment in account.payments] == rates
    assert [payment.amount for payment in account.payments] == [round(2 * 60_000 * rate, 8) for _, rate in rates]
    assert coins(account)["linear:USDT"] == sum(payment.amount for payment in account.payments)
    assert len({payment.id for payment in account.payments}) == 3


def test_funding_of_an_inverse_position_is_paid_in_coins(accounts: Accounts) -> None:
    account = make(accounts)
    account.open("BTC", "600", kind="inverse", at=NOW - 8 * HOUR)
    (payment,) = account.payments
    assert (payment.amount, payment.settle) == (round(-payment.rate, 8), "BTC")  # 600 x 100 USD at 60000 is one coin


def test_what_changes_has_no_say_over_the_settlement_before(accounts: Accounts, clock: Any) -> None:
    account = make(accounts)
    account.open("BTC", "-1")
    clock.now += 8 * HOUR
    account.reduce("BTC")
    clock.now += 8 * HOUR
    account.settle()
    assert [payment.contracts for payment in account.payments] == [Decimal(-1)]


def test_a_dated_future_pays_no_funding(accounts: Accounts, clock: Any) -> None:
    account = make(accounts)
    account.open("BTC", "-1", kind="future")
    clock.now += DAY
    account.settle()
    assert account.payments == []


def test_coins_move_between_wallets_and_bybit_has_one_for_spot_and_futures(accounts: Accounts) -> None:
    account = make(accounts)
    account.deposit("spot", "BTC", "5")
    account.move("BTC", "1.5", "spot", "earn_flexible")
    account.borrow("spot", "USDT", "1000")
    account.withdraw("spot", "BTC", "0.5")
    assert coins(account) == {
        "spot:BTC": Decimal(3),
        "earn_flexible:BTC": Decimal("1.5"),
        "spot:USDT": Decimal(1000),
    }
    unified = make(accounts, "bybit")
    unified.deposit("spot", "BTC", "1")
    unified.deposit("linear", "USDT", "30000")
    unified.credit("linear", "USDT", "50")
    whole = unified.statement(NOW).whole(unified.wallet("spot"))
    assert (whole.equity, whole.purse.credit) == (90_000, 50)


def test_a_spot_order_locks_coins_until_it_is_cancelled(accounts: Accounts) -> None:
    account = make(accounts)
    account.deposit("spot", "BTC", "2")
    number = account.rest("BTC", "-0.5", "70000", kind="spot")
    purse = account.purses[account.wallet("spot"), "BTC"]
    assert (purse.free, purse.locked) == (Decimal("1.5"), Decimal("0.5"))
    account.cancel(number)
    assert account.purses[account.wallet("spot"), "BTC"].locked == 0
    with pytest.raises(KeyError):
        account.cancel(number)


def test_a_commanded_tier_raises_the_maintenance_margin(accounts: Accounts, world: World) -> None:
    account = make(accounts)
    account.open("BTC", "-1")
    world.change("binance", "BTC", "perpetual", tiers=[["1000000", "0.02", "25"]])
    assert held(account).maintenance_margin == 1_200


def test_a_delisted_contract_takes_its_position_along(accounts: Accounts, world: World) -> None:
    account = make(accounts)
    account.open("BTC", "-1")
    world.delist("binance", "BTC", "perpetual")
    assert account.statement(NOW).held == ()
    with pytest.raises(KeyError):
        world.delist("binance", "BTC", "perpetual")


def test_a_changed_contract_size_changes_what_a_contract_is_worth(accounts: Accounts, world: World) -> None:
    account = make(accounts, "mexc")
    account.open("BTC", "-10000")
    world.change("mexc", "BTC", "perpetual", contract_size="0.001", lot="0.001")
    assert held(account).notional == 600_000
    with pytest.raises(ValueError, match="unknown colour"):
        world.change("mexc", "BTC", "perpetual", colour="1")


def test_secrets_show_in_no_text(accounts: Accounts) -> None:
    account = accounts.add("weex", "desk", key="k", secret="canary-secret", password="canary-pass")
    assert "canary" not in f"{account.key!r} {accounts.told()}"


def test_a_name_or_a_key_is_taken_once(accounts: Accounts) -> None:
    make(accounts)
    with pytest.raises(ValueError, match="already"):
        make(accounts)
    with pytest.raises(ValueError, match="already"):
        accounts.add("binance", "other", key="key-binance", secret="s")
    assert accounts.by_key(Exchange.BINANCE, "key-binance") is accounts.get("binance", "treasury")


def test_the_same_seed_holds_the_same_numbers(clock: Any) -> None:
    books = []
    for _ in range(2):
        account = make(Accounts(World(7, "calm", NOW - 1_000), clock))
        account.open("BTC", "-1", at=NOW - DAY)
        books.append((account.payments, account.positions))
    assert books[0] == books[1]
