"""Basis label: a change is told for a day, and half a day of closes is needed to know one."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from hedgewatch.domain.basis import BasisLabel
from hedgewatch.domain.finding import Finding, OutcomeKind
from hedgewatch.domain.hedge import Past
from hedgewatch.domain.history import DayBasis
from hedgewatch.domain.market import UnknownReason
from hedgewatch.domain.thresholds import Patience, RuleSettings, Severity
from tests.domain.cases import NOW, facts, judged
from tests.domain.pasts import of_leg

RULE = RuleSettings(
    rule="basis_label", enabled=True, levels={}, keep_firing_for=Patience(), facts={Severity.INFO: Patience()}
)


def found_of(past: Past) -> Finding:
    (found,) = judged("basis_label", RULE, None, facts(past=past))
    return found


def turned(hours_ago: float, label: BasisLabel = BasisLabel.BACKWARDATION, mean: str = "-0.0012") -> Past:
    day = DayBasis(
        hours=24, mean=Decimal(mean), label=label, before=BasisLabel.FLAT, changed_at=NOW - timedelta(hours=hours_ago)
    )
    return of_leg(day=day)


@pytest.mark.parametrize(("hours_ago", "kind"), [(0, "BREACH"), (23.9, "BREACH"), (24, "CLEAR"), (90, "CLEAR")])
def test_a_change_is_told_for_a_day(hours_ago: float, kind: str) -> None:
    found = found_of(turned(hours_ago))
    assert found.kind.value == kind
    assert found.value is None


def test_it_says_from_what_to_what_since_when_and_what_it_means_for_a_short() -> None:
    assert found_of(turned(5)).message == (
        "btc-core: binance:BTC/USDT:USDT is in backwardation, flat until 2026-11-22 13:00 UTC: its 24-hour mean basis "
        "is -0.120 %; the future stands below spot, and a short loses what it comes up"
    )
    assert "is in contango" in found_of(turned(5, BasisLabel.CONTANGO, "0.002")).message
    assert "is flat" in found_of(turned(5, BasisLabel.FLAT, "0")).message


def test_a_label_that_never_changed_is_clear() -> None:
    day = DayBasis(hours=24, mean=Decimal("0.002"), label=BasisLabel.CONTANGO)
    assert found_of(of_leg(day=day)).kind is OutcomeKind.CLEAR


@pytest.mark.parametrize(("past", "has"), [(Past(), "has 0"), (of_leg(day=DayBasis(hours=11)), "has 11")])
def test_without_enough_closes_it_says_how_many_it_has_and_needs(past: Past, has: str) -> None:
    found = found_of(past)
    assert found.unknown is UnknownReason.NOT_AVAILABLE
    assert "needs 12 of the last 24 hourly closes" in found.message
    assert has in found.message
