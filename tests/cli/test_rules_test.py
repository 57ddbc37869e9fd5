"""``rules test``: thresholds tested by series; the shipped tests drive every rule that series can."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hedgewatch.cli import run_command
from hedgewatch.settings.rule_tests import TESTABLE, load_rule_tests

Captured = pytest.CaptureFixture[str]
SHIPPED = sorted((Path(__file__).resolve().parents[2] / "config" / "rules-tests").glob("*.toml"))
CONFIGURATION = """
[configuration]
holdings = [{ asset = "BTC", quantity = 5 }]

[[configuration.hedges]]
name = "btc-core"
asset = "BTC"
spot = "binance:BTC/USDT"
futures = "binance:BTC/USDT:USDT"
position = { contracts = -5, entry_price = 60000, margin = 300000 }
"""
SHRUNKEN = """
[[tests]]
name = "a short that shrinks"
series = { spot = "60000", futures = "60010", contracts = "-5x2 -4.8x4" }
"""
FIRING = 'expect = [{ at = "90s", rule = "drift", severity = "warning" }]\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "tests.toml"


def run(file: Path, text: str, *more: str) -> int:
    file.write_text(text)
    return run_command(["rules", "test", str(file), *more])


@pytest.mark.parametrize("shipped", SHIPPED, ids=lambda file: file.stem)
def test_the_shipped_tests_pass(shipped: Path, capsys: Captured) -> None:
    code = run_command(["rules", "test", str(shipped)])
    assert code == 0, capsys.readouterr().out


def test_the_shipped_tests_make_every_rule_fire() -> None:
    fired = {
        one.rule
        for shipped in SHIPPED
        for test in load_rule_tests(shipped, None, {}).tests
        for one in test.expect
        if one.type == "firing"
    }
    assert fired == set(TESTABLE)


def test_what_is_expected_and_told_passes(file: Path, capsys: Captured) -> None:
    assert run(file, CONFIGURATION + SHRUNKEN + FIRING) == 0
    assert "1 of 1 tests passed" in capsys.readouterr().out


def test_a_test_that_fails_shows_what_was_expected_beside_what_came(file: Path, capsys: Captured) -> None:
    assert run(file, CONFIGURATION + SHRUNKEN + FIRING.replace("90s", "1m").replace("warning", "critical")) == 1
    out = capsys.readouterr().out
    assert "FAILED a short that shrinks" in out
    assert "1m drift firing critical  missing" in out
    assert "90s drift firing warning  not expected" in out
    assert "at the end: drift BREACH, value -0.04" in out


def test_silence_that_is_broken_fails_too(file: Path) -> None:
    assert run(file, CONFIGURATION + SHRUNKEN) == 1
    assert run(file, CONFIGURATION + SHRUNKEN + 'rules = ["exchange_down"]') == 0, "only these are compared"


def test_own_thresholds_are_what_is_run(file: Path) -> None:
    own = "rules = { drift = { warning = { fire = 0.045, clear = 0.03 } } }\n"
    assert run(file, CONFIGURATION + own + SHRUNKEN) == 0


def test_the_usual_configuration_is_tested_where_the_file_has_none(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = tmp_path / "hedgewatch.toml"
    usual.write_text(CONFIGURATION.replace("[configuration]\n", "").replace("configuration.", ""))
    file.write_text(SHRUNKEN + FIRING)
    assert run_command(["--config", str(usual), "rules", "test", str(file)]) == 0
    monkeypatch.chdir("/")
    assert run(file, 'config = "hedgewatch.toml"\n' + SHRUNKEN + FIRING) == 0, "named from the file's own folder"


def test_the_answer_in_json(file: Path, capsys: Captured) -> None:
    assert run(file, CONFIGURATION + SHRUNKEN, "--json") == 1
    answer = json.loads(capsys.readouterr().out)
    (test,) = answer["tests"]
    assert (answer["passed"], test["passed"], test["missing"]) == (False, False, [])
    (event,) = test["unexpected"]
    assert (event["at_seconds"], event["rule"], event["type"], event["severity"]) == (
        "90",
        "drift",
        "firing",
        "warning",
    )


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", "tests: is missing"),
        (SHRUNKEN.replace("series", "seriess"), 'tests[0].seriess: unknown key; did you mean "series"?'),
        (SHRUNKEN.replace("60000", "60000 up"), 'tests[0].series.spot: "up" is no value'),
        (SHRUNKEN.replace("spot =", "spott ="), 'tests[0].series: "spott" says nothing that is read'),
        (SHRUNKEN.replace("spot =", '"spot@bybit:BTC/USDT" ='), 'the hedge has no "bybit:BTC/USDT"'),
        (SHRUNKEN + 'hedge = "btc-cor"', 'tests[0].hedge: there is no hedge "btc-cor"; did you mean "btc-core"?'),
        (
            SHRUNKEN + FIRING.replace("drift", "drfit"),
            'expect[0].rule: there is no rule "drfit"; did you mean "drift"?',
        ),
        (SHRUNKEN + FIRING.replace("drift", "self.disk_low"), "is about hedgewatch itself"),
        (SHRUNKEN + FIRING + 'rules = ["adl"]', "is not among the test's rules"),
        (SHRUNKEN + FIRING.replace("90s", "90"), "tests[0].expect[0].at"),
        (SHRUNKEN + 'lasts = "999d"', "polls are more than 100000"),
    ],
)
def test_a_wrong_file_is_refused_by_its_place(file: Path, capsys: Captured, text: str, names: str) -> None:
    assert run(file, CONFIGURATION + text) == 2
    assert names in capsys.readouterr().err


def test_every_mistake_of_the_written_configuration_is_named(file: Path, capsys: Captured) -> None:
    assert run(file, CONFIGURATION.replace("asset", "aset") + SHRUNKEN) == 2
    assert f"{file}: configuration: hedges[0].aset: unknown key" in capsys.readouterr().err
