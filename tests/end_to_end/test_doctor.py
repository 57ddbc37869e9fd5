"""``doctor``: what each exchange and account gives on this machine, what is wrong, and how it is mended."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from hedgewatch.domain.market import UnknownReason
from hedgewatch.domain.mends import MENDS
from tests.end_to_end.stage import EXCHANGES, Stage, ask
from tests.end_to_end.test_accounts import account_at, configuration, set_keys
from tests.end_to_end.test_keys import ACCOUNT, KEY, PHRASE, SECRET, keys  # noqa: F401  a fixture

PROXIED = "\n[web]\nbehind_proxy = true\n"
HEDGE = """
[[holdings]]
asset = "BTC"
quantity = 5

[[hedges]]
name = "btc-core"
asset = "BTC"
spot = "{exchange}:BTC/USDT"
futures = "{exchange}:BTC/USDT:USDT"
position = {{ coins = -5 }}
"""
WIDEST = 100

each_exchange = pytest.mark.parametrize("exchange", EXCHANGES)


def hedge(exchange: str = "binance") -> str:
    return HEDGE.format(exchange=exchange)


async def examined(stage: Stage, text: str, *more: str) -> tuple[int, dict[str, Any]]:
    said = await ask("--config", str(stage.configure(text)), "doctor", "--json", *more)
    answer: dict[str, Any] = json.loads(said.out)
    return said.code, answer


async def test_the_doctor_finds_everything_in_order(stage: Stage) -> None:
    said = await ask("--config", str(stage.configure(hedge())), "doctor", "--json")
    answer = json.loads(said.out)
    assert (said.code, said.err, answer["problems"]) == (0, "", [])
    [exchange] = answer["exchanges"]
    assert (exchange["exchange"], exchange["reachable"], exchange["outcome"]) == ("binance", True, "ok")
    assert {row["symbol"] for row in exchange["instruments"]} == {"BTC/USDT", "BTC/USDT:USDT"}
    assert abs(Decimal(exchange["skew_seconds"])) < 1
    assert not (stage.folder / "hedgewatch.db").exists(), "the doctor wrote something"


@pytest.mark.parametrize(
    ("kind", "details", "words"),
    [("reset", {}, "binance"), ("451", {}, "451"), ("skewed_clock", {"seconds": 30.0}, "clock")],
)
async def test_the_doctor_names_a_mend_for_what_is_wrong(
    stage: Stage, kind: str, details: dict[str, float], words: str
) -> None:
    stage.exchanges.faults.set("binance", kind, **details)
    config = str(stage.configure(hedge()))
    said = await ask("--config", config, "doctor", "--json")
    problems = json.loads(said.out)["problems"]
    assert said.code == 3
    assert any(words in problem for problem in problems), problems
    plain = await ask("--config", config, "doctor")
    assert plain.code == 3
    assert "mend" in plain.out


async def test_the_doctor_verifies_symbols_beside_what_is_not_built(stage: Stage) -> None:
    text = hedge().replace("BTC/USDT:USDT", "BTC/USDC:USDC")
    said = await ask("--config", str(stage.configure(text + PROXIED)), "doctor", "--json")
    answer = json.loads(said.out)
    assert said.code == 3
    assert [exchange["exchange"] for exchange in answer["exchanges"]] == ["binance"]
    proxied, unlisted = answer["problems"]
    assert "web.behind_proxy: locking the dashboard is not built yet" in proxied
    assert unlisted == 'binance has no market "BTC/USDC:USDC"; did you mean "BTC/USDT:USDT"?'


@pytest.mark.parametrize("exchange", ["binance", "bybit"])
async def test_the_doctor_finds_an_inverse_contract(stage: Stage, exchange: str) -> None:
    text = hedge(exchange).replace("BTC/USDT:USDT", "BTC/USD:BTC").replace("coins = -5", "contracts = -500")
    _, answer = await examined(stage, text)
    assert answer["problems"] == []
    [found] = answer["exchanges"]
    inverse = next(one for one in found["instruments"] if one["symbol"] == "BTC/USD:BTC")
    assert (inverse["payoff"], inverse["size_check"]["agrees"]) == ("inverse", True)


@each_exchange
async def test_every_call_is_shown_with_what_it_tells_and_whether_it_answered(stage: Stage, exchange: str) -> None:
    code, answer = await examined(stage, hedge(exchange))
    assert (code, answer["problems"]) == (0, [])
    [found] = answer["exchanges"]
    assert {call["outcome"] for call in found["calls"]} == {"ok"}
    told = {part for call in found["calls"] for part in call["tells"]}
    assert told >= {"bid and ask", "mark", "coming funding", "settled funding", "interval"}
    spot, perpetual = found["instruments"]
    assert (spot["symbol"], spot["listing"]) == ("BTC/USDT", "trading")
    assert (perpetual["listing"], perpetual["funding_interval_hours"]) == ("trading", "8")
    assert perpetual["funding_interval_from"]
    assert perpetual["next_funding_at"].endswith("Z")
    assert perpetual["size_check"]["agrees"] is True
    assert Decimal(perpetual["contract_size"]) == (Decimal("0.0001") if exchange == "mexc" else 1)


async def test_a_contract_whose_listed_size_is_wrong_by_a_hundred_is_named(stage: Stage) -> None:
    stage.world.change("mexc", "BTC", "perpetual", contract_size="0.01")
    stage.exchanges.faults.set("mexc", "garbage", path="/api/v1/contract/ticker", value="jump", field="amount24")
    code, answer = await examined(stage, hedge("mexc"))
    assert code == 3
    assert any("a contract is listed as 0.01, but" in line and "may be sized" in line for line in answer["problems"])


@each_exchange
async def test_one_call_that_is_missing_leaves_the_rest_shown(stage: Stage, exchange: str) -> None:
    paths = {"binance": "fundingRate", "bybit": "funding/history", "bingx": "quote/fundingRate"}
    path = paths.get(exchange, "fundingRate" if exchange == "weex" else "funding_rate/history")
    stage.exchanges.faults.set(exchange, "html", path=path)
    code, answer = await examined(stage, hedge(exchange))
    [found] = answer["exchanges"]
    outcomes = {call["call"]: call["outcome"] for call in found["calls"]}
    assert (code, found["reachable"], outcomes.pop("funding history")) == (3, True, "failed")
    assert set(outcomes.values()) == {"ok"}
    [line] = answer["problems"]
    assert line.endswith(MENDS[UnknownReason.NOT_JSON])


@each_exchange
@pytest.mark.parametrize(
    ("kind", "details", "reason"),
    [
        ("429", {"retry_after": 30.0}, UnknownReason.RATE_LIMITED),
        ("418", {"seconds": 600.0}, UnknownReason.BANNED),
        ("503", {}, UnknownReason.MAINTENANCE),
        ("451", {}, UnknownReason.GEO_BLOCKED),
        ("html", {}, UnknownReason.NOT_JSON),
        ("reset", {}, UnknownReason.FETCH_ERROR),
    ],
)
async def test_each_class_of_error_has_its_own_words_and_mend(
    stage: Stage, exchange: str, kind: str, details: dict[str, float], reason: UnknownReason
) -> None:
    stage.exchanges.faults.set(exchange, kind, **details)
    code, answer = await examined(stage, hedge(exchange))
    assert code == 3
    [line] = answer["problems"]
    assert line.startswith(f"{exchange} is not reachable: {reason.replace('_', ' ')}"), line
    assert line.endswith(f"; {MENDS[reason]}")
    if reason in {UnknownReason.RATE_LIMITED, UnknownReason.BANNED}:
        assert f"{reason.replace('_', ' ')} until 20" in line, line


@each_exchange
async def test_a_clock_that_is_off_is_measured_shown_and_corrected(stage: Stage, exchange: str) -> None:
    stage.exchanges.accounts.add(exchange, "treasury", key=KEY, secret=SECRET, password=PHRASE)
    stage.exchanges.faults.set(exchange, "skewed_clock", seconds=40.0)
    code, answer = await examined(stage, hedge(exchange) + ACCOUNT.format(exchange=exchange, allowed="false"))
    [found], [account] = answer["exchanges"], answer["accounts"]
    assert code == 3
    assert -41 < Decimal(found["skew_seconds"]) < -39
    assert found["skew_corrected"] == "in signed requests"
    assert account["read"], "a signature of a corrected clock was refused"
    assert any("clock is off by -40" in line and line.endswith("let it follow NTP") for line in answer["problems"])


@each_exchange
async def test_an_account_is_shown_part_by_part(stage: Stage, exchange: str) -> None:
    held = stage.exchanges.accounts.add(exchange, "treasury", key=KEY, secret=SECRET, password=PHRASE)
    stage.exchanges.accounts.furnish(held)
    _, answer = await examined(stage, hedge(exchange) + ACCOUNT.format(exchange=exchange, allowed="false"))
    [account] = answer["accounts"]
    assert account["read"]
    assert {name: part["outcome"] for name, part in account["parts"].items()} == dict.fromkeys(account["parts"], "ok")
    assert account["parts"]["positions"]["count"] == 1
    sizes = {symbol: check["agrees"] for symbol, check in account["sizes"].items()}
    assert sizes == ({} if exchange == "mexc" else {"BTC/USDT:USDT": True}), "MEXC reports no notional"
    assert (account["earn"] == "read") is (exchange in {"binance", "bybit"})
    assert account["key"]["verdict"] == ("fine" if exchange in {"binance", "bybit", "bingx"} else "warn")
    assert {call["outcome"] for call in account["calls"]} == {"ok"}


@pytest.mark.parametrize("exchange", ["binance", "bybit", "bingx"])
async def test_a_key_that_can_trade_needs_attention(stage: Stage, exchange: str) -> None:
    stage.exchanges.accounts.add(exchange, "treasury", key=KEY, secret=SECRET, password=PHRASE, can_trade=True)
    code, answer = await examined(stage, hedge(exchange) + ACCOUNT.format(exchange=exchange, allowed="false"))
    assert code == 3
    assert any("accounts.treasury: this key can trade" in line for line in answer["problems"])
    _, answer = await examined(stage, hedge(exchange) + ACCOUNT.format(exchange=exchange, allowed="true"))
    assert not any("this key can trade" in line for line in answer["problems"])
    assert any("allowed by allow_trading_keys" in line for line in answer["notes"])


@each_exchange
async def test_a_key_nobody_knows_is_told_with_its_mend(stage: Stage, exchange: str) -> None:
    code, answer = await examined(stage, hedge(exchange) + ACCOUNT.format(exchange=exchange, allowed="false"))
    assert code == 3
    [line] = [one for one in answer["problems"] if "cannot be read" in one]
    assert line.startswith("accounts.treasury cannot be read: bad key: ")
    assert [one["earn"] for one in answer["accounts"] if one["earn"] == "read"] == [], "nothing was read"
    assert line.endswith(MENDS[UnknownReason.BAD_KEY])
    assert KEY not in line


async def test_the_matrix_fits_a_terminal_of_a_hundred_columns(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(WIDEST))
    text = '\n[[holdings]]\nasset = "BTC"\nquantity = 5\n' + "".join(
        hedge(exchange).partition("quantity = 5")[2].replace("btc-core", f"on-{exchange}") for exchange in EXCHANGES
    ).replace('asset = "BTC"\nspot', 'asset = "BTC"\nholdings = [{ name = "BTC", share = "0.2" }]\nspot')
    said = await ask("--config", str(stage.configure(text)), "doctor")
    assert said.code == 0, said.out
    assert max(map(len, said.out.splitlines())) <= WIDEST
    for exchange in EXCHANGES:
        assert f"{exchange} reachable" in said.out
    assert "nothing to mend" in said.out


@each_exchange
async def test_a_recording_holds_no_identity_and_is_its_owners_alone(stage: Stage, exchange: str) -> None:
    held = stage.exchanges.accounts.add(exchange, "treasury", key=KEY, secret=SECRET, password=PHRASE)
    stage.exchanges.accounts.furnish(held)
    folder = stage.folder / "answers"
    text = hedge(exchange) + ACCOUNT.format(exchange=exchange, allowed="false")
    said = await ask("--config", str(stage.configure(text)), "doctor", "--record", str(folder))
    files = sorted(folder.glob("*.json"))
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    assert f"{len(files) - 1} answers kept in" in said.err
    written = b"".join(file.read_bytes() for file in files)
    for canary in (KEY, SECRET, PHRASE, "signature", "127.0.0.1"):
        assert canary.encode() not in written, canary
    told = [json.loads(file.read_text()) for file in files if file.name != "about.json"]
    assert {one["exchange"] for one in told} == {exchange}
    assert {one["provenance"] for one in told} == {"recorded by a user"}
    assert {one["signed"] for one in told} == {True, False}
    assert all(one["url"].startswith("/") and "?" not in one["url"] for one in told)
    order = next(one for one in told if "rder" in one["url"] and one["signed"])
    assert "BTC" in json.dumps(order["httpResponse"]), "a recording without symbols helps nobody"


async def test_a_recording_goes_into_an_empty_folder_only(stage: Stage) -> None:
    folder: Path = stage.folder
    said = await ask("--config", str(stage.configure(hedge())), "doctor", "--record", str(folder))
    assert (said.code, said.out) == (2, "")
    assert "is not empty; name a folder that is new or empty" in said.err


@each_exchange
async def test_an_unknown_symbol_disables_one_instrument_and_no_exchange(stage: Stage, exchange: str) -> None:
    code, answer = await examined(stage, hedge(exchange).replace("BTC/USDT:USDT", "BTC/USDC:USDC"))
    [found] = answer["exchanges"]
    assert (code, found["reachable"], found["outcome"]) == (3, True, "ok")
    assert [one["symbol"] for one in found["instruments"]] == ["BTC/USDT"]
    assert answer["problems"] == [f'{exchange} has no market "BTC/USDC:USDC"; did you mean "BTC/USDT:USDT"?']


@each_exchange
@pytest.mark.parametrize(
    ("value", "reason"), [("nan", UnknownReason.NOT_A_NUMBER), ("negative", UnknownReason.OUT_OF_RANGE)]
)
async def test_numbers_that_are_none_have_their_own_words(
    stage: Stage, exchange: str, value: str, reason: UnknownReason
) -> None:
    paths = {"binance": "fapi/v1/ticker/bookTicker", "bybit": "v5/market/tickers", "bingx": "swap/v2/quote/ticker"}
    path = paths.get(exchange, "capi/v3/market/ticker/bookTicker" if exchange == "weex" else "v1/contract/ticker")
    stage.exchanges.faults.set(exchange, "garbage", path=path, value=value)
    code, answer = await examined(stage, hedge(exchange))
    assert code == 3
    assert answer["problems"]
    assert all(line.partition("; ")[2] for line in answer["problems"]), answer["problems"]
    assert any(MENDS[reason] in line or MENDS[UnknownReason.NOT_JSON] in line for line in answer["problems"])


async def test_credit_that_can_expire_is_shown_apart_from_equity(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    set_keys(monkeypatch)
    account_at(stage, "mexc").credit("linear", "USDT", "50")
    _, answer = await examined(stage, configuration("mexc"))
    assert (
        "accounts.treasury: 50 USDT in its wallet contract are credit that can expire: left out of its equity"
        in (answer["notes"])
    )
