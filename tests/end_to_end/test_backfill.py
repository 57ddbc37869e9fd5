"""``backfill``: the past of five exchanges into the store, whatever happens on the way."""

from __future__ import annotations

import json
import signal
from collections import Counter
from typing import Any

import pytest

from tests.end_to_end.stage import EXCHANGES, Stage, ask, rows, until
from tests.end_to_end.test_doctor import hedge

CANDLES = "SELECT opened_at_ms, instrument_id, step_seconds, kind FROM candle"
HOUR_MS = 3_600_000


async def filled(
    stage: Stage, text: str, *options: str, storage: str | None = None
) -> tuple[int, list[dict[str, Any]]]:
    said = await ask("--config", str(stage.configure(text, storage=storage)), "backfill", "--json", *options)
    return said.code, json.loads(said.out)["series"] if said.out else []


@pytest.mark.parametrize("exchange", EXCHANGES)
async def test_the_past_of_a_hedge_is_filled(stage: Stage, exchange: str) -> None:
    code, series = await filled(stage, hedge(exchange), "--days", "3")
    assert code == 0, series
    stored = {f"{one['symbol']} {one['kind']}": one["stored"] for one in series}
    assert stored == {
        "BTC/USDT trades": 72,
        "BTC/USDT:USDT funding": 9,
        "BTC/USDT:USDT trades": 72,
        "BTC/USDT:USDT mark": 72,
    }
    assert [one["gaps"] for one in series] == [[]] * 4
    code, again = await filled(stage, hedge(exchange), "--days", "3")
    assert (code, sum(one["rows"] for one in again)) == (0, 0)


async def test_a_plain_answer_lists_series_and_gaps(stage: Stage) -> None:
    config = str(stage.configure(hedge("weex")))
    said = await ask("--config", config, "backfill", "--days", "14")
    assert said.code == 0
    assert "gap weex:BTC/USDT trades 1h: 20" in said.out, "WEEX tells spot candles of the last 300 hours only"
    assert said.err.strip().splitlines()[-1].startswith("4 series: ")


async def test_only_what_was_asked_for_is_filled(stage: Stage) -> None:
    _, series = await filled(stage, hedge(), "--days", "1", "--step", "1m", "--step", "1h", "--exchange", "binance")
    assert {one["step_seconds"] for one in series} == {None, 60, 3600}
    for options, words in (
        (("--hedge", "nobody"), '--hedge: there is no hedge "nobody"; configured: btc-core'),
        (("--exchange", "bybit"), '--exchange: no hedge asks "bybit"; asked are binance'),
        (("--step", "5m"), "--step: expected 1h or 1m, found '5m'"),
    ):
        said = await ask("--config", str(stage.configure(hedge())), "backfill", *options)
        assert (said.code, said.out) == (2, "")
        assert words in said.err


async def test_an_exchange_that_fails_is_named_and_the_others_are_filled(stage: Stage) -> None:
    stage.exchanges.faults.set("binance", "451", path="markPriceKlines")
    code, series = await filled(stage, hedge(), "--days", "1")
    assert code == 3
    failures = {one["kind"]: one["failure"] for one in series if one["failure"]}
    assert list(failures) == ["mark"]
    assert failures["mark"].startswith("geo blocked: ")
    assert len([one for one in series if one["stored"]]) == 3


async def test_a_back_fill_that_is_killed_goes_on_without_a_row_twice_or_missing(stage: Stage, store_url: str) -> None:
    config = stage.configure(hedge(), storage=store_url)
    stage.exchanges.faults.set("binance", "latency", path="lines", seconds=0.25)
    running = stage.daemon(config, "backfill", "--days", "4", "--step", "1m")
    await running.start()
    await until(lambda: len(rows(store_url, "SELECT until_ms FROM series_stretch")) >= 2, "two series begun")
    running.process.send_signal(signal.SIGKILL)
    await running.ended()
    before = len(rows(store_url, CANDLES))
    whole = 3 * 4 * 24 * 60
    assert 0 < before < whole, "it was not killed in the middle"

    stage.exchanges.faults.clear()
    stage.exchanges.forget_calls()
    code, series = await filled(stage, hedge(), "--days", "4", "--step", "1m", storage=store_url)
    assert code == 0
    assert [one["gaps"] for one in series] == [[]] * 4
    kept = rows(store_url, CANDLES)
    assert max(Counter(kept).values()) == 1
    times = Counter((row[1], row[3]) for row in kept)
    assert set(times.values()) <= set(range(whole // 3, whole // 3 + 3)), "the clock went on between the two runs"
    told = sum(one["rows"] for one in series if one["kind"] != "funding")
    assert told == len(kept) - before, "it asked for what it had"
