"""SIGKILL against the real daemon over ccxt: no alert is lost, none comes twice under another id.

HEDGEWATCH_FAULT=long makes the published run.
"""

from __future__ import annotations

import asyncio
import os
import random
from pathlib import Path

from hedgewatch.simulator.market import World
from hedgewatch.simulator.receiver import WebhookReceiver
from hedgewatch.simulator.server import SimulatedExchanges, wall_clock
from tests.fault.killing import (
    SECRET,
    SEED,
    Told,
    called_for,
    configure,
    daemon,
    faults_in,
    first_commit,
    restless,
    snapshots,
    until_delivered,
)

KILLS = 100 if os.environ.get("HEDGEWATCH_FAULT") == "long" else 12


async def test_killing_the_daemon_loses_no_alert_and_doubles_none(tmp_path: Path) -> None:
    chance = random.Random(SEED)  # noqa: S311  a seed that can be told, not a secret
    receiver = WebhookReceiver(SECRET, refuse_rate=0.2, seed=SEED)
    async with SimulatedExchanges(World(SEED, "squeeze", wall_clock())) as exchanges, receiver:
        config, database = configure(tmp_path, exchange=exchanges.base_url, hook=receiver.url)
        market = asyncio.create_task(restless(exchanges.world, chance))
        process = await daemon(config)
        try:
            start_takes = await first_commit(database, process)
            for _ in range(KILLS):
                process.kill()
                await process.wait()
                process = await daemon(config)
                await asyncio.sleep(chance.uniform(0.8 * start_takes, start_takes + 2.5))
            receiver.refuse_at_random(0)
            market.cancel()
            await asyncio.sleep(start_takes + 2)
            await until_delivered(database)
            process.terminate()
            assert await process.wait() == 0
        finally:
            market.cancel()
            if process.returncode is None:
                process.kill()
                await process.wait()

    told = [Told(event_id=message.webhook_id, body=message.body) for message in receiver.received]
    expected = called_for(snapshots(database))
    counts = receiver.statistics
    print(  # noqa: T201  the figures of the run
        f"kills {KILLS}, snapshots {len(snapshots(database))}, alerts called for {len(expected)}, "
        f"distinct events received {counts.distinct}, repeated with the same id {counts.repeated}, "
        f"refused {counts.refused}, seed {SEED}"
    )
    assert faults_in(told, expected) == []
    assert counts.unverified == 0
