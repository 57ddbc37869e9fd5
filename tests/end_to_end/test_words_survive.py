"""What was answered is stored: the command is killed in the moment of its answer, and the word is there."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys

from hedgewatch.storage.migrate import upgrade
from tests.end_to_end.stage import Stage, environment

HEDGE = """
[[holdings]]
asset = "BTC"
quantity = 5

[[hedges]]
name = "btc-core"
asset = "BTC"
spot = "binance:BTC/USDT"
futures = "binance:BTC/USDT:USDT"
position = { contracts = -5 }
"""
WORDS = ("silence", "hedge=btc-core", "--for", "1h", "--comment", "killed")
COUNT = 200 if os.environ.get("HEDGEWATCH_FAULT") == "long" else 8


async def test_a_word_that_was_answered_survives_the_kill(stage: Stage) -> None:
    config = stage.configure(HEDGE)
    upgrade(f"sqlite:///{stage.folder / 'hedgewatch.db'}")
    answered = set()
    for _ in range(COUNT):
        command = [sys.executable, "-m", "hedgewatch", "--config", str(config), "alerts", *WORDS]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment()) as process:  # noqa: ASYNC220  no loop to hold up
            assert process.stdout is not None
            answered.add(process.stdout.readline().split()[1])
            process.send_signal(signal.SIGKILL)
    with sqlite3.connect(stage.folder / "hedgewatch.db") as database:
        stored = {name for (name,) in database.execute("SELECT id FROM silence")}
        audited = {name for (name,) in database.execute("SELECT object FROM audit WHERE action = 'silence'")}
    print(f"words: {len(answered & stored & audited)} of {len(answered)} answered and killed are stored")  # noqa: T201
    assert len(answered) == COUNT
    assert answered <= stored & audited
