"""Sizing a hedge in one contract: the playbook's cases to the digit, and what to know before it is sold."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgewatch.domain.errors import InvalidValueError
from hedgewatch.domain.exposure import coins_of
from hedgewatch.domain.hedge_size import AskedHedge, ContractMarket, HedgeSize, MarginTerms, size_hedge
from hedgewatch.domain.instrument import Instrument, InstrumentRef, OrderUnit, Payoff
from hedgewatch.domain.liquidation_rules import LIQUIDATION_RULES, LiquidationRule
from hedgewatch.domain.market import OrderBook
from hedgewatch.domain.playbook import playbook_says
from hedgewatch.domain.rebalance import Shortage
from hedgewatch.domain.size_warnings import size_warnings
from tests.domain.samples import FUTURES, instrument, stamp

INVERSE = InstrumentRef(exchange="binance", symbol="BTC/USD:BTC")
TERMS = MarginTerms(rule=LiquidationRule(), tiers=((Decimal(0), Decimal("0.005")),))
WORTH = AskedHedge(notional=Decimal(300_000))
COINS = AskedHedge(coins=Decimal(5))
PRICE = Decimal(60_000)


def market(price: str = "60000", **known: Any) -> ContractMarket:
    return ContractMarket(coin_price=Decimal(price), futures_price=Decimal(price), **known)


def linear(size: str = "1", **changes: Any) -> Instrument:
    return instrument(FUTURES, contract_size=Decimal(size), **changes)


def inverse(size: str = "1", **changes: Any) -> Instrument:
    return instrument(INVERSE, contract_size=Decimal(size), **changes)


def sized(
    contract: Instrument, asked: AskedHedge = WORTH, at: ContractMarket | None = None, terms: MarginTerms = TERMS
) -> HedgeSize:
    return size_hedge(contract, at or market(), asked, terms)


def codes(contract: Instrument, at: ContractMarket, asked: AskedHedge = WORTH) -> list[str]:
    return [warning.code for warning in size_warnings(contract, at, sized(contract, asked, at))]


@pytest.mark.parametrize("asked", [WORTH, COINS])
@pytest.mark.parametrize(
    ("contract", "contracts", "margin", "liquidation"),
    [
        (linear("1", lot_step=Decimal("0.001")), "5", "300000", "119402.985"),
        (linear("0.001", lot_step=Decimal(1), order_unit=OrderUnit.CONTRACTS), "5000", "300000", "119402.985"),
        (inverse("1"), "300000", "5", None),
        (inverse("100"), "3000", "5", None),
    ],
    ids=["5 BTC", "5,000 of 0.001 BTC", "300,000 of 1 USD", "3,000 of 100 USD"],
)
def test_the_playbooks_contracts_come_out_to_the_digit(
    contract: Instrument, contracts: str, margin: str, liquidation: str | None, asked: AskedHedge
) -> None:
    size = sized(contract, asked)
    assert (size.count.contracts, size.count.residual_coin, size.hedge_ratio) == (Decimal(contracts), 0, 1)
    assert (size.order_quantity, size.side, size.limit_price) == (Decimal(contracts), "sell", PRICE)
    assert size.margin is not None
    assert (size.margin.at_1x, size.margin.chosen) == (Decimal(margin), Decimal(margin))
    price = size.margin.liquidation_price
    assert (None if price is None else f"{price:.3f}") == liquidation


@pytest.mark.parametrize(
    ("contract", "leverage", "margin", "liquidation"),
    [
        (linear(), "10", "30000", "65671.64"),
        (linear(), "3", "100000", "79601.99"),
        (inverse(), "2", "2.5", "119400.00"),
    ],
)
def test_leverage_changes_the_margin_and_never_the_contracts(
    contract: Instrument, leverage: str, margin: str, liquidation: str
) -> None:
    size = sized(contract, replace(WORTH, leverage=Decimal(leverage)))
    assert size.count == sized(contract).count
    assert size.margin is not None
    assert size.margin.chosen == Decimal(margin)
    assert f"{size.margin.liquidation_price:.2f}" == liquidation


def test_each_exchanges_own_rule_says_where_it_ends() -> None:
    ends = {}
    for exchange, rule in LIQUIDATION_RULES.items():
        margin = sized(linear(), terms=MarginTerms(rule=rule, tiers=TERMS.tiers)).margin
        assert margin is not None
        ends[exchange] = f"{margin.liquidation_price:.2f}"
    assert ends == {
        "binance": "119402.99",
        "bybit": "119402.99",
        "weex": "119402.99",
        "bingx": "119343.61",  # its taker fee counts
        "mexc": "119379.23",  # and its liquidation fee
    }


def test_coins_are_counted_at_spot_and_contracts_at_the_future() -> None:
    at = ContractMarket(coin_price=PRICE, futures_price=Decimal(60_600), spot_price=PRICE)
    assert sized(linear(), WORTH, at).count.contracts == 5
    assert sized(inverse(), WORTH, at).count.contracts == 303_000


def test_the_limit_price_rests_at_the_best_ask_on_the_tick() -> None:
    assert sized(linear(tick=Decimal("0.5")), at=market(ask=Decimal("60000.26"))).limit_price == Decimal("60000.5")
    assert sized(linear(tick=None), at=market(ask=Decimal("60000.26"))).limit_price == Decimal("60000.26")


@pytest.mark.parametrize(
    ("contract", "rate", "hours", "a_day"),
    [
        (linear(), "0.0001", "8", "90"),
        (linear(), "-0.0005", "4", "-900"),
        (inverse(), "0.0001", "8", "0.0015"),
        (linear(), "0.0001", None, None),
        (linear(), None, "8", None),
    ],
)
def test_a_short_receives_funding_above_zero(
    contract: Instrument, rate: str | None, hours: str | None, a_day: str | None
) -> None:
    at = market(
        funding_rate=None if rate is None else Decimal(rate),
        funding_interval_hours=None if hours is None else Decimal(hours),
    )
    assert sized(contract, at=at).funding_per_day == (None if a_day is None else Decimal(a_day))


@pytest.mark.parametrize(
    ("contract", "coins", "shortage", "least", "contracts"),
    [
        (linear(min_notional=None), "0.0004", Shortage.CONTRACTS, "0.001", "0"),
        (linear(min_contracts=Decimal("0.1"), min_notional=None), "0.05", Shortage.CONTRACTS, "0.1", "0.05"),
        (linear(min_notional=Decimal(100)), "0.001", Shortage.NOTIONAL, "0.002", "0.001"),
        (linear(min_notional=Decimal(100)), "0.002", None, "0.002", "0.002"),
        (inverse("100"), "0.001", Shortage.CONTRACTS, "1", "0"),
        (linear(lot_step=None, min_contracts=None, min_notional=None), "0.0004", None, None, "0.0004"),
    ],
)
def test_what_is_too_small_is_not_rounded_up_but_told_what_would_be_enough(
    contract: Instrument, coins: str, shortage: Shortage | None, least: str | None, contracts: str
) -> None:
    size = sized(contract, AskedHedge(coins=Decimal(coins)))
    assert (size.shortage, size.count.contracts) == (shortage, Decimal(contracts))
    assert size.least_contracts == (None if least is None else Decimal(least))
    assert (size.margin is None) == (size.count.contracts == 0)
    told = [warning for warning in size_warnings(contract, market(), size) if warning.code == "below_minimum"]
    assert bool(told) == (shortage is not None)
    assert all(f"{least} contracts would be enough" in warning.message for warning in told)


@given(
    coins=st.decimals("0.001", "10000", places=7),
    price=st.decimals("0.01", "200000", places=2),
    size=st.sampled_from(["0.0001", "0.001", "0.01", "1", "10", "100"]),
    lot=st.sampled_from(["0.001", "0.1", "1", "5"]),
    payoff=st.sampled_from([Payoff.LINEAR, Payoff.INVERSE]),
)
def test_contracts_times_size_never_exceed_what_was_asked(
    coins: Decimal, price: Decimal, size: str, lot: str, payoff: Payoff
) -> None:
    contract = replace(linear(size, lot_step=Decimal(lot)), payoff=payoff)
    at = ContractMarket(coin_price=price, futures_price=price)
    found = sized(contract, AskedHedge(coins=coins), at)
    held = coins_of(payoff, found.count.contracts, contract.contract_size, price)
    step = coins_of(payoff, Decimal(lot), contract.contract_size, price)
    assert held <= coins + step * Decimal("1e-9")
    assert coins - held < step
    assert found.count.contracts % Decimal(lot) == 0


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        (AskedHedge(), "coins"),
        (AskedHedge(coins=Decimal(5), notional=Decimal(5)), "coins"),
        (AskedHedge(coins=Decimal(0)), "coins"),
        (AskedHedge(notional=Decimal(-1)), "notional"),
        (replace(WORTH, leverage=Decimal(0)), "leverage"),
        (replace(WORTH, leverage=Decimal("NaN")), "leverage"),
    ],
)
def test_what_cannot_be_sized_names_its_field(asked: AskedHedge, field: str) -> None:
    with pytest.raises(InvalidValueError) as refused:
        sized(linear(), asked)
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("payoff", "words"), [(Payoff.QUANTO, "quanto"), (None, "is spot")]
)  # fmt: skip
def test_what_hedges_no_coin_is_refused(payoff: Payoff | None, words: str) -> None:
    with pytest.raises(InvalidValueError, match=words):
        sized(linear(payoff=payoff))


@pytest.mark.parametrize(
    ("contract", "contracts", "is_same", "words"),
    [
        (linear("0.001", lot_step=Decimal(1)), "5000", True, "here the formula holds"),
        (linear(), "5", True, "here the formula holds"),
        (inverse(), "5", False, "the price must not enter: 300000 / 1; the formula would hedge 5 USD"),
        (inverse("100"), "0.05", False, "the formula would hedge 5 USD"),
    ],
)
def test_the_playbooks_formula_is_told_with_what_is_wrong_about_it(
    contract: Instrument, contracts: str, *, is_same: bool, words: str
) -> None:
    says = playbook_says(contract, sized(contract), PRICE)
    assert (says.contracts, says.is_same) == (Decimal(contracts), is_same)
    assert words in " ".join(says.why)


def test_the_playbooks_ten_times_and_one_time_are_put_right() -> None:
    tenfold = playbook_says(linear(), sized(linear(), replace(WORTH, leverage=Decimal(10))), PRICE)
    assert "30000 short would hedge 1/10" in " ".join(tenfold.why)
    assert "1x can be liquidated all the same, at 119402.99" in " ".join(
        playbook_says(linear(), sized(linear()), PRICE).why
    )
    assert "wants hedging too" in " ".join(playbook_says(inverse(), sized(inverse()), PRICE).why)


@pytest.mark.parametrize(
    ("leverage", "expected"),
    [
        ("1", []),
        ("3", []),
        ("3.01", ["leverage_above_3"]),
        ("5", ["leverage_above_3"]),
        ("5.01", ["leverage_above_5"]),
        ("250", ["liquidated_at_once", "leverage_above_5"]),
    ],
)
def test_leverage_is_warned_of_strictly_above_three_and_five(leverage: str, expected: list[str]) -> None:
    assert codes(linear(), market(), replace(WORTH, leverage=Decimal(leverage))) == expected


@pytest.mark.parametrize(
    ("coins", "expected"), [("0.0190", []), ("0.0199", ["hedge_below_95_percent"]), ("0.02", [])]
)  # fmt: skip
def test_a_hedge_that_rounding_leaves_below_95_percent_is_warned_of(coins: str, expected: list[str]) -> None:
    contract = linear(lot_step=Decimal("0.001" if coins == "0.0190" else "0.01"))
    assert codes(contract, market(), AskedHedge(coins=Decimal(coins))) == expected


def test_a_future_more_than_one_percent_below_spot_is_warned_of() -> None:
    at = ContractMarket(coin_price=PRICE, futures_price=Decimal(59_500), bid=Decimal(59_400), spot_price=PRICE)
    assert codes(linear(), at) == []
    assert codes(linear(), replace(at, bid=Decimal("59399.9"))) == ["future_below_spot"]
    assert codes(linear(), replace(at, bid=Decimal(50_000), spot_price=None)) == []


def test_a_contract_that_does_not_trade_is_warned_of() -> None:
    assert codes(linear(active=False), market()) == ["not_trading"]
    assert codes(linear(active=None), market()) == []


def book(*bids: tuple[str, str], ask: str = "60001") -> OrderBook:
    return OrderBook(
        bids=tuple((Decimal(price), Decimal(quantity)) for price, quantity in bids),
        asks=((Decimal(ask), Decimal(1)),),
        stamp=stamp(),
    )


SPECIFIED = (("59999", "0.5"), ("59998", "1"), ("59990", "2"), ("59950", "5"), ("59900", "10"))


@pytest.mark.parametrize(
    ("contract", "bids", "coins", "expected", "words"),
    [
        (linear(), SPECIFIED, "5", [], ""),
        (linear(), SPECIFIED, "14.437", [], ""),
        (linear(), SPECIFIED, "15", ["book_too_thin"], "14.4375 of 15 BTC within 10 bp; sold at once"),
        (linear(), SPECIFIED[:4], "9", ["book_too_thin"], "8.5 of 9 BTC within 10 bp, and more may lie beyond"),
        (linear(), (("59999", "1"), ("59000", "50")), "5", ["book_too_thin"], "sold at once it would cost 133.4 bp"),
        (replace(linear(), base="XYZ"), (("59999", "1"), ("59900", "50")), "5", [], ""),
        (linear("0.0001"), (("59999", "10000"), ("59000", "90000")), "1", [], ""),
        (linear("0.0001"), (("59999", "10000"), ("59000", "90000")), "5", ["book_too_thin"], "of 5 BTC within 10 bp"),
        (inverse("100"), (("59999", "600"), ("59000", "60000")), "0.99", [], ""),
        (inverse("100"), (("59999", "600"), ("59000", "60000")), "2", ["book_too_thin"], "within 10 bp"),
    ],
)
def test_an_order_is_held_against_what_the_book_carries(
    contract: Instrument, bids: tuple[tuple[str, str], ...], coins: str, expected: list[str], words: str
) -> None:
    at, asked = market(book=book(*bids)), AskedHedge(coins=Decimal(coins))
    told = size_warnings(contract, at, sized(contract, asked, at))
    assert [warning.code for warning in told] == expected
    assert all(words in warning.message for warning in told)


def test_a_book_that_is_not_known_is_not_taken_for_a_deep_one() -> None:
    assert sized(linear()).room is None
    room = sized(linear(), at=market(book=book(*SPECIFIED))).room
    assert room is not None
    assert (room.budget, room.carries.quantity, room.carries.exhausted) == (Decimal("0.001"), Decimal("14.4375"), False)
    assert room.walk.vwap == Decimal("59980.5")
