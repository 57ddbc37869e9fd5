"""The alert life, lived at random through judge and store, against the reference; and what each mutant gets wrong."""

from __future__ import annotations

import os
import random
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from hedgewatch.domain.alert import AlertPhase, AlertState, EventType
from hedgewatch.domain.intervention import Interventions
from hedgewatch.domain.thresholds import Patience, RuleSettings, Severity
from hedgewatch.monitoring.judge import Verdict
from hedgewatch.monitoring.ports import Memory
from tests.domain.lives import LETTERS, ruled
from tests.domain.test_alert_life_properties import RULES
from tests.fault.alert_world import POLL, World

LONG = os.environ.get("HEDGEWATCH_FAULT") == "long"
PARTS, EXAMPLES, STEPS = (10, 1_000, 50) if LONG else (1, 200, 50)  # in parts: what a run has tried stays in memory
OUTCOMES = st.sampled_from([*LETTERS, "c", "c", "w", "C", "?"])
DELTAS = st.sampled_from([Decimal(n) for n in (29, 30, 31, 60)])
SETTINGS = settings(
    max_examples=EXAMPLES,
    stateful_step_count=STEPS,
    deadline=None,
    derandomize=not LONG,
    database=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)
HUNT = settings(SETTINGS, max_examples=400, phases=[Phase.generate], derandomize=True)


class Lives(RuleBasedStateMachine):
    """Everything that can happen to an alert, in any order."""

    made = World
    seen: ClassVar[Counter[str]] = Counter()

    @initialize(rules=RULES, latched=st.sampled_from([False, False, True]))
    def begin(self, rules: RuleSettings, latched: bool) -> None:  # noqa: FBT001  drawn by name
        self.seen["lives"] += 1
        self.world = self.made(replace(rules, is_latched=latched))

    @rule(letter=OUTCOMES, dt=DELTAS)
    def tick(self, letter: str, dt: Decimal) -> None:
        self.world.poll(letter, dt)

    @rule(letters=st.lists(OUTCOMES, min_size=2, max_size=6))
    def ticks(self, letters: list[str]) -> None:
        for letter in letters:
            self.world.poll(letter)

    @rule(times=st.integers(1, 7))
    def flap(self, times: int) -> None:
        for letter in "wwwcccc" * times:
            self.world.poll(letter)

    @rule(letter=st.sampled_from("wC"), minutes=st.sampled_from([15, 60, 1440]))
    def stand(self, letter: str, minutes: int) -> None:
        self.world.poll(letter, seconds=60 * minutes)

    @rule()
    def blind(self) -> None:
        for _ in range(3):
            self.world.poll("?")

    @rule(seconds=st.sampled_from([-86_400, -3_600, -1, 1, 3_600, 86_400]))
    def jump(self, seconds: int) -> None:
        self.world.pass_time(seconds)

    @rule()
    def restart(self) -> None:
        self.world.restart()

    @rule(letter=OUTCOMES)
    def kill(self, letter: str) -> None:
        self.world.kill(letter)

    @rule(note=st.sampled_from(["", "on it"]), minutes=st.sampled_from([None, 5, 60]))
    def acknowledge(self, note: str, minutes: int | None) -> None:
        self.world.acknowledge(note, minutes and self.world.now + timedelta(minutes=minutes))

    @rule(minutes=st.sampled_from([1, 5, 60]))
    def silence(self, minutes: int) -> None:
        self.world.silence(minutes)

    @rule()
    def unsilence(self) -> None:
        self.world.unsilence()

    @rule()
    def maintain(self) -> None:
        self.world.maintenance = not self.world.maintenance

    @rule(rules=RULES)
    def reload(self, rules: RuleSettings) -> None:
        self.world.reload(replace(rules, is_latched=self.world.settings.is_latched))

    @rule()
    def take_out(self) -> None:
        self.world.poll(None)

    @rule()
    def deliver(self) -> None:
        self.world.deliver()

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.world.check_the_end()
            self.seen.update(f"{one.type}{' kept' if one.suppressed_by else ''}" for one in self.world.events)


