"""What a supervisor asks: does the process live, is what it shows recent."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from starlette.responses import JSONResponse

from hedgewatch.domain.numbers import plain
from hedgewatch.monitoring.payload import duration_text, time_text
from hedgewatch.web.ports import HistoryReader
from hedgewatch.web.present import seconds_between

READY_POLLS = 3


def alive() -> JSONResponse:
    """Answer that the process lives; the database is not asked."""
    return JSONResponse({"status": "alive"})


def readiness(history: HistoryReader, poll_seconds: Decimal, *, now: datetime) -> JSONResponse:
    """Answer 200 if the last cycle was committed less than three polls ago, else 503 with the reason."""
    last = max((row["committed_at"] for row in history.cycles_now()), default=None)
    if last is None:
        return _not_ready("no cycle was ever committed: is the worker running?", None, None)
    age, limit = seconds_between(last, now), READY_POLLS * poll_seconds
    if age >= limit:
        reason = f"the last cycle was committed {duration_text(age)} ago, more than {duration_text(limit)}"
        return _not_ready(reason, last, age)
    return JSONResponse({"status": "ready", **_facts(last, age)})


def unreadable() -> JSONResponse:
    """Answer 503: the database cannot be read."""
    return _not_ready("the database cannot be read", None, None)


def _not_ready(reason: str, last: datetime | None, age: Decimal | None) -> JSONResponse:
    return JSONResponse({"status": "not ready", "reason": reason, **_facts(last, age)}, status_code=503)


def _facts(last: datetime | None, age: Decimal | None) -> dict[str, str | None]:
    return {
        "last_committed_at": time_text(last) if last else None,
        "age_seconds": plain(age) if age is not None else None,
    }
