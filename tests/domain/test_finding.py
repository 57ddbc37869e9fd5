"""Findings: words are made when they are asked for, and an alert does not depend on them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from hedgewatch.domain.finding import BREAKS, CLEAR, Finding, Words, unknown_finding
from hedgewatch.domain.market import UnknownReason
from hedgewatch.domain.thresholds import Severity
from tests.domain.samples import TARGET, WARNING, found


def saying(words: Words) -> Finding:
    return found({WARNING: CLEAR})._replace(words=words)


def test_words_are_put_together_when_they_are_asked_for() -> None:
    made: list[str] = []

    def words() -> str:
        made.append("said")
        return "said"

    finding = saying(words)
    assert (finding.kind, finding.severity, made) == (CLEAR, None, [])
    assert (finding.message, made) == ("said", ["said"])


def test_words_reckon_exactly_wherever_they_are_asked_for() -> None:
    assert saying(lambda: str(Decimal(1) / 3)).message == f"0.{'3' * 34}"


@pytest.mark.parametrize("error", BREAKS)
def test_an_alert_whose_words_break_is_told_all_the_same(error: type[Exception]) -> None:
    def words() -> str:
        raise error("no such thing")

    message = saying(words).message
    assert "drift of btc-core" in message
    assert "no such thing" in message


@pytest.mark.parametrize(
    ("reason", "is_nothing_new"),
    [(UnknownReason.NOT_AVAILABLE, True), (UnknownReason.STALE, False), (UnknownReason.RULE_ERROR, False)],
)
def test_only_what_is_not_available_begins_nothing(reason: UnknownReason, *, is_nothing_new: bool) -> None:
    assert unknown_finding(TARGET, reason, "not known").is_nothing_new is is_nothing_new


def test_nothing_can_be_put_into_an_unknown_finding() -> None:
    one, other = (unknown_finding(TARGET, UnknownReason.STALE, "not known") for _ in range(2))
    with pytest.raises(TypeError):
        one.levels[Severity.INFO] = CLEAR  # type: ignore[index]  # what all of them share
    assert not other.levels
