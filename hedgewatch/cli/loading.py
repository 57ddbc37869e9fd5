"""The configuration, as a command needs it: loaded, or loaded and fully built."""

from __future__ import annotations

import os
import sys

import typer

from hedgewatch import logs
from hedgewatch.domain.errors import ConfigurationError
from hedgewatch.domain.redaction import Redactor
from hedgewatch.settings import Settings, load_settings, refuse_unready
from hedgewatch.settings.document import find_file


def loaded_settings(ctx: typer.Context) -> Settings:
    """Load the configuration this command was given; raises ConfigurationError with every mistake.

    Logs go to standard error from here on: standard output carries the answer alone.
    """
    redactor = _logging()
    settings = load_settings(ctx.obj.config_path, os.environ)
    redactor.add(settings.known_secrets(os.environ))
    return settings


def settings_or_defaults(ctx: typer.Context) -> Settings:
    """Load the configuration as ``loaded_settings`` does; where none was named and none lies about, the defaults."""
    try:
        find_file(ctx.obj.config_path, os.environ)
    except ConfigurationError:
        _logging()
        return Settings()
    return loaded_settings(ctx)


def _logging() -> Redactor:
    redactor = Redactor()
    logs.configure(redactor, as_json=not sys.stderr.isatty(), level="WARNING")
    return redactor


def ready_settings(ctx: typer.Context) -> Settings:
    """Load the configuration and refuse what this version cannot do yet: half a hedge must not look watched."""
    settings = loaded_settings(ctx)
    refuse_unready(settings)
    return settings
