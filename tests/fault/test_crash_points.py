"""The named steps at which a test lets the worker die: the real daemon knows them, and refuses others."""

from __future__ import annotations

import pytest

from hedgewatch.bootstrap.crashing import STEPS, CrashPoint, crash_point
from hedgewatch.domain.errors import ConfigurationError
from hedgewatch.storage.cycle_store import RECORDING
from hedgewatch.storage.memory import MemoryStore


def test_nothing_is_wrapped_where_no_step_is_named() -> None:
    store, crash = MemoryStore(), crash_point({})
    assert crash.store(store) is store
    assert crash.outbox(store) is store
    assert crash.notifiers(()) == ()
    assert crash.steps() is RECORDING


def test_a_step_that_there_is_not_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(
        ConfigurationError, match=r"HEDGEWATCH_CRASH_AT: expected one of judged, epoch, .*, found 'soon'"
    ):
        crash_point({"HEDGEWATCH_CRASH_AT": "soon"})


@pytest.mark.parametrize("step", ["epoch", *RECORDING])
def test_a_worker_dies_right_behind_the_step_and_not_before(step: str) -> None:
    steps = list(CrashPoint(at=step).steps())
    assert [name for name in steps if name != "crash"] == list(RECORDING)
    assert steps.index("crash") == (0 if step == "epoch" else steps.index(step) + 1)


def test_the_steps_are_those_that_were_promised() -> None:
    assert STEPS == (
        "judged",
        "epoch",
        "snapshots",
        "events",
        "outbox",
        "alerts",
        "committed",
        "unshown",
        "claimed",
        "sent",
        "attempt",
    )
