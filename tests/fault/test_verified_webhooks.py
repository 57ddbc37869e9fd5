"""What a receiver can trust: every webhook verifies by the reference library, and nothing changed does."""

from __future__ import annotations

import base64
import binascii
import json
import os
import random
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from hedgewatch.domain.errors import DeliveryError
from hedgewatch.monitoring.ports import Delivery
from hedgewatch.notify.channels import WebhookChannel
from hedgewatch.notify.webhook import WebhookNotifier
from tests.notify.receivers import Post, ToldReceiver, delivery

IS_LONG = os.environ.get("HEDGEWATCH_FAULT") == "long"
COUNT, MUTATED = (10_000, 60) if IS_LONG else (300, 4)
REFUSED, SEED = 0.1, 7
OLD, NEW = ("whsec_" + base64.b64encode(letter * 32).decode() for letter in (b"o", b"n"))
REFUSALS = (WebhookVerificationError, UnicodeDecodeError, binascii.Error, ValueError)


class SignsWhatItParsed(WebhookNotifier):
    """A mutant: signs the body as it would write it, and not the bytes that it sends."""

    def _headers(self, delivery: Delivery, body: bytes, now: datetime) -> dict[str, str]:
        return super()._headers(delivery, json.dumps(json.loads(body)).encode(), now)


class SignsTheHourHere(WebhookNotifier):
    """A mutant: takes the wall clock's digits for UTC."""

    def _headers(self, delivery: Delivery, body: bytes, now: datetime) -> dict[str, str]:
        headers = super()._headers(delivery, body, now)
        return {**headers, "webhook-timestamp": str(int(headers["webhook-timestamp"]) + 3600)}


def messages() -> Iterator[Delivery]:
    template = delivery()
    for number in range(COUNT):
        body = template.payload.replace(b"btc-core", f"hedge {number} ü".encode())
        yield replace(template, event_id=f"msg_{number}", payload=body)


async def posted(kind: type[WebhookNotifier], receiver: ToldReceiver) -> dict[str, tuple[str, ...]]:
    """Send all messages, each until it is taken; the secret changes on the way. Returns who must verify each."""
    chance = random.Random(SEED)  # noqa: S311  the same refusals every time
    stages = (
        (COUNT // 3, (OLD,), WebhookChannel(name="ops", url=receiver.url, secret=OLD)),
        (COUNT * 2 // 3, (OLD, NEW), WebhookChannel(name="ops", url=receiver.url, secret=NEW, previous_secret=OLD)),
        (COUNT, (NEW,), WebhookChannel(name="ops", url=receiver.url, secret=NEW)),
    )
    readers: dict[str, tuple[str, ...]] = {}
    left = messages()
    for until, secrets, channel in stages:
        notifier = kind(channel)
        while len(readers) < until:
            sent = next(left)
            readers[sent.event_id] = secrets
            receiver.statuses = [503] if chance.random() < REFUSED else []
            try:
                await notifier.send(sent, datetime.now(UTC))
            except DeliveryError:
                await notifier.send(sent, datetime.now(UTC))
        await notifier.close()
    return readers


def verifies(secret: str, body: bytes, headers: Mapping[str, str]) -> bool:
    try:
        Webhook(secret).verify(body, dict(headers))
    except REFUSALS:
        return False
    return True


def mutations(post: Post) -> Iterator[tuple[bytes, Mapping[str, str]]]:
    """Change one bit of every byte of the body and of the signed headers."""
    for place in range(len(post.body)):
        changed = bytearray(post.body)
        changed[place] ^= 1
        yield bytes(changed), post.headers
    for name in ("webhook-id", "webhook-timestamp", "webhook-signature"):
        value = post.headers[name]
        for place, letter in enumerate(value):
            other = value[:place] + chr(ord(letter) ^ 1) + value[place + 1 :]
            if name == "webhook-signature" and same_bytes(other, value):
                continue  # the last letter of base64 has bits that mean nothing
            yield post.body, {**post.headers, name: other}


def same_bytes(left: str, right: str) -> bool:
    try:
        return left[:3] == right[:3] and base64.b64decode(left[3:]) == base64.b64decode(right[3:])
    except (binascii.Error, ValueError):
        return False


async def test_every_webhook_verifies_and_every_changed_one_is_refused() -> None:
    started = time.monotonic()
    async with ToldReceiver().open() as receiver:
        readers = await posted(WebhookNotifier, receiver)
    verified = refused_changes = changes = 0
    for post in receiver.posts:
        verified += all(verifies(secret, post.body, post.headers) for secret in readers[post.headers["webhook-id"]])
    alone = [post for post in receiver.posts if len(readers[post.headers["webhook-id"]]) == 1]
    for post in random.Random(SEED).sample(alone, MUTATED):  # noqa: S311  a sample
        for body, headers in mutations(post):
            changes += 1
            refused_changes += not any(verifies(secret, body, headers) for secret in (OLD, NEW))
    bodies = {(post.headers["webhook-id"], post.body) for post in receiver.posts}
    print(  # noqa: T201  the figures of the run
        f"\nwebhooks: {COUNT} messages, {len(receiver.posts)} posts, {verified} verified; {changes} changed bytes,"
        f" {refused_changes} refused; repeats under another id or with other bytes: {len(bodies) - COUNT};"
        f" seed {SEED}; {time.monotonic() - started:.0f} s"
    )
    assert len(receiver.posts) > COUNT, "no repeat was seen"
    assert verified == len(receiver.posts)
    assert (refused_changes, len(bodies)) == (changes, COUNT)


@pytest.mark.parametrize("mutant", [SignsWhatItParsed, SignsTheHourHere])
async def test_a_sender_that_signs_something_else_is_found_out(mutant: type[WebhookNotifier]) -> None:
    async with ToldReceiver().open() as receiver:
        notifier = mutant(WebhookChannel(name="ops", url=receiver.url, secret=OLD))
        await notifier.send(delivery(), datetime.now(UTC))
        await notifier.close()
    (post,) = receiver.posts
    assert not verifies(OLD, post.body, post.headers)
