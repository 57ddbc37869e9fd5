from __future__ import annotations

import json
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from hedgewatch.cli import run_command
from hedgewatch.domain.rules import BUILT_RULES
from hedgewatch.domain.rules.catalogue import CATALOGUE
from hedgewatch.settings import load_settings

ROOT = Path(__file__).resolve().parents[2]
CANARY = "whsec_Y2FuYXJ5"
TEXT = """
[monitor]
allow_literal_secrets = true

[exchanges.binance]
base_url = "http://127.0.0.1:8700"

[[holdings]]
asset = "BTC"
quantity = 5

[[holdings]]
asset = "ETH"
quantity = 500

[[hedges]]
name = "btc"
asset = "BTC"
spot = "binance:BTC/USDT"
futures = "binance:BTC/USDT:USDT"
position = { contracts = -5 }
rules = { drift = { warning = { fire = 0.03 } } }

[[hedges]]
name = "eth"
asset = "ETH"
spot = "mexc:ETH/USDT"
futures = "mexc:ETH/USDT:USDT"
position = { contracts = -50000 }

[channels.ops]
kind = "webhook"
url = "http://10.0.0.7/hook"
secret = "whsec_Y2FuYXJ5"

[heartbeat]
url = "https://example.com/beat"

[web]
behind_proxy = true
"""

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "hedgewatch.toml"
    path.write_text(TEXT)
    path.chmod(0o600)
    return path


def answered(capsys: Captured, *arguments: str) -> tuple[int, str]:
    code = run_command(arguments)
    return code, capsys.readouterr().out


def test_check_tells_positions_addresses_and_what_is_not_built(file: Path, capsys: Captured) -> None:
    code, out = answered(capsys, "--config", str(file), "config", "check")
    assert code == 0
    lines = out.splitlines()
    assert lines[0] == f"{file}: sound: 2 holdings, 2 hedges, 1 channels"
    assert lines[1] == "btc: binance:BTC/USDT:USDT: -5 coins, -5 contracts (one contract is 1 BTC)"
    assert lines[2].startswith("eth: mexc:ETH/USDT:USDT: coins unknown until the exchange is asked, -50000 contracts")
    assert "exchanges.binance.base_url: http://127.0.0.1:8700 is http (not encrypted) and private" in lines[3]
    assert "channels.ops.url: http://10.0.0.7/hook is http (not encrypted) and private" in lines[4]
    assert lines[5] == f"{file}: web.behind_proxy: locking the dashboard is not built yet"
    assert len(lines) == 6


@pytest.mark.parametrize("order", [("config", "check", "--json"), ("--json", "config", "check")])
def test_check_answers_in_json_wherever_the_flag_stands(file: Path, capsys: Captured, order: tuple[str, ...]) -> None:
    code, out = answered(capsys, "--config", str(file), *order)
    answer = json.loads(out)
    assert code == 0
    assert answer["ok"] is True
    assert answer["problems"] == []
    assert [(echo["coins"], echo["contracts"]) for echo in answer["positions"]] == [("-5", "-5"), (None, "-50000")]
    assert len(answer["not_built"]) == 1


def test_check_refuses_with_every_mistake(file: Path, capsys: Captured) -> None:
    file.write_text(TEXT.replace("quantity = 5\n", "quantity = -5\n").replace("[heartbeat]", "[heartbeet]"))
    assert run_command(["--config", str(file), "config", "check"]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert f"{file}: holdings[0].quantity: must be above zero, found -5" in told.err
    assert f'{file}: heartbeet: unknown key; did you mean "heartbeat"?' in told.err


def test_check_in_json_refuses_in_json(file: Path, capsys: Captured) -> None:
    file.write_text(TEXT.replace("[heartbeat]", "[heartbeet]"))
    code, out = answered(capsys, "--config", str(file), "config", "check", "--json")
    assert code == 2
    assert json.loads(out)["problems"] == [f'{file}: heartbeet: unknown key; did you mean "heartbeat"?']


def test_show_is_toml_with_defaults_and_without_secrets(file: Path, capsys: Captured) -> None:
    code, out = answered(capsys, "--config", str(file), "config", "show")
    shown: dict[str, Any] = tomllib.loads(out, parse_float=Decimal)
    assert code == 0
    assert CANARY not in out
    assert shown["monitor"]["poll_every"] == "30s"
    assert shown["hedges"][0]["rules"]["drift"]["warning"] == {
        "fire": Decimal("0.03"),
        "clear": Decimal("0.024"),
        "for": 2,
    }
    assert shown["hedges"][1]["rules"]["drift"]["warning"]["fire"] == Decimal("0.02")
    assert shown["rules"]["data_stale"]["warning"]["fire"] == "90s"
    assert set(shown["rules"]) == set(CATALOGUE)
    marked = [line for line in out.splitlines() if line.startswith("[rules.") and line.endswith("# not built yet")]
    assert len(marked) == len(CATALOGUE) - len(BUILT_RULES)


def test_what_show_prints_loads_again(file: Path, tmp_path: Path, capsys: Captured) -> None:
    out = answered(capsys, "--config", str(file), "config", "show")[1]
    again = tmp_path / "again.toml"
    again.write_text(out)
    again.chmod(0o600)
    load_settings(again, {})
    assert answered(capsys, "--config", str(again), "config", "show")[1] == out


def test_show_of_the_example_loads_again(tmp_path: Path, capsys: Captured) -> None:
    example = ROOT / "config" / "hedgewatch.example.toml"
    out = answered(capsys, "--config", str(example), "config", "show")[1]
    again = tmp_path / "again.toml"
    again.write_text(out)
    assert answered(capsys, "--config", str(again), "config", "show")[1] == out


def test_show_answers_in_json(file: Path, capsys: Captured) -> None:
    code, out = answered(capsys, "--config", str(file), "config", "show", "--json")
    answer = json.loads(out)
    assert code == 0
    assert CANARY not in out
    assert answer["holdings"][0]["quantity"] == "5"
    assert answer["hedges"][0]["rules"]["drift"]["warning"] == {"fire": "0.03", "clear": "0.024", "for": 2}
    assert {rule for rule, shown in answer["rules"].items() if shown["built"]} == BUILT_RULES


def as_json(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: as_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_json(item) for item in value]
    if isinstance(value, Decimal):
        return float(value)
    return value if isinstance(value, str | int | bool) else value.isoformat()


def test_the_schema_takes_the_example_and_refuses_unknown_keys(capsys: Captured) -> None:
    code, out = answered(capsys, "config", "schema")
    assert code == 0
    schema = json.loads(out)
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    example = as_json(tomllib.loads((ROOT / "config" / "hedgewatch.example.toml").read_text(), parse_float=Decimal))
    assert [error.message for error in validator.iter_errors(example)] == []
    assert list(validator.iter_errors({"monitr": {}}))
    assert list(validator.iter_errors({"rules": {"drfit": {}}}))


def test_without_a_configuration_check_says_where_it_looked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    assert run_command(["config", "check"]) == 2
    assert "no configuration found" in capsys.readouterr().err
