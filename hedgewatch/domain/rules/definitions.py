"""How the catalogue's rows are written: durations, levels and the three actions of a rule."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from hedgewatch.domain.thresholds import Action, JudgedPer, LevelDefault, Patience, RuleDefinition, Severity

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR

FRACTION = "fraction"
RATE_8H = "fraction per 8 h"
SECONDS = "seconds"
RATIO = "ratio"
MULTIPLE = "multiple"
QUANTILE = "quantile of 5"
FACT = "fact"

AT_ONCE = Patience()
Levels = Mapping[Severity, LevelDefault]


def seconds(count: int) -> Patience:
    """Return a patience of ``count`` seconds."""
    return Patience(seconds=Decimal(count))


def polls(count: int) -> Patience:
    """Return a patience of ``count`` whole polls, the first included."""
    return Patience(polls=count)


def level(
    fire: str | None, clear: str | None = None, *, lasting: Patience | None = None, polls: int = 0
) -> LevelDefault:
    """Write one level; None is not a number ("at once"); ``polls``: fire is at least that many polls."""
    return LevelDefault(
        fire=None if fire is None else Decimal(fire),
        clear=None if clear is None else Decimal(clear),
        patience=lasting,
        fire_polls=polls,
    )


def levels(
    *, info: LevelDefault | None = None, warning: LevelDefault | None = None, critical: LevelDefault | None = None
) -> Levels:
    """Gather the levels a rule ships with."""
    given = {Severity.INFO: info, Severity.WARNING: warning, Severity.CRITICAL: critical}
    return {severity: found for severity, found in given.items() if found is not None}


def rule(  # noqa: PLR0913  a row of the table has that many columns
    name: str,
    watches: str,
    *,
    unit: str,
    per: JudgedPer,
    shipped: Levels,
    action: Action,
    info_action: Action | None = None,
    critical_action: Action | None = None,
    lasting: Patience = AT_ONCE,
    keep: Patience = AT_ONCE,
) -> RuleDefinition:
    """Write one row; ``critical_action`` and ``info_action`` are given where those ask for something else."""
    actions = {
        Severity.INFO: info_action or action,
        Severity.WARNING: action,
        Severity.CRITICAL: critical_action or action,
    }
    return RuleDefinition(
        name=name,
        watches=watches,
        unit=unit,
        judged_per=per,
        levels=shipped,
        patience=lasting,
        keep_firing_for=keep,
        actions=actions,
    )
