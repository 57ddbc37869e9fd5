"""A test message, sent at once and past the outbox."""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime

from hedgewatch.monitoring.payload import time_text, trial_payload
from hedgewatch.monitoring.ports import Delivery

EVENT_TYPE = "hedgewatch.test"
ID_LENGTH = 26


def trial_delivery(channel: str, now: datetime) -> Delivery:
    """Return a delivery of type ``hedgewatch.test``: an alert's keys, nearly all null."""
    digest = hashlib.sha256(f"test|{channel}|{time_text(now)}".encode()).digest()
    event_id = "msg_" + base64.b32encode(digest).decode().lower()[:ID_LENGTH]
    return Delivery(
        event_id=event_id,
        channel=channel,
        event_type=EVENT_TYPE,
        severity="info",
        payload=trial_payload(event_id, channel, now),
        made_at=now,
        attempts=0,
        first_attempt_at=None,
    )
