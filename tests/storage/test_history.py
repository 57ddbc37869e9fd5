"""What the readers get, and what users' own SQL finds, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, insert, select, text

from hedgewatch.domain.alert import EventType
from hedgewatch.domain.errors import StoreUnavailableError
from hedgewatch.domain.market import ReadingFailure, SettledFunding, UnknownReason
from hedgewatch.monitoring.ports import CycleRecord
from hedgewatch.storage import tables
from hedgewatch.storage.engine import place_of, reader_engine
from hedgewatch.storage.history import History
from hedgewatch.storage.past import PastReader
from hedgewatch.storage.types import from_ms, to_ms
from tests.storage.conftest import Stores
from tests.storage.samples import DARK, LEG, NOW, PERP, SPOT, alert_state, answers, cycle, event, hedge, instrument

POLL = timedelta(seconds=30)


@pytest.fixture
def history(sql_stores: Stores) -> History:
    return History(str(sql_stores.url))


async def record(stores: Stores, history: History, *cycles: CycleRecord) -> History:
    for one in cycles:
        await stores.cycles.record(one)
    return history


def query(stores: Stores, statement: str) -> list[tuple[object, ...]]:
    """Run a user's own SQL."""
    engine = reader_engine(place_of(str(stores.url)))
    try:
        with engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(statement))]
    finally:
        engine.dispose()


async def test_the_newest_row_of_each_hedge_is_shown(sql_stores: Stores, history: History) -> None:
    with history:
        await record(sql_stores, history, cycle(NOW), cycle(NOW + POLL, basis_rate="-0.0125"))
        (row,) = history.hedges_now()
    assert (row["hedge"], row["asset"], row["read_at"], row["read_at_ms"]) == (
        "btc-core",
        "BTC",
        NOW + POLL,
        to_ms(NOW + POLL),
    )
    assert row["basis_rate"] == Decimal("-0.0125")
    assert row["liquidation_distance"] is None
    assert row["quality"] == "ok"


async def test_an_instrument_comes_back_as_it_was_listed(sql_stores: Stores, history: History) -> None:
    with history:
        assert history.instrument(PERP) is None
        await record(sql_stores, history, cycle())
        assert history.instrument(PERP) == instrument(PERP)
        assert history.instrument(SPOT) == instrument(SPOT)
        assert history.instrument(DARK) is None


async def test_the_last_row_with_a_price_is_shown_whatever_came_after(sql_stores: Stores, history: History) -> None:
    with history:
        assert history.market_now(PERP) is None
        later, gone = NOW + POLL, ReadingFailure(ref=PERP, reason=UnknownReason.TIMEOUT, detail="no answer")
        blind = replace(answers(later)[0], readings=(gone,))
        await record(sql_stores, history, cycle(NOW), cycle(later, answered=(blind,)))
        row = history.market_now(PERP)
    assert row is not None
    assert (row["read_at"], row["bid"], row["mark_price"]) == (NOW, Decimal("60000.1"), Decimal("60001.5"))
    assert (row["funding_rate"], row["next_funding_at"]) == (Decimal("0.0001"), NOW + timedelta(hours=6))


async def test_a_hedge_that_was_taken_out_is_not_shown(sql_stores: Stores, history: History) -> None:
    with history:
        both = (hedge("old"), hedge("btc-core"))
        await record(sql_stores, history, cycle(NOW, hedges=both), cycle(NOW + POLL))
        assert [row["hedge"] for row in history.hedges_now()] == ["btc-core"]
        assert [row["hedge"] for row in history.hedges_now(within_seconds=60)] == ["btc-core", "old"]
        assert [row["hedge"] for row in history.legs_now()] == ["btc-core"]


async def test_a_leg_shows_its_account_only_if_it_has_one(sql_stores: Stores, history: History) -> None:
    with history:
        await record(sql_stores, history, cycle())
        (row,) = history.legs_now("btc-core")
        assert history.legs_now("other") == []
    assert (row["leg"], row["exchange"], row["account"], row["symbol"]) == (LEG, "binance", None, PERP.symbol)
    assert row["coins"] == Decimal(-5)


