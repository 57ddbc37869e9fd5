"""A room with one watched account, poll by poll."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal

from hedgewatch.domain.finding import Finding, OutcomeKind
from hedgewatch.domain.hedge import Hedge, Leg
from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.inventory import HeldShare, Holding
from hedgewatch.monitoring.cycle import CycleResult, MonitorCycle, Watch
from hedgewatch.monitoring.routing import Routing
from hedgewatch.storage.memory import MemoryStore
from tests.domain.samples import HEDGE_SETTINGS, SETTINGS
from tests.monitoring.sources import SteppedClock

D = Decimal
LINEAR, INVERSE = "BTC/USDT:USDT", "BTC/USD:BTC"
WORST = (OutcomeKind.BREACH, OutcomeKind.UNKNOWN, OutcomeKind.BAND, OutcomeKind.CLEAR)


def a_hedge(exchange: str, symbol: str = LINEAR, declared: str | None = "2") -> Hedge:
    """A hedge of what the account holds, and of coins elsewhere; its leg is read."""
    ref = InstrumentRef(exchange=exchange, symbol=symbol)
    hot = Holding(name="hot", asset="BTC", quantity=None, counts_as_asset="BTC", counts_as_per_unit=D(1), account="t")
    held = [hot] if declared is None else [hot, replace(hot, name="cold", quantity=D(declared), account=None)]
    leg = Leg(name=f"{ref}@t", futures=ref, account="t", position=None, counts_equity=ref.is_inverse)
    return Hedge(
        name="core",
        asset="BTC",
        held=tuple(HeldShare(holding=one, share=D(1)) for one in held),
        spot=(InstrumentRef(exchange=exchange, symbol="BTC/USDT"),),
        legs=(leg,),
        target_ratio=D(1),
        rules=HEDGE_SETTINGS,
    )


@dataclass
class Room:
    """One watched account, poll by poll."""

    clock: SteppedClock
    cycle: MonitorCycle
    store: MemoryStore
    results: list[CycleResult] = field(default_factory=list)

    async def poll(self, times: int = 1) -> None:
        for _ in range(times):
            self.clock.move(30)
            self.results.append(await self.cycle.run())

    async def poll_until(self, rule: str, kind: str) -> None:
        """Poll until a rule answers so: what is reloaded beside the polls comes when it comes."""
        for _ in range(200):
            await self.poll()
            if self.kinds(rule)[-1] == kind:
                return
        raise AssertionError(f"{rule} never became {kind}: {self.of(rule)[-1]}")

    def of(self, rule: str) -> list[list[Finding]]:
        return [[one for one in found.verdict.findings if one.target.rule == rule] for found in self.results]

    def kinds(self, rule: str) -> list[str]:
        """Return the worst outcome of a rule, poll by poll."""
        return [next(kind.value for kind in WORST if any(one.kind is kind for one in found)) for found in self.of(rule)]

    @property
    def holdings(self) -> list[Decimal | None]:
        return [result.snapshots[0].holding for result in self.results]

    def told(self, rule: str) -> list[str]:
        return [draft.event.type.value for draft in self.store.events.values() if draft.event.state.target.rule == rule]


def watch(hedge: Hedge) -> Watch:
    return Watch(
        hedges=(hedge,),
        exchange_rules={"exchange_down": SETTINGS["exchange_down"]},
        routing=Routing(),
        poll_seconds=D(30),
        dashboard_url="http://localhost",
    )
