"""What went wrong with a mail server, in words that say what to mend and hold no secret; pure."""

from __future__ import annotations

import base64
import ssl

import aiosmtplib

from hedgewatch.notify.letter import one_line
from hedgewatch.notify.smtp_server import SmtpServer
from hedgewatch.notify.trust import refused_certificate

LONGEST_REPLY = 160
MASK = "***"
Refusal = aiosmtplib.SMTPResponseException | aiosmtplib.SMTPRecipientRefused


def explain(error: BaseException, server: SmtpServer, password: str | None) -> str:
    """Return the rest of a sentence that begins with the server's name."""
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        refusals = "; ".join(_reply(refusal, server, password) for refusal in error.recipients)
        return f"takes no mail for any address in to: {refusals}"
    if isinstance(error, aiosmtplib.SMTPAuthenticationError):
        return f"refused the login ({error.code}): are the user in server and the password right?"
    if isinstance(error, aiosmtplib.SMTPResponseException | aiosmtplib.SMTPRecipientRefused):
        return f"refused {_what_was_refused(error)}: {_reply(error, server, password)}"
    return _connection_fault(error, server)


def _what_was_refused(error: Refusal) -> str:
    return "the address in from" if isinstance(error, aiosmtplib.SMTPSenderRefused) else "the mail"


def _connection_fault(error: BaseException, server: SmtpServer) -> str:
    certificate = refused_certificate(error)
    if certificate:
        return f"showed a certificate that is not trusted ({certificate}): is ca_file needed?"
    if "STARTTLS" in str(error):
        return 'offers no encryption (STARTTLS): use smtps://, or tls = "none" where that is meant'
    if isinstance(error, ssl.SSLError) or isinstance(error.__cause__, ssl.SSLError):
        return "did not speak TLS: is the port right? 587 is usual for smtp://, 465 for smtps://"
    if isinstance(error, aiosmtplib.SMTPServerDisconnected):
        return "hung up"
    return f"could not be reached at port {server.port} ({type(error).__name__})"


def _reply(error: Refusal, server: SmtpServer, password: str | None) -> str:
    """Return the server's code and words, on one line and without the password in any form it travels in."""
    words = one_line(error.message)
    for secret in _forms(password, server.user):
        words = words.replace(secret, MASK)
    return f"{error.code} {words[:LONGEST_REPLY]}"


def _forms(password: str | None, user: str | None) -> tuple[str, ...]:
    if not password:
        return ()
    login = base64.b64encode(f"\0{user or ''}\0{password}".encode()).decode()
    return (login, base64.b64encode(password.encode()).decode(), password)
