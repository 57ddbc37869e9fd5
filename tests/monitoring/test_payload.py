from __future__ import annotations

import json
import sqlite3
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from hedgewatch.domain.alert import AlertEvent, EventType
from hedgewatch.domain.alert_telling import close
from hedgewatch.domain.finding import Target
from hedgewatch.domain.order import TopUp
from hedgewatch.monitoring.payload import duration_text, event_payload, time_text, trial_payload
from hedgewatch.monitoring.query import QUERIES, history_query
from hedgewatch.storage.engine import place_of, reader_engine
from hedgewatch.storage.migrate import upgrade
from tests.monitoring.alerts import FUTURES, ORDER, SPOT, TOLD_AT, drift_event, finding, snapshot

PAGES = "http://127.0.0.1:8710"
PROMISED = (
    '{"type":"hedge.alert.firing","timestamp":"2026-11-22T18:00:00.000Z",'
    '"data":{"event_id":"msg_firing1","episode":"3f2abtc-core-1795370370000","sequence":1,"rule":"drift",'
    '"severity":"warning","action":"rebalance","hedge":"btc-core","leg":null,"account":null,"exchange":null,'
    '"hedges":["btc-core"],"asset":"BTC","value":"-0.04","threshold":"0.03","since":"2026-11-22T17:59:30.000Z",'
    '"data_age_seconds":"4","snapshot":{"spot_price":"60000","futures_price":"60020","basis_rate":"0.000333",'
    '"hedge_ratio":"0.96","funding_rate_8h":"0.0001"},"orders":[{"exchange":"binance","account":null,'
    '"symbol":"BTC/USDT:USDT","side":"sell","position_side":null,"coins":"0.2","contracts":"0.2",'
    '"order_quantity":"0.2","order_unit":"base","limit_price":"60020.5","time_in_force":"post_only",'
    '"reduce_only":false,"valid_until":"2026-11-22T18:01:00.000Z","estimated_fee_usd":"2.4","hedge_ratio_after":"1"}],'
    '"top_up":null,"condition":null,"message":"btc-core is hedged 96 %: sell 0.2 BTC of BTC/USDT:USDT on binance at'
    ' 60020.5 or better","links":{"dashboard":"http://127.0.0.1:8710/hedges/btc-core"},"sql":"SELECT read_at,'
    " hedge_ratio FROM hedge_history WHERE hedge = 'btc-core' ORDER BY read_at_ms DESC LIMIT 20\"}}"
)
HOSTILE = "o'brien'; DROP TABLE hedge; -- \"x\" \\ :y %s"


def told(event: AlertEvent) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(event_payload(event, snapshot(), PAGES))
    return body


def test_the_body_is_the_contracts_example_to_the_letter_but_for_the_slippage_it_adds() -> None:
    body = event_payload(drift_event(), snapshot(), PAGES).decode()
    assert body.replace(',"estimated_slippage_usd":null', "") == PROMISED


@pytest.mark.parametrize(("kind", "shown"), [(EventType.FIRING, True), (EventType.RESOLVED, False)])
def test_margin_to_add_has_the_promised_form_while_it_is_wanted(kind: EventType, shown: bool) -> None:  # noqa: FBT001
    wanted = TopUp(account="desk", asset="USDT", amount=Decimal(122250), liquidation_price_after=Decimal(90000))
    asks = finding(Target(rule="liquidation_distance", hedge="btc-core"))._replace(top_up=wanted)
    top_up = told(drift_event(kind, told=asks))["data"]["top_up"]
    promised = {"account": "desk", "asset": "USDT", "amount": "122250", "liquidation_price_after": "90000"}
    assert top_up == (promised if shown else None)


def test_what_is_not_known_is_null_and_no_key_is_left_out() -> None:
    blind = finding(Target(rule="exchange_down", exchange="weex"))._replace(value=None, thresholds={}, orders=())
    target = Target(rule="exchange_down", exchange="weex")
    body = json.loads(event_payload(drift_event(target=target, told=blind), None, PAGES))
    assert list(body["data"]) == list(json.loads(PROMISED)["data"])
    assert {key for key, value in body["data"].items() if value is None} == {
        *("hedge", "leg", "account", "asset", "value", "threshold"),
        *("data_age_seconds", "snapshot", "top_up", "condition"),
    }
    assert body["data"]["links"] == {"dashboard": "http://127.0.0.1:8710/"}


def test_the_same_event_gives_the_same_bytes() -> None:
    assert event_payload(drift_event(), snapshot(), PAGES) == event_payload(drift_event(), snapshot(), PAGES)


