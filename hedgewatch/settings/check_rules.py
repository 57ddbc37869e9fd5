"""Checks of thresholds: known rules, the right sign, clear on the safe side, levels in their order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from hedgewatch.domain.rules.catalogue import CATALOGUE, FIRES_BELOW
from hedgewatch.domain.rules.definitions import FACT, FRACTION, RATE_8H, SECONDS
from hedgewatch.domain.thresholds import Severity
from hedgewatch.settings.hedge_entries import HedgeEntry
from hedgewatch.settings.models import Settings
from hedgewatch.settings.problems import Problems, did_you_mean
from hedgewatch.settings.resolved import level_of, shipped_levels
from hedgewatch.settings.rule_entries import LevelEntry, RuleEntry
from hedgewatch.settings.values import Threshold, decimal_text
from hedgewatch.settings.visit import KeyPath


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """One rule as written in one place."""

    settings: Settings
    problems: Problems
    rule: str
    entry: RuleEntry
    path: KeyPath
    hedge: HedgeEntry | None

    def note(self, severity: Severity, key: str, text: str) -> None:
        """Note a mistake in one level."""
        self.problems.add((*self.path, severity.value, key), text)


def check_rules(settings: Settings, hedge_indexes: Sequence[int], problems: Problems) -> None:
    """Check every rule that was written, for all hedges and for one."""
    _check_table(settings, settings.rules, ("rules",), None, problems)
    for index, hedge in zip(hedge_indexes, settings.hedges, strict=True):
        _check_table(settings, hedge.rules, ("hedges", index, "rules"), hedge, problems)


def _check_table(
    settings: Settings, table: dict[str, RuleEntry], path: KeyPath, hedge: HedgeEntry | None, problems: Problems
) -> None:
    for rule, entry in table.items():
        here = (*path, rule)
        if rule not in CATALOGUE:
            problems.add(here, f"unknown rule{did_you_mean(rule, CATALOGUE) or '; `config show` lists all of them'}")
            continue
        place = _Place(settings=settings, problems=problems, rule=rule, entry=entry, path=here, hedge=hedge)
        for severity in Severity:
            level = entry.level(severity)
            if level is not None and problems.readable(*here, severity.value):
                _check_level(place, severity, level)
        if problems.readable(*here):
            _check_order(place)


def _check_level(place: _Place, severity: Severity, level: LevelEntry) -> None:
    if level.at_once is not None and (place.rule, severity) != ("cost_outweighs", Severity.CRITICAL):
        place.note(severity, "at_once", "belongs to cost_outweighs.critical alone")
    shipped = shipped_levels(place.rule, place.hedge).get(severity)
    is_fact = CATALOGUE[place.rule].unit == FACT or (shipped is not None and shipped.fire is None)
    bounds = {key: bound for key, bound in (("fire", level.fire), ("clear", level.clear)) if bound is not None}
    for key, bound in bounds.items():
        problem = (
            f"{place.rule} tells a fact at once and takes no {key}" if is_fact else _unit_problem(place.rule, bound)
        )
        if problem:
            place.note(severity, key, problem)
    if is_fact or not place.problems.readable(*place.path, severity.value):
        return
    if level.fire is not None:
        _check_sign(place, severity, level.fire.value)
    _check_clear(place, severity, level)


def _unit_problem(rule: str, bound: Threshold) -> str | None:
    unit = CATALOGUE[rule].unit
    if bound.is_duration and unit != SECONDS:
        return f"found the duration {bound}: {rule} is measured as {unit}"
    if unit in {FRACTION, RATE_8H} and abs(bound.value) >= 1:
        hundredth = decimal_text(bound.value.scaleb(-2))
        return f"found {bound}: {rule} is a fraction, not a percentage; did you mean {hundredth}?"
    return None


def _check_sign(place: _Place, severity: Severity, fire: Decimal) -> None:
    shipped = next(level.fire for level in CATALOGUE[place.rule].levels.values() if level.fire is not None)
    if shipped < 0 < fire:
        text = f"{place.rule} fires below a negative rate; did you mean -{decimal_text(fire)}?"
        place.note(severity, "fire", f"found {decimal_text(fire)}: {text}")
    elif shipped > 0 >= fire:
        text = f"{place.rule} fires at a value above zero"
        hint = f"; did you mean {decimal_text(-fire)}?" if fire else ""
        place.note(severity, "fire", f"found {decimal_text(fire)}: {text}{hint}")


def _check_clear(place: _Place, severity: Severity, entry: LevelEntry) -> None:
    level = level_of(place.settings, place.rule, severity, place.hedge)
    if level is None:
        place.note(severity, "fire", f"is missing: {place.rule} ships without a {severity} level")
        return
    below = place.rule in FIRES_BELOW
    if entry.clear is not None and (level.clear < level.fire if below else level.clear > level.fire):
        side = "above" if below else "below"
        text = f"found {decimal_text(level.clear)}, on the wrong side of fire = {decimal_text(level.fire)}"
        place.note(severity, "clear", f"{text}: {place.rule} fires {_direction(place.rule)} it, so clear lies {side}")


def _check_order(place: _Place) -> None:
    """Check that a milder level does not fire beyond a graver one."""
    levels = {severity: level_of(place.settings, place.rule, severity, place.hedge) for severity in Severity}
    known = [(severity, level.fire) for severity, level in levels.items() if level is not None]
    for (mild, mild_fire), (grave, grave_fire) in pairwise(known):
        beyond = mild_fire < grave_fire if place.rule in FIRES_BELOW else mild_fire > grave_fire
        if not beyond:
            continue
        written = place.entry.level(mild)
        blamed, other = (mild, grave) if written is not None and written.fire is not None else (grave, mild)
        fires = {mild: mild_fire, grave: grave_fire}
        text = f"found {decimal_text(fires[blamed])}: {mild} fires beyond {grave}"
        place.note(blamed, "fire", f"{text}, {other}.fire is {decimal_text(fires[other])}")


def _direction(rule: str) -> str:
    return "below" if rule in FIRES_BELOW else "above"
