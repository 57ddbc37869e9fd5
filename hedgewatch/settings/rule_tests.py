"""A file of rule tests: what is quoted poll by poll, and what must be told of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, PlainValidator, ValidationError, WithJsonSchema
from pydantic_core import ErrorDetails

from hedgewatch.domain.errors import ConfigurationError
from hedgewatch.domain.rules import BUILT_RULES, OWN_RULES
from hedgewatch.settings.document import read_document
from hedgewatch.settings.hedge_entries import HedgeEntry
from hedgewatch.settings.load import load_settings, settings_in
from hedgewatch.settings.models import Settings
from hedgewatch.settings.problems import did_you_mean
from hedgewatch.settings.reading import words_of
from hedgewatch.settings.section import Section
from hedgewatch.settings.series_text import Series, read_series
from hedgewatch.settings.values import Duration, Moment, Name, NotNegative, Number, PollInterval, Positive
from hedgewatch.settings.visit import KeyPath, keys_of, models_at, written

START = datetime(2026, 1, 5, tzinfo=UTC)
TESTABLE = tuple(sorted(BUILT_RULES - set(OWN_RULES)))
# What a series may say, and what it can be said of (after an @): without one it is said of all of them.
OF_MARKET = ("spot", "futures", "usd", "mark", "index", "funding", "interval", "size", "listed", "slippage")
OF_EXCHANGE = ("skew",)
OF_LEG = ("contracts", "cross", "adl", "liquidation", "margin", "equity", "maintenance")
OF_HOLDING = ("coins",)
INPUTS = (*OF_MARKET, *OF_EXCHANGE, *OF_LEG, *OF_HOLDING)

SeriesText = Annotated[Series, PlainValidator(read_series), WithJsonSchema({"type": "string"})]


class ExpectedEntry(Section):
    """One event. at: since the first poll. leg and account None: any."""

    at: Duration
    rule: str
    type: Literal["firing", "escalated", "reminder", "resolved", "closed", "flapping"] = "firing"
    severity: Literal["info", "warning", "critical"]
    leg: str | None = None


class PastEntry(Section):
    """What was before the first poll.

    basis: rates, one an hour. funding: rates settled, one per interval. volatility: of the coin, a year. day_ago: the
    spot price of 24 hours before. paid: funding of the last 30 days, USD, + received. beta: of the coin to the asset of
    its future; effectiveness: share of the variance that goes away with it.
    """

    basis: SeriesText | None = None
    funding: SeriesText | None = None
    volatility: NotNegative | None = None
    day_ago: Positive | None = None
    paid: Number | None = None
    beta: Positive | None = None
    effectiveness: Positive | None = None


class RuleTestEntry(Section):
    """One test. hedge None: the only one. rules: those whose events are compared, None: all."""

    name: str
    hedge: Name | None = None
    start: Moment = START
    lasts: Duration | None = None
    series: dict[str, SeriesText]
    past: PastEntry = PastEntry()
    rules: tuple[str, ...] | None = None
    expect: tuple[ExpectedEntry, ...] = ()


class RuleTestFile(Section):
    """A whole file. config: a configuration's path from here; configuration: one written out; neither: the usual."""

    config: str | None = None
    configuration: dict[str, Any] | None = None
    every: PollInterval | None = None
    tests: tuple[RuleTestEntry, ...] = Field(min_length=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTests:
    """The tests of one file with the configuration that they test. poll_seconds: between two polls."""

    settings: Settings
    tests: tuple[RuleTestEntry, ...]
    poll_seconds: Decimal


def load_rule_tests(file: Path, config: Path | None, environ: Mapping[str, str]) -> RuleTests:
    """Read a file of tests; raises ConfigurationError with every mistake, one line each.

    config: the configuration to test where the file names none.
    """
    document = read_document(file)
    try:
        read = RuleTestFile.model_validate(document)
    except ValidationError as error:
        lines = (_line(file, detail) for detail in error.errors(include_url=False))
        raise ConfigurationError(*dict.fromkeys(lines)) from None
    if read.config is not None and read.configuration is not None:
        raise ConfigurationError(f"{file}: config: there is a [configuration] as well; leave one of them out")
    if read.configuration is not None:
        settings = settings_in(read.configuration, file, {}, within="configuration")
    else:
        settings = load_settings(config if read.config is None else file.parent / read.config, environ)
    problems = [f"{file}: {line}" for at, test in enumerate(read.tests) for line in _problems(settings, at, test)]
    if problems:
        raise ConfigurationError(*problems)
    every = read.every.seconds if read.every else settings.poll_seconds
    return RuleTests(settings=settings, tests=read.tests, poll_seconds=every)


def _line(file: Path, detail: ErrorDetails) -> str:
    path: KeyPath = tuple(detail["loc"])
    words = words_of(detail, path, keys_of(models_at(RuleTestFile, path[:-1])))
    return f"{file}: {written(path)}: {words}"


def _problems(settings: Settings, at: int, test: RuleTestEntry) -> Iterator[str]:
    place, hedges = f"tests[{at}]", [entry.name for entry in settings.hedges]
    if test.hedge is None and len(hedges) != 1:
        yield f"{place}.hedge: is missing; the configuration has {len(hedges)} hedges: {', '.join(hedges)}"
    if test.hedge is not None and test.hedge not in hedges:
        yield f'{place}.hedge: there is no hedge "{test.hedge}"{did_you_mean(test.hedge, hedges)}'
    for index, rule in enumerate(test.rules or ()):
        yield from _unknown_rule(f"{place}.rules[{index}]", rule)
    for index, one in enumerate(test.expect):
        yield from _unknown_rule(f"{place}.expect[{index}].rule", one.rule)
        if test.rules is not None and one.rule in TESTABLE and one.rule not in test.rules:
            yield f'{place}.expect[{index}].rule: "{one.rule}" is not among the test\'s rules: add it there'
    yield from (f"{place}.series: {problem}" for problem in _problems_of_series(settings, test))


def _problems_of_series(settings: Settings, test: RuleTestEntry) -> Iterator[str]:
    if not any(key == "spot" or key.startswith("spot@") for key in test.series):
        yield '"spot" is missing: without a price of the coin nothing is known'
    for key in test.series:
        said = key.partition("@")[0]
        if said not in INPUTS:
            hint = did_you_mean(said, INPUTS) or f"; known: {', '.join(INPUTS)}"
            yield f'"{key}" says nothing that is read{hint}'
    entry = next((one for one in settings.hedges if test.hedge in {None, one.name}), None)
    known = tuple(_places(settings, entry)) if entry is not None else ()
    for key in (key for key in test.series if "@" in key and known):
        of = key.partition("@")[2]
        if of not in known:
            hint = did_you_mean(of, known) or f"; known: {', '.join(known)}"
            yield f'"{key}": the hedge has no "{of}"{hint}'


def _places(settings: Settings, entry: HedgeEntry) -> Iterator[str]:
    """Yield all that a series of a hedge can be said of."""
    currencies = (one.usd for one in settings.currencies.values())
    refs = [name.ref for name in (*entry.spot, *(leg.futures for leg in entry.all_legs), *currencies)]
    yield from dict.fromkeys(str(ref) for ref in refs)
    yield from (str(ref.perpetual) for ref in refs if ref.is_dated)
    yield from dict.fromkeys(ref.exchange for ref in refs)
    yield from (settings.name_of(leg) for leg in entry.all_legs)
    yield from (holding.known_as for holding in settings.holdings)


def _unknown_rule(place: str, rule: str) -> Iterator[str]:
    if rule in OWN_RULES:
        yield f'{place}: "{rule}" is about hedgewatch itself: no series drives it'
    elif rule not in TESTABLE:
        yield f'{place}: there is no rule "{rule}"{did_you_mean(rule, TESTABLE)}'
