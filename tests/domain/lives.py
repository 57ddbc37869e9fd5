"""Lives of one alert, told as letters, and a reference model that reads them from their history alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from hedgewatch.domain.alert import AlertEvent, AlertState
from hedgewatch.domain.alert_life import step
from hedgewatch.domain.finding import Finding, OutcomeKind, Target, unknown_finding
from hedgewatch.domain.intervention import NOTHING_SAID, Said
from hedgewatch.domain.market import UnknownReason
from hedgewatch.domain.thresholds import Action, Level, Patience, RuleSettings, Severity
from tests.domain.cases import NOW

TARGET = Target(rule="drift", hedge="btc-core", side="under")
POLL = Decimal(30)
BREACH, BAND, CLEAR = OutcomeKind.BREACH, OutcomeKind.BAND, OutcomeKind.CLEAR

# letter: outcome at warning, outcome at critical, value; "?" is UNKNOWN
LETTERS = {
    "c": (CLEAR, CLEAR, "0.01"),
    "e": (CLEAR, CLEAR, "0.01"),  # and what a latched alert waits for was seen to be done
    "b": (BAND, CLEAR, "0.017"),
    "w": (BREACH, CLEAR, "0.03"),
    "m": (BREACH, BAND, "0.045"),
    "C": (BREACH, BREACH, "0.06"),
}


def ruled(
    *, warning: Patience | None = None, critical: Patience | None = None, keep: Patience | None = None
) -> RuleSettings:
    levels = {
        Severity.WARNING: Level(fire=Decimal("0.02"), clear=Decimal("0.015"), patience=warning or Patience()),
        Severity.CRITICAL: Level(fire=Decimal("0.05"), clear=Decimal("0.04"), patience=critical or Patience()),
    }
    return RuleSettings(rule="drift", enabled=True, levels=levels, keep_firing_for=keep or Patience())


def finding(letter: str) -> Finding:
    if letter == "?":
        return unknown_finding(TARGET, UnknownReason.TIMEOUT, "not known")
    warning, critical, value = LETTERS[letter]
    return Finding(
        target=TARGET,
        levels={Severity.WARNING: warning, Severity.CRITICAL: critical},
        value=Decimal(value),
        thresholds={Severity.WARNING: Decimal("0.02"), Severity.CRITICAL: Decimal("0.05")},
        words=f"value {value}",
        actions={Severity.WARNING: Action.REBALANCE, Severity.CRITICAL: Action.REBALANCE},
        ends_latch=letter == "e",
    )


@dataclass
class Life:
    """One alert lived poll by poll."""

    settings: RuleSettings
    state: AlertState | None = None
    polls: int = 0

    def live(
        self,
        letter: str,
        *,
        dt: Decimal = POLL,
        held_back: bool = False,
        said: Said = NOTHING_SAID,
        now: datetime | None = None,
    ) -> tuple[AlertEvent, ...]:
        now = now or NOW + timedelta(seconds=30 * self.polls)
        self.polls += 1
        self.state, events = step(
            self.state, finding(letter), self.settings, dt_seconds=dt, now=now, held_back=held_back, said=said
        )
        return events


def told(events: Iterable[AlertEvent]) -> list[str]:
    return [f"{event.type.value} {event.severity.value}" for event in events if event.type.value != "reminder"]


def lived(letters: str, settings: RuleSettings) -> list[AlertEvent]:
    life = Life(settings)
    return [event for letter in letters for event in life.live(letter)]


def model(history: Sequence[tuple[str, Decimal]], settings: RuleSettings) -> list[str]:
    """Read what must have been told from the whole history at every poll; only the level is carried along."""
    said: list[str] = []
    level: Severity | None = None
    keep, episodes = settings.keep_firing_for, 0
    for end in range(1, len(history) + 1):
        past = history[:end]
        ripe = [one for one in Severity if one in settings.levels and _is_ripe(past, one, settings)]
        highest = max(ripe, key=lambda one: one.rank, default=None)
        if level is None:
            if highest is not None:
                level = highest
                said.append(f"firing {level.value}")
                episodes += 1
                if episodes == 6:  # all of them within the hour
                    said.append(f"flapping {level.value}")
                    keep = replace(keep, polls=max(4, keep.polls))
        elif _is_over(past, keep):
            said.append(f"resolved {level.value}")
            level = None
        elif highest is not None and highest.rank > level.rank:
            level = highest
            said.append(f"escalated {level.value}")
    return said


def _is_ripe(past: Sequence[tuple[str, Decimal]], level: Severity, settings: RuleSettings) -> bool:
    index = 0 if level is Severity.WARNING else 1
    if past[-1][0] == "?" or LETTERS[past[-1][0]][index] is not BREACH:
        return False
    since_clear: list[Decimal] = []
    for letter, dt in reversed(past):
        if letter != "?" and LETTERS[letter][index] is CLEAR:
            break
        if letter != "?" and LETTERS[letter][index] is BREACH:
            since_clear.append(dt)
    return _enough(since_clear, settings.levels[level].patience)


def _is_over(past: Sequence[tuple[str, Decimal]], keep: Patience) -> bool:
    streak: list[Decimal] = []
    for letter, dt in reversed(past):
        if letter not in "ce":
            break
        streak.append(dt)
    return bool(streak) and _enough(streak, keep)


def _enough(newest_first: Sequence[Decimal], patience: Patience) -> bool:
    return len(newest_first) >= patience.polls and sum(newest_first[:-1], Decimal(0)) >= patience.seconds
