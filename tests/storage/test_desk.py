"""What every store promises of what people say, and of messages that do not arrive."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from hedgewatch.domain.account import MarginMode
from hedgewatch.domain.alert import AlertState, EventType
from hedgewatch.domain.errors import ConfigurationError
from hedgewatch.domain.held import DeclaredPosition
from hedgewatch.domain.intervention import Acknowledgement, Closing, Interventions, Silence
from hedgewatch.domain.thresholds import Severity
from hedgewatch.domain.told import Told, ToldHolding, ToldPosition
from hedgewatch.monitoring.health import ChannelTrouble
from hedgewatch.monitoring.ports import Delivery, OutboxDraft
from hedgewatch.storage.history import History
from hedgewatch.storage.migrate import upgrade
from tests.storage.conftest import Stores
from tests.storage.samples import NOW, TARGET, alert_state, cycle, event

LEASE, SECOND = Decimal(15), timedelta(seconds=1)
SEEN = Acknowledgement(episode="ep-1", by="ann", note="on it", at=NOW, until=NOW + timedelta(hours=1))
SILENCE = Silence(
    id="s1", matchers={"hedge": "btc-core"}, by="ann", comment="moving", starts_at=NOW, ends_at=NOW + timedelta(hours=2)
)
CLOSING = Closing(hedge="btc-core", entry="digest", by="ann", note="sold", at=NOW)


async def said(stores: Stores, at: timedelta = SECOND) -> Interventions:
    return (await stores.cycles.recall([], [], NOW + at)).interventions


async def troubles(stores: Stores) -> dict[str, ChannelTrouble]:
    return dict((await stores.cycles.recall([], [], NOW + SECOND)).troubles)


async def tell(stores: Stores, *, severity: Severity = Severity.CRITICAL, channels: tuple[str, ...] = ("ops",)) -> None:
    told = replace(event(alert_state(), sequence=1), severity=severity)
    await stores.cycles.record(cycle(states=(alert_state(),), events=(told,), channels=channels))


async def claimed(stores: Stores, channel: str) -> Delivery | None:
    return await stores.outbox.claim(channel, NOW + timedelta(minutes=1), LEASE)


async def fail(stores: Stores, *, dead: bool = False) -> None:
    delivery = await claimed(stores, "ops")
    assert delivery is not None
    await stores.outbox.failed(delivery, NOW, "refused", None if dead else NOW)


async def test_what_was_said_is_there_after_a_restart(stores: Stores) -> None:
    await tell(stores)
    stores.desk.acknowledge(replace(SEEN, note="first"))
    stores.desk.acknowledge(SEEN)
    stores.desk.silence(SILENCE)
    stores.desk.close_hedge(CLOSING)
    stores.restart()
    assert await said(stores) == Interventions(
        acknowledgements={"ep-1": SEEN}, silences=(SILENCE,), closings={"btc-core": CLOSING}
    )


async def test_a_silence_ends_when_somebody_ends_it(stores: Stores) -> None:
    stores.desk.silence(SILENCE)
    stores.desk.unsilence("s1", "ben", NOW + SECOND)
    found = (await said(stores, 2 * SECOND)).silences
    assert not any(one.covers(TARGET, NOW + 2 * SECOND) for one in found)
    with pytest.raises(ConfigurationError):
        stores.desk.unsilence("s1", "ben", NOW + 2 * SECOND)
    with pytest.raises(ConfigurationError):
        stores.desk.unsilence("s2", "ben", NOW)


async def test_a_hedge_is_opened_again_once(stores: Stores) -> None:
    stores.desk.close_hedge(CLOSING)
    stores.desk.open_hedge("btc-core", "ben", NOW)
    assert not (await said(stores)).closings
    with pytest.raises(ConfigurationError):
        stores.desk.open_hedge("btc-core", "ben", NOW)


async def test_only_an_open_episode_is_acknowledged(stores: Stores) -> None:
    with pytest.raises(ConfigurationError):
        stores.desk.acknowledge(SEEN)


async def test_a_suppressed_event_is_kept_and_not_sent(stores: Stores) -> None:
    told = replace(event(alert_state(), sequence=1), suppressed_by="s1")
    record = cycle(states=(alert_state(),), events=(told,))
    drafts = [replace(draft, suppressed_by="s1") for draft in record.outbox]
    await stores.cycles.record(replace(record, outbox=drafts))
    assert await claimed(stores, "ops") is None
    assert await troubles(stores) == {}


async def test_an_end_goes_to_a_fallback_that_was_told_and_to_no_other(stores: Stores) -> None:
    await tell(stores, channels=("ops", "me"))
    end = event(alert_state(), sequence=2, kind=EventType.RESOLVED)
    record = cycle(NOW + SECOND, events=(end,), channels=())
    drafts = [OutboxDraft(event_id=end.event_id, channel=to, only_if_told=True) for to in ("me", "phone")]
    await stores.cycles.record(replace(record, outbox=drafts))
    first = await claimed(stores, "me")
    assert first is not None
    await stores.outbox.delivered(first, NOW)
    second = await claimed(stores, "me")
    assert second is not None
    assert second.event_type == "resolved"
    assert await claimed(stores, "phone") is None


@pytest.mark.parametrize("reason", ["time", "attempts"])
async def test_a_critical_event_that_waits_goes_to_the_fallback_once(stores: Stores, reason: str) -> None:
    await tell(stores)
    await stores.outbox.fall_back(["me"], NOW - SECOND, 3)
    assert await claimed(stores, "me") is None, "neither late nor tried often"
    for _ in range(3):
        await fail(stores)
    for _ in range(2):
        await stores.outbox.fall_back(["me", "ops"], NOW if reason == "time" else NOW - SECOND, 3)
    fallen_back = await claimed(stores, "me")
    assert fallen_back is not None
    assert (fallen_back.event_id, fallen_back.attempts, fallen_back.made_at) == ("msg_ep-1_1", 0, NOW)
    assert await claimed(stores, "me") is None


async def test_a_critical_event_that_was_given_up_goes_to_the_fallback_while_it_is_news(stores: Stores) -> None:
    await tell(stores)
    given_up = await claimed(stores, "ops")
    assert given_up is not None
    await stores.outbox.failed(given_up, NOW, "gone", None)
    for made_before, is_told in ((NOW + timedelta(hours=72), False), (NOW - SECOND, True)):
        await stores.outbox.fall_back(["me"], made_before, 3)
        assert (await claimed(stores, "me") is not None) is is_told


async def test_a_warning_waits_for_its_own_channel(stores: Stores) -> None:
    await tell(stores, severity=Severity.WARNING)
    await stores.outbox.fall_back(["me"], NOW + SECOND, 0)
    assert await claimed(stores, "me") is None


async def test_a_channels_trouble_is_known_until_it_takes_its_messages(stores: Stores) -> None:
    await tell(stores)
    assert await troubles(stores) == {"ops": ChannelTrouble(oldest_critical_at=NOW)}
    await fail(stores)
    assert await troubles(stores) == {"ops": ChannelTrouble(attempts=1, oldest_critical_at=NOW, last_error="refused")}
    delivery = await claimed(stores, "ops")
    assert delivery is not None
    await stores.outbox.delivered(delivery, NOW)
    assert await troubles(stores) == {}


async def test_a_dead_message_is_replayed_under_its_own_id(stores: Stores) -> None:
    await tell(stores)
    await fail(stores, dead=True)
    assert await claimed(stores, "ops") is None
    assert await troubles(stores) == {"ops": ChannelTrouble(dead=1, last_error="refused")}
    assert stores.desk.replay("msg_ep-1_1", "ann", NOW) == 1
    again = await claimed(stores, "ops")
    assert again is not None
    assert (again.event_id, again.attempts, again.first_attempt_at) == ("msg_ep-1_1", 0, None)
    with pytest.raises(ConfigurationError):
        stores.desk.replay("msg_ep-1_1", "ann", NOW)


async def test_an_episode_that_nobody_heard_of_ends_though_its_target_is_remembered(sql_stores: Stores) -> None:
    await sql_stores.cycles.record(cycle(states=(alert_state(),)))
    await sql_stores.cycles.record(cycle(NOW + SECOND, states=(AlertState(target=TARGET, opened=(NOW,)),)))
    with History(str(sql_stores.url)) as history:
        ((state, ended),) = [(one["state"], one["resolved_at"]) for one in history.alerts()]
    assert (state, ended) == ("resolved", NOW + SECOND)
    memory = await sql_stores.cycles.recall([], [], NOW + SECOND)
    assert memory.alerts[TARGET].opened == (NOW,)


def test_the_small_indexes_serve_what_every_cycle_asks_of_the_outbox(sqlite_url: str) -> None:
    upgrade(sqlite_url)
    with sqlite3.connect(sqlite_url.removeprefix("sqlite:///")) as database:
        for state in ("pending", "dead"):
            plan = database.execute(
                f"EXPLAIN QUERY PLAN SELECT channel, count(*) FROM outbox WHERE state = '{state}' GROUP BY channel"  # noqa: S608  two words
            ).fetchall()
            assert f"ix_outbox_{state}" in str(plan)


async def test_what_was_told_of_a_position_and_a_holding_keeps_every_digit_and_the_last_word(stores: Stores) -> None:
    precise = Decimal("-4.812345678901234567890123")
    position = ToldPosition(
        hedge="btc-core",
        leg="binance:BTC/USDT:USDT",
        entry="digest",
        position=DeclaredPosition(contracts=precise, entry_price=Decimal(60250), margin_mode=MarginMode.ISOLATED),
        by="ann",
        note="sold 0.2",
        at=NOW,
    )
    holding = ToldHolding(
        holding="cold", entry="digest", quantity=precise.copy_abs(), cost_basis=None, by="ann", note="", at=NOW
    )
    stores.desk.set_position(replace(position, note="first"))
    stores.desk.set_position(position)
    stores.desk.set_holding(replace(holding, quantity=Decimal(1)))
    stores.desk.set_holding(holding)
    stores.restart()
    told = (await said(stores)).told
    assert told == Told(positions={(position.hedge, position.leg): position}, holdings={"cold": holding})
