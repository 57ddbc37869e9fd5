"""SIGKILL between the two transactions of a cycle: its alerts are stored, what its rules answered is not shown yet."""

from __future__ import annotations

import asyncio
import os
import time
from dataclasses import replace

import pytest

from hedgewatch.bootstrap.crashing import UNSHOWN
from hedgewatch.simulator.receiver import WebhookReceiver
from hedgewatch.storage.history import History
from tests.end_to_end.stage import rows
from tests.fault.called_for import reckon
from tests.fault.killing import ENTRY_BASIS, SECRET, SEED
from tests.fault.scripted import BASIS, Script, empty, start

DEATHS = 100 if os.environ.get("HEDGEWATCH_FAULT") == "long" else 3
PATIENCE = 30.0
LATER = 200.0  # the clock of whoever delivers the rest: every retry is due


def stored_and_shown(url: str) -> tuple[int, set[int]]:
    """Return when the newest cycle was read, and every time that readers are shown answers of."""
    shown = {read_at for (read_at,) in rows(url, "SELECT DISTINCT read_at_ms FROM outcome_latest")}
    return rows(url, "SELECT max(read_at_ms) FROM cycle")[0][0], shown


def values_shown(url: str) -> dict[str, float]:
    with History(url) as history:
        answers = [answer for answer in history.outcomes_now() if answer["rule"] == BASIS.rule]
    assert len({answer["hedge"] for answer in answers}) == len(answers), "a hedge is answered for twice"
    return {answer["hedge"]: float(answer["value"]) for answer in answers}


def values_measured(url: str) -> dict[str, float]:
    """Recompute what the rule must answer in the newest cycle from its snapshots."""
    newest = (
        "SELECT hedge, basis_rate, spot_price FROM basis_history WHERE read_at_ms = (SELECT max(read_at_ms) FROM cycle)"
    )
    return {hedge: rate - ENTRY_BASIS / spot for hedge, rate, spot in rows(url, newest)}


async def live_past(script: Script, read_at_ms: int) -> None:
    """Let one worker show a cycle that is newer, and end it in good order."""
    process, until = start(script), time.monotonic() + PATIENCE
    while not any(shown > read_at_ms for shown in stored_and_shown(script.url)[1]):
        assert process.is_alive(), "the worker ended by itself"
        assert time.monotonic() < until, "no newer cycle was shown"
        await asyncio.sleep(0.02)
    process.terminate()
    await asyncio.to_thread(process.join, PATIENCE)
    assert process.exitcode == 0


async def test_a_death_before_the_answers_are_shown_loses_nothing_and_the_next_cycle_shows_the_truth(
    store_url: str,
) -> None:
    async with WebhookReceiver(SECRET, seed=SEED) as receiver:
        script = Script(url=store_url, hook=receiver.url, seed=SEED)
        first = start(replace(script, crash_at=UNSHOWN))
        await asyncio.to_thread(first.join, PATIENCE)
        assert first.exitcode == -9, "the first worker never came to the step"
        await live_past(script, 0)
        for _ in range(DEATHS):
            process = start(replace(script, crash_at=UNSHOWN))
            await asyncio.to_thread(process.join, PATIENCE)
            assert process.exitcode == -9, "the worker never came to the step"
            stored, shown = stored_and_shown(store_url)
            assert len(shown) == 1, "the answers of a cycle are shown by half"
            assert max(shown) < stored, "the worker died elsewhere"
            assert len(values_shown(store_url)) == script.hedges
            await live_past(script, stored)
            newest, shown = stored_and_shown(store_url)
            assert shown == {newest}
            assert values_shown(store_url) == pytest.approx(values_measured(store_url), abs=1e-9)
        rest = start(replace(script, ahead=LATER), empty)
        await asyncio.to_thread(rest.join, PATIENCE)
        assert rest.exitcode == 0
        found = reckon(store_url, receiver.received)
    print(f"{DEATHS + 1} deaths before the answers were shown: {found}, seed {SEED}")  # noqa: T201  the figures
    assert found.is_sound
    assert found.called_for > DEATHS
    assert rows(store_url, "SELECT count(*) FROM outbox WHERE state <> 'delivered'") == [(0,)]
