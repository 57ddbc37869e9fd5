"""Double whammy: all three together, strictly beyond; clear as soon as one is; and the loss that is true."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from hedgewatch.domain.finding import Finding, OutcomeKind
from hedgewatch.domain.hedge import Past
from hedgewatch.domain.history import LegPast
from hedgewatch.domain.market import SettledFunding, UnknownReason
from hedgewatch.domain.thresholds import Severity
from tests.domain.cases import FUTURES, NOW, SPOT, SPOT_READING, facts, failed, hedge, judged, read, settings
from tests.domain.pasts import of_spot

BREACH, BAND, CLEAR = OutcomeKind.BREACH, OutcomeKind.BAND, OutcomeKind.CLEAR
RULE = settings("double_whammy", warning=("-0.0001", "-0.00005"), critical=("-0.0003", "-0.00015"))


def found_of(
    rate: str = "-0.0004", mid: str = "59900", day_ago: str | None = "65000", *, coins: str = "5", age: int = 0
) -> Finding:
    """Spot is at 60,000: 59,900 is a basis of -16.7 bp, 65,000 a day ago a fall of 7.7 %."""
    price = Decimal(mid)
    received = NOW - timedelta(seconds=age)
    future = read(FUTURES, str(price - Decimal("0.5")), str(price + Decimal("0.5")), received_at=received)
    times = [NOW - timedelta(hours=back) for back in (1, 9, 17)]
    settled = tuple(
        SettledFunding(ref=FUTURES, settled_at=at, rate=Decimal(rate), interval_hours=Decimal(8)) for at in times
    )
    past = Past(settled={FUTURES: settled}, coins={SPOT: of_spot(day_ago)}, legs={("btc-core", "perp"): LegPast()})
    (found,) = judged("double_whammy", RULE, hedge(coins), facts(SPOT_READING, future, past=past))
    return found


def test_all_three_together_are_critical() -> None:
    found = found_of()
    assert (found.severity, found.value) == (Severity.CRITICAL, Decimal("-0.0004"))


@pytest.mark.parametrize(
    ("rate", "kind", "severity"),
    [
        ("-0.00004", CLEAR, None),
        ("-0.00005", BAND, None),
        ("-0.0001", BAND, None),
        ("-0.00011", BREACH, Severity.WARNING),
        ("-0.0003", BREACH, Severity.WARNING),
        ("-0.00031", BREACH, Severity.CRITICAL),
    ],
)
def test_the_funding(rate: str, kind: OutcomeKind, severity: Severity | None) -> None:
    found = found_of(rate=rate)
    assert (found.kind, found.severity) == (kind, severity)


@pytest.mark.parametrize(
    ("mid", "kind", "severity"),
    [
        ("59985.1", CLEAR, None),
        ("59985", BAND, None),  # -2.5 bp: half of the warning
        ("59970", BAND, None),  # -5 bp exactly does not count
        ("59969.9", BREACH, Severity.WARNING),
        ("59940", BREACH, Severity.WARNING),
        ("59939.9", BREACH, Severity.CRITICAL),
    ],
)
def test_the_basis(mid: str, kind: OutcomeKind, severity: Severity | None) -> None:
    found = found_of(mid=mid)
    assert (found.kind, found.severity) == (kind, severity)


@pytest.mark.parametrize(
    ("day_ago", "kind"),
    [("60000", CLEAR), ("61500", CLEAR), ("61538.5", BAND), ("63157.8", BAND), ("63158", BREACH)],
)
def test_the_fall_of_spot(day_ago: str, kind: OutcomeKind) -> None:
    assert found_of(day_ago=day_ago).kind is kind


def test_the_close_of_a_day_ago_is_missing() -> None:
    found = found_of(day_ago=None)
    assert (found.unknown, found.alertable) == (UnknownReason.NOT_AVAILABLE, False)
    assert "needs a close of then, has none" in found.message


def test_one_that_is_clear_is_enough_whatever_is_missing() -> None:
    assert found_of(rate="0.0001", day_ago=None).kind is CLEAR
    assert found_of(mid="60020", day_ago=None).kind is CLEAR


def test_prices_that_do_not_belong_together_leave_it_unknown() -> None:
    assert found_of(age=6).unknown is UnknownReason.STALE
    (found,) = judged("double_whammy", RULE, hedge(), facts(SPOT_READING, failed(FUTURES)))
    assert (found.unknown, found.alertable) == (UnknownReason.TIMEOUT, True)


def test_the_true_loss_is_the_funding_and_what_is_not_hedged() -> None:
    whole = found_of().message
    assert "your short pays 360.00 USD a day" in whole
    assert "the fall of the hedged coins is made up for by the short, and nothing is unhedged" in whole
    part = found_of(coins="6").message
    assert "the 1 BTC that are not hedged have lost 5,000.00 USD" in part


def test_critical_says_how_to_end_it() -> None:
    found = found_of()
    assert [(order.side, order.coins, order.reduce_only) for order in found.orders] == [("buy", 5, True)]
    assert not found_of(rate="-0.0002").orders
