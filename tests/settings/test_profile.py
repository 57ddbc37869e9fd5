"""A profile scales what ships, and nothing that somebody has written."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from hedgewatch.domain.thresholds import Severity
from hedgewatch.settings import load_settings, rule_settings
from hedgewatch.settings.effective import effective, plain_values
from hedgewatch.settings.unbuilt import not_built

WARNING, CRITICAL = Severity.WARNING, Severity.CRITICAL
D = Decimal


def level(
    folder: Path, profile: str, rule: str, severity: Severity = WARNING, more: str = ""
) -> tuple[Decimal, Decimal]:
    file = folder / "hedgewatch.toml"
    file.write_text(f'[monitor]\nprofile = "{profile}"\n{more}')
    settings = load_settings(file, {})
    assert not not_built(settings)
    found = rule_settings(settings, rule).levels[severity]
    return found.fire, found.clear


@pytest.mark.parametrize(
    ("rule", "calm", "tight"),
    [
        ("drift", ("0.03", "0.0225"), ("0.015", "0.01125")),
        ("negative_funding", ("-0.00045", "-0.000225"), ("-0.000225", "-0.0001125")),
        ("liquidation_distance", ("0.1875", "0.225"), ("0.375", "0.45")),
        ("proxy_effectiveness", ("0.7", "0.745"), ("0.85", "0.8725")),
        ("leverage", ("4.5", "4.05"), ("2.25", "2.025")),
        ("data_stale", ("90", "72"), ("90", "72")),
        ("roll_due", ("604800", "725760"), ("604800", "725760")),
        ("adl", ("4", "3.2"), ("4", "3.2")),
    ],
)
def test_calm_is_farther_off_and_tight_is_nearer(
    tmp_path: Path, rule: str, calm: tuple[str, str], tight: tuple[str, str]
) -> None:
    for profile, bounds in (("calm", calm), ("tight", tight)):
        assert level(tmp_path, profile, rule) == tuple(map(D, bounds))


def test_what_somebody_has_written_stays_as_it_is(tmp_path: Path) -> None:
    own = "[rules.drift]\nwarning = { fire = 0.04 }\n"
    assert level(tmp_path, "calm", "drift", WARNING, own) == (D("0.04"), D("0.032"))
    assert level(tmp_path, "calm", "drift", CRITICAL, own) == (D("0.075"), D("0.06"))


def test_the_bound_beyond_which_nobody_waits_is_scaled_and_shown(tmp_path: Path) -> None:
    level(tmp_path, "tight", "cost_outweighs")
    document = plain_values(effective(load_settings(tmp_path / "hedgewatch.toml", {})))
    shown = document["rules"]["cost_outweighs"]["critical"]  # type: ignore[index,call-overload]  JSON
    assert shown["at_once"] == {"fire": "0.375", "clear": "0.2625"}  # type: ignore[index,call-overload]  JSON
