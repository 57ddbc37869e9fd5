from __future__ import annotations

import asyncio
import gc
import json
import queue
import socket
import ssl
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import AnyStr
from zoneinfo import ZoneInfo

import pytest
import trustme
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from structlog.testing import capture_logs

from hedgewatch.domain.errors import ConfigurationError, DeliveryError
from hedgewatch.domain.finding import Target
from hedgewatch.monitoring.payload import event_payload
from hedgewatch.notify import make_notifier
from hedgewatch.notify.channels import EmailChannel
from hedgewatch.notify.email import EmailNotifier
from hedgewatch.notify.message import mail_of
from hedgewatch.notify.trial import trial_delivery
from hedgewatch.simulator.mailbox import Mailbox
from tests.monitoring.alerts import drift_event, finding, snapshot
from tests.notify.receivers import delivery

NOW = datetime(2026, 11, 22, 18, 0, 1, tzinfo=UTC)
PASSWORD = "canary-password"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def ca_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("authority") / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return path


@pytest.fixture(scope="module")
def tls(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1", "localhost").configure_cert(context)
    return context


def channel(port: int, **more: object) -> EmailChannel:
    plain = EmailChannel(
        name="me",
        to=("me@example.com",),
        sender="hedgewatch@example.com",
        server=f"smtp://127.0.0.1:{port}",
        tls="none",
    )
    return replace(plain, **more)  # type: ignore[arg-type]  # fields by name


def login(port: int, ca_file: Path, **more: object) -> EmailChannel:
    server = f"smtp://me%40example.com@127.0.0.1:{port}"
    return replace(channel(port), server=server, tls=None, password=PASSWORD, ca_file=ca_file, **more)  # type: ignore[arg-type]  # fields by name


async def refusal(to: EmailChannel) -> str:
    with pytest.raises(DeliveryError) as refused:
        await EmailNotifier(to).send(delivery(), NOW)
    assert PASSWORD not in str(refused.value)
    return str(refused.value)


class RefusingHandler:
    """Answers RCPT, or the message itself, with what it is told to."""

    def __init__(self, *, rcpt: str = "250 OK", message: str = "250 OK") -> None:
        self.rcpt = rcpt
        self.message = message
        self.taken: list[list[str]] = []

    async def handle_RCPT(  # noqa: N802  aiosmtpd's
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address.startswith("nobody"):
            return self.rcpt
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802  aiosmtpd's
        self.taken.append(envelope.rcpt_tos)
        return self.message


@asynccontextmanager
async def serving(handler: object, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(handler, hostname="mail.localhost"), "127.0.0.1", 0, ssl=tls
    )
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await asyncio.sleep(0)


async def test_a_mail_holds_the_order_in_text_and_html() -> None:
    async with Mailbox() as box:
        await make_notifier(channel(box.port)).send(delivery(), NOW)
    (kept,) = box.mails
    assert (
        kept.message["Subject"] == "[warning] btc-core: sell 0.2 BTC of BTC/USDT:USDT on binance at 60020.5 or better"
    )
    for kind in ("plain", "html"):
        body = kept.message.get_body((kind,))
        assert body is not None
        assert "60020.5" in body.get_content()
    assert kept.message.get_content_type() == "multipart/alternative"


@pytest.mark.parametrize("mark", ["x", "é", "word ", "déjà "])
async def test_a_subject_of_any_length_arrives_as_it_was_written(mark: str) -> None:
    written = []
    async with Mailbox() as box:
        notifier = make_notifier(channel(box.port))
        for length in (*range(5, 120, 3), 500):
            told = finding(Target(rule="drift", hedge="weex"), f"weex {mark * length}", orders=())
            body = event_payload(drift_event(told=told), snapshot(), "http://127.0.0.1:8710")
            written.append(mail_of(json.loads(body), ZoneInfo("UTC")).subject)
            await notifier.send(replace(delivery(), payload=body), NOW)
    assert [mail.message["Subject"] for mail in box.mails] == written


async def test_the_headers_are_stable_and_say_that_a_machine_wrote_it() -> None:
    async with Mailbox() as box:
        notifier = EmailNotifier(channel(box.port, to=("me@example.com", "Desk <desk@example.org>")))
        await notifier.send(delivery(), NOW)
        await notifier.send(delivery(attempts=1), NOW)
    first, second = (kept.message for kept in box.mails)
    assert first["Message-ID"] == second["Message-ID"] == "<msg_firing1@example.com>"
    assert first["X-Hedgewatch-Event"] == "msg_firing1"
    assert first["Auto-Submitted"] == "auto-generated"
    assert first["Date"] == "Sun, 22 Nov 2026 18:00:01 +0000"
    assert box.mails[0].recipients == ("me@example.com", "desk@example.org")


async def test_a_login_goes_through_starttls(tls: ssl.SSLContext, ca_file: Path) -> None:
    async with Mailbox(tls=tls, user="me@example.com", password=PASSWORD) as box:
        await EmailNotifier(login(box.port, ca_file)).send(delivery(), NOW)
    assert [(kept.is_encrypted, kept.user) for kept in box.mails] == [(True, "me@example.com")]


async def test_a_refused_login_says_so_at_once(tls: ssl.SSLContext, ca_file: Path) -> None:
    async with Mailbox(tls=tls, user="me@example.com", password="another") as box:
        started = time.monotonic()
        error = await refusal(login(box.port, ca_file))
        assert time.monotonic() - started < 2
    assert error == "127.0.0.1 refused the login (535): are the user in server and the password right?"


async def test_a_server_without_starttls_gets_neither_mail_nor_password(ca_file: Path) -> None:
    async with Mailbox() as box:
        error = await refusal(channel(box.port, tls=None, ca_file=ca_file))
    assert "offers no encryption (STARTTLS)" in error
    assert box.mails == []


async def test_a_stranger_s_certificate_is_refused(tls: ssl.SSLContext) -> None:
    async with Mailbox(tls=tls) as box:
        error = await refusal(channel(box.port, tls=None))
    assert "certificate that is not trusted" in error
    assert box.mails == []


async def test_smtps_is_encrypted_from_the_first_byte(tls: ssl.SSLContext, ca_file: Path) -> None:
    handler = RefusingHandler()
    async with serving(handler, tls) as port:
        await EmailNotifier(channel(port, server=f"smtps://127.0.0.1:{port}", tls=None, ca_file=ca_file)).send(
            delivery(), NOW
        )
        error = await refusal(channel(port, server=f"smtps://127.0.0.1:{port}", tls=None))
    assert handler.taken == [["me@example.com"]]
    assert "certificate that is not trusted" in error


async def test_smtps_at_a_plain_port_names_the_likely_mistake(ca_file: Path) -> None:
    async with Mailbox() as box:
        error = await refusal(channel(box.port, server=f"smtps://127.0.0.1:{box.port}", tls=None, ca_file=ca_file))
    assert "is the port right?" in error


@pytest.mark.parametrize(
    ("handler", "problem"),
    [
        (RefusingHandler(message="451 try\tlater"), "refused the mail: 451 try later"),
        (RefusingHandler(message="554 spam"), "refused the mail: 554 spam"),
        (RefusingHandler(rcpt="550 relay denied"), "takes no mail for any address in to: 550 relay denied"),
    ],
)
async def test_only_250_after_the_message_counts(handler: RefusingHandler, problem: str) -> None:
    async with serving(handler) as port:
        to = ("nobody@example.com",) if "to:" in problem else ("me@example.com",)
        assert await refusal(channel(port, to=to)) == f"127.0.0.1 {problem}"


async def test_one_refused_address_does_not_keep_the_mail_from_the_others() -> None:
    handler = RefusingHandler(rcpt="550 no such user")
    async with serving(handler) as port:
        with capture_logs() as logs:
            await EmailNotifier(channel(port, to=("nobody@example.com", "me@example.com"))).send(delivery(), NOW)
    assert handler.taken == [["me@example.com"]]
    assert [(line["event"], line["address"], line["code"]) for line in logs] == [
        ("recipient_refused", "nobody@example.com", 550)
    ]


async def test_a_server_that_repeats_our_password_is_not_quoted(tls: ssl.SSLContext, ca_file: Path) -> None:
    async with Mailbox(tls=tls, user="me@example.com", password=PASSWORD) as box:
        box.handle_DATA = RefusingHandler(message=f"554 hello {PASSWORD}").handle_DATA  # type: ignore[method-assign]  # a server of our own
        assert await refusal(login(box.port, ca_file)) == "127.0.0.1 refused the mail: 554 hello ***"


async def test_nobody_listening_is_one_clear_line() -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        error = await refusal(channel(reserved.getsockname()[1]))
    assert "could not be reached at port" in error


async def test_a_silent_server_is_given_up_in_time() -> None:
    hung_up = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        await writer.wait_closed()
        hung_up.set()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    hasty = EmailNotifier(channel(server.sockets[0].getsockname()[1]), total_seconds=Decimal("0.2"))
    started = time.monotonic()
    with pytest.raises(DeliveryError, match=r"did not take the mail in time \(at most 0\.2 s\)"):
        await hasty.send(delivery(), NOW)
    assert time.monotonic() - started < 1
    await asyncio.wait_for(hung_up.wait(), 1)
    server.close()


async def test_a_hostile_name_cannot_add_a_header() -> None:
    target = Target(rule="drift", hedge="x\r\nBcc: evil@example.com")
    event = drift_event(target=target, told=finding(target, "y\r\nBcc: evil@example.com", orders=()))
    sent = replace(
        delivery(), payload=event_payload(event, snapshot(), "http://x"), event_id="msg_\r\nBcc: e@example.com"
    )
    async with Mailbox() as box:
        await EmailNotifier(channel(box.port)).send(sent, NOW)
    (kept,) = box.mails
    assert kept.message["Bcc"] is None
    assert kept.recipients == ("me@example.com",)


async def test_a_test_message_is_delivered_like_any_other() -> None:
    async with Mailbox() as box:
        trial = trial_delivery("me", NOW)
        await EmailNotifier(channel(box.port)).send(trial, NOW)
    assert box.mails[0].message["Subject"].startswith("[test] hedgewatch: This is a test of the channel me")
    assert json.loads(trial.payload)["type"] == "hedgewatch.test"


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"server": "mail.example.com:587"}, "channels.me.server: must be written like smtp://"),
        ({"server": "http://mail.example.com"}, "channels.me.server: must be written like smtp://"),
        ({"server": "smtp://u:canary-password@mail.example.com"}, "channels.me.server: holds a password"),
        ({"server": "smtp://u@mail.example.com"}, "channels.me.password: a user in server and a password belong"),
        ({"password": "canary-password"}, "channels.me.password: a user in server and a password belong"),
        ({"server": "smtps://mail.example.com"}, 'channels.me.tls: "none" contradicts smtps://'),
        ({"tls": "maybe"}, 'channels.me.tls: "maybe" is not known'),
        ({"server": "smtp://mail.example.com:port"}, "channels.me.server: is no address of a mail server"),
        ({"to": ()}, "channels.me.to: must name at least one address"),
        ({"to": ("me",)}, 'channels.me.to: "me" is no mail address'),
        ({"sender": "a@b\r\nBcc: c@d"}, "channels.me.from:"),
        ({"timezone": "Mars/Olympus"}, 'monitor.timezone: "Mars/Olympus" is no time zone'),
    ],
)
def test_a_wrong_setting_is_refused_at_once(change: dict[str, object], problem: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        make_notifier(channel(25, **change))
    assert problem in str(refused.value)
    assert PASSWORD not in str(refused.value)


@pytest.mark.parametrize(("server", "port"), [("smtp://mail.example.com", 587), ("smtps://mail.example.com", 465)])
def test_the_usual_ports_need_not_be_written(server: str, port: int) -> None:
    assert EmailNotifier(channel(25, server=server, tls=None))._server.port == port


def test_a_channel_does_not_show_its_password() -> None:
    assert PASSWORD not in repr(channel(25, password=PASSWORD))


class StandsStill(SMTP):
    """After a certain answer it does nothing until it is released: its whole loop stands still. Refuses all logins."""

    def __init__(self, after: str, released: threading.Event, gone: asyncio.Event, tls: ssl.SSLContext) -> None:
        super().__init__(
            RefusingHandler(),
            tls_context=tls,
            loop=asyncio.get_running_loop(),
            auth_exclude_mechanism=["LOGIN"],  # or a refused client tries once more
            authenticator=lambda *_: AuthResult(success=False, handled=False),
        )
        self._after, self._released, self._gone = after, released, gone

    async def push(self, status: AnyStr) -> None:
        await super().push(status)
        if str(status).startswith(self._after):
            self._released.wait(10)

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        self._gone.set()


@pytest.mark.parametrize("after", ["221", "535"], ids=["goodbye", "refused login"])
def test_a_server_that_stands_still_at_the_end_leaves_no_socket_open(
    after: str, tls: ssl.SSLContext, ca_file: Path
) -> None:
    released, ports = threading.Event(), queue.Queue[int]()

    async def serve() -> None:
        gone = asyncio.Event()
        server = await asyncio.get_running_loop().create_server(
            lambda: StandsStill(after, released, gone, tls), "127.0.0.1", 0
        )
        async with server:
            ports.put(server.sockets[0].getsockname()[1])
            await asyncio.wait_for(gone.wait(), 10)
            await asyncio.sleep(0)

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        port = ports.get(timeout=10)
        to = login(port, ca_file) if after == "535" else channel(port, tls=None, ca_file=ca_file)
        with pytest.raises(DeliveryError) if after == "535" else nullcontext():
            asyncio.run(EmailNotifier(to).send(delivery(), NOW))
        gc.collect()  # an open socket warns here, and a warning fails the test
    finally:
        released.set()
        thread.join(10)
