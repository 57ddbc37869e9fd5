"""The alert life as it was promised, in plain steps over the log of readings; it shares no line with the real one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal

from hedgewatch.domain.thresholds import Patience, RuleSettings, Severity

# letter: the levels it breaches, the levels it is clear of
READS = {
    "c": ("", "wc"),
    "e": ("", "wc"),
    "b": ("", "c"),
    "w": ("w", "c"),
    "m": ("w", ""),
    "C": ("wc", ""),
    "?": ("", ""),
}
LEVELS = {"w": Severity.WARNING, "c": Severity.CRITICAL}
REMIND = {Severity.CRITICAL: [900, 900, 3600], Severity.WARNING: [86_400]}
HOUR = timedelta(hours=1)
Told = tuple[str, str, bool]


@dataclass
class Reference:
    """One alert. level: reached in the open episode. told, kept: highest level told aloud, and into a silence since."""

    settings: RuleSettings
    log: list[tuple[str, Decimal]] = field(default_factory=list)
    opened: list[datetime] = field(default_factory=list)
    silences: list[tuple[datetime, datetime]] = field(default_factory=list)
    level: Severity | None = None
    told: Severity | None = None
    kept: Severity | None = None
    settled: Severity | None = None
    ack: tuple[datetime | None, str] | None = None
    last_told: datetime | None = None
    reminders: int = 0
    flapping: bool = False

    def tick(self, letter: str, dt: Decimal, now: datetime, *, maintenance: bool) -> list[Told]:
        self.log.append((letter, dt))
        self.opened = [at for at in self.opened if abs(now - at) < HOUR]
        self.flapping = self.flapping and bool(self.opened)
        if self.level and self.settings.is_latched and self._seen(now) and self.ack and self.ack[1]:
            return self._end("closed", settled=self.level)
        muted = any(begin <= now < end for begin, end in self.silences)
        self.settled = None if letter in "ce" else self.settled
        above = [level for level in Severity if self.level is None or level.rank > self.level.rank]
        ripe = [level for level in above if self._is_ripe(level)]
        if self.level is None and ripe:
            self.level, self.told, self.kept, self.ack, self.reminders = ripe[-1], None, None, None, 0
            self.opened = [*self.opened, now][-6:]  # as many as it takes; more would tell only after a clock set back
        elif self.level and letter not in "ce" and ripe:
            self.level, self.reminders = ripe[-1], 0
        muted = muted or (maintenance and self.level is not Severity.CRITICAL)
        if self.level and letter in self._ending and self._is_over():
            return self._end("resolved", is_kept=muted)
        is_firing = self.level is not None and letter not in self._ending
        return self._speak(now, is_muted=muted, is_firing=is_firing)

    def removed(self) -> list[Told]:
        said = self._end("closed")
        self.opened, self.flapping, self.settled, self.log = [], False, None, []
        return said

    @property
    def _ending(self) -> str:
        """The letters that let an alert end: of a latched one only what was seen to be done."""
        return "e" if self.settings.is_latched else "ce"

    def _speak(self, now: datetime, *, is_muted: bool, is_firing: bool) -> list[Told]:
        if self.level is None:
            return []
        heard = (self.kept or self.told) if is_muted else self.told
        news = "firing" if heard is None else "escalated" if self.level.rank > heard.rank else ""
        if is_muted:
            self.kept = self.level if news and is_firing else self.kept
            return [(news, self.level, True)] if news and is_firing else []
        self.kept, said = None, []
        if is_firing and not news and not self._seen(now) and self._is_reminder_due(now):
            news, self.reminders = "reminder", self.reminders + 1
        elif news and is_firing:
            self.reminders = 0
        if news and is_firing:
            self.told, self.last_told = self.level, now
            said.append((news, self.level, False))
        if self.told and not self.flapping and len(self.opened) > 5:
            self.flapping = True
            said.append(("flapping", self.level, False))
        return said

    def _end(self, how: str, *, is_kept: bool = False, settled: Severity | None = None) -> list[Told]:
        said = [(how, self.level or "", False)] if self.told else []
        if how == "resolved" and not self.told and self.kept and is_kept:
            said = [(how, self.level or "", True)]
        self.level, self.settled, self.log = None, settled or self.settled, []
        self.told = self.kept = self.ack = None
        return said

    def _seen(self, now: datetime) -> bool:
        return self.ack is not None and (self.ack[0] is None or now < self.ack[0])

    def _is_reminder_due(self, now: datetime) -> bool:
        waits = REMIND.get(self.level or Severity.INFO)
        if not waits or self.last_told is None:
            return bool(waits)
        return abs((now - self.last_told).total_seconds()) >= waits[min(self.reminders, len(waits) - 1)]

    def _is_ripe(self, level: Severity) -> bool:
        sign = {severity: sign for sign, severity in LEVELS.items()}.get(level, "-")
        if sign not in READS[self.log[-1][0]][0] or (self.settled and level.rank <= self.settled.rank):
            return False
        since = self._after(letter for letter in READS if sign in READS[letter][1])
        waited = [dt for letter, dt in since if sign in READS[letter][0]]
        return _lasts(waited, self.settings.levels[level].patience)

    def _is_over(self) -> bool:
        since = self._after(letter for letter in READS if letter not in self._ending)
        keep = self.settings.keep_firing_for
        keep = replace(keep, polls=max(4, keep.polls)) if self.flapping else keep
        return _lasts([dt for _, dt in since], keep)

    def _after(self, letters: Iterable[str]) -> list[tuple[str, Decimal]]:
        """Return the readings after the last one of these letters."""
        wanted, last = set(letters), len(self.log) - 1
        while last >= 0 and self.log[last][0] not in wanted:
            last -= 1
        return self.log[last + 1 :]


def _lasts(waited: list[Decimal], patience: Patience) -> bool:
    return len(waited) >= max(1, patience.polls) and sum(waited[1:], Decimal(0)) >= patience.seconds
