from __future__ import annotations

import json
from datetime import UTC, datetime

import aiohttp
import pytest
from standardwebhooks import Webhook

from hedgewatch.simulator.receiver import Statistics, WebhookReceiver

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_AAAQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


async def post(url: str, webhook_id: str = "evt_1", secret: str = SECRET, **changed: str) -> int:
    body = json.dumps({"id": webhook_id, "rule": "drift"})
    now = datetime.now(UTC)
    headers = {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign(webhook_id, now, body),
    }
    async with aiohttp.ClientSession() as session, session.post(url, data=body, headers=headers | changed) as response:
        return response.status


async def test_a_signed_post_is_kept() -> None:
    async with WebhookReceiver(SECRET) as receiver:
        assert await post(receiver.url) == 204
    (kept,) = receiver.received
    assert (kept.webhook_id, kept.body["rule"], kept.headers["webhook-id"]) == ("evt_1", "drift", "evt_1")
    assert kept.at > 0


@pytest.mark.parametrize(
    ("secret", "changed"),
    [
        (OTHER, {}),
        (SECRET, {"webhook-id": "evt_2"}),
        (SECRET, {"webhook-signature": "nothing"}),
        (SECRET, {"webhook-timestamp": "1700000000"}),
    ],
)
async def test_a_wrong_signature_is_refused(secret: str, changed: dict[str, str]) -> None:
    async with WebhookReceiver(SECRET) as receiver:
        assert await post(receiver.url, secret=secret, **changed) == 401
    assert receiver.received == []
    assert receiver.statistics.unverified == 1


async def test_repeated_ids_are_told_apart() -> None:
    async with WebhookReceiver(SECRET) as receiver:
        for webhook_id in ("evt_1", "evt_2", "evt_1"):
            await post(receiver.url, webhook_id)
    assert receiver.statistics == Statistics(received=3, distinct=2, repeated=1, refused=0, unverified=0)


async def test_it_refuses_as_often_as_it_was_told() -> None:
    async with WebhookReceiver(SECRET) as receiver:
        receiver.refuse(2)
        assert [await post(receiver.url) for _ in range(3)] == [503, 503, 204]
    assert receiver.statistics.refused == 2


async def test_the_same_seed_refuses_the_same_posts() -> None:
    async def statuses(seed: int) -> list[int]:
        async with WebhookReceiver(SECRET, refuse_rate=0.5, seed=seed) as receiver:
            return [await post(receiver.url, f"evt_{number}") for number in range(20)]

    first = await statuses(3)
    assert first == await statuses(3)
    assert first != await statuses(4)
    assert 4 <= first.count(503) <= 16
