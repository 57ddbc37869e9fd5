from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from hedgewatch.domain.held import DeclaredPosition
from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.rules.catalogue import CATALOGUE, FIRES_BELOW
from hedgewatch.domain.thresholds import Level, Patience, RuleSettings, Severity
from hedgewatch.settings import Settings, declared_hedges, rule_settings

Load = Callable[..., Settings]


def warning(rule: RuleSettings) -> Level:
    return rule.levels[Severity.WARNING]


def bounds(rule: RuleSettings, severity: Severity = Severity.WARNING) -> tuple[str, str]:
    return str(rule.levels[severity].fire.normalize()), str(rule.levels[severity].clear.normalize())


def test_a_rule_nobody_set_is_as_shipped(load: Load, sound: str) -> None:
    drift = rule_settings(load(sound), "drift")
    assert drift.enabled
    assert bounds(drift) == ("0.02", "0.015")
    assert warning(drift).patience == Patience(polls=2)
    assert drift.keep_firing_for == Patience(polls=3)
    assert drift.channels is None


@pytest.mark.parametrize(
    ("rule", "fire", "clear"),
    [
        ("drift", "0.04", "0.032"),
        ("negative_funding", "-0.0002", "-0.00016"),
        ("liquidation_distance", "0.5", "0.6"),
        ("data_stale", "60", "48"),
    ],
)
def test_clear_left_out_is_a_fifth_back(load: Load, sound: str, rule: str, fire: str, clear: str) -> None:
    settings = load(f"{sound}[rules.{rule}]\nwarning = {{ fire = {fire} }}")
    level = warning(rule_settings(settings, rule))
    assert (level.fire, level.clear) == (Decimal(fire), Decimal(clear))


def test_the_hedges_own_setting_wins_over_the_general_one(load: Load, sound: str) -> None:
    text = sound.replace("spot =", "rules = { drift = { for = 5, warning = { fire = 0.04 } } }\nspot =")
    text += '[rules.drift]\nfor = 4\nkeep_firing_for = "1m"\nwarning = { fire = 0.03, clear = 0.01 }'
    settings = load(text)
    own = rule_settings(settings, "drift", settings.hedges[0])
    assert bounds(own) == ("0.04", "0.032")
    assert warning(own).patience == Patience(polls=5)
    assert own.keep_firing_for == Patience(seconds=Decimal(60))
    assert bounds(rule_settings(settings, "drift")) == ("0.03", "0.01")


def test_only_clear_may_be_set(load: Load, sound: str) -> None:
    assert bounds(rule_settings(load(f"{sound}[rules.drift]\nwarning = {{ clear = 0.001 }}"), "drift")) == (
        "0.02",
        "0.001",
    )


def test_a_levels_own_for_stands_before_its_rules(load: Load, sound: str) -> None:
    settings = load(f'{sound}[rules.basis_adverse]\nfor = 4\ncritical = {{ for = "1m" }}')
    levels = rule_settings(settings, "basis_adverse").levels
    assert levels[Severity.WARNING].patience == Patience(polls=4)
    assert levels[Severity.CRITICAL].patience == Patience(seconds=Decimal(60))


@pytest.mark.parametrize(("poll", "fire"), [("1s", 30), ("10s", 30), ("30s", 90), ("1m", 180)])
@pytest.mark.parametrize("rule", ["data_stale", "exchange_down"])
def test_stale_is_three_polls_and_half_a_minute(load: Load, sound: str, rule: str, poll: str, fire: int) -> None:
    levels = rule_settings(load(f'{sound}[monitor]\npoll_every = "{poll}"'), rule).levels
    assert levels[Severity.WARNING].fire == fire
    assert levels[Severity.CRITICAL].fire == 900


def test_drift_of_proxies_and_fixed_dollars_has_its_own_defaults(load: Load, sound: str) -> None:
    proxied = load(
        sound.replace("binance:BTC/USDT:USDT", "binance:ETH/USDT:USDT").replace("spot", 'proxy.beta = "ols"\nspot')
    )
    dollars = load(sound.replace("spot =", 'target_mode = "fixed_usd"\ntarget_usd = 1\nspot ='))
    assert bounds(rule_settings(proxied, "drift", proxied.hedges[0])) == ("0.05", "0.04")
    assert bounds(rule_settings(dollars, "drift", dollars.hedges[0])) == ("0.1", "0.05")


@pytest.mark.parametrize("rule", CATALOGUE)
def test_every_shipped_level_clears_on_the_safe_side_and_rises(load: Load, sound: str, rule: str) -> None:
    levels = rule_settings(load(sound), rule).levels
    for level in levels.values():
        assert level.clear > level.fire if rule in FIRES_BELOW else level.clear < level.fire
    fires = [level.fire for level in levels.values()]
    assert fires == sorted(fires, reverse=rule in FIRES_BELOW)


def test_declared_hedges_carry_what_the_file_says(load: Load, sound: str) -> None:
    text = sound.replace("-5 }", '"-4.25", entry_price = 60000, entry_basis = 6, margin = 300000 }')
    text = text.replace("quantity = 5", 'quantity = 5\ncounts_as = { asset = "BTC", per_unit = 0.5 }')
    (hedge,) = declared_hedges(load(text))
    (leg,) = hedge.legs
    assert leg.name == "binance:BTC/USDT:USDT"
    assert leg.futures == InstrumentRef(exchange="binance", symbol="BTC/USDT:USDT")
    assert leg.position == DeclaredPosition(
        contracts=Decimal("-4.25"), entry_price=Decimal(60000), entry_basis=Decimal(6), margin=Decimal(300000)
    )
    [held] = hedge.held
    assert (held.holding.name, held.holding.quantity, held.share) == ("cold", 5, 1)
    assert (held.holding.counts_as_asset, held.holding.counts_as_per_unit) == ("BTC", Decimal("0.5"))
    assert set(hedge.rules) == set(CATALOGUE)
    assert hedge.target_ratio == 1
