from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from html import unescape
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from hedgewatch.domain.alert import AlertEvent, EventType
from hedgewatch.domain.finding import Target
from hedgewatch.domain.instrument import InstrumentRef, OrderUnit
from hedgewatch.domain.order import TimeInForce
from hedgewatch.domain.rules.catalogue import CATALOGUE
from hedgewatch.domain.thresholds import Severity
from hedgewatch.monitoring.payload import event_payload, trial_payload
from hedgewatch.notify.deeds import ENDED, deed
from hedgewatch.notify.letter import MailText, one_line
from hedgewatch.notify.message import mail_of
from hedgewatch.notify.wording import VALUES
from tests.monitoring.alerts import ORDER, TOLD_AT, drift_event, finding, snapshot

UTC, ZURICH = ZoneInfo("UTC"), ZoneInfo("Europe/Zurich")
DRIFT = Target(rule="drift", hedge="btc-core", side="under")
GONE = "taken out of the configuration"
HOSTILE = '<script>alert("x")</script>\r\nBcc: evil@example.com'


def payload(event: AlertEvent | None = None) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(event_payload(event or drift_event(), snapshot(), "http://127.0.0.1:8710"))
    return body


def mail(event: AlertEvent | None = None, timezone: ZoneInfo = UTC) -> MailText:
    return mail_of(payload(event), timezone)


def seen(html: str) -> str:
    """Return what a reader sees of a page: its text, without tags, on one line."""
    return one_line(unescape(re.sub(r"<[^>]+>", " ", re.sub(r"<head>.*?</head>", "", html, flags=re.DOTALL))))


@pytest.mark.parametrize(
    ("kind", "subject"),
    [
        (EventType.FIRING, "[warning] btc-core: sell 0.2 BTC of BTC/USDT:USDT on binance at 60020.5 or better"),
        (EventType.ESCALATED, "[warning] btc-core: sell 0.2 BTC of BTC/USDT:USDT on binance at 60020.5 or better"),
        (
            EventType.REMINDER,
            "[warning] btc-core: reminder: sell 0.2 BTC of BTC/USDT:USDT on binance at 60020.5 or better",
        ),
        (EventType.RESOLVED, "[resolved] btc-core: drift is over after 12 min: btc-core is hedged 99.8 %"),
        (
            EventType.CLOSED,
            f"[closed] btc-core: drift was closed, not resolved ({GONE}): btc-core is hedged 99.8 %",
        ),
    ],
)
def test_the_subject_stands_alone(kind: EventType, subject: str) -> None:
    told = finding(DRIFT) if kind not in {EventType.RESOLVED, EventType.CLOSED} else None
    over = finding(DRIFT, "btc-core is hedged 99.8 %", orders=())
    at = TOLD_AT + timedelta(minutes=12) - timedelta(seconds=30)
    assert mail(drift_event(kind, told=told or over, at=at)).subject == subject


def test_a_subject_without_orders_says_what_is_wrong() -> None:
    target = Target(rule="exchange_down", exchange="weex")
    event = drift_event(
        target=target, severity=Severity.CRITICAL, told=finding(target, "no answer for 15 min", orders=())
    )
    assert mail(event).subject == "[critical] weex: no answer for 15 min"


def test_several_orders_are_counted_and_a_condition_comes_first() -> None:
    told = finding(DRIFT, orders=(ORDER, ORDER, ORDER))._replace(condition="if you no longer own these coins")
    assert mail(drift_event(told=told)).subject == (
        "[warning] btc-core: if you no longer own these coins: sell 0.2 BTC of BTC/USDT:USDT on binance"
        " at 60020.5 or better (and 2 more)"
    )


def test_a_subject_is_never_longer_than_a_line() -> None:
    assert len(mail(drift_event(told=finding(DRIFT, "word " * 500, orders=()))).subject) <= 150


def test_the_text_tells_what_since_when_the_numbers_the_order_and_what_to_do() -> None:
    text = mail(timezone=ZURICH).text
    for fact in (
        "btc-core is hedged 96 %: sell 0.2 BTC",
        "2026-11-22 17:59:30 UTC (18:59:30 Europe/Zurich), 30 s before this message",
        "Distance from the target ratio: -4.00 % (threshold 3.00 %)",
        "Hedge ratio:                    96.00 %",
        "Basis:                          0.033 %",
        "Coming funding per 8 h:         0.0100 %",
        "Age of these numbers:           4 s",
        "Limit price:            60020.5",
        "Quantity to enter:      0.2 BTC",
        "Time in force:          post only",
        "Hedge ratio afterwards: 100.00 %",
        "Estimated fee:          2.40 USD",
        "Bring the hedge back to its target.",
        "http://127.0.0.1:8710/hedges/btc-core",
        "SELECT read_at, hedge_ratio FROM hedge_history",
        "hedgewatch never places, changes or cancels an order.",
    ):
        assert fact in text, fact