def lives_of(world: type[World]) -> type[Lives]:
    """Return the machine over a world that is built wrongly."""
    return type(world.__name__, (Lives,), {"made": world, "seen": Counter()})


@pytest.mark.parametrize("part", range(1, PARTS + 1))
def test_every_life_is_told_as_the_reference_tells_it(part: int) -> None:
    Lives.seen.clear()
    run_state_machine_as_test(Lives, settings=SETTINGS)
    lives = Lives.seen.pop("lives")
    told = dict(Lives.seen)
    print(f"alert model, part {part}: {lives} lives of up to {STEPS} steps, 0 divergences; told and kept: {told}")  # noqa: T201
    assert lives >= EXAMPLES
    every = {kind.value for kind in EventType}
    assert every <= set(Lives.seen), "something was never lived"
    assert {"firing kept", "escalated kept", "resolved kept"} <= set(Lives.seen)


class ResolvesBlindly(World):
    """Takes what it cannot read for all well."""

    def judged(self, letter: str | None, dt: Decimal) -> Verdict:
        return super().judged("c" if letter == "?" else letter, dt)


class CountsDowntime(World):
    """Counts the time it did not run."""

    def judged(self, letter: str | None, dt: Decimal) -> Verdict:
        return super().judged(letter, dt or 2 * POLL)


class ForgetsTheWait(World):
    """Keeps what waits in memory only, and begins anew at every start."""

    def restart(self) -> None:
        super().restart()
        waiting = [state for state in self.memory().alerts.values() if state.phase is AlertPhase.PENDING]
        blank = tuple(AlertState(target=state.target) for state in waiting)
        self.record(Verdict(findings=(), states=blank, events=()))


class SilenceSwallows(World):
    """Takes what a silence kept for told."""

    def alerts(self, memory: Memory) -> dict[Any, AlertState]:
        return {
            target: replace(state, notified=state.muted or state.notified)
            for target, state in super().alerts(memory).items()
        }


class AcknowledgedIsSilenced(World):
    """Tells nothing more of an episode that somebody has seen."""

    def record(self, verdict: Verdict) -> None:
        seen = self.memory().interventions.acknowledgements
        verdict_ = replace(verdict, events=tuple(one for one in verdict.events if one.episode not in seen))
        super().record(verdict_)


class RemembersNoAcknowledgement(World):
    """Keeps what was said in memory only."""

    def interventions(self, memory: Memory) -> Interventions:
        said = super().interventions(memory)
        return replace(said, acknowledgements={}) if self.polls % 2 else said


class ForgetsTheFlaps(World):
    """Counts no episodes of the last hour."""

    def alerts(self, memory: Memory) -> dict[Any, AlertState]:
        return {target: replace(state, opened=()) for target, state in super().alerts(memory).items()}


MUTANTS = (
    ResolvesBlindly,
    CountsDowntime,
    ForgetsTheWait,
    SilenceSwallows,
    AcknowledgedIsSilenced,
    RemembersNoAcknowledgement,
    ForgetsTheFlaps,
)


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_life_that_is_built_wrongly_is_found_out(mutant: type[World]) -> None:
    with pytest.raises(AssertionError):
        run_state_machine_as_test(lives_of(mutant), settings=HUNT)


def test_twenty_thousand_samples_on_the_threshold_are_one_notification_through_judge_and_store() -> None:
    chance = random.Random(4)  # noqa: S311  the same samples every time
    rules = ruled(warning=Patience(polls=3), keep=Patience(polls=3))
    world = World(rules)
    level = rules.levels[Severity.WARNING]
    for _ in range(20_000):
        value = chance.gauss(0.02, 0.0005)
        letter = "w" if value > level.fire else "c" if value < level.clear else "b"
        world.poll(letter)
    aloud = [event for event in world.events if event.type is not EventType.REMINDER]
    assert [event.type for event in aloud] == [EventType.FIRING]
