"""What is stored of errors and messages holds no secret, though its author was careless."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from hedgewatch.domain.account import AccountFailure
from hedgewatch.domain.errors import DeliveryError
from hedgewatch.domain.finding import UnknownReason, unknown_finding
from hedgewatch.domain.market import ExchangeAnswer, ExchangeOutcome
from hedgewatch.domain.redaction import Redactor
from hedgewatch.monitoring.delivery import Deliverer
from hedgewatch.monitoring.discretion import DiscreetOutbox, DiscreetStore
from hedgewatch.monitoring.payload import event_payload
from hedgewatch.monitoring.ports import CycleRecord, EventDraft
from hedgewatch.storage.memory import MemoryStore
from tests.monitoring.alerts import TOLD_AT, drift_event, snapshot
from tests.monitoring.sources import SteppedClock
from tests.monitoring.test_delivery import ScriptedNotifier, store_with
from tests.monitoring.test_fallback import CHANCE

CANARY = "canary-of-a-careless-author"
CLEAN = Redactor([CANARY]).clean


class Kept(MemoryStore):
    """Keeps the record it is given."""

    record_given: CycleRecord | None = None

    async def record(self, cycle: CycleRecord) -> None:
        self.record_given = cycle
        await super().record(cycle)


def careless() -> CycleRecord:
    event = drift_event()
    said = unknown_finding(event.finding.target, UnknownReason.FETCH_ERROR, lambda: f"it said {CANARY}")
    told = replace(event, finding=event.finding._replace(words=f"sell {CANARY}"))
    return CycleRecord(
        started_at=TOLD_AT,
        read_at=TOLD_AT,
        answers=(
            ExchangeAnswer(
                exchange="binance", outcome=ExchangeOutcome.FAILED, calls=1, error=f"GET ?{CANARY}", readings=()
            ),
        ),
        snapshots=(),
        findings=(said,),
        states=(replace(event.state, message=CANARY),),
        events=(EventDraft(event=told, payload=event_payload(told, snapshot(), "http://x")),),
        outbox=(),
        accounts=(
            AccountFailure(account="desk", exchange="binance", reason=UnknownReason.FETCH_ERROR, detail=CANARY.upper()),
            AccountFailure(account="desk", exchange="binance", reason=UnknownReason.FETCH_ERROR, detail=CANARY),
        ),
    )


async def test_no_error_and_no_message_is_stored_with_a_secret() -> None:
    kept = Kept()
    assert CANARY in str(careless())
    await DiscreetStore(kept, CLEAN).record(careless())
    assert kept.record_given is not None
    assert CANARY not in str(kept.record_given)
    assert "it said ***" in [finding.message for finding in kept.record_given.findings]
    (event,) = kept.record_given.events
    assert b"sell ***" in event.payload


async def test_no_failed_attempt_is_stored_with_a_secret() -> None:
    store = await store_with([drift_event()], "ops")
    careless_notifier = ScriptedNotifier("ops", [DeliveryError(f"https://example.com/{CANARY} answered 503")])
    outbox = DiscreetOutbox(store, CLEAN)
    clock = SteppedClock()
    delivering = Deliverer(outbox, [careless_notifier], clock, CHANCE)
    await delivering.deliver_due()
    assert store.deliveries["msg_firing1", "ops"].last_error == "https://example.com/*** answered 503"
    clock.move(5)
    await delivering.deliver_due()
    assert careless_notifier.taken == ["msg_firing1"]
    await outbox.fall_back((), TOLD_AT, 3)
    assert await outbox.claim("ops", clock.now(), Decimal(1)) is None
