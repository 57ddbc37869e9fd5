"""The scenario command: books of the playbook from plain numbers and from a hedge, as table, JSON and picture."""

from __future__ import annotations

import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from hedgewatch.cli import run_command

Captured = pytest.CaptureFixture[str]
ALEX = ("--asset", "ETH", "--holding", "25", "--price", "4000", "--contracts", "-25", "--margin", "100000")
BTC = ("--asset", "BTC", "--holding", "5", "--price", "60000")
TENFOLD = (*BTC, "--contracts", "-5", "--leverage", "10")
ONEFOLD = (*BTC, "--contracts", "-5", "--leverage", "1")
COINS = (*BTC, "--kind", "inverse", "--contracts", "-330000", "--margin", "0.5")
CONFIG = """
[[holdings]]
asset = "BTC"
quantity = 5

[[holdings]]
asset = "ETH"
quantity = 25

[[hedges]]
name = "btc-core"
asset = "BTC"
spot = "binance:BTC/USDT"
futures = "bingx:BTC/USDT:USDT"
position = { contracts = -5, entry_price = 60000, margin = 30000, maintenance_margin_rate = 0.004 }

[[hedges]]
name = "eth-coin"
asset = "ETH"
spot = "binance:ETH/USDT"
futures = "binance:ETH/USD:ETH"
position = { contracts = -10000, margin = 25 }
"""


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "hedgewatch.toml"
    file.write_text(CONFIG)
    return file


def ask(capsys: Captured, *arguments: str) -> Any:
    assert run_command(["scenario", *arguments, "--json"]) == 0
    told = capsys.readouterr()
    assert told.err == ""
    return json.loads(told.out)


def parts(scenario: Any) -> tuple[str, ...]:
    return tuple(scenario[f"{name}_pnl"] for name in ("spot", "collateral", "futures", "net"))


@pytest.mark.parametrize(
    ("book", "wishes", "results", "liq_step"),
    [
        (ALEX, ("--shock", "-30%"), ("-30000", "0", "30000", "0"), None),
        (ALEX, ("--shock", "+10%"), ("10000", "0", "-10000", "0"), None),
        (ALEX, ("--shock", "-0.3"), ("-30000", "0", "30000", "0"), None),
        (TENFOLD, ("--path", "+12%,-30%"), ("-90000", "0", "-30000", "-120000"), 0),
        (ONEFOLD, ("--path", "+12%, -30%"), ("-90000", "0", "90000", "0"), None),
        (COINS, ("--shock", "-30%"), ("-90000", "-9000", "99000", "0"), None),
        (COINS, ("--shock", "15%"), ("45000", "4500", "-34500", "15000"), 0),
        (ONEFOLD, ("--lose-exchange",), ("0", "0", "-300000", "-300000"), None),
        (ONEFOLD, ("--lose-exchange", "--shock", "-30%"), ("-90000", "0", "-300000", "-390000"), None),
    ],
)
def test_the_books_of_the_playbook_come_out_to_the_digit(
    book: tuple[str, ...], wishes: tuple[str, ...], results: tuple[str, ...], liq_step: int | None, capsys: Captured
) -> None:
    [found] = ask(capsys, *book, *wishes)["scenarios"]
    assert parts(found) == results
    assert (found["liq_step"], found["liquidated"]) == (liq_step, liq_step is not None)
    assert found["naked"] == (liq_step is not None or "--lose-exchange" in wishes)


def test_a_funding_squeeze_is_told_with_the_fall_it_comes_with(capsys: Captured) -> None:
    squeeze = ("--funding", "-0.1%", "--days", "7")
    [alone] = ask(capsys, *ONEFOLD, *squeeze)["scenarios"]
    [fallen] = ask(capsys, *ONEFOLD, *squeeze, "--shock", "-30%")["scenarios"]
    assert (alone["name"], alone["funding"], alone["net_pnl"]) == ("funding -0.1 %/8h 7 d", "-6300", "-6300")
    assert (fallen["funding"], fallen["net_pnl"], fallen["left"]) == ("-4410", "-4410", "595590")


