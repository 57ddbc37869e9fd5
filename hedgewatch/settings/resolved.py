"""What a rule is set to in the end: the catalogue, then [rules.NAME], then the hedge's own."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TypeVar

from hedgewatch.domain.numbers import exactly
from hedgewatch.domain.rules.catalogue import (
    CATALOGUE,
    COST_OUTWEIGHS_AT_ONCE,
    DRIFT_FIXED_USD,
    DRIFT_PROXY,
    FIRES_BELOW,
    LATCHED,
)
from hedgewatch.domain.rules.definitions import FRACTION, MULTIPLE, RATE_8H, RATIO
from hedgewatch.domain.thresholds import Level, LevelDefault, Patience, RuleSettings, Severity
from hedgewatch.settings.hedge_entries import HedgeEntry
from hedgewatch.settings.models import Settings
from hedgewatch.settings.rule_entries import LevelEntry, RuleEntry

T = TypeVar("T")

STEP_BACK = Decimal("0.2")
COST_OUTWEIGHS = "cost_outweighs"
CALM, TIGHT = Decimal("1.5"), Decimal("0.75")
PROFILES: Mapping[str, Decimal] = {"calm": CALM, "default": Decimal(1), "tight": TIGHT}
INVERSE: Mapping[Decimal, Decimal] = {CALM: TIGHT, TIGHT: CALM}
SCALED_UNITS = frozenset({FRACTION, RATE_8H, RATIO, MULTIPLE, "beta"})
SHARES_OF_ONE = frozenset({"proxy_effectiveness"})


def rule_settings(settings: Settings, rule: str, hedge: HedgeEntry | None = None) -> RuleSettings:
    """Return what ``rule`` is set to, for one hedge or for whatever has none.

    Levels that fire on a fact ("at once") have no numbers: they stand in ``facts``.
    """
    definition = CATALOGUE[rule]
    layers = layers_of(settings, rule, hedge)
    levels = {severity: level_of(settings, rule, severity, hedge) for severity in Severity}
    return RuleSettings(
        rule=rule,
        enabled=_last([layer.enabled for layer in layers], default=True),
        levels={severity: level for severity, level in levels.items() if level is not None},
        keep_firing_for=_last([layer.keep_firing_for for layer in layers], default=definition.keep_firing_for),
        channels=next((layer.channels for layer in reversed(layers) if layer.channels is not None), None),
        facts={
            severity: patience_of(rule, severity, layers)
            for severity in shipped_levels(rule, hedge)
            if levels[severity] is None
        },
        is_latched=rule in LATCHED,
        escalate_after=tuple(step.after.seconds for step in settings.routing.escalation),
        at_once=at_once_of(settings, rule, hedge),
    )


def at_once_of(settings: Settings, rule: str, hedge: HedgeEntry | None = None) -> Level | None:
    """Return the bound beyond which critical waits for nothing; only cost_outweighs has one."""
    if rule != COST_OUTWEIGHS:
        return None
    written = [layer.level(Severity.CRITICAL) for layer in layers_of(settings, rule, hedge)]
    entries = [entry.at_once for entry in written if entry is not None and entry.at_once is not None]
    fire, clear = scaled(settings, rule, COST_OUTWEIGHS_AT_ONCE)
    for entry in entries:
        if entry.fire is not None:
            fire, clear = entry.fire.value, step_back(rule, entry.fire.value)
        if entry.clear is not None:
            clear = entry.clear.value
    return None if fire is None or clear is None else Level(fire=fire, clear=clear, patience=Patience())


@exactly
def scaled(settings: Settings, rule: str, shipped: LevelDefault) -> tuple[Decimal | None, Decimal | None]:
    """Return a shipped level's fire and clear as the profile has them: calm farther off, tight nearer.

    Times, places in a queue and facts are the same in every profile, and so is what somebody has written.
    """
    factor = PROFILES[settings.monitor.profile]
    if factor == 1 or CATALOGUE[rule].unit not in SCALED_UNITS:
        return shipped.fire, shipped.clear
    return _scaled(rule, shipped.fire, factor), _scaled(rule, shipped.clear, factor)


def _scaled(rule: str, bound: Decimal | None, factor: Decimal) -> Decimal | None:
    """Scale a bound: one that is worse when lower by what it is short of 1 (a share), or inversely (a distance)."""
    if bound is None or bound < 0 or rule not in FIRES_BELOW:
        return None if bound is None else bound * factor
    return 1 - (1 - bound) * factor if rule in SHARES_OF_ONE else bound * INVERSE[factor]


def level_of(settings: Settings, rule: str, severity: Severity, hedge: HedgeEntry | None = None) -> Level | None:
    """Return one level of a rule, None if it has no number."""
    shipped = shipped_levels(rule, hedge).get(severity)
    layers = layers_of(settings, rule, hedge)
    written = [layer.level(severity) for layer in layers]
    bounds = (None, None) if shipped is None else scaled(settings, rule, shipped)
    fire, clear = _bounds(rule, shipped, written, settings.poll_seconds, shipped_bounds=bounds)
    if fire is None or clear is None:
        return None
    return Level(fire=fire, clear=clear, patience=patience_of(rule, severity, layers))


def patience_of(rule: str, severity: Severity, layers: list[RuleEntry]) -> Patience:
    """Return a level's ``for``: the nearest that was written, a level's own before its rule's."""
    definition = CATALOGUE[rule]
    shipped = definition.levels.get(severity)
    patience = definition.patience if shipped is None or shipped.patience is None else shipped.patience
    for layer in layers:
        entry = layer.level(severity)
        own = entry.for_ if entry is not None else None
        patience = _last([layer.for_, own], default=patience)
    return patience


def layers_of(settings: Settings, rule: str, hedge: HedgeEntry | None = None) -> list[RuleEntry]:
    """Return what was written about a rule, the general first."""
    written = [settings.rules.get(rule), hedge.rules.get(rule) if hedge else None]
    return [entry for entry in written if entry is not None]


def shipped_levels(rule: str, hedge: HedgeEntry | None = None) -> Mapping[Severity, LevelDefault]:
    """Return a rule's own defaults; drift has others for proxy hedges and for ``fixed_usd``."""
    if rule == "drift" and hedge is not None and hedge.proxy is not None:
        return DRIFT_PROXY
    if rule == "drift" and hedge is not None and hedge.target_mode == "fixed_usd":
        return DRIFT_FIXED_USD
    return CATALOGUE[rule].levels


@exactly
def step_back(rule: str, fire: Decimal) -> Decimal:
    """Return the ``clear`` that lies 20 % back from ``fire``, on the side of safety."""
    step = abs(fire) * STEP_BACK
    return fire + step if rule in FIRES_BELOW else fire - step


@exactly
def _bounds(
    rule: str,
    shipped: LevelDefault | None,
    entries: list[LevelEntry | None],
    poll_seconds: Decimal,
    *,
    shipped_bounds: tuple[Decimal | None, Decimal | None],
) -> tuple[Decimal | None, Decimal | None]:
    fire, clear = shipped_bounds
    if shipped is not None and fire is not None:
        fire = max(fire, shipped.fire_polls * poll_seconds) if shipped.fire_polls else fire
        clear = step_back(rule, fire) if clear is None else clear
    for entry in entries:
        if entry is not None and entry.fire is not None:
            fire = entry.fire.value
            clear = step_back(rule, fire)
        if entry is not None and entry.clear is not None:
            clear = entry.clear.value
    return fire, clear


def _last(values: list[T | None], default: T) -> T:
    return next((value for value in reversed(values) if value is not None), default)
