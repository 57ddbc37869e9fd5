from __future__ import annotations

import base64
import ssl
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from email.utils import format_datetime
from pathlib import Path

import pytest
import trustme
from standardwebhooks import Webhook, WebhookVerificationError

from hedgewatch import __version__
from hedgewatch.domain.errors import ConfigurationError, DeliveryError, DeliveryFault
from hedgewatch.notify import make_notifier
from hedgewatch.notify.channels import WebhookChannel
from hedgewatch.notify.trial import trial_delivery
from hedgewatch.notify.webhook import WebhookNotifier
from tests.notify.receivers import SECRET, ToldReceiver, delivery

NOW = datetime(2026, 11, 22, 18, tzinfo=UTC)
READER = Webhook(SECRET)


@pytest.fixture
def now() -> datetime:
    """Return the machine's own time, to which the verifying library compares; the suite may be older than it allows."""
    return datetime.now(UTC)


@pytest.fixture
async def receiver() -> AsyncIterator[ToldReceiver]:
    async with ToldReceiver().open() as opened:
        yield opened


@pytest.fixture
async def hook(receiver: ToldReceiver) -> AsyncIterator[WebhookNotifier]:
    notifier = WebhookNotifier(WebhookChannel(name="ops", url=receiver.url, secret=SECRET))
    yield notifier
    await notifier.close()


async def refusal(notifier: WebhookNotifier) -> DeliveryError:
    with pytest.raises(DeliveryError) as refused:
        await notifier.send(delivery(), NOW)
    return refused.value


async def test_the_receiver_verifies_what_it_gets(hook: WebhookNotifier, receiver: ToldReceiver, now: datetime) -> None:
    sent = delivery(made_at=now)
    await hook.send(sent, now)
    (post,) = receiver.posts
    assert READER.verify(post.body, dict(post.headers))["type"] == "hedge.alert.firing"
    assert post.body == sent.payload
    assert post.headers["webhook-id"] == sent.event_id
    assert post.headers["webhook-timestamp"] == str(int(now.timestamp()))
    assert post.headers["user-agent"] == f"hedgewatch/{__version__}"
    assert post.headers["content-type"] == "application/json"
    assert "hedgewatch-late" not in post.headers


async def test_any_changed_byte_is_refused(hook: WebhookNotifier, receiver: ToldReceiver, now: datetime) -> None:
    await hook.send(delivery(), now)
    (post,) = receiver.posts
    for place in range(len(post.body)):
        changed = bytearray(post.body)
        changed[place] ^= 1
        with pytest.raises((WebhookVerificationError, UnicodeDecodeError)):
            READER.verify(bytes(changed), dict(post.headers))
    for header in ("webhook-id", "webhook-timestamp"):
        with pytest.raises(WebhookVerificationError):
            READER.verify(post.body, {**post.headers, header: post.headers[header] + "0"})


async def test_another_secret_does_not_verify(hook: WebhookNotifier, receiver: ToldReceiver, now: datetime) -> None:
    await hook.send(delivery(), now)
    (post,) = receiver.posts
    with pytest.raises(WebhookVerificationError):
        Webhook(b"some other secret of 32 bytes...").verify(post.body, dict(post.headers))


async def test_while_a_secret_is_changed_readers_of_either_verify(receiver: ToldReceiver, now: datetime) -> None:
    new = "whsec_" + base64.b64encode(b"another secret of 32 bytes......").decode()
    notifier = WebhookNotifier(WebhookChannel(name="ops", url=receiver.url, secret=new, previous_secret=SECRET))
    await notifier.send(delivery(), now)
    await notifier.close()
    (post,) = receiver.posts
    assert len(post.headers["webhook-signature"].split(" ")) == 2
    for secret in (new, SECRET):
        Webhook(secret).verify(post.body, dict(post.headers))
    with pytest.raises(WebhookVerificationError):
        Webhook(b"some other secret of 32 bytes...").verify(post.body, dict(post.headers))


