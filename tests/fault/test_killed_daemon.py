"""SIGKILL against the real daemon over ccxt: no alert is lost, none comes twice under another id.

HEDGEWATCH_FAULT=long makes the published run, HEDGEWATCH_TEST_KILLS=40 one of that length.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import random
import signal
from pathlib import Path

from hedgewatch.bootstrap.crashing import STEPS
from hedgewatch.simulator.market import World
from hedgewatch.simulator.receiver import WebhookReceiver
from hedgewatch.simulator.server import SimulatedExchanges, wall_clock
from tests.fault.called_for import reckon
from tests.fault.killing import SECRET, SEED, configure, daemon, first_commit, restless, until_delivered, without_a_past

EVERY_NAMED = 3  # every third one dies by its own hand
KILLS = int(os.environ.get("HEDGEWATCH_TEST_KILLS", "100" if os.environ.get("HEDGEWATCH_FAULT") == "long" else "4"))


async def test_killing_the_daemon_loses_no_alert_and_doubles_none(tmp_path: Path) -> None:
    chance = random.Random(SEED)  # noqa: S311  a seed that can be told, not a secret
    receiver = WebhookReceiver(SECRET, refuse_rate=0.2, seed=SEED)
    async with SimulatedExchanges(World(SEED, "squeeze", wall_clock())) as exchanges, receiver:
        without_a_past(exchanges)
        config, database = configure(tmp_path, exchange=exchanges.base_url, hook=receiver.url)
        market = asyncio.create_task(restless(exchanges.world, chance))
        process, steps, died = await daemon(config), itertools.cycle(STEPS), 0
        try:
            start_takes = await first_commit(database, process)
            for number in range(KILLS):
                with contextlib.suppress(ProcessLookupError):  # it may have died by its own hand
                    process.kill()
                await process.wait()
                named = next(steps) if number % EVERY_NAMED == 0 else None
                process = await daemon(config, crash_at=named)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(chance.uniform(0.8, 1) * start_takes + (5 if named else 2.5)):
                        died += await process.wait() == -signal.SIGKILL
            receiver.refuse_at_random(0)
            market.cancel()
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
            process = await daemon(config)  # one that may live
            await asyncio.sleep(start_takes + 2)
            await until_delivered(database)
            process.terminate()
            assert await process.wait() == 0
        finally:
            market.cancel()
            if process.returncode is None:
                process.kill()
                await process.wait()

    about = [message for message in receiver.received if message.body["data"]["rule"] == "basis_adverse"]  # type: ignore[index]  # the webhook's shape
    found = reckon(f"sqlite:///{database}", about)
    counts = receiver.statistics
    print(  # noqa: T201  the figures of the run
        f"kills {KILLS}, {died} of them by its own hand at a named step; {found}, {counts.refused} refused, seed {SEED}"
    )
    assert found.is_sound
    assert counts.unverified == 0
    assert died > 0