async def test_outcomes_name_their_numbers(sql_stores: Stores, history: History) -> None:
    with history:
        await record(sql_stores, history, cycle(), cycle(NOW + POLL))
        assert history.outcomes_now("btc-core") == [], "no alert waits for what only readers ask for"
        await sql_stores.cycles.show(cycle(NOW + POLL))
        (row,) = history.outcomes_now("btc-core")
    assert (row["rule"], row["leg"], row["side"], row["outcome"], row["severity"]) == (
        "drift",
        None,
        "over",
        "BREACH",
        "warning",
    )
    assert (row["value"], row["threshold"], row["action"]) == (Decimal("-0.04"), Decimal("0.02"), "rebalance")
    assert (row["orders"], row["alertable"], row["read_at"]) == ([], False, NOW + POLL)


async def test_an_episode_is_one_row_from_firing_to_resolved(sql_stores: Stores, history: History) -> None:
    state = alert_state()
    with history:
        await record(sql_stores, history, cycle(states=(state,), events=(event(state, sequence=1),)))
        (row,) = history.alerts(open_only=True)
        assert (row["state"], row["leg"], row["fired_at"], row["severity"]) == ("firing", None, NOW, "warning")
        over = event(state, sequence=2, kind=EventType.RESOLVED, at=NOW + POLL)
        await record(sql_stores, history, cycle(NOW + POLL, events=(over,)))
        assert history.alerts(open_only=True) == []
        (row,) = history.alerts(hedge="btc-core")
    assert (row["state"], row["resolved_at"]) == ("resolved", NOW + timedelta(seconds=1))
    assert row["peak_value"] == Decimal(repr(float("-0.0412345678901234567890123")))


async def test_deliveries_and_what_waits_are_counted(sql_stores: Stores, history: History) -> None:
    state = alert_state()
    with history:
        await record(sql_stores, history, cycle(events=(event(state, sequence=1),), channels=("ops", "me")))
        assert history.channels_pending() == {"me": 1, "ops": 1}
        claimed = await sql_stores.outbox.claim("me", NOW, Decimal(15))
        assert claimed is not None
        await sql_stores.outbox.delivered(claimed, NOW + POLL)
        rows = {row["channel"]: row for row in history.deliveries()}
        assert history.channels_pending() == {"ops": 1}
    assert (rows["me"]["state"], rows["me"]["attempts"], rows["me"]["event_type"]) == ("delivered", 1, "firing")
    assert rows["me"]["delivered_at"] == NOW + POLL
    assert (rows["ops"]["state"], rows["ops"]["first_attempt_at"]) == ("pending", None)


async def test_each_exchange_shows_its_latest_cycle(sql_stores: Stores, history: History) -> None:
    with history:
        await record(sql_stores, history, cycle(), cycle(NOW + POLL))
        rows = history.cycles_now()
    assert [(row["exchange"], row["outcome"], row["calls"]) for row in rows] == [
        ("binance", "ok", 3),
        ("mexc", "failed", 0),
    ]
    assert rows[0]["started_at"] == NOW + POLL - timedelta(milliseconds=200)


async def test_a_series_is_thinned_to_its_points(sql_stores: Stores, history: History) -> None:
    with history:
        await record(sql_stores, history, *(cycle(NOW + number * POLL) for number in range(20)))
        rows = history.hedge_series("btc-core", to_ms(NOW), 5)
        assert len(rows) == 5
        assert rows[-1]["read_at"] == NOW + 19 * POLL
        assert len(history.basis_series("btc-core", LEG, to_ms(NOW + 10 * POLL), 500)) == 10
        assert history.hedge_series("nobody", 0, 5) == []


async def test_blind_instruments_have_rows_of_unknowns(sql_stores: Stores) -> None:
    await sql_stores.cycles.record(cycle())
    found = query(sql_stores, "SELECT symbol, kind, bid, quality FROM market_history ORDER BY exchange, symbol")
    assert found == [
        ("BTC/USDT", "spot", 60000.1, "ok"),
        ("BTC/USDT:USDT", "perpetual", 60000.1, "ok"),
        ("BTC/USDT:USDT-261225", "future", None, "unknown"),
    ]


