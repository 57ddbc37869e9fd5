"""What the tests of a file gave: lines for people, and JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from hedgewatch.bootstrap.rehearsal.running import Rehearsed, ToldEvent
from hedgewatch.domain.numbers import plain
from hedgewatch.monitoring.report import json_value
from hedgewatch.settings.rule_tests import ExpectedEntry
from hedgewatch.settings.values import Span


def lines_of(results: Sequence[Rehearsed]) -> Iterator[str]:
    """Yield a line for each test, and for one that failed what was expected, what came, and where its rules stand."""
    for one in results:
        yield f"{'ok    ' if one.passed else 'FAILED'} {one.test.name} ({one.polls} polls, {len(one.told)} events)"
        if one.passed:
            continue
        yield "  expected:"
        for expected in one.test.expect:
            mark = "  missing" if expected in one.missing else ""
            yield f"    {_expected(expected)}{mark}"
        if not one.test.expect:
            yield "    nothing"
        yield "  got:"
        for event in one.told:
            mark = "  not expected" if event in one.surplus else ""
            yield f"    {_event(event)}{mark}"
            yield f"      {event.message}"
        if not one.told:
            yield "    nothing"
        for finding in one.last:
            value = "-" if finding.value is None else plain(finding.value, 6)
            yield f"  at the end: {finding.target.rule} {finding.kind.value}, value {value}: {finding.message}"
    failed = sum(not one.passed for one in results)
    yield f"{len(results) - failed} of {len(results)} tests passed"


def _expected(one: ExpectedEntry) -> str:
    return f"{one.at} {one.rule} {one.type} {one.severity}{f' of {one.leg}' if one.leg else ''}"


def _event(one: ToldEvent) -> str:
    at = Span(seconds=one.seconds)
    return f"{at} {one.rule} {one.type} {one.severity}{f' of {one.leg}' if one.leg else ''}"


def results_json(file: str, results: Sequence[Rehearsed]) -> dict[str, Any]:
    """Return what one file gave, for ``rules test --json``."""
    return {
        "file": file,
        "passed": all(one.passed for one in results),
        "tests": [
            {
                "name": one.test.name,
                "passed": one.passed,
                "polls": one.polls,
                "missing": [_expected_json(expected) for expected in one.missing],
                "unexpected": [_event_json(event) for event in one.surplus],
                "told": [_event_json(event) for event in one.told],
            }
            for one in results
        ],
    }


def _expected_json(one: ExpectedEntry) -> dict[str, Any]:
    return {
        "at_seconds": json_value(one.at.seconds),
        "rule": one.rule,
        "type": one.type,
        "severity": one.severity,
        "leg": one.leg,
    }


def _event_json(one: ToldEvent) -> dict[str, Any]:
    return {
        "at_seconds": json_value(one.seconds),
        "rule": one.rule,
        "type": one.type,
        "severity": one.severity,
        "leg": one.leg,
        "message": one.message,
    }
