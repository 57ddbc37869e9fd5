"""From facts to HTML: the templates, and what all of them know."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse

from hedgewatch.web import present
from hedgewatch.web.guard import SECURITY_HEADERS
from hedgewatch.web.ports import PageOptions
from hedgewatch.web.state import WORDS, State, state_of_outcome

LEAST_REFRESH_SECONDS = 2


class Renderer:
    """Writes pages; everything shown is escaped."""

    def __init__(self, options: PageOptions) -> None:
        """Load the templates."""
        self._options = options
        self._templates = Environment(
            loader=PackageLoader("hedgewatch.web"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals.update(
            present=present,
            words=WORDS,
            state_of_outcome=state_of_outcome,
            zone=options.timezone,
            version=options.version,
            hedge_path=hedge_path,
            refresh_seconds=max(LEAST_REFRESH_SECONDS, int(options.poll_seconds)),
        )

    def page(self, template: str, facts: dict[str, Any], *, now: datetime) -> HTMLResponse:
        """Write a page as of ``now``."""

        def since(moment: datetime | None) -> str:
            return present.UNKNOWN if moment is None else present.age(present.seconds_between(moment, now))

        return HTMLResponse(self._templates.get_template(template).render(now=now, since=since, **facts))

    def message(
        self, status: int, title: str, text: str, *, now: datetime, hedges: tuple[str, ...] = ()
    ) -> HTMLResponse:
        """Write a page that says why there is no other; ``hedges`` are offered instead."""
        facts = {"title": title, "text": text, "hedges": hedges, "mark": State.UNKNOWN}
        answer = self.page("message.html", facts, now=now)
        answer.status_code = status
        answer.headers.update(SECURITY_HEADERS)  # the answer to an unforeseen error does not pass the guard
        return answer


def hedge_path(name: str) -> str:
    """Return the path of a hedge's page."""
    return f"/hedges/{quote(name, safe='')}"
