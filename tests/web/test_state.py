from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from hedgewatch.web.ports import Row
from hedgewatch.web.state import HedgeStanding, State, concerning, standing_of, worst_first, worst_sides
from tests.web.samples import LEG, NOW, alert_row, hedge_row, outcome_row

CLEAR = outcome_row()
BREACH = outcome_row(outcome="BREACH", severity="warning", message="hedged 96 %")
BAND = outcome_row("basis_adverse", "BAND")
BLIND = outcome_row("drift", "UNKNOWN", alertable=True, message="binance is silent")
NOT_YET = outcome_row("basis_adverse", "UNKNOWN")
DECLARED = outcome_row("position_missing", "UNKNOWN", message="declared, not read from an account")


def stand(outcomes: list[Row], alerts: list[Row] | None = None, **hedge: Any) -> HedgeStanding:
    return standing_of(hedge_row(**hedge), outcomes, alerts or [], now=NOW, poll_seconds=Decimal(30))


@pytest.mark.parametrize(
    ("outcomes", "alerts", "state"),
    [
        ([CLEAR], [], State.OK),
        ([CLEAR, NOT_YET], [], State.PARTIAL),
        ([CLEAR, DECLARED], [], State.OK),
        ([CLEAR, BAND, NOT_YET], [], State.WATCH),
        ([BREACH], [], State.WATCH),
        ([CLEAR, BLIND], [], State.UNKNOWN),
        ([], [], State.UNKNOWN),
        ([BREACH], [alert_row()], State.WARNING),
        ([BLIND], [alert_row()], State.WARNING),
        ([BREACH], [alert_row(), alert_row("negative_funding", "critical")], State.CRITICAL),
        ([CLEAR], [alert_row("negative_funding", "info")], State.WATCH),
        ([BLIND], [alert_row("negative_funding", "info")], State.UNKNOWN),
    ],
)
def test_the_worst_counts(outcomes: list[Row], alerts: list[Row], state: State) -> None:
    assert stand(outcomes, alerts).state is state


@pytest.mark.parametrize("quality", ["partial", "stale", "unknown"])
def test_bad_data_is_never_ok(quality: str) -> None:
    assert stand([CLEAR], quality=quality).state is State.UNKNOWN


@pytest.mark.parametrize(
    ("poll", "age", "state"),
    [(30, 90, State.OK), (30, 91, State.UNKNOWN), (1, 30, State.OK), (1, 31, State.UNKNOWN), (60, 179, State.OK)],
)
def test_ok_needs_a_fresh_read(poll: int, age: int, state: State) -> None:
    row = hedge_row(read_at=NOW - timedelta(seconds=age))
    assert standing_of(row, [CLEAR], [], now=NOW, poll_seconds=Decimal(poll)).state is state


def test_an_alert_outlives_the_data_and_says_so() -> None:
    standing = stand([CLEAR], [alert_row(message="hedged 96 %")], read_at=NOW - timedelta(minutes=10))
    assert (standing.state, standing.reasons) == (State.WARNING, ("hedged 96 %",))
    assert standing.stale == "no fresh data since 2026-11-22 17:50:04 UTC"


def test_a_breach_that_was_told_is_not_called_untold() -> None:
    standing = stand([BREACH], [alert_row(severity="info", message="hedged 96 %")])
    assert standing.reasons == ("hedged 96 %",)


def test_a_reason_is_given_for_what_is_not_ok() -> None:
    assert stand([CLEAR, NOT_YET]).reasons == ("cannot be judged yet: basis adverse; every other rule is clear",)
    assert stand([CLEAR, BLIND]).reasons == ("binance is silent",)
    assert stand([BREACH]).reasons == ("not firing yet: hedged 96 %",)


def test_an_exchange_concerns_the_hedges_on_it() -> None:
    down = alert_row("exchange_down", hedge=None, exchange="binance")
    other = alert_row("exchange_down", hedge=None, exchange="mexc")
    assert concerning([down, other, alert_row(hedge="else")], "btc-core", {"binance"}) == [down]


def test_of_two_sides_the_worse_is_shown() -> None:
    under = outcome_row(side="under")
    over = outcome_row(outcome="BREACH", severity="critical", side="over")
    elsewhere = outcome_row("data_stale", leg=LEG)
    assert worst_sides([under, over, elsewhere]) == [over, elsewhere]


def test_the_worst_alert_comes_first_then_the_newest() -> None:
    old = alert_row("drift", "critical", fired_at=NOW - timedelta(hours=5))
    new = alert_row("negative_funding", "critical")
    mild = alert_row("basis_adverse", "warning", fired_at=NOW)
    assert worst_first([mild, old, new]) == [new, old, mild]
