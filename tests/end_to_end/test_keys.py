"""Keys: what each may do is asked at every start, of exchanges that check the signature of the question."""

from __future__ import annotations

import asyncio
import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from hedgewatch.bootstrap.keys import refuse_powerful_keys
from hedgewatch.bootstrap.sources import make_source, one_look
from hedgewatch.bootstrap.watching import look_once
from hedgewatch.cli.working import refuse_what_exchanges_tell
from hedgewatch.domain.errors import ConfigurationError
from hedgewatch.exchanges.door import Restraints
from hedgewatch.settings import load_settings
from hedgewatch.storage.memory import MemoryStore
from hedgewatch.worker import SystemClock
from tests.end_to_end.stage import EXCHANGES, Stage, ask

KEY, SECRET, PHRASE = "canaryKEYcanary", "canarySECRETcanary", "canaryPHRASEcanary"
ACCOUNT = """
[accounts.treasury]
exchange = "{exchange}"
api_key = "env:E2E_ACCOUNT_KEY"
secret = "env:E2E_ACCOUNT_SECRET"
password = "env:E2E_ACCOUNT_PHRASE"
allow_trading_keys = {allowed}
"""


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"KEY": KEY, "SECRET": SECRET, "PHRASE": PHRASE}.items():
        monkeypatch.setenv(f"E2E_ACCOUNT_{name}", value)


def configured(stage: Stage, exchange: str, *, allowed: bool = False, **powers: Any) -> Path:
    stage.exchanges.accounts.add(exchange, "treasury", key=KEY, secret=SECRET, password=PHRASE, **powers)
    return stage.configure(ACCOUNT.format(exchange=exchange, allowed=str(allowed).lower()))


async def checked(config: Path) -> tuple[str, ...]:
    return await refuse_powerful_keys(load_settings(config, os.environ), os.environ, SystemClock())


@pytest.mark.parametrize("exchange", ["binance", "bybit", "bingx"])
async def test_a_key_that_only_reads_is_accepted_without_a_word(stage: Stage, exchange: str) -> None:
    assert await checked(configured(stage, exchange)) == ()


@pytest.mark.parametrize("exchange", ["binance", "bybit", "bingx"])
@pytest.mark.parametrize(("power", "word"), [("can_trade", "trade"), ("can_withdraw", "move coins out")])
async def test_a_key_that_can_do_more_is_refused_by_name(stage: Stage, exchange: str, power: str, word: str) -> None:
    config = configured(stage, exchange, **{power: True})
    with pytest.raises(ConfigurationError) as caught:
        await checked(config)
    [line] = caught.value.problems
    assert f"accounts.treasury: this key can {word}" in line
    assert line.endswith("make a read-only key, or set allow_trading_keys = true")
    assert KEY not in line


@pytest.mark.parametrize("exchange", ["binance", "bybit", "bingx"])
async def test_a_trading_key_that_is_allowed_is_warned_of_at_every_start(stage: Stage, exchange: str) -> None:
    config = configured(stage, exchange, allowed=True, can_trade=True)
    for _ in range(2):
        [line] = await checked(config)
        assert "accounts.treasury: this key can trade" in line
        assert "allowed by allow_trading_keys; a read-only key would do" in line


@pytest.mark.parametrize("exchange", ["weex", "mexc"])
async def test_a_key_whose_scope_nobody_tells_is_warned_of(stage: Stage, exchange: str) -> None:
    [line] = await checked(configured(stage, exchange))
    assert "what this key can do is not known" in line
    assert "see that it can only read" in line


@pytest.mark.parametrize("kind", ["503", "reset", "html", "451"])
async def test_an_exchange_that_does_not_answer_refuses_nothing(stage: Stage, kind: str) -> None:
    config = configured(stage, "binance", can_trade=True)
    stage.exchanges.faults.set("binance", kind)
    [line] = await checked(config)
    assert "accounts.treasury: what this key can do is not known: " in line
    assert "; " in line, "there is no mend"


