"""Logs: structlog on standard error, JSON or console, and never a secret."""

from __future__ import annotations

import contextlib
import logging
import sys
from typing import TYPE_CHECKING, Any, TextIO

import structlog

from hedgewatch.domain.redaction import MASK, Redactor

if TYPE_CHECKING:  # every command logs, few run cycles
    from hedgewatch.monitoring.cycle import CycleResult

QUIET = dict.fromkeys(
    ("alembic", "apprise", "apscheduler", "ccxt", "mail", "requests", "uvicorn", "urllib3"), logging.WARNING
)
# What a value of any kind may raise when it is looked into or written: then it is dropped, not shown as it is.
UNWRITABLE = (ArithmeticError, AttributeError, LookupError, OSError, RuntimeError, TypeError, ValueError)


class _Masking:
    """The two ends of the chain at which secrets are masked; what cannot be looked into is left out."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor

    def walk(self, _logger: object, _method: str, event: structlog.types.EventDict) -> structlog.types.EventDict:
        """Mask every text in a log event before it is rendered, since rendering may escape what was escaped already."""
        return {name: self._safely(value) for name, value in event.items()}

    def line(self, _logger: object, _method: str, line: Any) -> str:  # noqa: ANN401  structlog types it as an event
        """Mask a rendered log line: the last processor, so nothing is written behind its back."""
        return self._redactor.clean(line)

    def _safely(self, value: Any) -> Any:  # noqa: ANN401  whatever is logged
        try:
            return self._walked(value)
        except UNWRITABLE:
            return MASK

    def _walked(self, value: Any) -> Any:  # noqa: ANN401  whatever is logged
        if isinstance(value, str):
            return self._redactor.clean(value)
        if isinstance(value, dict):
            return {self._walked(name): self._walked(inner) for name, inner in value.items()}
        if type(value) in {list, tuple, set, frozenset}:
            return type(value)(self._walked(inner) for inner in value)
        return value


class _ClosedHandler(logging.StreamHandler[TextIO]):
    """Says that a line was lost where the library would print it, unmasked, with its traceback."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  the library's name
        with contextlib.suppress(OSError, ValueError):
            self.stream.write(f"a log line of {record.name} could not be written\n")


def configure(redactor: Redactor, *, as_json: bool, level: str = "INFO", stream: TextIO | None = None) -> None:
    """Send every log line, ours and the libraries', to standard error in one form.

    ``redactor`` sees every rendered line last. Tracebacks never show local variables: they hold keys.
    """
    out, masking = stream or sys.stderr, _Masking(redactor)
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
            *_rendering(masking, out, as_json=as_json),
            masking.line,
        ],
    )
    handler = _ClosedHandler(out)
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


def _rendering(masking: _Masking, out: TextIO, *, as_json: bool) -> list[structlog.types.Processor]:
    if as_json:
        tracebacks = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
        return [
            structlog.processors.ExceptionRenderer(tracebacks),
            masking.walk,
            structlog.processors.JSONRenderer(default=_plain),
        ]
    return [
        masking.walk,
        structlog.dev.ConsoleRenderer(colors=out.isatty(), exception_formatter=structlog.dev.plain_traceback),
    ]


def _plain(value: object) -> str:
    """Write what JSON has no form for as text, or mask what will not be written."""
    try:
        return str(value)
    except UNWRITABLE:
        return MASK


def log_cycle(result: CycleResult) -> None:
    """Log one committed cycle and what it had to tell."""
    log = structlog.stdlib.get_logger("hedgewatch.worker")
    failed = {name: answer.error for name, answer in result.answers.items() if answer.error}
    log.info(
        "cycle",
        hedges=len(result.snapshots),
        events=len(result.verdict.events),
        quality={snapshot.hedge.name: snapshot.quality.value for snapshot in result.snapshots},
        **({"trouble": failed} if failed else {}),
    )
    for event in result.verdict.events:
        log.warning(
            "alert",
            type=event.type.value,
            severity=event.severity.value,
            rule=event.state.target.rule,
            hedge=event.state.target.hedge or None,
            exchange=event.state.target.exchange or None,
            message=event.finding.message,
            event_id=event.event_id,
        )
