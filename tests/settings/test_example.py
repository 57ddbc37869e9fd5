from __future__ import annotations

import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from hedgewatch.domain.rules.catalogue import CATALOGUE, COST_OUTWEIGHS_AT_ONCE
from hedgewatch.domain.rules.definitions import SECONDS
from hedgewatch.domain.thresholds import Severity
from hedgewatch.settings import Settings, load_settings, not_built
from hedgewatch.settings.values import decimal_text, patience_text, read_span
from hedgewatch.settings.visit import KeyPath, key_of, models_at

EXAMPLE = Path(__file__).resolve().parents[2] / "config" / "hedgewatch.example.toml"
SAMPLE = Path(__file__).parent / "contract_sample.toml"


def document(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(), parse_float=Decimal)


def keys_by_model(value: Any, path: KeyPath, found: dict[type[BaseModel], set[str]]) -> None:
    """Gather which keys of each model a document writes; channels are told apart by their kind."""
    if isinstance(value, dict):
        for model in models_at(Settings, path):
            kind = model.model_fields.get("kind")
            if kind is None or str(value.get("kind")) in str(kind.annotation):
                found.setdefault(model, set()).update(value)
        for key, item in value.items():
            keys_by_model(item, (*path, key), found)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            keys_by_model(item, (*path, index), found)


def every_model() -> set[type[BaseModel]]:
    models, waiting = set(), [Settings]
    while waiting:
        model = waiting.pop()
        if model in models:
            continue
        models.add(model)
        for name in model.model_fields:
            below = [models_at(model, (name, *more)) for more in ((), (0,), ("any",))]
            waiting.extend(found for models_below in below for found in models_below)
    return models


def test_the_example_loads_without_any_secret_there() -> None:
    settings = load_settings(EXAMPLE, {})
    assert len(settings.hedges) == 3
    assert not_built(settings)


def test_the_example_holds_every_key_of_every_table() -> None:
    found: dict[type[BaseModel], set[str]] = {}
    keys_by_model(document(EXAMPLE), (), found)
    models = every_model()
    assert len(models) > 20
    missing = {
        model.__name__: lacking
        for model in models
        if (lacking := {key_of(name, model) for name in model.model_fields} - found.get(model, set()))
    }
    assert missing == {}


def test_the_search_for_missing_keys_sees_one() -> None:
    found: dict[type[BaseModel], set[str]] = {}
    written = document(EXAMPLE)
    del written["monitor"]["timezone"]
    keys_by_model(written, (), found)
    monitor = next(model for model in found if model.__name__ == "MonitorSection")
    assert set(monitor.model_fields) - found[monitor] == {"timezone"}


@pytest.mark.parametrize("rule", CATALOGUE)
def test_the_example_holds_every_level_of_a_rule_as_shipped(rule: str) -> None:
    rules = document(EXAMPLE)["rules"]
    written = rules["self"][rule.removeprefix("self.")] if rule.startswith("self.") else rules[rule]
    shipped = CATALOGUE[rule]
    assert written["for"] == patience_text(shipped.patience)
    assert written["keep_firing_for"] == patience_text(shipped.keep_firing_for)
    assert {severity.value for severity in Severity if severity.value in written} == {
        severity.value for severity in shipped.levels
    }
    for severity, level in shipped.levels.items():
        entry = written[severity.value]
        for key, number in (("fire", level.fire), ("clear", level.clear)):
            shown = entry.get(key)
            if shipped.unit == SECONDS and shown is not None:
                shown = read_span(shown).seconds
            assert (None if shown is None else Decimal(shown)) == number
        assert entry.get("for") == (None if level.patience is None else patience_text(level.patience))


def test_the_example_tells_the_at_once_of_cost_outweighs() -> None:
    at_once = document(EXAMPLE)["rules"]["cost_outweighs"]["critical"]["at_once"]
    assert decimal_text(at_once["fire"]) == decimal_text(COST_OUTWEIGHS_AT_ONCE.fire or Decimal(0))
    assert at_once["clear"] == COST_OUTWEIGHS_AT_ONCE.clear


def test_the_contracts_sample_loads_and_every_unbuilt_part_is_named() -> None:
    settings = load_settings(SAMPLE, {})
    lines = [line.removeprefix(f"{SAMPLE}: ") for line in not_built(settings)]
    assert all(line.endswith("is not built yet") for line in lines)
    assert [line.split(": ")[0] for line in lines] == []


def test_informative_keys_are_taken_silently(tmp_path: Path) -> None:
    file = tmp_path / "hedgewatch.toml"
    file.write_text(
        """
[[holdings]]
name = "cold"
asset = "WBTC"
quantity = 5
cost_basis = 42000
where = "hardware wallet"
locked_until = 2027-03-01
counts_as = { asset = "BTC", per_unit = "0.999" }

[[hedges]]
name = "btc"
asset = "BTC"
spot = ["binance:BTC/USDT", "bybit:BTC/USDT"]
futures = "binance:BTC/USDT:USDT"
position = { coins = -5, entry_price = 60000, margin = 1, margin_mode = "cross", maintenance_margin_rate = 0.004 }
margin_mode = "isolated"
objective = "carry"
purpose = "announcement"
until = 2026-12-31T00:00:00Z

[routing]
info = []
"""
    )
    assert not_built(load_settings(file, {})) == ()
