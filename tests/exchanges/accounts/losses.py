"""Losses of an account, proven and alerted by the real judge: what a spoilt answer must not make, and not end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from hedgewatch.domain.account import AccountFailure, AccountPosition, AccountSnapshot, CoinBalance, PartFailure
from hedgewatch.domain.alert import AlertPhase, AlertState
from hedgewatch.domain.finding import Target
from hedgewatch.domain.hedge import CycleFacts, Hedge, Leg, Past
from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.inventory import HeldShare
from hedgewatch.domain.measure import measure_hedge
from hedgewatch.domain.proof import Proof, Subject
from hedgewatch.monitoring.accounts import needs_of, prove
from hedgewatch.monitoring.judge import judge
from hedgewatch.monitoring.ports import Memory
from tests.domain.samples import HEDGE_SETTINGS, holding, instrument, reading
from tests.exchanges.conftest import NOW

Said = AccountSnapshot | AccountFailure
POLL = Decimal(30)
PATIENT = 8  # polls: more than a loss that nobody witnesses needs to be proven
LOSSES = frozenset({"position_missing", "position_reduced", "orphaned"})


class Watched:
    """One hedge, coins and short both read from an account, over some polls."""

    def __init__(self, exchange: str) -> None:
        """Begin with nothing proven and no alert."""
        self._refs = [InstrumentRef(exchange=exchange, symbol=symbol) for symbol in ("BTC/USDT", "BTC/USDT:USDT")]
        spot, futures = self._refs
        coins = replace(holding("0"), quantity=None, account="desk")
        self._hedge = Hedge(
            name="read",
            asset="BTC",
            held=(HeldShare(holding=coins, share=Decimal(1)),),
            spot=(spot,),
            legs=(Leg(name=str(futures), futures=futures, account="desk", position=None),),
            target_ratio=Decimal(1),
            rules=HEDGE_SETTINGS,
        )
        self._polls = 0
        self._proofs: dict[Subject, Proof] = {}
        self._alerts: Mapping[Target, AlertState] = {}

    def copy(self) -> Watched:
        """Return another that knows the same."""
        other = Watched(self._refs[0].exchange)
        other._polls, other._proofs, other._alerts = self._polls, dict(self._proofs), dict(self._alerts)
        return other

    def poll(self, said: Said, times: int = 1) -> set[str]:
        """Prove and judge an answer; return the rules of a loss that fire."""
        needs = needs_of([self._hedge])
        for _ in range(times):
            self._polls += 1
            now = NOW + timedelta(seconds=30 * self._polls)
            told = replace(said, received_at=now) if isinstance(said, AccountSnapshot) else said
            proven = prove({"desk": told}, needs, Memory(alerts={}, past=Past(), proofs=self._proofs), POLL)
            self._proofs |= {proof.subject: proof for proof in proven.changed}
            facts = CycleFacts(
                read_at=now,
                poll_seconds=POLL,
                answers={},
                readings={ref: reading(ref, at=now, known=instrument(ref)) for ref in self._refs},
                past=Past(),
                accounts={"desk": told},
                beliefs=proven.beliefs,
            )
            verdict = judge(
                [measure_hedge(self._hedge, facts)], facts, exchange_rules={}, alerts=self._alerts, dt_seconds=POLL
            )
            self._alerts = {one.target: one for one in verdict.states}
        return {one.target.rule for one in self._alerts.values() if one.phase is AlertPhase.FIRING} & LOSSES


class Losses:
    """The same account three times: whole, its position gone, its coins gone; each proven, the losses alerted."""

    def __init__(self, exchange: str, right: AccountSnapshot) -> None:
        """Prove them from the right answer, which holds a short and coins."""
        self._right = right
        self._whole, self._flat, self._bare = (Watched(exchange) for _ in range(3))
        for one in (self._whole, self._flat, self._bare):
            assert one.poll(right, PATIENT) == set()
        assert self._flat.poll(replace(right, positions=(), wallets=()), PATIENT) == {"position_missing"}
        coins = tuple(one for one in balances_of(right) if one.asset != "BTC")
        assert self._bare.poll(replace(right, balances=coins), PATIENT) == {"orphaned"}

    def made_by(self, found: Said) -> set[str]:
        """Return the losses that fire on a spoilt answer to the whole account, three polls long: none must."""
        return self._whole.copy().poll(found, 3)

    def ended_by(self, found: Said) -> set[str]:
        """Return the alerts that a spoilt answer ended, though what they wait for was not read, or not right."""
        left = self._flat.copy().poll(found) | self._bare.copy().poll(found)
        back = {"position_missing": self._shows_position(found), "orphaned": self._shows_coins(found)}
        return {rule for rule, is_back in back.items() if rule not in left and not is_back}

    def _shows_position(self, found: Said) -> bool:
        return isinstance(found, AccountSnapshot) and contracts_of(found) == contracts_of(self._right)

    def _shows_coins(self, found: Said) -> bool:
        coins = (
            {one for one in balances_of(found) if one.asset == "BTC"} if isinstance(found, AccountSnapshot) else set()
        )
        return bool(coins) and coins <= set(balances_of(self._right))


def balances_of(said: AccountSnapshot) -> tuple[CoinBalance, ...]:
    """Return the balances of an answer, none where they could not be read."""
    return () if isinstance(said.balances, PartFailure) else said.balances


def contracts_of(said: AccountSnapshot) -> list[Decimal]:
    """Return the contracts of the positions of an answer, none where they could not be read."""
    positions = () if isinstance(said.positions, PartFailure) else said.positions
    return [one.contracts for one in positions if isinstance(one, AccountPosition)]