async def test_a_time_in_another_zone_signs_the_same_moment(
    hook: WebhookNotifier, receiver: ToldReceiver, now: datetime
) -> None:
    await hook.send(delivery(), now.astimezone(timezone(timedelta(hours=9))))
    READER.verify(receiver.posts[0].body, dict(receiver.posts[0].headers))


async def test_retries_carry_the_same_id_and_bytes_and_a_new_time(
    hook: WebhookNotifier, receiver: ToldReceiver, now: datetime
) -> None:
    receiver.statuses = [503, 500]
    for seconds in (0, 2):
        with pytest.raises(DeliveryError, match="answered 50"):
            await hook.send(delivery(), now + timedelta(seconds=seconds))
    await hook.send(delivery(), now + timedelta(seconds=7))
    assert len({(post.headers["webhook-id"], post.body) for post in receiver.posts}) == 1
    assert len({post.headers["webhook-timestamp"] for post in receiver.posts}) == 3
    for post in receiver.posts:
        READER.verify(post.body, dict(post.headers))


async def test_the_connection_stays_warm(hook: WebhookNotifier, receiver: ToldReceiver) -> None:
    receiver.body, receiver.statuses = b"thank you" * 100, [200] * 5
    for _ in range(5):
        await hook.send(delivery(), NOW)
    assert len({id(post.connection) for post in receiver.posts}) == 1


@pytest.mark.parametrize(("age", "is_late"), [(60, False), (61, True), (90_000, True)])
async def test_a_late_delivery_says_so(
    hook: WebhookNotifier, receiver: ToldReceiver, age: int, *, is_late: bool
) -> None:
    await hook.send(delivery(made_at=NOW - timedelta(seconds=age)), NOW)
    assert receiver.posts[0].headers.get("hedgewatch-late") == ("true" if is_late else None)


@pytest.mark.parametrize("status", [300, 301, 302, 307, 308, 400, 401, 404, 410, 418, 429, 500, 502, 503])
async def test_only_2xx_counts_and_errors_name_the_host_alone(
    hook: WebhookNotifier, receiver: ToldReceiver, status: int
) -> None:
    receiver.statuses, receiver.body = [status], b"canary-answer"
    error = await refusal(hook)
    assert str(error).startswith(f"127.0.0.1:{receiver.url.split(':')[2].split('/')[0]} answered {status}")
    assert "canary" not in str(error)
    assert SECRET not in str(error)


async def test_a_redirect_is_not_followed(hook: WebhookNotifier, receiver: ToldReceiver) -> None:
    async with ToldReceiver().open() as elsewhere:
        receiver.statuses, receiver.headers = [307], {"Location": elsewhere.url}
        assert "redirects are not followed" in str(await refusal(hook))
        assert elsewhere.posts == []


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120),
        (" 7 ", 7),
        ("99999999999999999999", 999_999_999),
        (format_datetime(NOW.replace(microsecond=0) + timedelta(seconds=90), usegmt=True), 90),
        (format_datetime(NOW - timedelta(days=1), usegmt=True), 0),
        ("soon", None),
        ("-5", None),
        ("١٢", None),
        ("", None),
    ],
)
async def test_retry_after_is_read(
    hook: WebhookNotifier, receiver: ToldReceiver, header: str, seconds: int | None
) -> None:
    receiver.statuses, receiver.headers = [503], {"Retry-After": header}
    found = (await refusal(hook)).retry_after_seconds
    assert found is None if seconds is None else found is not None and abs(found - seconds) <= 1


@pytest.mark.parametrize(
    ("status", "fault"),
    [
        *((status, DeliveryFault.OVERLOADED) for status in (429, 502, 504)),
        *((status, DeliveryFault.CONFIG) for status in (300, 301, 302, 307, 308, 400, 401, 403, 404, 422)),
        (410, DeliveryFault.GONE),
        *((status, None) for status in (500, 501, 503, 505)),
    ],
)
async def test_a_refusal_says_what_it_tells_of_the_receiver(
    hook: WebhookNotifier, receiver: ToldReceiver, status: int, fault: DeliveryFault | None
) -> None:
    receiver.statuses = [status]
    assert (await refusal(hook)).fault is fault


