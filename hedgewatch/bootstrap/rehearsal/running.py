"""Run the tests of a file: the daemon's cycle, poll after poll, and what it told beside what it should have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from hedgewatch.bootstrap.rehearsal.account import RehearsedAccount
from hedgewatch.bootstrap.rehearsal.exchange import RehearsedExchange
from hedgewatch.bootstrap.rehearsal.past import RehearsedPast
from hedgewatch.bootstrap.rehearsal.script import CountedClock, Script
from hedgewatch.bootstrap.watching import watch_of
from hedgewatch.domain.alert import AlertEvent
from hedgewatch.domain.errors import ConfigurationError
from hedgewatch.domain.finding import Finding
from hedgewatch.domain.hedge import Hedge
from hedgewatch.domain.held import DeclaredPosition
from hedgewatch.domain.told import ToldHolding, ToldPosition
from hedgewatch.monitoring.collect import Collector, instruments_by_exchange
from hedgewatch.monitoring.cycle import MonitorCycle, Watch
from hedgewatch.settings.rule_tests import ExpectedEntry, RuleTestEntry, RuleTests
from hedgewatch.storage.memory import MemoryStore

PATIENCE_SECONDS = Decimal(60)  # real ones; series answer at once
LONGEST = 100_000
BY = "the test"


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldEvent:
    """One event of a rehearsal. seconds: since the first poll."""

    seconds: Decimal
    rule: str
    type: str
    severity: str
    leg: str | None
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsed:
    """What one test gave. missing: expected and not told; surplus: told and not expected. last: of each rule compared.

    suppressed events, and those of rules that are not compared, are in none of them.
    """

    test: RuleTestEntry
    polls: int
    told: tuple[ToldEvent, ...]
    missing: tuple[ExpectedEntry, ...]
    surplus: tuple[ToldEvent, ...]
    last: tuple[Finding, ...]

    @property
    def passed(self) -> bool:
        """True if all that was expected was told, and nothing else."""
        return not self.missing and not self.surplus


async def rehearse(tests: RuleTests) -> list[Rehearsed]:
    """Run every test of a file. Raises ConfigurationError for one that cannot be run."""
    watch = replace(watch_of(tests.settings), poll_seconds=tests.poll_seconds)
    return [await _rehearse(watch, test) for test in tests.tests]


async def _rehearse(watch: Watch, test: RuleTestEntry) -> Rehearsed:
    hedge = next(one for one in watch.hedges if test.hedge in {None, one.name})
    watch = replace(watch, hedges=(hedge,))
    clock = CountedClock(test.start, watch.poll_seconds)
    script = Script(test.series, hedge, clock)
    _refuse_unsaid(test, script)
    store, past = MemoryStore(), RehearsedPast(test.past, script)
    collector = _collector(script, test, clock)
    cycle = MonitorCycle(watch, collector=collector, store=store, clock=clock, past=past.added_to)
    events: list[ToldEvent] = []
    findings: Sequence[Finding] = ()
    polls = _polls(test, watch.poll_seconds)
    for poll in range(polls):
        clock.poll = poll
        _tell(store, watch, script)
        result = await cycle.run()
        past.note(result.snapshots)
        events += [_told(event, test.start) for event in result.verdict.events if event.suppressed_by is None]
        findings = result.verdict.findings
    await collector.close()
    told = [event for event in events if _is_compared(event, test)]
    missing, surplus = _compared(test.expect, told, watch.poll_seconds)
    rules = {one.rule for one in missing} | {event.rule for event in surplus}
    last = tuple(finding for finding in findings if finding.target.rule in rules)
    return Rehearsed(
        test=test, polls=polls, told=tuple(told), missing=tuple(missing), surplus=tuple(surplus), last=last
    )


def _collector(script: Script, test: RuleTestEntry, clock: CountedClock) -> Collector:
    wanted = instruments_by_exchange([script.hedge])
    accounts = {leg.account: leg.futures.exchange for leg in script.hedge.legs if leg.is_read and leg.account}
    for share in script.hedge.held:
        if share.holding.account is not None:
            accounts.setdefault(share.holding.account, script.hedge.legs[0].futures.exchange)
    return Collector(
        [RehearsedExchange(exchange, script, test.past.funding) for exchange in wanted],
        [RehearsedAccount(name, exchange, script) for name, exchange in accounts.items()],
        deadline_seconds=PATIENCE_SECONDS,
        clock=clock,
    )


def _refuse_unsaid(test: RuleTestEntry, script: Script) -> None:
    """Refuse a test that says nothing of what is read from an account."""
    for leg in script.hedge.legs:
        if leg.is_read and not script.is_written("contracts", leg.name):
            problem = f'{leg.name} is read from account "{leg.account}": say its "contracts" in the series'
            raise ConfigurationError(f'test "{test.name}": {problem}')
    for holding in (share.holding for share in script.hedge.held):
        if holding.account is not None and not script.is_written("coins", holding.name):
            problem = f'{holding.name} is read from account "{holding.account}": say its "coins" in the series'
            raise ConfigurationError(f'test "{test.name}": {problem}')


def _polls(test: RuleTestEntry, every: Decimal) -> int:
    """Return how many polls a test lasts: as it says, else until the last value and the last expected event."""
    if test.lasts is not None:
        polls = int(test.lasts.seconds / every) + 1
    else:
        longest = max(len(series.points) for series in test.series.values())
        polls = max([longest, *(-int(-one.at.seconds // every) + 1 for one in test.expect)])
    if polls > LONGEST:
        raise ConfigurationError(
            f'test "{test.name}": {polls} polls are more than {LONGEST}: poll less often, or less long'
        )
    return polls


def _tell(store: MemoryStore, watch: Watch, script: Script) -> None:
    """Tell of declared positions and coins what the series say, as their owner would."""
    hedge, now = script.hedge, script.clock.now()
    for leg in hedge.legs:
        contracts = script.number("contracts", leg.name)
        if contracts is None or leg.position is None:
            continue
        position = replace(leg.position, contracts=contracts, coins=None)
        store.set_position(_position(hedge, leg.name, position, watch, now))
    for share in hedge.held:
        coins = script.number("coins", share.holding.name)
        if coins is not None and share.holding.account is None:
            name = share.holding.name
            said = ToldHolding(
                holding=name,
                entry=watch.entries.holdings[name],
                quantity=coins,
                cost_basis=share.holding.cost_basis,
                by=BY,
                note="",
                at=now,
            )
            store.set_holding(said)


def _position(hedge: Hedge, leg: str, position: DeclaredPosition, watch: Watch, now: datetime) -> ToldPosition:
    entry = watch.entries.legs[hedge.name, leg]
    return ToldPosition(hedge=hedge.name, leg=leg, entry=entry, position=position, by=BY, note="", at=now)


def _told(event: AlertEvent, start: datetime) -> ToldEvent:
    target = event.state.target
    return ToldEvent(
        seconds=Decimal(str((event.at - start).total_seconds())),
        rule=target.rule,
        type=event.type.value,
        severity=event.severity.value,
        leg=target.leg,
        message=str(event.finding.message),
    )


def _is_compared(event: ToldEvent, test: RuleTestEntry) -> bool:
    wants_reminders = any(one.type == "reminder" for one in test.expect)
    return (test.rules is None or event.rule in test.rules) and (event.type != "reminder" or wants_reminders)


def _compared(
    expected: Iterable[ExpectedEntry], told: Iterable[ToldEvent], every: Decimal
) -> tuple[list[ExpectedEntry], list[ToldEvent]]:
    """Match each expected event with one that was told at its poll: return those left over on either side."""
    missing, left = [], list(told)
    for one in expected:
        found = next(iter(_matches(one, left, every)), None)
        if found is None:
            missing.append(one)
        else:
            left.remove(found)
    return missing, left


def _matches(one: ExpectedEntry, told: Iterable[ToldEvent], every: Decimal) -> Iterator[ToldEvent]:
    due = -(-one.at.seconds // every) * every
    for event in told:
        same = (event.rule, event.type, event.severity) == (one.rule, one.type, one.severity)
        if same and event.seconds == due and one.leg in {None, event.leg}:
            yield event