def test_without_a_wish_the_standard_stresses_are_told(capsys: Captured) -> None:
    answer = ask(capsys, *TENFOLD, "--funding-floor", "-0.3%")
    names = [one["name"] for one in answer["scenarios"]]
    assert len(names) == 17
    assert "funding at its floor, -0.3 %/8h 7 d" in names
    assert (answer["hedge_ratio"], answer["leverage"]) == ("1", "10")
    assert answer["liquidation_price"] == "65671.6417910448"
    assert answer["notes"] == ["maintenance margin rate 0.5 % assumed"]
    [whipsaw] = [one for one in answer["scenarios"] if len(one["steps"]) > 1]
    assert [(step["equity"], step["liquidated"]) for step in whipsaw["steps"]] == [("0", True), ("0", True)]


def test_one_fold_in_coins_is_never_liquidated(capsys: Captured) -> None:
    answer = ask(
        capsys, "--holding", "0", "--price", "60000", "--kind", "inverse", "--contracts", "-300000", "--margin", "5"
    )
    assert (answer["liquidation_price"], answer["never_liquidated"], answer["hedge_ratio"]) == (None, True, "1")


def test_a_person_reads_the_table(capsys: Captured) -> None:
    assert run_command(["scenario", *TENFOLD, "--path", "+12%,-30%"]) == 0
    told = capsys.readouterr()
    assert told.err == ""
    lines = [" ".join(line.split()) for line in told.out.splitlines()]
    assert "short 5 linear contracts of 1 BTC, margin 30,000 (10x), liquidated at 65,671.642 (+9.5 %)" in lines
    assert "spot +12 %, then -30 % -90,000 -30,000 -120,000 210,000 liquidated, move 1" in lines
    assert "1 67,200 67,200 0 liquidated" in lines
    assert any("naked" in line for line in lines)


def test_a_book_without_contracts_is_what_coins_do_alone(capsys: Captured) -> None:
    [fallen] = ask(capsys, *BTC, "--contracts", "0", "--shock", "-30%")["scenarios"]
    assert (fallen["net_pnl"], fallen["naked"]) == ("-90000", False)
    assert run_command(["scenario", *BTC, "--contracts", "0", "--shock", "-30%"]) == 0
    assert "no contracts" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "option"),
    [
        ((), "--holding: missing: give --holding, --price, --contracts, --margin (or --leverage)"),
        ((*BTC, "--contracts", "-5"), "--margin"),
        ((*BTC, "--contracts", "x", "--margin", "1"), "--contracts"),
        ((*BTC, "--contracts", "-5", "--margin", "nan"), "--margin"),
        ((*BTC, "--contracts", "-5", "--margin", "-1"), "--margin"),
        ((*TENFOLD, "--margin", "1"), "--leverage"),
        ((*TENFOLD, "--price", "0"), "--price"),
        ((*TENFOLD, "--holding", "-5"), "--holding"),
        ((*TENFOLD, "--contract-size", "0"), "--contract-size"),
        ((*TENFOLD, "--kind", "quanto"), "--kind"),
        ((*TENFOLD, "--kind", "option"), "--kind"),
        ((*TENFOLD, "--basis", "-60000"), "--basis"),
        ((*TENFOLD, "--maintenance-margin-rate", "100%"), "--maintenance-margin-rate"),
        ((*TENFOLD, "--maintenance-margin-rate", "5"), "--maintenance-margin-rate"),
        ((*TENFOLD, "--fee-rate", "-1%"), "--fee-rate"),
        ((*TENFOLD, "--shock", "-30"), "--shock"),
        ((*TENFOLD, "--shock", "-100%"), "--shock"),
        ((*TENFOLD, "--shock", "much"), "--shock"),
        ((*TENFOLD, "--path", "+12%,,-30%"), "--path"),
        ((*TENFOLD, "--path", ""), "--path"),
        ((*TENFOLD, "--days", "7"), "--days"),
        ((*TENFOLD, "--funding", "-0.1%", "--days", "-7"), "--days"),
        ((*TENFOLD, "--funding", "low"), "--funding"),
        ((*TENFOLD, "--funding-floor", "low"), "--funding-floor"),
        ((*TENFOLD, "--plot", "book.pdf"), "--plot"),
        ((*TENFOLD, "--plot", "no/such/folder/book.svg"), "--plot"),
    ],
)
def test_a_wrong_request_is_exit_two_and_names_its_option(
    arguments: tuple[str, ...], option: str, capsys: Captured
) -> None:
    assert run_command(["scenario", *arguments]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith(f"hedgewatch: {option}")
    assert told.err.count("\n") == 1


def test_a_hedge_brings_its_position_margin_and_its_exchanges_rule(config: Path, capsys: Captured) -> None:
    assert config.exists()
    answer = ask(capsys, "btc-core", "--price", "62000", "--shock", "-30%")
    book = answer["book"]
    assert (book["holding"], book["contracts"], book["margin"]) == ("5", "-5", "20000")  # 10,000 lost since entry
    assert (book["maintenance_margin_rate"], book["fee_rate"]) == ("0.004", "0.0005")
    assert answer["notes"] == ["price 62000 as given"]
    assert parts(answer["scenarios"][0]) == ("-93000", "0", "93000", "0")


def test_an_inverse_hedge_asks_for_its_face(config: Path, capsys: Captured) -> None:
    assert config.exists()
    assert run_command(["scenario", "eth-coin", "--price", "4000"]) == 2
    assert capsys.readouterr().err.startswith("hedgewatch: --contract-size: missing")
    [fallen] = ask(capsys, "eth-coin", "--price", "4000", "--contract-size", "10", "--shock", "-30%")["scenarios"]
    assert parts(fallen) == ("-30000", "-30000", "30000", "-30000")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("btc-cor", "--price", "1"), 'there is no hedge "btc-cor"; did you mean "btc-core"?'),
        (("btc-core",), "--price: storage: "),
        (("btc-core", "--price", "70000"), "--margin: the declared 30000"),
    ],
)
def test_a_hedge_that_lacks_something_says_what(
    arguments: tuple[str, ...], told: str, config: Path, capsys: Captured
) -> None:
    assert config.exists()
    assert run_command(["scenario", *arguments]) == 2
    assert told in capsys.readouterr().err


