"""Judge: every rule on every target, then the alert life of each; pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from hedgewatch.domain.alert import AlertEvent, AlertPhase, AlertState
from hedgewatch.domain.alert_life import step
from hedgewatch.domain.alert_telling import close
from hedgewatch.domain.finding import BREAKS, Finding, Target, unknown_finding
from hedgewatch.domain.hedge import CycleFacts, Hedge, HedgeSnapshot
from hedgewatch.domain.intervention import NOTHING_SAID, Interventions, Said
from hedgewatch.domain.market import ExchangeAnswer, SettledFunding, UnknownReason
from hedgewatch.domain.numbers import exactly
from hedgewatch.domain.rules import ACCOUNT_RULES, EXCHANGE_RULES, HEDGE_RULES, HOLDING_RULES
from hedgewatch.domain.thresholds import RuleSettings

DATA_STALE = "data_stale"
EXCHANGE_DOWN = "exchange_down"
Answered = tuple[Finding, RuleSettings]
NEVER_LATE: Mapping[Target, datetime | None] = {}
NO_INTERVENTIONS = Interventions()


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one cycle's judgement gave.

    findings: one per rule and target. states: every alert that lives on, and those that ended as plain OK states, to be
    forgotten. events: what there is to tell, in order.
    """

    findings: tuple[Finding, ...]
    states: tuple[AlertState, ...]
    events: tuple[AlertEvent, ...]


@exactly
def judge(  # noqa: PLR0913  all that one cycle knows
    snapshots: Sequence[HedgeSnapshot],
    facts: CycleFacts,
    *,
    exchange_rules: Mapping[str, RuleSettings],
    alerts: Mapping[Target, AlertState],
    dt_seconds: Decimal,
    late: Collection[Target] = (),
    taken_at: Mapping[Target, datetime | None] = NEVER_LATE,
    interventions: Interventions = NO_INTERVENTIONS,
    own: Sequence[Answered] = (),
) -> Verdict:
    """Ask every enabled rule, then move every alert one step.

    exchange_rules: of the rules judged per exchange or account. alerts: the states before this cycle. dt_seconds: the
    time since the cycle before, at most two polls, 0 after a start. late: alerts told too late, to be told again.
    taken_at: when the latest word of an alert was taken, if late, None: not yet; reminders count from there.
    interventions: what people have said; a hedge they have closed is asked nothing, and its alerts are closed.
    own: what hedgewatch found of itself.
    """
    snapshots = [one for one in snapshots if one.hedge.name not in interventions.closings]
    heard = _heard(alerts, late, taken_at, facts.read_at)
    life = _Life(alerts={**alerts, **heard}, facts=facts, dt_seconds=dt_seconds, interventions=interventions)
    findings: list[Finding] = []
    for finding, settings in (*_ask_exchange_rules(snapshots, facts, exchange_rules, alerts), *own):
        findings.append(finding)
        life.move(finding, settings)
    down = {
        state.target.exchange: state
        for state in life.states.values()
        if state.target.rule == EXCHANGE_DOWN and state.phase is AlertPhase.FIRING
    }
    for snapshot in snapshots:
        for found, settings in _ask_hedge_rules(snapshot, facts, alerts):
            findings += found
            for finding in found:
                if finding.target in alerts or not finding.is_nothing_new:  # few: most have nothing to tell
                    life.move(finding, settings, held_back=_is_held_back(finding, down, snapshot.hedge))
    life.close_the_rest()
    return Verdict(findings=tuple(findings), states=tuple(life.states.values()), events=tuple(life.events))


def _heard(
    alerts: Mapping[Target, AlertState],
    late: Collection[Target],
    taken_at: Mapping[Target, datetime | None],
    now: datetime,
) -> dict[Target, AlertState]:
    """Return the alerts whose next reminder counts from another moment than their last word: from now if not taken."""
    return {
        target: replace(alerts[target], last_told_at=None if target in late else at or now)
        for target, at in {**dict.fromkeys(late), **taken_at}.items()
        if target in alerts
    }


def feed_of(target: Target, hedge: Hedge) -> str | None:
    """Return the exchange that feeds a leg's (or spot source's) target; None if the target has no leg."""
    ref = hedge.feeds.get(target.leg)
    return ref.exchange if ref is not None else None


def _is_held_back(finding: Finding, down: Mapping[str, AlertState], hedge: Hedge) -> bool:
    """Tell whether an exchange_down alert, firing at least as high, speaks for this data_stale."""
    if not down or finding.target.rule != DATA_STALE:
        return False
    source = down.get(feed_of(finding.target, hedge) or "")
    if source is None or source.severity is None:
        return False
    return finding.severity is None or source.severity.rank >= finding.severity.rank


def _ask_exchange_rules(
    snapshots: Sequence[HedgeSnapshot],
    facts: CycleFacts,
    exchange_rules: Mapping[str, RuleSettings],
    alerts: Mapping[Target, AlertState],
) -> list[Answered]:
    answered: list[Answered] = []
    for name, settings in exchange_rules.items():
        if not settings.enabled:
            continue
        rule = {**EXCHANGE_RULES, **ACCOUNT_RULES, **HOLDING_RULES}[name]
        concerned = _by_holding(snapshots, facts) if name in HOLDING_RULES else {}
        for target in _places(name, facts):
            asked = concerned.get(target.side, snapshots)
            try:
                found = rule(target.exchange or target.account or target.side, asked, settings, facts)
            except BREAKS as error:
                found = _broken(target, alerts, error)
            answered += [(finding, settings) for finding in found]
    return answered


