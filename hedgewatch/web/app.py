"""The pages as one app: its routes, and what is answered when something fails."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from importlib.resources import files

import structlog
from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from hedgewatch.domain.errors import StoreUnavailableError
from hedgewatch.web.guard import Guard
from hedgewatch.web.pages.hedge import hedge_page
from hedgewatch.web.pages.overview import overview_page
from hedgewatch.web.pages.probes import alive, readiness, unreadable
from hedgewatch.web.pages.rendering import Renderer
from hedgewatch.web.ports import HistoryReader, PageOptions

METHODS = ["GET", "HEAD"]
READY = "/readyz"
Clock = Callable[[], datetime]

log = structlog.stdlib.get_logger("hedgewatch.web")


def utc_now() -> datetime:
    """Return the present moment, UTC."""
    return datetime.now(UTC)


def make_app(history: HistoryReader, options: PageOptions, now: Clock = utc_now) -> FastAPI:
    """Return the app of all pages; they read, and never write."""
    renderer = Renderer(options)
    app = FastAPI(title="hedgewatch", docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(Guard, allowed_hosts=options.allowed_hosts)
    app.mount("/static", StaticFiles(directory=str(files("hedgewatch.web") / "static")))
    _add_pages(app, history, options, renderer, now)
    app.add_exception_handler(HTTPException, partial(_not_found, renderer, now))
    app.add_exception_handler(StoreUnavailableError, partial(_unavailable, renderer, now))
    app.add_exception_handler(Exception, partial(_failed, renderer, now))
    return app


def _add_pages(app: FastAPI, history: HistoryReader, options: PageOptions, renderer: Renderer, now: Clock) -> None:
    # Plain functions, so that reading the database happens in a thread and blocks no other answer.

    def overview() -> Response:
        return overview_page(history, options, renderer, now=now())

    def hedge(name: str) -> Response:
        return hedge_page(history, options, renderer, name, now=now())

    def ready() -> Response:
        return readiness(history, options.poll_seconds, now=now())

    async def healthy() -> Response:  # without a thread: it answers while the database hangs
        return alive()

    pages: dict[str, Callable[..., Response] | Callable[..., Awaitable[Response]]] = {
        "/": overview,
        "/hedges/{name:path}": hedge,
        "/healthz": healthy,
        READY: ready,
    }
    for path, answer in pages.items():
        app.add_api_route(path, answer, methods=METHODS, response_model=None)


async def _not_found(renderer: Renderer, now: Clock, _request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 404
    return renderer.message(status, "No such page", "There is nothing at this address.", now=now())


async def _unavailable(renderer: Renderer, now: Clock, request: Request, error: Exception) -> Response:
    log.error("database cannot be read", path=request.url.path, error=str(error))
    if request.url.path == READY:
        return unreadable()
    text = "Nothing can be said about any hedge until it can be read again. The log and `hedgewatch doctor` say more."
    return renderer.message(503, "The database cannot be read", text, now=now())


async def _failed(renderer: Renderer, now: Clock, _request: Request, _error: Exception) -> Response:
    # the server logs the error itself, with its stack
    text = "This page could not be made. That is a mistake of hedgewatch; the log says where. Watching is not affected."
    return renderer.message(500, "Something went wrong", text, now=now())
