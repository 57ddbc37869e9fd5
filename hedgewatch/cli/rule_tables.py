"""Each rule's present answer beside what it is set to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from hedgewatch.cli.tables import COLOURS, number
from hedgewatch.domain.errors import ConfigurationError
from hedgewatch.domain.finding import OutcomeKind
from hedgewatch.domain.numbers import plain
from hedgewatch.domain.rules import BUILT_RULES
from hedgewatch.domain.rules.catalogue import CATALOGUE
from hedgewatch.domain.thresholds import RuleSettings, Severity
from hedgewatch.monitoring.payload import time_text
from hedgewatch.monitoring.report import json_value
from hedgewatch.settings import Settings, rule_settings
from hedgewatch.settings.effective import PER_HEDGE
from hedgewatch.settings.problems import did_you_mean

Row = Mapping[str, Any]
OFF, NOT_JUDGED = "off", "not judged yet"
LABELS = ("leg", "account", "exchange", "side")


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Which rules of which hedges are shown. hedge: None for all, and for what is judged of no hedge."""

    hedge: str | None
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleNow:
    """One rule on one target. answer: as the worker last stored it, None if it is off or was never judged."""

    rule: str
    hedge: str
    settings: RuleSettings
    answer: Row | None

    @property
    def outcome(self) -> str:
        """The outcome, or why there is none."""
        if self.answer is not None:
            return str(self.answer["outcome"])
        return NOT_JUDGED if self.settings.enabled else OFF


def chosen(settings: Settings, hedge: str | None, rule: str | None) -> Chosen:
    """Return what is asked for. Raises ConfigurationError if there is no such hedge or rule, or it is not built."""
    names = [entry.name for entry in settings.hedges]
    if hedge is not None and hedge not in names:
        raise ConfigurationError(f'there is no hedge "{hedge}"{did_you_mean(hedge, names)}')
    if rule is not None and rule not in CATALOGUE:
        raise ConfigurationError(f'there is no rule "{rule}"{did_you_mean(rule, CATALOGUE)}')
    if rule is not None and rule not in BUILT_RULES:
        raise ConfigurationError(f"the rule {rule} is not built yet in this version")
    return Chosen(hedge=hedge, rules=tuple(name for name in CATALOGUE if name in BUILT_RULES and rule in {None, name}))


def rules_now(settings: Settings, answers: Sequence[Row], wanted: Chosen) -> list[RuleNow]:
    """Put every rule's settings beside its answers; a rule without an answer has one line that says so."""
    return list(_rules_now(settings, answers, wanted))


def _rules_now(settings: Settings, answers: Sequence[Row], wanted: Chosen) -> Iterator[RuleNow]:
    for entry in settings.hedges:
        if wanted.hedge not in {None, entry.name}:
            continue
        for rule in (name for name in wanted.rules if CATALOGUE[name].judged_per in PER_HEDGE):
            given = _of(answers, rule, entry.name)
            yield from _lines(rule, entry.name, rule_settings(settings, rule, entry), given)
    if wanted.hedge is None:
        for rule in (name for name in wanted.rules if CATALOGUE[name].judged_per not in PER_HEDGE):
            given = [answer for answer in answers if answer["rule"] == rule]
            yield from _lines(rule, "", rule_settings(settings, rule), given)


def _of(answers: Iterable[Row], rule: str, hedge: str) -> list[Row]:
    return [answer for answer in answers if (answer["rule"], answer["hedge"]) == (rule, hedge)]


def _lines(rule: str, hedge: str, settings: RuleSettings, answers: Sequence[Row]) -> Iterator[RuleNow]:
    for answer in answers if settings.enabled and answers else (None,):
        yield RuleNow(rule=rule, hedge=hedge, settings=settings, answer=answer)


def rules_json(rows: Sequence[RuleNow]) -> dict[str, Any]:
    """Return the answer of ``rules list --json``."""
    return {"rules": [_rule_json(row) for row in rows]}


def _rule_json(row: RuleNow) -> dict[str, Any]:
    answer = row.answer or {}
    levels = {
        severity.value: {"fire": json_value(level.fire), "clear": json_value(level.clear)}
        for severity, level in row.settings.levels.items()
    }
    return {
        "rule": row.rule,
        "hedge": row.hedge or None,
        **{label: answer.get(label) or None for label in LABELS},
        "outcome": answer.get("outcome"),
        "enabled": row.settings.enabled,
        "severity": answer.get("severity"),
        "value": json_value(answer.get("value")),
        "threshold": json_value(answer.get("threshold")),
        "levels": {**levels, **{severity.value: {} for severity in row.settings.facts}},
        "unit": CATALOGUE[row.rule].unit,
        "reason": answer.get("reason"),
        "message": answer.get("message"),
        "read_at": time_text(answer["read_at"]) if answer else None,
    }


def print_rules(rows: Sequence[RuleNow], now: datetime) -> None:
    """Print every rule in a line, hedge by hedge, and when it was judged."""
    console = Console()
    for hedge in dict.fromkeys(row.hedge for row in rows):
        table = Table("rule", "outcome", "value", "fires at (clear at)", "of", box=None, pad_edge=False)
        for row in (row for row in rows if row.hedge == hedge):
            table.add_row(row.rule, _outcome(row), _value(row), _levels(row.settings), escape(_target(row.answer)))
        console.rule(f"[bold]{escape(hedge or 'all hedges')}[/bold]", align="left")
        console.print(table)
    judged = [row.answer["read_at"] for row in rows if row.answer]
    if judged:
        console.print(f"judged {(now - max(judged)).total_seconds():.0f} s ago, {time_text(max(judged))}")
    else:
        console.print("nothing was judged yet: is the worker running? `hedgewatch once` looks without it")


def _outcome(row: RuleNow) -> str:
    answer = row.answer
    if answer is None:
        return f"[dim]{row.outcome}[/dim]"
    colour = COLOURS[OutcomeKind(answer["outcome"])]
    beside = answer["severity"] or answer["reason"]
    return f"[{colour}]{answer['outcome']}[/{colour}]{f' ({beside})' if beside else ''}"


def _value(row: RuleNow) -> str:
    value: Decimal | None = row.answer["value"] if row.answer else None
    return "-" if value is None else number(value, 6)


def _levels(settings: RuleSettings) -> str:
    words = [
        f"{severity.value} {plain(settings.levels[severity].fire)} ({plain(settings.levels[severity].clear)})"
        if severity in settings.levels
        else f"{severity.value} at once"
        for severity in Severity
        if severity in settings.levels or severity in settings.facts
    ]
    return ", ".join(words)


def _target(answer: Row | None) -> str:
    return " ".join(answer[label] for label in LABELS if answer[label]) if answer else ""
