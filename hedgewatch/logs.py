"""Logs: structlog on standard error, JSON or console, and never a secret."""

from __future__ import annotations

import base64
import json
import logging
import sys
from collections.abc import Iterable, Iterator
from typing import Any, TextIO
from urllib.parse import quote, unquote, urlsplit

import structlog

MASK = "***"
SHORTEST_SECRET = 6  # masking shorter values would mask ordinary words
SIGNING_KEY = "whsec_"
QUIET = dict.fromkeys(("alembic", "apscheduler", "ccxt", "mail", "uvicorn"), logging.WARNING)


class Redactor:
    """Masks known secrets, in every form in which they travel, wherever they turn up in a log line."""

    def __init__(self) -> None:
        """Know no secret yet."""
        self._forms: tuple[str, ...] = ()

    def add(self, secrets: Iterable[str]) -> None:
        """Learn secrets and what is secret inside them: as they are, URL-quoted, escaped, in base64 and in hex."""
        forms = set(self._forms)
        for secret in (part for whole in secrets for part in _parts(whole)):
            if len(secret) < SHORTEST_SECRET:
                continue
            raw = secret.encode()
            encoded = (base64.b64encode(raw).decode(), base64.urlsafe_b64encode(raw).decode())
            escaped = (quote(secret, safe=""), json.dumps(secret)[1:-1], repr(secret)[1:-1])
            forms |= {secret, raw.hex(), *escaped, *encoded, *(text.rstrip("=") for text in encoded)}
        self._forms = tuple(sorted(forms, key=len, reverse=True))

    def clean(self, text: str) -> str:
        """Return the text with every known secret masked."""
        for form in self._forms:
            if form in text:
                text = text.replace(form, MASK)
        return text

    def walk(self, _logger: object, _method: str, event: structlog.types.EventDict) -> structlog.types.EventDict:
        """Mask every text in a log event before it is rendered, since rendering may escape what was escaped already."""
        return {name: self._walked(value) for name, value in event.items()}

    def _walked(self, value: Any) -> Any:  # noqa: ANN401  whatever is logged
        if isinstance(value, str):
            return self.clean(value)
        if isinstance(value, dict):
            return {self._walked(name): self._walked(inner) for name, inner in value.items()}
        if type(value) in {list, tuple, set, frozenset}:
            return type(value)(self._walked(inner) for inner in value)
        return value

    def __call__(self, _logger: object, _method: str, line: Any) -> str:  # noqa: ANN401  structlog types it as an event
        """Mask a rendered log line: the last processor, so nothing is written behind its back."""
        return self.clean(line)


def _parts(secret: str) -> Iterator[str]:
    """Give the secret, and of an address the password in it, of a signing key its bytes: libraries tell these alone."""
    yield secret
    yield secret.removeprefix(SIGNING_KEY)
    try:
        password = urlsplit(secret).password
    except ValueError:
        return
    if password:
        yield password
        yield unquote(password)


def configure(redactor: Redactor, *, as_json: bool, level: str = "INFO", stream: TextIO | None = None) -> None:
    """Send every log line, ours and the libraries', to standard error in one form.

    ``redactor`` sees every rendered line last. Tracebacks never show local variables: they hold keys.
    """
    out = stream or sys.stderr
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            *_rendering(redactor, out, as_json=as_json),
            redactor,
        ],
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name, quiet in QUIET.items():
        logging.getLogger(name).setLevel(quiet)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )


def _rendering(redactor: Redactor, out: TextIO, *, as_json: bool) -> list[structlog.types.Processor]:
    if as_json:
        tracebacks = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
        return [
            structlog.processors.ExceptionRenderer(tracebacks),
            redactor.walk,
            structlog.processors.JSONRenderer(default=_plain),
        ]
    return [
        redactor.walk,
        structlog.dev.ConsoleRenderer(colors=out.isatty(), exception_formatter=structlog.dev.plain_traceback),
    ]


def _plain(value: object) -> str:
    """Write what JSON has no form for as text."""
    return str(value)
