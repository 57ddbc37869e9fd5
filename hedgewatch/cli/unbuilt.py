"""Commands that are promised and not built yet: each says so in one line."""

from __future__ import annotations

from collections.abc import Sequence

import typer

from hedgewatch.domain.errors import ConfigurationError

COMMANDS = (
    "history",
    "sql",
    "export",
    "statement",
    "import",
    "replay",
)
COMMANDS_OF_DB = ("backup", "prune")
ANYTHING = {"allow_extra_args": True, "ignore_unknown_options": True}


def add_to(app: typer.Typer, names: Sequence[str] = COMMANDS) -> None:
    """Give every command that is not built yet its one line, hidden from ``--help``."""
    for name in names:
        app.command(name, hidden=True, context_settings=ANYTHING, add_help_option=False)(_refuse)


def refusal(words: str) -> ConfigurationError:
    """Return the error that says that a command, or an option of one, is not built yet."""
    return ConfigurationError(f"`hedgewatch {words}` is not built yet in this version")


def _refuse(ctx: typer.Context) -> None:
    """Say that the command is not built yet."""
    group = ctx.parent.info_name if ctx.parent is not None and ctx.parent.parent is not None else None
    raise refusal(f"{group} {ctx.info_name}" if group else str(ctx.info_name))
