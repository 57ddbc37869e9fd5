"""Apprise against real receivers on loopback: its own JSON, and a chat's shape (Mattermost)."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from urllib.parse import urlsplit

import pytest

from hedgewatch.domain.errors import ConfigurationError, DeliveryError, DeliveryFault
from hedgewatch.monitoring.ports import Notifier
from hedgewatch.notify import make_notifier
from hedgewatch.notify.apprise import AppriseNotifier, fitting
from hedgewatch.notify.channels import AppriseChannel
from hedgewatch.notify.letter import MailText
from hedgewatch.notify.message import mail_of
from hedgewatch.notify.trial import trial_delivery
from hedgewatch.notify.wording import read_timezone
from tests.notify.receivers import ToldReceiver, delivery

NOW = datetime(2026, 11, 22, 18, tzinfo=UTC)
TOKEN = "canary4token4of4the4hook4"
WORDS = mail_of(json.loads(delivery().payload), read_timezone("UTC"))


@pytest.fixture
async def receiver() -> AsyncIterator[ToldReceiver]:
    async with ToldReceiver().open() as opened:
        yield opened


def place(receiver: ToldReceiver) -> str:
    return urlsplit(receiver.url).netloc


def phone(url: str) -> AppriseNotifier:
    return AppriseNotifier(AppriseChannel(name="phone", url=url))


async def refusal(notifier: Notifier) -> DeliveryError:
    with pytest.raises(DeliveryError) as refused:
        await notifier.send(delivery(), NOW)
    return refused.value


async def test_the_words_are_those_of_the_mail(receiver: ToldReceiver) -> None:
    notifier = make_notifier(AppriseChannel(name="phone", url=f"json://user:{TOKEN}@{place(receiver)}/hook"))
    assert notifier.channel == "phone"
    await notifier.send(delivery(), NOW)
    (post,) = receiver.posts
    told = json.loads(post.body)
    assert (told["title"], told["message"].strip()) == (WORDS.subject, WORDS.text.strip())
    assert told["type"] == "warning"
    await notifier.close()


async def test_a_chat_gets_its_own_shape(receiver: ToldReceiver) -> None:
    receiver.statuses = [200]
    await phone(f"mmost://{place(receiver)}/{TOKEN}").send(delivery(), NOW)
    (post,) = receiver.posts
    text = json.loads(post.body)["text"]
    assert WORDS.subject in text
    assert "Quantity to enter" in text


async def test_a_test_message_arrives(receiver: ToldReceiver) -> None:
    await phone(f"json://{place(receiver)}").send(trial_delivery("phone", NOW), NOW)
    assert "test of the channel phone" in json.loads(receiver.posts[0].body)["message"]


@pytest.mark.parametrize("ending", ["", "?optional=yes", "?retry=0"])
@pytest.mark.parametrize("status", [400, 404, 429, 500, 503])
async def test_only_what_the_service_took_is_delivered(receiver: ToldReceiver, status: int, ending: str) -> None:
    receiver.statuses = [status]
    error = str(await refusal(phone(f"mmost://{place(receiver)}/{TOKEN}{ending}")))
    assert error.startswith("Mattermost did not take it: ")
    assert str(status) in error
    assert TOKEN not in error


async def test_a_redirect_is_not_followed_unless_the_address_says_so(receiver: ToldReceiver) -> None:
    async with ToldReceiver().open() as elsewhere:
        receiver.statuses, receiver.headers = [307, 307], {"Location": elsewhere.url}
        await refusal(phone(f"json://{place(receiver)}/hook"))
        assert elsewhere.posts == []
        await phone(f"json://{place(receiver)}/hook?redirect=yes").send(delivery(), NOW)
        assert len(elsewhere.posts) == 1


async def test_nobody_listening_is_one_clear_line() -> None:
    async with ToldReceiver().open() as gone:
        there = place(gone)
    error = str(await refusal(phone(f"json://user:{TOKEN}@{there}/{TOKEN}")))
    assert "onnection" in error
    assert TOKEN not in error


async def test_a_service_that_hangs_is_given_up_in_time_and_not_asked_twice_at_once(receiver: ToldReceiver) -> None:
    receiver.hangs = True
    channel = AppriseChannel(name="phone", url=f"json://{place(receiver)}/hook?rto=1")
    hasty = AppriseNotifier(channel, total_seconds=Decimal("0.2"))
    started = time.monotonic()
    first = await refusal(hasty)
    second = await refusal(hasty)
    assert time.monotonic() - started < 0.8
    assert "did not answer in time (at most 0.2 s)" in str(first)
    assert "still hangs" in str(second)
    assert first.fault is second.fault is DeliveryFault.OVERLOADED
    assert len(receiver.posts) == 1


async def test_services_that_hang_do_not_delay_another(receiver: ToldReceiver) -> None:
    async with ToldReceiver(hangs=True).open() as hanging:
        stuck = [
            AppriseNotifier(
                AppriseChannel(name=f"stuck{number}", url=f"json://{place(hanging)}/hook?rto=1"),
                total_seconds=Decimal("0.05"),
            )
            for number in range(12)  # more than the library's pool of threads has on a small machine
        ]
        for one in stuck:
            await refusal(one)
        started = time.monotonic()
        await phone(f"json://{place(receiver)}").send(delivery(), NOW)
        assert time.monotonic() - started < 0.5


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("canary://nowhere", "Apprise does not understand it"),
        ("canary", "Apprise does not understand it"),
        (f"json://localhost/{TOKEN}, json://localhost/canary", "it names 2 services"),
    ],
)
def test_an_address_that_is_none_is_refused_at_once_and_not_shown(url: str, problem: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        phone(url)
    assert str(refused.value).startswith(f"channels.phone.url: {problem}")
    assert "canary" not in str(refused.value)


def test_a_channel_does_not_show_its_address() -> None:
    assert TOKEN not in repr(AppriseChannel(name="phone", url=f"json://localhost/{TOKEN}"))


@pytest.mark.parametrize(
    ("most", "has_title", "told"),
    [(32768, True, WORDS.text), (len(WORDS.text), False, WORDS.brief), (160, False, WORDS.headline)],
)
def test_what_has_little_room_is_told_less(most: int, told: str, *, has_title: bool) -> None:
    assert fitting(WORDS, most, has_title=has_title) == told


def test_the_brief_still_says_what_to_do() -> None:
    assert WORDS.headline in WORDS.brief
    assert "Limit price" in WORDS.brief
    assert len(WORDS.brief) < len(WORDS.text) / 1.5


async def test_a_long_text_is_split_not_refused(receiver: ToldReceiver) -> None:
    long = replace(delivery(), payload=delivery().payload.replace(b"is hedged", b"is hedged " + b"and " * 3000))
    receiver.statuses = [200] * 9
    await phone(f"mmost://{place(receiver)}/{TOKEN}").send(long, NOW)
    assert 2 <= len(receiver.posts) <= 5


def test_the_library_is_loaded_only_where_such_a_channel_is_configured() -> None:
    script = (
        "import sys; import hedgewatch.bootstrap.telling; from hedgewatch.cli import run_command;"
        "run_command(['--help']); run_command(['calc', '--list']); sys.exit('apprise' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, check=False, timeout=60).returncode == 0


def test_words_have_no_form_that_mail_lacks() -> None:
    assert isinstance(WORDS, MailText)
    assert WORDS.headline in WORDS.text
