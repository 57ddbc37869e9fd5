"""Whom we trust on the other end of an encrypted connection."""

from __future__ import annotations

import ssl
from pathlib import Path

from hedgewatch.domain.errors import ConfigurationError


def trust(ca_file: Path | None, place: str) -> ssl.SSLContext:
    """Return a context that verifies certificate and name, against ``ca_file`` alone where it is given.

    Raises ConfigurationError, naming ``place``, if the file cannot be read or holds no certificate.
    """
    try:
        return ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        problem = error.strerror if isinstance(error, FileNotFoundError | PermissionError) else "holds no certificate"
        raise ConfigurationError(f"{place}: {ca_file}: {problem}") from error


def refused_certificate(error: BaseException) -> str | None:
    """Return why a certificate was refused, None if the error, or what caused it, is not about a certificate."""
    cause: BaseException | None = error
    while cause is not None:
        # aiohttp's own certificate error is one of these too, but without the message
        if isinstance(cause, ssl.SSLCertVerificationError) and hasattr(cause, "verify_message"):
            return cause.verify_message
        cause = cause.__cause__ or cause.__context__
    return None