async def test_a_machine_whose_clock_is_off_still_learns_what_its_key_may_do(stage: Stage) -> None:
    config = configured(stage, "binance", can_withdraw=True)
    stage.exchanges.faults.set("binance", "skewed_clock", seconds=-30.0)
    with pytest.raises(ConfigurationError, match="move coins out"):
        await checked(config)


async def test_a_key_that_cannot_be_read_is_named(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    config = configured(stage, "binance")
    monkeypatch.delenv("E2E_ACCOUNT_KEY")
    monkeypatch.delenv("E2E_ACCOUNT_SECRET")
    with pytest.raises(ConfigurationError) as caught:
        await checked(config)
    assert ["E2E_ACCOUNT_KEY" in line or "E2E_ACCOUNT_SECRET" in line for line in caught.value.problems] == [True] * 2


HEDGE = """
[[holdings]]
asset = "BTC"
quantity = 5

[[hedges]]
name = "btc-core"
asset = "BTC"
spot = "binance:BTC/USDT"
futures = "binance:BTC/USDT:USDT"
position = { coins = -5 }
"""


@pytest.mark.parametrize("command", [("once",), ("worker",), ("run", "--listen", "127.0.0.1:0")])
async def test_no_start_with_a_key_that_can_trade(stage: Stage, command: tuple[str, ...]) -> None:
    stage.exchanges.accounts.add("binance", "treasury", key=KEY, secret=SECRET, password=PHRASE, can_trade=True)
    config = str(stage.configure(HEDGE + ACCOUNT.format(exchange="binance", allowed="false")))
    said = await ask("--config", config, *command)
    assert (said.code, said.out) == (2, "")
    [line] = [one for one in said.err.splitlines() if one.startswith("hedgewatch: ")]
    assert line.endswith("make a read-only key, or set allow_trading_keys = true")
    assert not (stage.folder / "hedgewatch.db").exists(), "something ran"


async def test_an_allowed_key_is_warned_of_by_name(stage: Stage) -> None:
    stage.exchanges.accounts.add("binance", "treasury", key=KEY, secret=SECRET, password=PHRASE, can_trade=True)
    config = str(stage.configure(HEDGE + ACCOUNT.format(exchange="binance", allowed="true")))
    said = await ask("--config", config, "once", "--json")
    assert said.code == 0, said.err
    assert "accounts.treasury: this key can trade" in said.err
    assert KEY not in said.err


@pytest.mark.parametrize("exchange", EXCHANGES)
async def test_a_ban_that_stands_at_a_start_is_met_once_and_not_extended(stage: Stage, exchange: str) -> None:
    """The probe of the keys, the check of the symbols and the first cycle are one asker."""
    config = configured(stage, exchange)
    watched = ('[[holdings]]\nasset = "BTC"\nquantity = 1\n\n[[hedges]]\nname = "btc"\nasset = "BTC"\n'
               f'spot = "{exchange}:BTC/USDT"\nfutures = "{exchange}:BTC/USDT:USDT"\n')  # fmt: skip
    config.write_text(config.read_text() + watched)
    ban = stage.exchanges.faults.set(exchange, "418", seconds=600, doubling=True)
    settings, restraints = load_settings(config, os.environ), Restraints()
    await refuse_what_exchanges_tell(settings, os.environ, restraints)
    result = await look_once(settings, os.environ, SystemClock(), restraints=restraints)
    assert [answer.outcome.value for answer in result.answers.values()] == ["banned"]
    assert len([call for call in stage.exchanges.calls if call.exchange.value == exchange]) == 1
    assert ban.doublings == 0


async def test_what_asks_an_exchange_in_one_process_spends_one_budget(stage: Stage) -> None:
    settings, restraints = load_settings(configured(stage, "bybit"), os.environ), Restraints()
    first, second = (
        make_source(
            settings, "bybit", MemoryStore(), SystemClock(), patience=one_look(Decimal(5)), restraints=restraints
        )
        for _ in range(2)
    )
    assert first.client.throttler is second.client.throttler
    assert first.door.restraint is second.door.restraint
    await asyncio.gather(first.close(), second.close())