@pytest.mark.parametrize(
    ("statement", "answer"),
    [
        ("SELECT avg(basis_rate) FROM basis_history", 0.0003),
        ("SELECT max(label) FROM basis_history WHERE hedge = 'btc-core'", "CONTANGO"),
        ("SELECT sum(rate) FROM funding_rates", 0.0004),
        ("SELECT max(rate_8h) FROM funding_rates", 0.0008),
        ("SELECT round(max(apr) * 1000) FROM funding_rates", 876.0),
        ("SELECT count(*) FROM hedge_history WHERE read_at_ms > 0 AND hedge_ratio < 2", 1),
        ("SELECT max(next_funding_at_ms) - max(read_at_ms) FROM market_history", 6 * 3600 * 1000),
    ],
)
async def test_users_sql_works_alike(sql_stores: Stores, statement: str, answer: object) -> None:
    paid = SettledFunding(ref=PERP, settled_at=NOW, rate=Decimal("0.0004"), interval_hours=Decimal(4))
    await sql_stores.cycles.record(cycle(settled=(paid,)))
    assert query(sql_stores, statement) == [(answer,)]


async def test_times_are_iso_text_on_sqlite_and_timestamps_on_postgresql(sql_stores: Stores) -> None:
    await sql_stores.cycles.record(cycle())
    (found,) = query(sql_stores, "SELECT DISTINCT read_at FROM hedge_history")
    text_time = "2026-11-22T18:00:00.123Z"
    assert found[0] == (text_time if str(sql_stores.url).startswith("sqlite") else NOW)


async def test_nothing_can_be_written_through_the_readers(sql_stores: Stores) -> None:
    with pytest.raises(Exception, match=r"read-?only"):
        query(sql_stores, "DELETE FROM cycle")


async def test_a_look_recalls_and_cannot_record(sql_stores: Stores, history: History) -> None:
    with history:
        await record(sql_stores, history, cycle())
        reader = PastReader(history)
        assert (await reader.recall([SPOT], [], NOW)).past.instruments[SPOT].last_good_at == NOW
        with pytest.raises(StoreUnavailableError, match="reading only"):
            await reader.record(cycle())


digits = st.builds(
    lambda sign, number, exponent: Decimal((sign, tuple(int(digit) for digit in str(number)), exponent)),
    st.sampled_from([0, 1]),
    st.integers(0, 10**15 - 1),
    st.integers(-30, 20),
)
exact_amounts = st.decimals(min_value=-(10**20), max_value=10**20, places=18, allow_nan=False)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(numbers=st.lists(digits, min_size=1, max_size=60))
def test_fifteen_digits_come_back_exactly(sql_stores: Stores, numbers: list[Decimal]) -> None:
    rows = [{"hour_at_ms": at, "leg_id": 1, "basis_rate_close": number} for at, number in enumerate(numbers)]

    def there_and_back(connection: Connection) -> list[Decimal]:
        connection.execute(tables.leg_hour.delete())
        connection.execute(insert(tables.leg_hour), rows)
        order = select(tables.leg_hour.c.basis_rate_close).order_by(tables.leg_hour.c.hour_at_ms)
        return [number for (number,) in connection.execute(order)]

    assert sql_stores.databases[0].run_now(there_and_back) == numbers


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(amounts=st.lists(exact_amounts, min_size=1, max_size=30))
def test_ledger_amounts_keep_every_digit(sql_stores: Stores, amounts: list[Decimal]) -> None:
    rows = [
        {"exchange": "x", "symbol": str(number), "kind": "spot", "contract_size": amount}
        for number, amount in enumerate(amounts)
    ]

    def there_and_back(connection: Connection) -> list[Decimal]:
        connection.execute(tables.instrument.delete())
        for row in rows:
            connection.execute(insert(tables.instrument), row)
        order = select(tables.instrument.c.contract_size).order_by(tables.instrument.c.id)
        return [amount for (amount,) in connection.execute(order)]

    assert sql_stores.databases[0].run_now(there_and_back) == amounts


@given(ms=st.integers(0, 4_102_444_800_000))
def test_a_millisecond_comes_back(ms: int) -> None:
    assert to_ms(from_ms(ms)) == ms
