"""What every store of cycles promises: memory, SQLite and PostgreSQL alike."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import timedelta
from decimal import Decimal

from sqlalchemy import select

from hedgewatch.domain.alert import AlertPhase, AlertState, EventType
from hedgewatch.domain.history import BasisPast, PastQuote
from hedgewatch.domain.market import ExchangeOutcome, SettledFunding
from hedgewatch.monitoring.ports import Memory
from hedgewatch.storage import tables
from hedgewatch.storage.history import History
from hedgewatch.storage.types import to_ms
from tests.storage.conftest import Stores
from tests.storage.samples import DARK, LEG, NOW, PERP, SPOT, TARGET, alert_state, answers, cycle, event, hedge

HOUR = timedelta(hours=1)
POLL = timedelta(seconds=30)


async def recall(stores: Stores, at: object = None) -> Memory:
    now = NOW + POLL if at is None else at
    return await stores.cycles.recall([SPOT, PERP, DARK], [("btc-core", LEG)], now)  # type: ignore[arg-type]  # a datetime


async def test_an_empty_store_remembers_nothing(stores: Stores) -> None:
    memory = await recall(stores)
    assert not memory.alerts
    assert not memory.past.instruments
    assert not memory.past.basis


async def test_quotes_are_remembered_with_their_times(stores: Stores) -> None:
    await stores.cycles.record(cycle())
    stores.restart()
    past = (await recall(stores)).past
    assert past.instruments[SPOT].recent == (
        PastQuote(
            read_at=NOW,
            bid=Decimal("60000.1"),
            ask=Decimal("60000.3"),
            exchange_time=NOW - timedelta(milliseconds=50),
        ),
    )
    assert past.instruments[SPOT].last_good_at == NOW
    assert past.instruments[DARK].last_good_at is None
    assert past.instruments[DARK].first_asked_at == NOW - timedelta(milliseconds=200)
    assert past.last_answer_at == {"binance": NOW}
    assert set(past.first_asked_at) == {"binance", "mexc"}


async def test_at_most_ten_polls_of_quotes_are_remembered(stores: Stores) -> None:
    for number in range(13):
        await stores.cycles.record(cycle(NOW + number * POLL))
    for _ in range(2):
        recent = (await recall(stores, NOW + 13 * POLL)).past.instruments[PERP].recent
        assert [quote.read_at for quote in recent] == [NOW + number * POLL for number in range(3, 13)]
        stores.restart()


async def test_a_blind_poll_keeps_the_last_good_time(stores: Stores) -> None:
    await stores.cycles.record(cycle())
    first, second = answers(NOW + POLL)
    blind = replace(
        first,
        outcome=ExchangeOutcome.DEGRADED,
        readings=tuple(replace(one, quote=None) for one in first.readings),  # type: ignore[type-var]  # readings only
    )
    await stores.cycles.record(cycle(NOW + POLL, answered=(blind, second)))
    for _ in range(2):
        past = (await recall(stores, NOW + 2 * POLL)).past.instruments[SPOT]
        assert past.last_good_at == NOW
        assert len(past.recent) == 1
        stores.restart()


async def test_the_mean_basis_is_of_hourly_closes_before_this_hour(stores: Stores) -> None:
    for hours, minutes, rate in ((0, 0, "0.9"), (0, 30, "0.001"), (1, 0, "0.003"), (2, 0, "0.5")):
        at = NOW + hours * HOUR + timedelta(minutes=minutes)
        await stores.cycles.record(cycle(at, basis_rate=rate))
    for _ in range(2):
        past = (await recall(stores, NOW + 2 * HOUR)).past
        assert past.basis == {("btc-core", LEG): BasisPast(mean=Decimal("0.002"), hours=2)}
        stores.restart()


async def test_an_hour_older_than_thirty_days_is_left_out(stores: Stores) -> None:
    await stores.cycles.record(cycle(NOW, basis_rate="0.9"))
    await stores.cycles.record(cycle(NOW + HOUR, basis_rate="0.001"))
    later = NOW + timedelta(days=30) + HOUR
    for _ in range(2):
        assert (await recall(stores, later)).past.basis["btc-core", LEG] == BasisPast(mean=Decimal("0.001"), hours=1)
        stores.restart()


async def test_an_unknown_basis_leaves_no_close(stores: Stores) -> None:
    await stores.cycles.record(cycle(basis_rate=None))
    stores.restart()
    assert not (await recall(stores, NOW + HOUR)).past.basis


async def test_a_leg_that_trades_something_else_starts_its_mean_anew(stores: Stores) -> None:
    await stores.cycles.record(cycle(NOW, basis_rate="0.9"))
    changed = hedge(symbol=replace(PERP, symbol="ETH/USDT:USDT"))
    await stores.cycles.record(cycle(NOW + HOUR, hedges=(changed,), basis_rate="0.001"))
    for _ in range(2):
        past = (await recall(stores, NOW + 2 * HOUR)).past
        assert past.basis["btc-core", LEG] == BasisPast(mean=Decimal("0.001"), hours=1)
        stores.restart()


async def test_settled_funding_of_the_last_day_is_remembered_once(stores: Stores) -> None:
    def settled(hours: int, rate: str) -> SettledFunding:
        return SettledFunding(ref=PERP, settled_at=NOW - hours * HOUR, rate=Decimal(rate), interval_hours=Decimal(8))

    await stores.cycles.record(cycle(settled=(settled(32, "0.5"), settled(16, "0.0001"), settled(8, "-0.0002"))))
    await stores.cycles.record(cycle(NOW + POLL, settled=(settled(8, "0.7"), settled(0, "0.0003"))))
    for _ in range(2):
        known = (await recall(stores)).past.settled[PERP]
        assert [(record.settled_at, record.rate) for record in known] == [
            (NOW - 16 * HOUR, Decimal("0.0001")),
            (NOW - 8 * HOUR, Decimal("-0.0002")),
            (NOW, Decimal("0.0003")),
        ]
        stores.restart()


async def test_an_alert_comes_back_as_it_was(stores: Stores) -> None:
    state = alert_state()
    plain = AlertState(target=state.target)
    assert all(getattr(state, one.name) != getattr(plain, one.name) for one in fields(state) if one.name != "target")
    await stores.cycles.record(cycle(states=(state,)))
    for _ in range(2):
        assert (await recall(stores)).alerts == {TARGET: state}
        stores.restart()


async def test_an_alert_that_is_over_is_forgotten(stores: Stores) -> None:
    await stores.cycles.record(cycle(states=(alert_state(),)))
    await stores.cycles.record(cycle(NOW + POLL, states=(AlertState(target=TARGET),)))
    for _ in range(2):
        assert (await recall(stores)).alerts == {}
        stores.restart()


async def test_a_blind_alert_that_is_not_firing_is_remembered(stores: Stores) -> None:
    blind = AlertState(target=TARGET, phase=AlertPhase.OK, unknown_since=NOW)
    await stores.cycles.record(cycle(states=(blind,)))
    stores.restart()
    assert (await recall(stores)).alerts == {TARGET: blind}


async def test_recording_a_cycle_twice_changes_nothing(stores: Stores) -> None:
    state = alert_state()
    told = cycle(states=(state,), events=(event(state, sequence=1), event(state, sequence=2, kind=EventType.ESCALATED)))
    await stores.cycles.record(told)
    before = await recall(stores)
    await stores.cycles.record(told)
    for _ in range(2):
        assert await recall(stores) == before
        stores.restart()
    claimed = await stores.outbox.claim("ops", NOW, Decimal(15))
    assert claimed is not None
    await stores.outbox.delivered(claimed, NOW)
    second = await stores.outbox.claim("ops", NOW, Decimal(15))
    assert second is not None
    await stores.outbox.delivered(second, NOW)
    assert await stores.outbox.claim("ops", NOW, Decimal(15)) is None


async def test_an_empty_cycle_is_a_cycle(stores: Stores) -> None:
    empty = replace(cycle(), answers=(), snapshots=(), findings=())
    await stores.cycles.record(empty)
    assert not (await recall(stores)).past.instruments


async def test_it_is_remembered_how_long_a_book_has_stood(stores: Stores) -> None:
    moved = [cycle(NOW, answered=answers(NOW, bid="59000", ask="59001"))]
    for record in moved + [cycle(NOW + number * POLL) for number in range(1, 16)]:
        await stores.cycles.record(record)
    for _ in range(2):
        past = (await recall(stores, NOW + 16 * POLL)).past.instruments[PERP]
        assert past.unchanged_since == NOW + POLL
        assert past.recent[0].read_at > past.unchanged_since
        stores.restart()


async def told_late(stores: Stores, kind: EventType, *, after: timedelta) -> Memory:
    state = alert_state(sequence=1)
    await stores.cycles.record(cycle(states=(state,), events=(event(state, sequence=1, kind=kind),)))
    delivery = await stores.outbox.claim("ops", NOW + after, Decimal(15))
    assert delivery is not None
    await stores.outbox.delivered(delivery, NOW + after)
    stores.restart()
    return await recall(stores)


async def test_an_alert_that_was_told_late_is_known(stores: Stores) -> None:
    assert (await told_late(stores, EventType.FIRING, after=timedelta(seconds=61))).late == {TARGET}


async def test_an_alert_that_was_told_in_time_is_not_late(stores: Stores) -> None:
    assert not (await told_late(stores, EventType.FIRING, after=timedelta(seconds=60))).late


async def test_a_late_reminder_owes_no_further_one_and_the_next_counts_from_it(stores: Stores) -> None:
    memory = await told_late(stores, EventType.REMINDER, after=timedelta(hours=1))
    assert not memory.late
    assert memory.taken_at == {TARGET: NOW + timedelta(hours=1)}


async def test_what_was_taken_in_time_counts_from_when_it_was_told(stores: Stores) -> None:
    assert (await told_late(stores, EventType.FIRING, after=timedelta(seconds=60))).taken_at == {}


async def test_what_no_channel_has_taken_is_known(stores: Stores) -> None:
    state = alert_state(sequence=1)
    await stores.cycles.record(cycle(states=(state,), events=(event(state, sequence=1),), channels=("ops", "me")))
    stores.restart()
    assert (await recall(stores)).taken_at == {TARGET: None}
    delivery = await stores.outbox.claim("me", NOW, Decimal(15))
    assert delivery is not None
    await stores.outbox.delivered(delivery, NOW)
    assert (await recall(stores)).taken_at == {}, "one has: another one's trouble is an alarm of its own"


async def test_an_episode_that_ends_untold_is_over_in_the_history(sql_stores: Stores) -> None:
    state = replace(alert_state(), notified=None)
    await sql_stores.cycles.record(cycle(states=(state,)))
    await sql_stores.cycles.record(cycle(NOW + POLL, states=(AlertState(target=TARGET),)))
    with History(str(sql_stores.url)) as history:
        [row] = history.alerts()
    assert (row["state"], row["resolved_at"]) == ("resolved", (NOW + POLL).replace(microsecond=123000))


async def test_a_quote_keeps_the_exchanges_time_and_that_of_its_receipt(sql_stores: Stores) -> None:
    await sql_stores.cycles.record(cycle())
    table = tables.market_snapshot.c
    query = select(table.exchange_time_ms, table.received_at_ms).where(table.bid.is_not(None))
    found = await sql_stores.databases[0].run(lambda connection: connection.execute(query).all())
    assert {tuple(row) for row in found} == {(to_ms(NOW - timedelta(milliseconds=50)), to_ms(NOW))}