@pytest.mark.parametrize("ending", [".svg", ".png", ".PNG"])
def test_a_picture_is_drawn_and_marks_the_liquidation(ending: str, tmp_path: Path, capsys: Captured) -> None:
    file = tmp_path / f"book{ending}"
    assert run_command(["scenario", *TENFOLD, "--path", "+12%,-30%", "--plot", str(file)]) == 0
    assert capsys.readouterr().err == ""
    if ending == ".svg":
        assert "liquidated at 65,671.642" in file.read_text()
        again = tmp_path / "again.svg"
        assert run_command(["scenario", *TENFOLD, "--path", "+12%,-30%", "--plot", str(again)]) == 0
        assert again.read_bytes() == file.read_bytes()
    else:
        assert file.read_bytes().startswith(b"\x89PNG")


def test_a_picture_of_a_book_that_is_never_liquidated_is_drawn(tmp_path: Path) -> None:
    file = tmp_path / "book.svg"
    book = ("--holding", "0", "--price", "60000", "--kind", "inverse", "--contracts", "-300000", "--margin", "5")
    assert run_command(["scenario", *book, "--plot", str(file)]) == 0
    assert "liquidated" not in file.read_text()


def test_a_missing_library_is_one_line_that_names_the_extra(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Captured
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert run_command(["scenario", *TENFOLD, "--plot", str(tmp_path / "book.svg")]) == 2
    assert capsys.readouterr().err.strip().endswith("pip install 'hedgewatch[plot]'")


def test_plain_numbers_load_no_exchange_no_database_and_no_plot() -> None:
    words = ["scenario", *TENFOLD, "--json"]
    script = (
        "import sys; from hedgewatch.cli import run_command; "
        f"code = run_command({words!r}); "
        "sys.exit(code or any(name in sys.modules for name in ('ccxt', 'sqlalchemy', 'matplotlib', 'numpy')))"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert Decimal(json.loads(ran.stdout)["leverage"]) == 10
