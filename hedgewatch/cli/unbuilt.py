"""Commands that are promised and not built yet: each says so in one line."""

from __future__ import annotations

import typer

from hedgewatch.domain.errors import ConfigurationError

COMMANDS = (
    "inventory",
    "size",
    "position",
    "holding",
    "hedge",
    "alerts",
    "outbox",
    "history",
    "sql",
    "export",
    "statement",
    "backfill",
    "import",
    "replay",
    "rules",
)
ANYTHING = {"allow_extra_args": True, "ignore_unknown_options": True}


def add_to(app: typer.Typer) -> None:
    """Give every command that is not built yet its one line, hidden from ``--help``."""
    for name in COMMANDS:
        app.command(name, hidden=True, context_settings=ANYTHING, add_help_option=False)(_refuse)


def _refuse(ctx: typer.Context) -> None:
    """Say that the command is not built yet."""
    raise ConfigurationError(f"`hedgewatch {ctx.info_name}` is not built yet in this version")
