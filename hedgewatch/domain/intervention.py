"""What people say to alerts: acknowledgements, silences, hedges they have closed; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from hedgewatch.domain.errors import InvalidValueError
from hedgewatch.domain.finding import Target
from hedgewatch.domain.told import Entries, Told

LABELS = ("rule", "hedge", "leg", "account", "exchange", "side")
OWN_ALARMS = "self."
LONGEST_SILENCE = timedelta(days=7)
MAINTENANCE = "maintenance"


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement:
    """Somebody has seen an episode. until: None for as long as the episode lasts. note: empty if nothing was said."""

    episode: str
    by: str
    note: str
    at: datetime
    until: datetime | None = None

    def holds_at(self, now: datetime) -> bool:
        """Tell whether it still stands."""
        return self.until is None or now < self.until


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """Alerts whose identity labels equal all of the matchers are not told from starts_at until ends_at."""

    id: str
    matchers: Mapping[str, str]
    by: str
    comment: str
    starts_at: datetime
    ends_at: datetime

    def covers(self, target: Target, now: datetime) -> bool:
        """Tell whether an alert is silenced now; hedgewatch's own alarms never are."""
        if target.rule.startswith(OWN_ALARMS) or not self.starts_at <= now < self.ends_at:
            return False
        return all(getattr(target, label) == wanted for label, wanted in self.matchers.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """Somebody has closed a hedge. entry: digest of what the file said of it then; it holds until that changes.

    note: empty if nothing was said.
    """

    hedge: str
    entry: str
    by: str
    note: str
    at: datetime

    @property
    def words(self) -> str:
        """Who closed it, and what was done if that was said."""
        return f"closed by {self.by}{f': {self.note}' if self.note else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hush:
    """Why an alert is not told now. by: the silence's id, or ``maintenance``, which spares critical ones."""

    by: str
    spares_critical: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What people have said that bears on one alert at one moment."""

    acknowledgement: Acknowledgement | None = None
    hush: Hush | None = None


NOTHING_SAID = Said()


@dataclass(frozen=True, slots=True, kw_only=True)
class Interventions:
    """All that people have said and that still holds. acknowledgements: by episode; closings: by hedge.

    told: positions and holdings as they are now.
    in_maintenance: now lies in a window in which only critical alerts are told.
    """

    acknowledgements: Mapping[str, Acknowledgement] = field(default_factory=dict)
    silences: Sequence[Silence] = ()
    closings: Mapping[str, Closing] = field(default_factory=dict)
    told: Told = field(default_factory=Told)
    in_maintenance: bool = False

    def still_held(self, entries: Entries) -> Interventions:
        """Leave out closings, and what was told, of what the file's entries have changed since."""
        closings = {name: one for name, one in self.closings.items() if entries.hedges.get(name) == one.entry}
        return replace(self, closings=closings, told=self.told.still_held(entries))

    @property
    def is_quiet(self) -> bool:
        """True if nothing was said that bears on any alert's telling."""
        return not (self.acknowledgements or self.silences or self.in_maintenance)

    def on(self, target: Target, episode: str | None, now: datetime) -> Said:
        """Return what bears on one alert. episode: the one it is in, None if it is in none."""
        acknowledgement = self.acknowledgements.get(episode or "")
        if acknowledgement is not None and not acknowledgement.holds_at(now):
            acknowledgement = None
        silence = next((one for one in self.silences if one.covers(target, now)), None)
        hush = Hush(by=silence.id) if silence else None
        if hush is None and self.in_maintenance and not target.rule.startswith(OWN_ALARMS):
            hush = Hush(by=MAINTENANCE, spares_critical=True)
        return Said(acknowledgement=acknowledgement, hush=hush) if acknowledgement or hush else NOTHING_SAID


def check_silence(silence: Silence) -> Silence:
    """Return the silence if it is bounded, told why, and hides none of hedgewatch's own alarms.

    Raises InvalidValueError that names what is wrong.
    """
    if not silence.matchers:
        raise InvalidValueError("matchers", f"a silence needs at least one label of {', '.join(LABELS)}, as hedge=NAME")
    for label, wanted in silence.matchers.items():
        if label not in LABELS:
            raise InvalidValueError("matchers", f"{label} is no label; there are {', '.join(LABELS)}")
        if not wanted:
            raise InvalidValueError("matchers", f"{label} is empty; write {label}=NAME")
    rule = silence.matchers.get("rule", "")
    if rule.startswith(OWN_ALARMS):
        raise InvalidValueError("matchers", f"{rule} is an alarm of hedgewatch itself: acknowledge it")
    if not silence.comment.strip():
        raise InvalidValueError("comment", "say why, so that others know")
    if silence.ends_at <= silence.starts_at:
        raise InvalidValueError("for", "a silence must end after it begins")
    if silence.ends_at - silence.starts_at > LONGEST_SILENCE:
        raise InvalidValueError("for", "a silence lasts at most 7 days; make another one then")
    return silence


def check_acknowledgement(acknowledgement: Acknowledgement) -> Acknowledgement:
    """Return the acknowledgement if it ends after it begins; raises InvalidValueError."""
    if acknowledgement.until is not None and acknowledgement.until <= acknowledgement.at:
        raise InvalidValueError("for", "an acknowledgement must end after it begins")
    return acknowledgement