def _places(rule: str, facts: CycleFacts) -> list[Target]:
    """Return what a rule is judged on that is judged of no hedge: every exchange, every account or every holding."""
    if rule in HOLDING_RULES:
        return [Target(rule=rule, side=holding) for holding in facts.holdings]
    if rule in EXCHANGE_RULES:
        return [Target(rule=rule, exchange=exchange) for exchange in facts.answers]
    return [Target(rule=rule, account=account) for account in facts.accounts]


def _by_holding(snapshots: Sequence[HedgeSnapshot], facts: CycleFacts) -> dict[str, Sequence[HedgeSnapshot]]:
    """Return the hedges that bear on each holding: those of its asset and those that have a share of it."""
    assets: dict[str, dict[str, HedgeSnapshot]] = {}
    holdings: dict[str, dict[str, HedgeSnapshot]] = {}
    for snapshot in snapshots:
        hedge = snapshot.hedge
        assets.setdefault(hedge.asset, {})[hedge.name] = snapshot
        for share in hedge.held:
            holdings.setdefault(share.holding.name, {})[hedge.name] = snapshot
    return {
        name: tuple((assets.get(owned.counts_as_asset, {}) | holdings.get(name, {})).values())
        for name, owned in facts.holdings.items()
    }


def _ask_hedge_rules(
    snapshot: HedgeSnapshot, facts: CycleFacts, alerts: Mapping[Target, AlertState]
) -> Iterator[tuple[Sequence[Finding], RuleSettings]]:
    for name, rule in HEDGE_RULES.items():
        settings = snapshot.hedge.rules[name]
        if not settings.enabled:
            continue
        try:
            found = rule(snapshot, settings, facts)
        except BREAKS as error:
            found = _broken(Target(rule=name, hedge=snapshot.hedge.name), alerts, error)
        yield found, settings


def _broken(target: Target, alerts: Mapping[Target, AlertState], error: Exception) -> tuple[Finding, ...]:
    """Answer for a rule that broke: it is blind on all its targets, it neither resolves nor ends the cycle."""
    message = f"{target.rule} could not be judged: {type(error).__name__}: {error}"
    blind = [
        known
        for known in alerts
        if (known.rule, known.hedge) == (target.rule, target.hedge)
        and target.exchange in {"", known.exchange}
        and target.account in {"", known.account}
    ]
    return tuple(unknown_finding(known, UnknownReason.RULE_ERROR, message) for known in blind or [target])


class _Life:
    """The alerts of one cycle on their way from the states before it to the states after it."""

    def __init__(
        self,
        *,
        alerts: Mapping[Target, AlertState],
        facts: CycleFacts,
        dt_seconds: Decimal,
        interventions: Interventions,
    ) -> None:
        self._before = alerts
        self._interventions = interventions
        self._is_quiet = interventions.is_quiet
        self._facts = facts
        self._dt_seconds = dt_seconds
        self._unjudged = set(alerts)
        self.states: dict[Target, AlertState] = {}
        self.events: list[AlertEvent] = []

    def move(self, finding: Finding, settings: RuleSettings, *, held_back: bool = False) -> None:
        """Move one alert one step."""
        target = finding.target
        before = self._before.get(target)
        self._unjudged.discard(target)
        after, events = step(
            before,
            finding,
            settings,
            dt_seconds=self._dt_seconds,
            now=self._facts.read_at,
            held_back=held_back,
            said=self._said(target, before),
        )
        self.events.extend(events)
        if after is not None:
            self.states[target] = after
        elif before is not None:
            self.states[target] = AlertState(target=target)

    def _said(self, target: Target, before: AlertState | None) -> Said:
        if self._is_quiet:
            return NOTHING_SAID
        episode = before.episode if before else None
        return self._interventions.on(target, episode, self._facts.read_at)

    def close_the_rest(self) -> None:
        """Close what nobody asks about any more: its rule, hedge, leg or exchange was taken out."""
        for target in [target for target in self._before if target in self._unjudged]:
            state = self._before[target]
            self.states[target] = AlertState(target=target)
            closing = self._interventions.closings.get(target.hedge)
            why = closing.words if closing else "taken out of the configuration"
            event = close(state, why, self._facts.read_at)
            if event is not None:
                self.events.append(event)


def settled_in(answers: Mapping[str, ExchangeAnswer]) -> list[SettledFunding]:
    """Return the funding rates settled that a cycle was told."""
    return [record for answer in answers.values() for record in answer.settled]


def with_settled(facts: CycleFacts) -> CycleFacts:
    """Return the facts with the funding rates settled that this cycle brought, merged into what the store knew."""
    fresh = settled_in(facts.answers)
    if not fresh:
        return facts
    settled = {ref: {record.settled_at: record for record in known} for ref, known in facts.past.settled.items()}
    for record in fresh:
        settled.setdefault(record.ref, {}).setdefault(record.settled_at, record)
    merged = {ref: tuple(records[at] for at in sorted(records)) for ref, records in settled.items()}
    return replace(facts, past=replace(facts.past, settled=merged))
