"""The pages as a part of the daemon."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AsyncExitStack
from zoneinfo import ZoneInfo

from hedgewatch import __version__
from hedgewatch.bootstrap.reading import reading
from hedgewatch.cli.address import split_address
from hedgewatch.settings import Settings
from hedgewatch.web.app import make_app
from hedgewatch.web.ports import PageOptions
from hedgewatch.web.serve import Pages, reserve


def open_pages(stack: AsyncExitStack, settings: Settings, environ: Mapping[str, str], listen: str) -> Pages:
    """Hold the port, bring the schema up to date and open the history; ``stack`` closes it.

    Raises ConfigurationError if the port is taken, StoreUnavailableError.
    """
    listening = reserve(*split_address(listen))
    stack.callback(listening.close)
    history = stack.enter_context(reading(settings, environ, migrate=True))
    options = PageOptions(
        timezone=ZoneInfo(settings.monitor.timezone),
        poll_seconds=settings.poll_seconds,
        allowed_hosts=settings.web.allowed_hosts,
        version=__version__,
    )
    return Pages(make_app(history, options), listening)
