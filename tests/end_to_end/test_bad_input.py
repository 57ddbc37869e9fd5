"""Whatever is wrong is told in one clear line on standard error, exit 2 or 1, and nothing is left half written."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
from collections.abc import Iterator
from decimal import Decimal

import pytest

from hedgewatch.bootstrap.verifying import refuse_unlisted
from hedgewatch.domain.errors import ConfigurationError
from hedgewatch.settings import load_settings
from hedgewatch.worker import SystemClock
from tests.end_to_end.stage import Said, Stage, ask, rows, until, watch_here

HEDGE = """
[[holdings]]
asset = "BTC"
quantity = 5

[[hedges]]
name = "btc"
asset = "BTC"
spot = "binance:BTC/USDT"
futures = "binance:BTC/USDT:USDT"
position = { contracts = -5 }
"""
REFUSED = {
    "an unknown exchange": ("binance:BTC/USDT:", "binnance:BTC/USDT:", ["binnance", 'did you mean "binance']),
    "a negative quantity": ("quantity = 5", "quantity = -5", ["holdings[0].quantity", "-5"]),
    "a clear on the wrong side of its fire": (
        "contracts = -5 }",
        "contracts = -5 }\nrules = { drift = { warning = { fire = 0.02, clear = 0.03 } } }",
        ["clear", "0.03", "0.02"],
    ),
    "a spot symbol as future": ("BTC/USDT:USDT", "BTC/USDT", ["futures", "BTC/USDT"]),
    "another base without a proxy": ("binance:BTC/USDT:USDT", "binance:ETH/USDT:USDT", ["ETH", "BTC", "proxy"]),
    "a value of the wrong kind": ("quantity = 5", 'quantity = "five"', ["holdings[0].quantity", "five"]),
    "an unknown key": ("position =", "positon =", ["positon", "did you mean", "position"]),
    "what is no TOML": ("[[hedges]]", "[[hedges]", ["hedgewatch.toml"]),
}


def one_line(said: Said) -> str:
    """Return the only line on standard error."""
    lines = said.err.strip().splitlines()
    assert len(lines) == 1, said.err
    assert lines[0].startswith("hedgewatch: ")
    assert said.out == ""
    return lines[0]


@pytest.fixture
def _nothing_written(stage: Stage) -> Iterator[None]:
    yield
    left = {path.name for path in stage.folder.iterdir()}
    assert left <= {"hedgewatch.toml", "ca.pem"}, "something was written"


@pytest.mark.usefixtures("_nothing_written")
@pytest.mark.parametrize("command", ["once", "worker"])
@pytest.mark.parametrize("mistake", REFUSED)
async def test_a_mistake_in_the_configuration_is_exit_two(stage: Stage, mistake: str, command: str) -> None:
    right, wrong, words = REFUSED[mistake]
    assert right in HEDGE
    said = await ask("--config", str(stage.configure(HEDGE.replace(right, wrong))), command)
    assert said.code == 2
    line = one_line(said)
    for word in words:
        assert word in line


@pytest.mark.usefixtures("_nothing_written")
async def test_all_mistakes_are_told_at_once(stage: Stage) -> None:
    text = HEDGE.replace("quantity = 5", "quantity = -5").replace("position =", "positon =")
    said = await ask("--config", str(stage.configure(text)), "once")
    assert (said.code, said.out) == (2, "")
    assert len(said.err.strip().splitlines()) == 2


@pytest.mark.usefixtures("_nothing_written")
async def test_a_file_that_is_not_there_is_named(stage: Stage) -> None:
    said = await ask("--config", str(stage.folder / "other.toml"), "once")
    assert said.code == 2
    assert "other.toml" in one_line(said)


UNLISTED = {
    "spot": ('"binance:BTC/USDT"', '"binance:BTC/USDC"', 'no market "BTC/USDC"; did you mean "BTC/USDT"?'),
    "futures": ("BTC/USDT:USDT", "BTC/USDC:USDC", 'no market "BTC/USDC:USDC"; did you mean "BTC/USDT:USDT"?'),
}


@pytest.mark.usefixtures("_nothing_written")
@pytest.mark.parametrize("kind", UNLISTED)
async def test_an_unlisted_symbol_is_told_with_the_one_that_was_meant(stage: Stage, kind: str) -> None:
    right, wrong, words = UNLISTED[kind]
    config = str(stage.configure(HEDGE.replace(right, wrong)))
    once = await ask("--config", config, "once", "--json")
    assert once.code == 2
    assert once.err == f"hedgewatch: binance has {words}\n"
    assert json.loads(once.out)["hedges"][0]["quality"] == "unknown"
    doctor = await ask("--config", config, "doctor", "--json")
    assert doctor.code == 3
    assert json.loads(doctor.out)["problems"] == [f"binance has {words}"]


@pytest.mark.usefixtures("_nothing_written")
@pytest.mark.parametrize("command", ["worker", "run"])
@pytest.mark.parametrize("kind", UNLISTED)
async def test_a_daemon_does_not_start_on_an_unlisted_symbol(stage: Stage, kind: str, command: str) -> None:
    right, wrong, words = UNLISTED[kind]
    listen = () if command == "worker" else ("--listen", "127.0.0.1:0")
    said = await ask("--config", str(stage.configure(HEDGE.replace(right, wrong))), command, *listen)
    assert said.code == 2
    assert one_line(said) == f"hedgewatch: binance has {words}"


async def test_a_daemon_asks_again_only_for_symbols_it_has_never_seen(stage: Stage) -> None:
    config = stage.configure(HEDGE)
    await watch_here(config, cycles=1)
    stage.exchanges.faults.set("binance", "missing", symbol="BTCUSDT")
    await refuse_unlisted(load_settings(config, os.environ), os.environ, SystemClock())
    config.write_text(config.read_text().replace("BTC/USDT:USDT", "BTC/USDC:USDC"))
    with pytest.raises(ConfigurationError, match="BTC/USDC:USDC"):
        await refuse_unlisted(load_settings(config, os.environ), os.environ, SystemClock())


async def test_a_daemon_starts_on_one_spot_source_of_several(stage: Stage) -> None:
    several = HEDGE.replace('"binance:BTC/USDT"', '["binance:BTC/USDC", "mexc:BTC/USDT"]')
    config = stage.configure(several)
    await refuse_unlisted(load_settings(config, os.environ), os.environ, SystemClock())


async def test_a_daemon_starts_while_an_exchange_cannot_be_asked(stage: Stage) -> None:
    config = stage.configure(HEDGE.replace("BTC/USDT:USDT", "BTC/USDC:USDC"))
    for fault in ("451", "hang"):
        stage.exchanges.faults.set("binance", fault)
        await refuse_unlisted(load_settings(config, os.environ), os.environ, SystemClock(), patience_seconds=Decimal(1))
        stage.exchanges.faults.clear()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_stop_while_symbols_are_verified_is_exit_zero(stage: Stage, number: signal.Signals) -> None:
    stage.exchanges.faults.set("binance", "hang")
    daemon = stage.daemon(stage.configure(HEDGE), "worker")
    await daemon.start()
    await until(lambda: stage.exchanges.calls, "a question to the exchange")
    daemon.process.send_signal(number)
    assert await daemon.ended() == 0, daemon.err
    assert "Traceback" not in daemon.err
    assert not (stage.folder / "hedgewatch.db").exists()


@pytest.mark.usefixtures("_nothing_written")
async def test_a_symbol_no_exchange_could_have_is_refused_without_asking(stage: Stage) -> None:
    config = stage.configure(HEDGE.replace("BTC/USDT:USDT", "BTC/USDT:USD"))
    said = await ask("--config", str(config), "once")
    assert said.code == 2
    assert 'binance has no market "BTC/USDT:USD"; did you mean "BTC/USDT:USDT"' in one_line(said)
    assert not stage.exchanges.calls


@pytest.mark.usefixtures("_nothing_written")
@pytest.mark.parametrize("command", ["worker", "web", "run"])
async def test_an_unreachable_server_of_the_database_is_exit_one(stage: Stage, command: str) -> None:
    config = stage.configure(HEDGE, storage="postgresql://me@127.0.0.1:1/hedgewatch")
    listen = () if command == "worker" else ("--listen", "127.0.0.1:0")
    said = await ask("--config", str(config), command, *listen)
    assert said.code == 1
    line = one_line(said)
    assert "postgresql://me@127.0.0.1:1/hedgewatch" in line
    assert "refused" in line


@pytest.mark.usefixtures("_nothing_written")
@pytest.mark.parametrize("command", [("worker",), ("db", "upgrade"), ("db", "check"), ("status",)], ids=" ".join)
@pytest.mark.parametrize("where", ["missing/hedgewatch.db", "ca.pem/hedgewatch.db"])
async def test_a_database_that_cannot_be_made_is_exit_one(stage: Stage, where: str, command: tuple[str, ...]) -> None:
    config = stage.configure(HEDGE, storage=f"sqlite:///{stage.folder / where}")
    said = await ask("--config", str(config), *command)
    if command == ("db", "check") and said.code == 3:
        pytest.fail("a folder that is not there is no missing schema")
    assert said.code == 1
    assert where in one_line(said)


async def test_a_folder_that_is_read_only_is_exit_one(stage: Stage) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere; ca.pem/hedgewatch.db above stands for it")
    folder = stage.folder / "read-only"
    folder.mkdir(mode=0o500)
    said = await ask("--config", str(stage.configure(HEDGE, storage=f"sqlite:///{folder / 'x.db'}")), "worker")
    assert said.code == 1
    assert "cannot be written" in one_line(said)
    assert list(folder.iterdir()) == []


async def test_a_file_that_is_no_database_stays_as_it_is(stage: Stage) -> None:
    path = stage.folder / "notes.db"
    path.write_text("these are notes and no database\n" * 100)
    before = path.read_bytes()
    for command in (("worker",), ("db", "upgrade"), ("status",)):
        said = await ask("--config", str(stage.configure(HEDGE, storage=f"sqlite:///{path}")), *command)
        assert said.code == 1
        assert "notes.db" in one_line(said)
        assert path.read_bytes() == before


async def test_a_database_of_a_newer_version_is_refused_and_stays(stage: Stage) -> None:
    config = stage.configure(HEDGE)
    await ask("--config", str(config), "db", "upgrade")
    path = stage.folder / "hedgewatch.db"
    with sqlite3.connect(path) as database:
        database.execute("UPDATE alembic_version SET version_num = 'ffff'")
    for command in ("worker", "web"):
        listen = () if command == "worker" else ("--listen", "127.0.0.1:0")
        said = await ask("--config", str(config), command, *listen)
        assert said.code == 1
        assert "newer" in one_line(said)
    assert rows(f"sqlite:///{path}", "SELECT version_num FROM alembic_version") == [("ffff",)]


@pytest.mark.parametrize("command", ["run", "web"])
async def test_a_port_in_use_is_exit_two_before_anything_runs(stage: Stage, command: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        said = await ask("--config", str(stage.configure(HEDGE)), command, "--listen", address)
    assert said.code == 2
    line = one_line(said)
    assert address in line
    assert "in use" in line
    assert not (stage.folder / "hedgewatch.db").exists()


@pytest.mark.usefixtures("_nothing_written")
async def test_a_secret_that_is_not_there_is_exit_two(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("E2E_WEBHOOK_SECRET")
    said = await ask("--config", str(stage.configure(HEDGE + stage.channels())), "worker")
    assert said.code == 2
    assert "E2E_WEBHOOK_SECRET" in one_line(said)


@pytest.mark.usefixtures("_nothing_written")
@pytest.mark.parametrize("command", ["once", "run", "worker"])
async def test_what_is_not_built_yet_is_refused_by_name(stage: Stage, command: str) -> None:
    text = HEDGE + "\n[web]\nbehind_proxy = true\n"
    said = await ask("--config", str(stage.configure(text)), command)
    assert said.code == 2
    assert "web.behind_proxy" in one_line(said)
    assert "not built yet" in said.err


async def test_a_configuration_without_hedges_is_refused(stage: Stage) -> None:
    said = await ask("--config", str(stage.configure("")), "once")
    assert said.code == 2
    assert "[[hedges]]" in one_line(said)
