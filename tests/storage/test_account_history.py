"""What users' own SQL finds of accounts, holdings and payments, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from hedgewatch.domain.hedge import HedgeSnapshot, Quality
from hedgewatch.monitoring.ports import PaymentSource
from hedgewatch.storage.account_tables import account_reading, balance_latest, contract_fact, funding_payment
from tests.storage.account_samples import DOWN, FAULT, account, account_cycle, fact, held, payment, position
from tests.storage.conftest import Stores
from tests.storage.samples import LEG, NOW, PERP, cycle, hedge
from tests.storage.test_history import query

POLL = timedelta(seconds=30)


def rows(stores: Stores, table: Any) -> list[Any]:
    return stores.databases[0].run_now(lambda connection: list(connection.execute(select(table)).mappings()))


async def test_a_holding_has_a_row_each_cycle(sql_stores: Stores) -> None:
    await sql_stores.cycles.record(account_cycle(holdings=(held(),)))
    await sql_stores.cycles.record(account_cycle(NOW + POLL, holdings=(held(price=None),)))
    await sql_stores.cycles.record(account_cycle(NOW + 2 * POLL, holdings=(held(None),)))
    assert query(
        sql_stores,
        "SELECT holding, asset, quantity, price_usd, value_usd, cost_basis_usd, unrealised_pnl_usd "
        "FROM holding_history ORDER BY read_at_ms",
    ) == [
        ("cold", "BTC", 5.0, 60000.0, 300000.0, 210000.0, 90000.0),
        ("cold", "BTC", 5.0, None, None, 210000.0, None),
        ("cold", "BTC", None, 60000.0, None, None, None),
    ]


async def test_a_payment_belongs_to_the_leg_that_holds_the_contract(sql_stores: Stores) -> None:
    await sql_stores.cycles.record(account_cycle(payments=(payment(), payment(account="desk", payment_id="p2"))))
    found = query(
        sql_stores,
        "SELECT hedge, leg, exchange, account, symbol, asset, amount, amount_usd, source FROM funding_payments "
        "ORDER BY account DESC",
    )
    assert found == [
        ("btc-core", LEG, "binance", "treasury", PERP.symbol, "USDT", 1.2345678901234568, 1.2, "ledger"),
        (None, None, "binance", "desk", PERP.symbol, "USDT", 1.2345678901234568, 1.2, "ledger"),
    ]


async def test_a_payment_keeps_every_digit_and_comes_once(sql_stores: Stores) -> None:
    await sql_stores.cycles.record(account_cycle(payments=(payment(usd=None), payment(-1, "-2", payment_id="p2"))))
    await sql_stores.cycles.record(account_cycle(NOW + POLL, payments=(payment(), payment())))
    assert query(sql_stores, "SELECT amount_usd FROM funding_payments ORDER BY paid_at_ms") == [(1.2,), (1.2,)]
    amounts = {row["amount"] for row in rows(sql_stores, funding_payment)}
    assert amounts == {Decimal("1.234567890123456789"), Decimal(-2)}


async def test_a_payment_of_a_leg_declared_later_finds_it(sql_stores: Stores) -> None:
    await sql_stores.cycles.record(cycle(hedges=(hedge("other"),)))
    await sql_stores.cycles.record(replace(cycle(hedges=()), payments=(payment(),)))
    assert query(sql_stores, "SELECT hedge FROM funding_payments") == [(None,)]
    await sql_stores.cycles.record(account_cycle(NOW + POLL, payments=(payment(),)))
    assert query(sql_stores, "SELECT hedge FROM funding_payments") == [("btc-core",)]


async def test_a_payment_of_a_contract_that_two_legs_share_belongs_to_none(sql_stores: Stores) -> None:
    one = account_cycle()
    other = replace(one.snapshots[0], hedge=replace(one.snapshots[0].hedge, name="btc-more"))
    await sql_stores.cycles.record(replace(one, snapshots=(*one.snapshots, other), payments=(payment(),)))
    assert query(sql_stores, "SELECT hedge, leg, amount_usd FROM funding_payments") == [(None, None, 1.2)]


async def test_the_ledger_replaces_what_was_estimated(sql_stores: Stores) -> None:
    estimates = tuple(
        payment(hours, account="", payment_id="estimate", source=PaymentSource.ESTIMATE) for hours in (0, 8)
    )
    await sql_stores.cycles.record(replace(cycle(), payments=estimates))
    assert query(sql_stores, "SELECT DISTINCT hedge, account FROM funding_payments") == [("btc-core", None)]
    told = payment(payment_id="p1", late=timedelta(seconds=3))
    await sql_stores.cycles.record(account_cycle(NOW + POLL, payments=(told,)))
    found = query(sql_stores, "SELECT source FROM funding_payments ORDER BY paid_at_ms")
    assert found == [("estimate",), ("ledger",)]


async def test_times_of_payments_stand_as_promised(sql_stores: Stores) -> None:
    await sql_stores.cycles.record(account_cycle(payments=(payment(),)))
    ((at, ms),) = query(sql_stores, "SELECT paid_at, paid_at_ms FROM funding_payments")
    assert at == ("2026-11-22T18:00:00.123Z" if str(sql_stores.url).startswith("sqlite") else NOW)
    assert ms == NOW.timestamp() * 1000


async def test_an_account_tells_how_it_answered(sql_stores: Stores) -> None:
    await sql_stores.cycles.record(account_cycle(accounts=(replace(account(), positions=FAULT), DOWN)))
    one, other = sorted(rows(sql_stores, account_reading), key=lambda row: row["account_id"])
    assert (one["positions"], one["balances"], one["error"]) == ("timeout", "ok", "no answer")
    assert (other["positions"], other["received_at_ms"], other["error"]) == ("banned", None, "banned until 18:00")


async def test_positions_and_wallets_have_rows_of_their_cycle(sql_stores: Stores) -> None:
    never_wanted = position(replace(PERP, symbol="ETH/USDT:USDT"), "3", margin=None)
    said = replace(account(), positions=(*account().positions, never_wanted))  # type: ignore[misc]  # a tuple here
    await sql_stores.cycles.record(account_cycle(accounts=(said,)))
    found = query(
        sql_stores,
        "SELECT i.symbol, p.side, p.contracts, p.liquidation_price, p.never_liquidated, p.margin_mode, p.adl_quantile "
        "FROM position_snapshot p JOIN instrument i ON i.id = p.instrument_id ORDER BY i.symbol",
    )
    assert [tuple(row) for row in found] == [
        ("BTC/USD:BTC", "short", -300000.0, None, True, "cross", 2),
        ("BTC/USDT:USDT", "short", -5.0, 71000.0, False, "cross", 2),
        ("ETH/USDT:USDT", "long", 3.0, 71000.0, False, "cross", 2),
    ]
    assert query(sql_stores, "SELECT wallet, asset, equity, credit FROM wallet_snapshot") == [
        ("usd-m", "USDT", 30000.0, None)
    ]


async def test_balances_are_those_of_the_latest_good_answer(sql_stores: Stores) -> None:
    def kept() -> list[tuple[str, Decimal, Decimal]]:
        return sorted((row["asset"], row["free"], row["earn"]) for row in rows(sql_stores, balance_latest))

    await sql_stores.cycles.record(account_cycle(accounts=(account(),)))
    both = [("BTC", Decimal("1.000000000000000001"), Decimal(0)), ("USDT", Decimal(0), Decimal(900))]
    assert kept() == both
    await sql_stores.cycles.record(account_cycle(NOW + POLL, accounts=(replace(account(), balances=FAULT), DOWN)))
    assert kept() == both
    one = account().balances[:1]  # type: ignore[index]  # a tuple here
    await sql_stores.cycles.record(account_cycle(NOW + 2 * POLL, accounts=(replace(account(), balances=one),)))
    sql_stores.restart()
    assert kept() == both[:1]


async def test_every_change_of_a_contract_is_one_row(sql_stores: Stores) -> None:
    changes = [fact("0.1"), fact("0.01", "0.1", NOW + POLL), fact("0.1", "0.01", NOW + 2 * POLL)]
    for number, change in enumerate(changes):
        await sql_stores.cycles.record(account_cycle(NOW + number * POLL, facts=(change,)))
    found = sorted(rows(sql_stores, contract_fact), key=lambda row: row["seen_at_ms"])
    assert [(row["value"], row["before"], row["source"]) for row in found] == [
        ("0.1", None, "markets"),
        ("0.01", "0.1", "markets"),
        ("0.1", "0.01", "markets"),
    ]


def hour_of_hedge(number: int, *, rate: str | None, quality: Quality = Quality.OK) -> HedgeSnapshot:
    at = datetime(2026, 11, 22, 18, 0, 20 * number, tzinfo=UTC)
    one = cycle(at).snapshots[0]
    return replace(one, read_at=at, basis_rate=None if rate is None else Decimal(rate), quality=quality)


async def test_a_hedge_is_summed_up_by_the_hour(sql_stores: Stores) -> None:
    samples = [("0.5", Quality.OK), (None, Quality.UNKNOWN), ("-0.25", Quality.OK)]
    for number, (rate, quality) in enumerate(samples):
        snapshot = hour_of_hedge(number, rate=rate, quality=quality)
        record = replace(cycle(snapshot.read_at), snapshots=(snapshot,))
        await sql_stores.cycles.record(record)
        await sql_stores.cycles.record(record)  # a cycle that is stored again is no further sample
    await sql_stores.cycles.record(cycle(NOW + timedelta(hours=1)))
    found = query(
        sql_stores,
        "SELECT hedge, samples, unknown_samples, basis_rate_min, basis_rate_max, basis_rate_mean, basis_rate_last, "
        "hedge_ratio_mean, liquidation_distance_mean FROM hedge_hourly ORDER BY hour_at_ms",
    )
    assert found == [
        ("btc-core", 3, 1, -0.25, 0.5, 0.125, -0.25, 1.0, None),
        ("btc-core", 1, 0, 0.0003, 0.0003, 0.0003, 0.0003, 1.0, None),
    ]
    ((at,),) = query(sql_stores, "SELECT min(hour_at) FROM hedge_hourly")
    whole = datetime(2026, 11, 22, 18, tzinfo=UTC)
    assert at == ("2026-11-22T18:00:00.000Z" if str(sql_stores.url).startswith("sqlite") else whole)
