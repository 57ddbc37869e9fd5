"""The effective configuration as a document: defaults filled in, secrets masked, every rule for every hedge."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from pydantic import BaseModel

from hedgewatch.domain.numbers import plain
from hedgewatch.domain.rules import BUILT_RULES
from hedgewatch.domain.rules.catalogue import CATALOGUE
from hedgewatch.domain.rules.definitions import SECONDS
from hedgewatch.domain.thresholds import JudgedPer, Patience, Severity
from hedgewatch.settings.document import Document
from hedgewatch.settings.hedge_entries import HedgeEntry
from hedgewatch.settings.models import Settings
from hedgewatch.settings.resolved import at_once_of, layers_of, level_of, patience_of, rule_settings, shipped_levels
from hedgewatch.settings.toml import Noted
from hedgewatch.settings.values import Threshold, patience_text
from hedgewatch.settings.visit import Tree, key_of

PER_HEDGE = frozenset({JudgedPer.HEDGE, JudgedPer.LEG})


def effective(settings: Settings) -> Document:
    """Return what the settings come to; a rule that is not built yet is marked so."""
    document = _table(settings)
    document["rules"] = {rule: _rule(settings, rule, None) for rule in CATALOGUE}
    for entry, hedge in zip(document.get("hedges", ()), settings.hedges, strict=True):
        judged = [rule for rule, definition in CATALOGUE.items() if definition.judged_per in PER_HEDGE]
        entry["rules"] = {rule: _rule(settings, rule, hedge) for rule in judged}
    return {key: document[key] for key in Settings.model_fields if key in document}


def digest_of(settings: Settings) -> str:
    """Return 12 hex digits that change with anything the file or the environment says; secrets count by their name."""
    text = json.dumps(plain_values(_table(settings)), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def plain_values(value: Tree) -> Tree:
    """Return a document as JSON has it: quantities are decimal strings, times RFC 3339."""
    if isinstance(value, Noted):
        return plain_values(value.value) | {"built": value.note is None}
    if isinstance(value, dict):
        return {key: plain_values(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain_values(item) for item in value]
    if isinstance(value, Decimal):
        return plain(value)
    return value.isoformat() if isinstance(value, date) else value


def _table(model: BaseModel) -> Document:
    """Return a section as a table, unknown values left out."""
    table = {}
    for name in type(model).model_fields:
        value = _value(getattr(model, name))
        if value is not None and value not in ({}, []):
            table[key_of(name, type(model))] = value
    return table


def _value(value: object) -> Tree:
    if isinstance(value, BaseModel):
        return _table(value)
    if isinstance(value, Mapping):
        return {key: _value(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [_value(item) for item in value]
    if isinstance(value, Patience):
        return patience_text(value)
    if value is None or isinstance(value, bool | int | str | Decimal | date):
        return value
    return str(value)


def _rule(settings: Settings, rule: str, hedge: HedgeEntry | None) -> Noted:
    """Return one rule as it stands, every level with its numbers; a level without any fires at once."""
    resolved = rule_settings(settings, rule, hedge)
    table: Document = {"enabled": resolved.enabled, "keep_firing_for": patience_text(resolved.keep_firing_for)}
    for severity in Severity:
        level = _level(settings, rule, severity, hedge)
        if level is not None:
            table[severity.value] = level
    if resolved.channels is not None:
        table["channels"] = list(resolved.channels)
    return Noted(value=table, note=None if rule in BUILT_RULES else "not built yet")


def _level(settings: Settings, rule: str, severity: Severity, hedge: HedgeEntry | None) -> Document | None:
    layers = layers_of(settings, rule, hedge)
    written = [entry for entry in (layer.level(severity) for layer in layers) if entry is not None]
    if severity not in shipped_levels(rule, hedge) and not written:
        return None
    patience = patience_text(patience_of(rule, severity, layers))
    level = level_of(settings, rule, severity, hedge)
    if level is None:
        return {"for": patience}
    table: Document = {"fire": _bound(rule, level.fire), "clear": _bound(rule, level.clear), "for": patience}
    at_once = at_once_of(settings, rule, hedge) if severity is Severity.CRITICAL else None
    if at_once is not None:
        table["at_once"] = {"fire": at_once.fire, "clear": at_once.clear}
    return table


def _bound(rule: str, value: Decimal) -> Decimal | str:
    if CATALOGUE[rule].unit == SECONDS:
        return str(Threshold(value=value, is_duration=True)) if value >= 0 else value
    return value