def test_html_and_text_hold_the_same_facts() -> None:
    by_contracts = replace(ORDER, order_unit=OrderUnit.CONTRACTS, time_in_force=TimeInForce.IOC)
    told = finding(DRIFT, orders=(ORDER, by_contracts))._replace(condition="if you no longer own these coins")
    both = mail(drift_event(told=told), ZURICH)
    shown = seen(both.html)
    for line in both.text.splitlines():
        row = re.fullmatch(r"  (.+?): +(.+)", line)
        for part in row.groups() if row else (line.removeprefix("-- "),):
            assert part in shown, part


def test_the_html_is_plain_enough_for_any_client() -> None:
    html = mail().html
    for forbidden in ("<script", "<style", "<link", "<img", "class=", "url(", "position:", "flex", "http-equiv"):
        assert forbidden not in html, forbidden
    assert max(len(line) for line in html.splitlines()) < 998


def test_hostile_names_are_text_and_nothing_else() -> None:
    ref = InstrumentRef(exchange="binance", symbol=HOSTILE)
    target = Target(rule="drift", hedge=HOSTILE)
    hostile = mail(drift_event(target=target, told=finding(target, HOSTILE, orders=(replace(ORDER, ref=ref),))))
    assert "<script" not in hostile.html
    assert "&lt;script&gt;" in hostile.html
    assert not {"\r", "\n"} & set(hostile.subject)
    assert hostile.subject.startswith('[warning] <script>alert("x")</script> Bcc: evil@example.com: sell 0.2')


def test_what_is_not_known_is_said_to_be_so() -> None:
    body = payload()
    body["data"]["snapshot"]["funding_rate_8h"] = None
    body["data"]["orders"][0]["estimated_fee_usd"] = None
    text = mail_of(body, UTC).text
    assert "Coming funding per 8 h:         not known" in text
    assert "Estimated fee:          not known" in text


def test_an_alert_of_an_exchange_needs_no_hedge() -> None:
    target = Target(rule="exchange_down", exchange="weex")
    told = finding(target, "weex is silent", orders=())._replace(value=Decimal(930), hedges=("a", "b"))
    told = told._replace(thresholds={Severity.WARNING: Decimal(90)})
    text = mail_of(json.loads(event_payload(drift_event(target=target, told=told), None, "http://x")), UTC).text
    assert re.search(r"Hedges concerned: +a, b\n", text)
    assert "No usable answer for: 15 min (threshold 1 min)" in text


def test_a_reminder_names_its_hedge_once_in_the_subject() -> None:
    told = finding(DRIFT, "btc-core: funding is low", orders=())
    subject = mail(drift_event(EventType.REMINDER, told=told)).subject
    assert subject.count("btc-core") == 1
    assert subject.endswith(": funding is low")


def test_what_to_do_and_what_happens_otherwise_stand_before_the_orders() -> None:
    for shown in (mail().text, seen(mail().html)):
        places = [shown.index(part) for part in ("What to do", "If nothing is done", "Limit price")]
        assert places == sorted(places)


@pytest.mark.parametrize("rule", [name for name, known in CATALOGUE.items() if known.unit != "fact"])
def test_every_number_that_is_judged_has_a_name_and_a_unit_for_people(rule: str) -> None:
    assert rule in VALUES


@pytest.mark.parametrize("rule", CATALOGUE)
def test_every_rule_says_what_to_do(rule: str) -> None:
    for action in CATALOGUE[rule].actions.values():
        assert deed("hedge.alert.firing", str(action), rule).endswith(".")
        assert deed("hedge.alert.firing", str(action), rule) != ENDED


def test_an_alert_that_is_over_asks_for_nothing() -> None:
    over = mail(drift_event(EventType.RESOLVED))
    assert "If nothing is done" not in over.text
    assert "Nothing has to be done." in over.text
    assert "Limit price" not in over.text


def test_a_test_message_is_a_mail_too() -> None:
    words = mail_of(json.loads(trial_payload("msg_x", "me", TOLD_AT)), ZURICH)
    assert words.subject.startswith("[test] hedgewatch: This is a test of the channel me")
    assert "19:00:00 Europe/Zurich" in words.text


def test_a_readers_day_is_named_where_it_is_another_one() -> None:
    late = mail(drift_event(at=TOLD_AT), ZoneInfo("Asia/Tokyo"))
    assert "2026-11-22 18:00:00 UTC (2026-11-23 03:00:00 Asia/Tokyo)" in late.text
