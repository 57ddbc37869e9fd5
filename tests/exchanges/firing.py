"""Alerts that fire on the right answer: what a spoilt one must not resolve, by the real judge."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from hedgewatch.domain.alert import AlertPhase, AlertState, EventType
from hedgewatch.domain.finding import Target
from hedgewatch.domain.hedge import CycleFacts, Hedge, Leg, Past
from hedgewatch.domain.held import DeclaredPosition
from hedgewatch.domain.history import BasisPast, CoinPast, InstrumentPast, LegPast
from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.inventory import HeldShare
from hedgewatch.domain.market import ExchangeAnswer
from hedgewatch.domain.measure import measure_hedge
from hedgewatch.domain.terms import HedgeTerms
from hedgewatch.domain.thresholds import Level, Patience, RuleSettings, Severity
from hedgewatch.monitoring.judge import Verdict, judge, with_settled
from tests.domain.samples import HEDGE_SETTINGS, holding
from tests.exchanges.conftest import NOW

POLL = Decimal(30)
HAIR = Decimal("0.01")  # of a value: so little inside of it lies the threshold that it breaches
COINS = Decimal(5)


def hedge_on(exchange: str, *, in_dollars: bool) -> Hedge:
    """Return a hedge of 5 BTC, four of them covered; ether's price may stand for that of its currency, far from one."""
    spot, futures, ether = (
        InstrumentRef(exchange=exchange, symbol=symbol) for symbol in ("BTC/USDT", "BTC/USDT:USDT", "ETH/USDT")
    )
    position = DeclaredPosition(coins=Decimal(-4), entry_price=Decimal(60000), margin=Decimal(60000))
    return Hedge(
        name="in dollars" if in_dollars else "plain",
        asset="BTC",
        held=(HeldShare(holding=replace(holding(str(COINS)), cost_basis=Decimal(10000)), share=Decimal(1)),),
        spot=(spot,),
        legs=(Leg(name=str(futures), futures=futures, account=None, position=position),),
        target_ratio=Decimal(1),
        rules=HEDGE_SETTINGS,
        terms=HedgeTerms(profit_target=Decimal("0.5")),
        dollars={"USDT": ether} if in_dollars else {},
    )


def past_of(hedges: Collection[Hedge], right: ExchangeAnswer) -> Past:
    """Return a month in which futures stood below spot, a day in which the coin fell, and the funding settled in it."""
    hours = {NOW.replace(minute=0) - timedelta(hours=hour): Decimal(90000) for hour in range(27)}
    days = {(NOW - timedelta(days=day)).date(): Decimal(90000 + 3000 * (day % 5)) for day in range(1, 400)}
    coin = CoinPast(daily=days, hourly=hours, returns=399, volatility=Decimal("0.6"))
    usual = BasisPast(mean=Decimal("-0.05"), hours=720, deviation=Decimal("0.001"))
    legs = [(hedge.name, leg.name) for hedge in hedges for leg in hedge.legs]
    refs = {ref for hedge in hedges for ref in hedge.instruments}
    seen = InstrumentPast(first_asked_at=NOW - timedelta(days=1), last_good_at=NOW - timedelta(seconds=30))
    return Past(
        instruments=dict.fromkeys(refs, seen),
        basis=dict.fromkeys(legs, usual),
        settled={ref: tuple(one for one in right.settled if one.ref == ref) for ref in refs},
        legs=dict.fromkeys(legs, LegPast(basis=usual, basis_volatility=Decimal("0.01"))),
        coins=dict.fromkeys(refs, coin),
        first_asked_at={ref.exchange: NOW - timedelta(days=1) for ref in refs},
        last_answer_at={ref.exchange: NOW - timedelta(seconds=30) for ref in refs},
    )


def barely(settings: RuleSettings, value: Decimal) -> RuleSettings:
    """Return a rule that a value breaches by a hair, and that would end its alert at the first answer inside of it."""
    shipped = next(iter(settings.levels.values()))
    inside = abs(value) * HAIR * (-1 if shipped.fire > shipped.clear else 1)
    level = Level(fire=value + inside, clear=value + 2 * inside, patience=Patience())
    return replace(settings, levels={Severity.WARNING: level}, facts={}, keep_firing_for=Patience(), is_latched=False)


class Firing:
    """Alerts of every rule that has a number on the right answer, each of them firing."""

    def __init__(self, exchange: str, right: ExchangeAnswer) -> None:
        """Fire what the right answer breaches."""
        self._exchange = exchange
        loose = [hedge_on(exchange, in_dollars=one) for one in (False, True)]
        self._past = past_of(loose, right)
        values = {
            (one.target.hedge, one.target.rule): one.value
            for one in self._judged(loose, right, {}).findings
            if one.value and one.levels and HEDGE_SETTINGS[one.target.rule].levels
        }
        self._hedges = [
            replace(hedge, rules={name: self._rule(hedge.name, name, values) for name in HEDGE_SETTINGS})
            for hedge in loose
        ]
        states = self._judged(self._hedges, right, {}).states
        self._firing = {one.target: one for one in states if one.phase is AlertPhase.FIRING}

    @property
    def rules(self) -> set[str]:
        """The rules of which an alert is firing."""
        return {target.rule for target in self._firing}

    @property
    def count(self) -> int:
        """How many alerts are firing."""
        return len(self._firing)

    def resolved_by(self, found: ExchangeAnswer) -> list[str]:
        """Judge another answer a poll later; return a line for each alert that fires no more."""
        verdict = self._judged(self._hedges, found, self._firing)
        left = {one.target for one in verdict.states if one.phase is AlertPhase.FIRING}
        ended = (EventType.RESOLVED, EventType.CLOSED)
        told = {one.state.target for one in verdict.events if one.type in ended}
        return [f"{target.rule} of {target.hedge}" for target in self._firing if target not in left or target in told]

    @staticmethod
    def _rule(hedge: str, name: str, values: Mapping[tuple[str, str], Decimal]) -> RuleSettings:
        value = values.get((hedge, name))
        return HEDGE_SETTINGS[name] if value is None else barely(HEDGE_SETTINGS[name], value)

    def _judged(self, hedges: Iterable[Hedge], found: ExchangeAnswer, alerts: Mapping[Target, AlertState]) -> Verdict:
        facts = with_settled(
            CycleFacts(
                read_at=NOW,
                poll_seconds=POLL,
                answers={self._exchange: found},
                readings={one.ref: one for one in found.readings},
                past=self._past,
            )
        )
        snapshots = [measure_hedge(one, facts) for one in hedges]
        return judge(snapshots, facts, exchange_rules={}, alerts=alerts, dt_seconds=POLL)
