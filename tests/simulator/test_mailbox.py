from __future__ import annotations

import ssl
import time
from email.message import EmailMessage

import aiosmtplib
import pytest
import trustme

from hedgewatch.simulator.mailbox import Mailbox


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def server_tls(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1", "localhost").configure_cert(context)
    return context


@pytest.fixture(scope="module")
def client_tls(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def mail(subject: str = "Hedge drifts — Absicherung") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "hedgewatch@example.com", "me@example.com", subject
    message.set_content("ratio 0.94\n")
    message.add_alternative("<p>ratio 0.94</p>", subtype="html")
    return message


async def test_a_plain_mail_is_kept_and_parsed() -> None:
    async with Mailbox() as box:
        await aiosmtplib.send(mail(), hostname="127.0.0.1", port=box.port, start_tls=False)
    (kept,) = box.mails
    assert (kept.sender, kept.recipients) == ("hedgewatch@example.com", ("me@example.com",))
    assert kept.message["Subject"] == "Hedge drifts — Absicherung"
    assert [part.get_content_type() for part in kept.message.iter_parts()] == ["text/plain", "text/html"]
    assert (kept.is_encrypted, kept.user) == (False, None)


async def test_starttls_and_a_login_are_asked_for(server_tls: ssl.SSLContext, client_tls: ssl.SSLContext) -> None:
    async with Mailbox(tls=server_tls, user="me", password="secret") as box:
        login = {"username": "me", "password": "secret"}
        await aiosmtplib.send(
            mail(), hostname="127.0.0.1", port=box.port, start_tls=True, tls_context=client_tls, **login
        )
    assert [(kept.is_encrypted, kept.user) for kept in box.mails] == [(True, "me")]


async def test_mail_without_starttls_is_refused_where_it_is_required(server_tls: ssl.SSLContext) -> None:
    async with Mailbox(tls=server_tls) as box:
        with pytest.raises(aiosmtplib.SMTPResponseException, match="STARTTLS"):
            await aiosmtplib.send(mail(), hostname="127.0.0.1", port=box.port, start_tls=False)
    assert box.mails == []


async def test_a_wrong_password_is_refused_at_once(server_tls: ssl.SSLContext, client_tls: ssl.SSLContext) -> None:
    async with Mailbox(tls=server_tls, user="me", password="secret") as box:
        started = time.monotonic()
        with pytest.raises(aiosmtplib.SMTPAuthenticationError) as refused:
            await aiosmtplib.send(
                mail(),
                hostname="127.0.0.1",
                port=box.port,
                start_tls=True,
                tls_context=client_tls,
                username="me",
                password="guess",
            )
    assert refused.value.code == 535
    assert time.monotonic() - started < 2


async def test_a_busy_mailbox_refuses_as_often_as_it_was_told() -> None:
    async with Mailbox() as box:
        box.refuse(1)
        with pytest.raises(aiosmtplib.SMTPDataError):
            await aiosmtplib.send(mail("first"), hostname="127.0.0.1", port=box.port, start_tls=False)
        await aiosmtplib.send(mail("second"), hostname="127.0.0.1", port=box.port, start_tls=False)
    assert box.refused == 1
    assert [kept.message["Subject"] for kept in box.mails] == ["second"]


async def test_a_stopped_mailbox_takes_no_mail() -> None:
    box = Mailbox()
    await box.start()
    await box.stop()
    with pytest.raises(aiosmtplib.SMTPConnectError):
        await aiosmtplib.send(mail(), hostname="127.0.0.1", port=box.port, start_tls=False)