@pytest.mark.parametrize(
    ("kind", "begins"),
    [
        (EventType.FIRING, "btc-core is hedged"),
        (EventType.ESCALATED, "now warning: btc-core is hedged"),
        (EventType.REMINDER, "reminder, drift stands for 2 h: btc-core is hedged"),
        (EventType.RESOLVED, "drift is over after 2 h: btc-core is hedged"),
        (EventType.CLOSED, "drift was closed, not resolved (taken out of the configuration): btc-core"),
    ],
)
def test_the_message_says_what_became_of_the_alert(kind: EventType, begins: str) -> None:
    body = told(drift_event(kind, at=TOLD_AT + timedelta(hours=2)))
    assert body["type"] == f"hedge.alert.{kind.value}"
    assert body["data"]["message"].startswith(begins)


def test_a_reason_that_the_finding_already_gives_is_not_said_twice() -> None:
    event = drift_event(EventType.CLOSED)
    gone = close(event.state, "taken out of the configuration", TOLD_AT)
    assert gone is not None
    assert told(gone)["data"]["message"] == "drift was closed, not resolved: drift (taken out of the configuration)"


@pytest.mark.parametrize("kind", [EventType.RESOLVED, EventType.CLOSED])
def test_an_alert_that_is_over_orders_nothing(kind: EventType) -> None:
    assert told(drift_event(kind))["data"]["orders"] == []


def test_a_body_stays_below_20_kb_and_says_that_it_was_shortened() -> None:
    target = Target(rule="exchange_down", exchange="binance")
    crowd = finding(target, "binance is down: " + "a hedge, " * 5_000, orders=(ORDER,) * 100)._replace(
        hedges=tuple(f"hedge number {number}" for number in range(2_000))
    )
    body = event_payload(drift_event(target=target, told=crowd), None, PAGES)
    assert len(body) < 20_000
    assert json.loads(body)["data"]["message"].endswith("(shortened: too long for one message)")


def test_half_a_surrogate_pair_in_an_exchanges_words_does_not_break_the_body() -> None:
    body = event_payload(drift_event(told=finding(Target(rule="drift"), "bad \ud800 text")), snapshot(), PAGES)
    assert json.loads(body)["data"]["message"] == "bad ? text"


def test_a_hedges_name_cannot_leave_its_link() -> None:
    event = drift_event(target=Target(rule="drift", hedge="a/b?c#d"))
    assert (
        json.loads(event_payload(event, None, PAGES))["data"]["links"]["dashboard"] == f"{PAGES}/hedges/a%2Fb%3Fc%23d"
    )


def test_the_test_message_has_the_keys_of_an_alert() -> None:
    body = json.loads(trial_payload("msg_x", "me", TOLD_AT))
    assert body["type"] == "hedgewatch.test"
    assert set(body["data"]) == set(json.loads(PROMISED)["data"])


@pytest.mark.parametrize("rule", [*QUERIES, "some_later_rule"])
@pytest.mark.parametrize("leg", ["", str(FUTURES), str(SPOT), HOSTILE])
def test_every_query_runs_on_both_databases(migrated: Any, rule: str, leg: str) -> None:
    for name in ("btc-core", HOSTILE):
        query = history_query(Target(rule=rule, hedge=name, leg=leg, exchange=HOSTILE), snapshot(name))
        assert migrated(query) == []


def test_a_quoted_name_is_found_again() -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE hedge_history (read_at, hedge_ratio, hedge, read_at_ms)")
    connection.execute("INSERT INTO hedge_history VALUES ('2026', 0.96, ?, 1)", (HOSTILE,))
    query = history_query(Target(rule="drift", hedge=HOSTILE), None)
    assert connection.execute(query).fetchall() == [("2026", 0.96)]
    connection.close()


def test_a_funding_query_shows_the_rates_of_the_legs_instrument() -> None:
    query = history_query(Target(rule="negative_funding", hedge="btc-core", leg=str(FUTURES)), snapshot())
    assert "FROM funding_rates WHERE exchange = 'binance' AND symbol = 'BTC/USDT:USDT'" in query


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        ("-3", "0 s"),
        ("0.9", "0 s"),
        ("59", "59 s"),
        ("60", "1 min"),
        ("3599", "59 min"),
        ("8100", "2 h 15 min"),
        ("86400", "1 d"),
        ("273600", "3 d 4 h"),
    ],
)
def test_durations_are_written_with_two_units_at_most(seconds: str, words: str) -> None:
    assert duration_text(Decimal(seconds)) == words


def test_times_have_milliseconds_and_are_utc() -> None:
    assert time_text(TOLD_AT.replace(microsecond=123999)) == "2026-11-22T18:00:00.123Z"


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def migrated(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Run a query on a migrated, empty database of either kind."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('queries') / 'hedgewatch.db'}"
    else:
        url = request.getfixturevalue("pg_server").format(name="postgres")
    upgrade(url)
    engine = reader_engine(place_of(url))

    def run(query: str) -> list[Any]:
        with engine.connect() as connection:
            return list(connection.exec_driver_sql(query.replace("%", "%%") if request.param != "sqlite" else query))

    yield run
    engine.dispose()