async def test_a_receiver_that_never_answers_is_given_up_in_time(receiver: ToldReceiver) -> None:
    channel = WebhookChannel(name="ops", url=receiver.url, secret=SECRET)
    hasty = WebhookNotifier(channel, total_seconds=Decimal("0.2"))
    receiver.hangs = True
    started = time.monotonic()
    error = await refusal(hasty)
    assert "did not answer in time (at most 0.2 s)" in str(error)
    assert error.fault is DeliveryFault.OVERLOADED
    assert time.monotonic() - started < 1
    await hasty.close()


def test_a_request_may_take_10_seconds_unless_told_otherwise() -> None:
    notifier = make_notifier(WebhookChannel(name="ops", url="https://example.com", secret=SECRET))
    assert 10 < notifier.deadline_seconds <= 11


async def test_nobody_listening_is_one_clear_line() -> None:
    async with ToldReceiver().open() as gone:
        url = gone.url
    notifier = WebhookNotifier(WebhookChannel(name="ops", url=url, secret=SECRET))
    error = str(await refusal(notifier))
    await notifier.close()
    assert "could not be reached" in error
    assert "canary" not in error


async def test_an_unknown_certificate_is_refused_and_its_authority_can_be_given(tmp_path: Path) -> None:
    authority, ca_file = trustme.CA(), tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(ca_file)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    async with ToldReceiver().open(tls) as receiver:
        stranger = WebhookNotifier(WebhookChannel(name="ops", url=receiver.url, secret=SECRET))
        assert "certificate that is not trusted" in str(await refusal(stranger))
        await stranger.close()
        assert receiver.posts == []
        friend = WebhookNotifier(WebhookChannel(name="ops", url=receiver.url, secret=SECRET, ca_file=ca_file))
        await friend.send(delivery(), NOW)
        await friend.close()
        assert len(receiver.posts) == 1


@pytest.mark.parametrize(
    ("url", "secret", "problem"),
    [
        ("ftp://example.com/canary", SECRET, "channels.ops.url: must begin with https://"),
        ("canary", SECRET, "channels.ops.url: must begin with https://"),
        ("https:///canary", SECRET, "channels.ops.url: must begin with https://"),
        ("https://example.com:canary/", SECRET, "channels.ops.url: is no web address"),
        ("https://example.com", "canary" * 8, "channels.ops.secret: must be whsec_"),
        ("https://example.com", "whsec_canary!!", "channels.ops.secret: must be whsec_"),
        ("https://example.com", "whsec_Y2FuYXJ5", "channels.ops.secret: must be whsec_"),
        ("https://example.com", "whsec_", "channels.ops.secret: must be whsec_"),
        ("https://example.com", "whsec_canäry", "channels.ops.secret: must be whsec_"),
    ],
)
def test_a_wrong_address_or_secret_is_refused_at_once_and_not_shown(url: str, secret: str, problem: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        make_notifier(WebhookChannel(name="ops", url=url, secret=secret))
    assert problem in str(refused.value)
    assert "canary" not in str(refused.value)


def test_an_authority_that_is_not_there_is_refused_at_once(tmp_path: Path) -> None:
    channel = WebhookChannel(name="ops", url="https://example.com", secret=SECRET, ca_file=tmp_path / "none.pem")
    with pytest.raises(ConfigurationError, match=r"channels\.ops\.ca_file: .*none\.pem: No such file"):
        make_notifier(channel)


def test_a_channel_does_not_show_its_secrets() -> None:
    shown = repr(WebhookChannel(name="ops", url="https://example.com/canary", secret=SECRET))
    assert "canary" not in shown
    assert SECRET not in shown


async def test_a_test_message_is_signed_like_any_other(
    hook: WebhookNotifier, receiver: ToldReceiver, now: datetime
) -> None:
    await hook.send(trial_delivery("ops", now), now)
    (post,) = receiver.posts
    assert READER.verify(post.body, dict(post.headers))["type"] == "hedgewatch.test"
    assert post.headers["webhook-id"].startswith("msg_")
