"""The size command from plain numbers: the playbook's cases, its refusals, its table, and what it does not load."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from hedgewatch.cli import run_command
from hedgewatch.cli.context import Invocation
from hedgewatch.cli.loading import settings_or_defaults
from hedgewatch.domain.errors import ConfigurationError
from hedgewatch.settings import Settings

Captured = pytest.CaptureFixture[str]
WORTH = ("--asset", "BTC", "--notional", "300000")
COIN = ("--price", "60000", "--contract-size", "1", "--kind", "linear")
MILLI = ("--price", "60000", "--contract-size", "0.001", "--kind", "linear")
DOLLAR = ("--price", "60000", "--contract-size", "1", "--kind", "inverse")
HEAVY = ("ccxt", "sqlalchemy", "pydantic_settings", "hedgewatch.settings", "aiohttp", "numpy")


def ask(capsys: Captured, *arguments: str) -> Any:
    assert run_command(["size", *arguments, "--json"]) == 0
    told = capsys.readouterr()
    assert told.err == ""
    return json.loads(told.out)


@pytest.mark.parametrize("asked", [WORTH, ("--asset", "BTC", "--coins", "5")])
@pytest.mark.parametrize(
    ("contract", "contracts", "margin", "asset", "end", "formula"),
    [
        (COIN, "5", "300000", "USD", "119402.985074627", "5"),
        (MILLI, "5000", "300000", "USD", "119402.985074627", "5000"),
        (DOLLAR, "300000", "5", "BTC", None, "5"),
    ],
    ids=["5 BTC", "5,000 of 0.001 BTC", "300,000 of 1 USD"],
)
def test_the_playbooks_cases_come_out_to_the_digit(
    capsys: Captured,
    asked: tuple[str, ...],
    contract: tuple[str, ...],
    *,
    contracts: str,
    margin: str,
    asset: str,
    end: str | None,
    formula: str,
) -> None:
    answer = ask(capsys, *asked, *contract)
    assert (answer["side"], answer["contracts"], answer["order_quantity"]) == ("sell", contracts, contracts)
    assert (answer["coins"], answer["residual_coins"], answer["hedge_ratio"]) == ("5", "0", "1")
    assert (answer["margin_1x"], answer["margin"], answer["margin_asset"]) == (margin, margin, asset)
    assert (answer["liquidation_price"], answer["never_liquidated"]) == (end, end is None)
    assert (answer["playbook"]["contracts"], answer["playbook"]["same"]) == (formula, formula == contracts)
    assert (answer["limit_price"], answer["orderable"], answer["warnings"]) == ("60000", True, [])


def test_every_option_says_its_part(capsys: Captured) -> None:
    answer = ask(
        capsys,
        *("--coins", "1.2345678", "--price", "60000.26", "--contract-size", "1", "--kind", "linear"),
        *("--tick", "0.50", "--lot-step", "0.005", "--leverage", "2", "--min-contracts", "0.005"),
        *("--min-notional", "5", "--maintenance-margin-rate", "0.4%"),
        *("--funding-rate", "-0.01%", "--funding-interval", "4h"),
    )
    assert (answer["contracts"], answer["residual_coins"], answer["limit_price"]) == ("1.23", "0.0045678", "60000.5")
    assert (answer["leverage"], answer["margin_1x"], answer["margin"]) == ("2", "73800.615", "36900.3075")
    assert (answer["maintenance_margin_rate"], answer["maintenance_margin_rate_assumed"]) == ("0.004", False)
    assert answer["liquidation_price"] == "89642.1812749004"
    assert (answer["funding_rate"], answer["funding_interval_hours"]) == ("-0.0001", "4")
    assert answer["funding_per_day"] == "-44.28019188"
    assert answer["specification"] == {
        "instrument": "perpetual",
        "contract_size": "1",
        "tick": "0.5",
        "lot_step": "0.005",
        "min_contracts": "0.005",
        "min_notional": "5",
        "maker_fee": None,
        "taker_fee": None,
        "contract_unit": "coins",
        "margin_asset": "USD",
        "expires_at": None,
        "least_contracts": "0.005",
    }
    assert (answer["source"], answer["read_at"], answer["book"], answer["notes"]) == ("numbers", None, None, [])


def test_what_was_assumed_is_said(capsys: Captured) -> None:
    answer = ask(capsys, *WORTH, *COIN, "--funding-rate", "0.0001")
    assert answer["funding_per_day"] == "90"
    assert [note.partition(";")[0] for note in answer["notes"]] == [
        "maintenance margin rate 0.5 % assumed",
        "funding every 8 h assumed",
    ]
    assert answer["maintenance_margin_rate_assumed"] is True


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ((*WORTH, *COIN, "--leverage", "4"), "leverage_above_3", "leverage 4x is above 3x"),
        ((*WORTH, *COIN, "--leverage", "10"), "leverage_above_5", "liquidated at 65671.6"),
        (("--coins", "5.9", *COIN), "hedge_below_95_percent", "only 84.7 % is hedged: 5 of 5.9"),
        (("--coins", "0.5", *COIN), "below_minimum", "1 contracts would be enough (1 coins worth 60000 USD)"),
        (("--coins", "2", *COIN, "--min-notional", "150000"), "below_minimum", "3 contracts would be enough"),
    ],
)
def test_what_to_know_before_it_is_sold_is_told(
    arguments: tuple[str, ...], code: str, words: str, capsys: Captured
) -> None:
    answer = ask(capsys, *arguments)
    [message] = [warning["message"] for warning in answer["warnings"] if warning["code"] == code]
    assert words in message
    assert answer["orderable"] == (code != "below_minimum")


def test_where_nothing_can_be_sold_nothing_is_made_up(capsys: Captured) -> None:
    answer = ask(capsys, "--coins", "0.5", *COIN)
    assert (answer["contracts"], answer["hedge_ratio"], answer["notional"]) == ("0", "0", "0")
    assert (answer["margin_1x"], answer["liquidation_price"], answer["never_liquidated"]) == (None, None, False)
    assert run_command(["size", "--coins", "0.5", *COIN]) == 0
    assert capsys.readouterr().out.startswith("no order: it would be too small")


@pytest.mark.parametrize(
    ("arguments", "option"),
    [
        ((), "--notional: missing"),
        (WORTH, "--price: missing: give --price, --contract-size, --kind, or --futures exchange:symbol"),
        ((*WORTH, "--price", "60000", "--kind", "linear"), "--contract-size: missing"),
        ((*WORTH, "--price", "60000", "--contract-size", "1"), "--kind: missing"),
        (COIN, "--notional: missing"),
        ((*WORTH, "--coins", "5", *COIN), "--coins: says the same as --notional"),
        (("--notional", "-300000", *COIN), "--notional: must be above zero, found -300000"),
        (("--coins", "0", *COIN), "--coins: must be above zero"),
        (("--coins", "nan", *COIN), "--coins: expected a finite number"),
        (("--notional", "1e399", *COIN, "--price", "1e-300"), "--coins: expected at most 400 digits"),
        (("--coins", "five", *COIN), "--coins: expected a decimal number, found 'five'"),
        ((*WORTH, *COIN, "--price", "0"), "--price"),
        ((*WORTH, *COIN, "--contract-size", "-1"), "--contract-size"),
        ((*WORTH, *COIN, "--kind", "quanto"), "--kind: a quanto contract hedges no coin"),
        ((*WORTH, *COIN, "--kind", "option"), '--kind: expected "linear" or "inverse"'),
        ((*WORTH, *COIN, "--leverage", "0"), "--leverage"),
        ((*WORTH, *COIN, "--leverage", "x"), "--leverage"),
        ((*WORTH, *COIN, "--tick", "0"), "--tick"),
        ((*WORTH, *COIN, "--lot-step", "0"), "--lot-step"),
        ((*WORTH, *COIN, "--min-contracts", "-1"), "--min-contracts"),
        ((*WORTH, *COIN, "--min-notional", "-1"), "--min-notional"),
        ((*WORTH, *COIN, "--maintenance-margin-rate", "5"), "--maintenance-margin-rate"),
        ((*WORTH, *COIN, "--maintenance-margin-rate", "100%"), "--maintenance-margin-rate"),
        ((*WORTH, *COIN, "--funding-rate", "low"), "--funding-rate"),
        ((*WORTH, *COIN, "--funding-interval", "8"), "--funding-interval: says how often"),
        ((*WORTH, *COIN, "--funding-rate", "0.0001", "--funding-interval", "0"), "--funding-interval"),
        ((*WORTH, "--futures", "binance:BTC/USDT:USDT", "--tick", "1"), "--tick: is what binance:BTC/USDT:USDT tells"),
        ((*WORTH, "--futures", "binnance:BTC/USDT:USDT"), '--futures: unknown exchange "binnance"; did you mean'),
        ((*WORTH, "--futures", "binance:BTC/USDT"), '--futures: "binance:BTC/USDT" is a spot symbol'),
        ((*WORTH, "--futures", "binance:BTC/USDT:ETH"), "--futures: binance has no market"),
        (
            (*WORTH, "--futures", "binance:ETH/USDT:USDT"),
            "--asset: binance:ETH/USDT:USDT is a future of ETH, not of BTC",
        ),
    ],
)
def test_a_wrong_request_is_exit_two_and_names_its_option(
    arguments: tuple[str, ...], option: str, capsys: Captured
) -> None:
    assert run_command(["size", *arguments]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith(f"hedgewatch: {option}")
    assert told.err.count("\n") == 1


def test_a_person_reads_the_order_first(capsys: Captured) -> None:
    assert run_command(["size", *WORTH, *MILLI, "--leverage", "10", "--funding-rate", "-0.01%"]) == 0
    told = capsys.readouterr()
    assert told.err == ""
    lines = [" ".join(line.split()) for line in told.out.splitlines()]
    assert lines[:3] == [
        "sell 5,000 contracts at 60,000 or better, post-only",
        "hedges 5 of 5 BTC (100.0 %), worth 300,000 USD",
        "",
    ]
    assert "margin at 1x 300,000 USD" in lines
    assert "margin at 10x 30,000 USD" in lines
    assert "liquidation 65,671.642 (+9.5 %), at 10x" in lines
    assert "funding a day 90 USD paid (-0.0100 % per 8 h)" in lines
    assert "contract linear perpetual, 1 contract = 0.001 BTC, margin in USD; lot 1" in lines
    assert "playbook N = 300,000 / (60,000 x 0.001) = 5,000: the same" in lines
    assert any(line.startswith("warning leverage 10x is above 5x") for line in lines)


def test_more_coins_than_there_are_digits_are_sized_all_the_same(capsys: Captured) -> None:
    assert run_command(["size", "--coins", "123456789" * 5, *COIN, "--lot-step", "0.0001"]) == 0
    assert "100.0 %" in capsys.readouterr().out


def test_a_coin_margined_one_is_told_to_be_beyond_liquidation(capsys: Captured) -> None:
    assert run_command(["size", *WORTH, *DOLLAR]) == 0
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert "liquidation cannot be liquidated" in lines
    assert "playbook N = 300,000 / (60,000 x 1) = 5: not what hedges" in lines


def test_without_a_configuration_the_defaults_serve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("HEDGEWATCH_CONFIG", raising=False)
    asked: Any = SimpleNamespace(obj=Invocation())
    assert settings_or_defaults(asked) == Settings()
    (tmp_path / "hedgewatch.toml").write_text('[exchanges.binance]\nbase_url = "http://127.0.0.1:9"\n')
    assert settings_or_defaults(asked).exchanges["binance"].base_url == "http://127.0.0.1:9"
    named: Any = SimpleNamespace(obj=Invocation(config_path=tmp_path / "other.toml"))
    with pytest.raises(ConfigurationError, match="there is no such file"):
        settings_or_defaults(named)


def test_plain_numbers_load_no_exchange_no_database_and_no_configuration() -> None:
    words = ["size", *WORTH, *COIN, "--json"]
    script = (
        "import sys; from hedgewatch.cli import run_command; "
        f"code = run_command({words!r}); "
        f"sys.exit(code or any(name in sys.modules for name in {(*HEAVY, 'rich.console')!r}))"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert json.loads(ran.stdout)["contracts"] == "5"
