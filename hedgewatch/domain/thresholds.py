"""What a rule is set to: levels, thresholds, patience."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum


class Severity(StrEnum):
    """How urgent; compare by ``rank``."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for info, 1 for warning, 2 for critical."""
        return RANKS[self]


RANKS: Mapping[Severity, int] = {severity: rank for rank, severity in enumerate(Severity)}


ALWAYS_ABOVE, ALWAYS_BELOW = Decimal("Infinity"), Decimal("-Infinity")


class Action(StrEnum):
    """What the reader should do."""

    REBALANCE = "rebalance"
    CLOSE = "close"
    ROLL = "roll"
    TOP_UP = "top_up"
    REDUCE = "reduce"
    WATCH = "watch"
    CHECK_DATA = "check_data"


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long something must last: a duration in seconds, or whole polls (the first counts). Both 0: at once."""

    seconds: Decimal = Decimal(0)
    polls: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One severity of a rule.

    fire: breached strictly beyond it; clear: clear strictly inside it, both in the rule's unit. ``patience``: its
    ``for``.
    """

    fire: Decimal
    clear: Decimal
    patience: Patience


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSettings:
    """One rule as set for one hedge (or for all).

    facts: levels without a number, told on a fact, and their ``for``. is_latched: its alerts end by what somebody does
    or says only. escalate_after: seconds that a critical alert goes unheeded until each step of its escalation.
    at_once: beyond its fire critical waits for nothing. Made from the levels once, since every finding asks for them:
    fires, each level's threshold; and what a value is clear of at every level: below ``calm_below`` if it is bad when
    high, above ``calm_above`` if when low.
    """

    rule: str
    enabled: bool
    levels: Mapping[Severity, Level]
    keep_firing_for: Patience
    channels: tuple[str, ...] | None = None
    is_latched: bool = False
    facts: Mapping[Severity, Patience] = field(default_factory=dict)
    escalate_after: tuple[Decimal, ...] = ()
    at_once: Level | None = None
    fires: Mapping[Severity, Decimal] = field(init=False, repr=False, compare=False)
    calm_below: Decimal = field(init=False, repr=False, compare=False)
    calm_above: Decimal = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Make ready what does not change."""
        levels = self.levels.values()
        bounds = [bound for level in levels for bound in (level.fire, level.clear)]
        object.__setattr__(self, "fires", {severity: level.fire for severity, level in self.levels.items()})
        object.__setattr__(self, "calm_below", min(bounds, default=ALWAYS_ABOVE))
        object.__setattr__(self, "calm_above", max(bounds, default=ALWAYS_BELOW))

    def patience_of(self, severity: Severity) -> Patience:
        """Return how long a level must be breached before it is told; a fact that nobody set a time for, at once."""
        if severity in self.levels:
            return self.levels[severity].patience
        return self.facts.get(severity, Patience())


class JudgedPer(StrEnum):
    """What a rule is judged on."""

    HEDGE = "hedge"
    LEG = "leg"
    ACCOUNT = "account"
    EXCHANGE = "exchange"
    HOLDING = "holding"
    SELF = "self"


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelDefault:
    """A level as shipped; None: not a number ("at once", "passed").

    ``fire_polls``: fire is at least that many polls (in seconds).
    """

    fire: Decimal | None
    clear: Decimal | None = None
    patience: Patience | None = None
    fire_polls: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleDefinition:
    """A rule as documented: what it watches, in which unit, and how it is set unless somebody sets it otherwise."""

    name: str
    watches: str
    unit: str
    judged_per: JudgedPer
    levels: Mapping[Severity, LevelDefault]
    patience: Patience
    keep_firing_for: Patience
    actions: Mapping[Severity, Action]
