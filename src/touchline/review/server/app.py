"""The application: every route, behind the guard."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Collection

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from touchline.core.errors import TouchlineError
from touchline.review.refusals import STATUS, Refusal
from touchline.review.server.answers import refused
from touchline.review.server.bundles import BundleRoutes
from touchline.review.server.guard import Guard
from touchline.review.server.media import MediaRoutes
from touchline.review.server.pages import PageRoutes
from touchline.review.studio import Studio

TEND_EVERY_S = 5.0


def make_app(studio: Studio, *, token: str, hosts: Collection[str]) -> ASGIApp:
    """Return the ASGI application of a studio.

    Args:
        studio: what it shows; closed with the application.
        token: the secret in the address that is given to the user.
        hosts: names and ports under which the server is known, such as ``"127.0.0.1:8000"``.

    """
    routes: list[Route] = [
        *PageRoutes().routes(),
        *BundleRoutes(studio).routes(),
        *MediaRoutes(studio).routes(),
    ]

    @contextlib.asynccontextmanager
    async def life(app: Starlette) -> AsyncIterator[None]:
        del app
        tending = asyncio.create_task(_tend(studio))
        try:
            yield
        finally:
            tending.cancel()
            await run_in_threadpool(studio.close)

    handlers = {Refusal: _refuse, TouchlineError: _fail, HTTPException: _not_routed}
    app = Starlette(routes=routes, exception_handlers=handlers, lifespan=life)  # type: ignore[arg-type]
    app.router.redirect_slashes = False
    return Guard(app, token=token, hosts=hosts)


async def _tend(studio: Studio) -> None:
    while True:
        await asyncio.sleep(TEND_EVERY_S)
        await run_in_threadpool(studio.tend)


async def _refuse(request: Request, error: Refusal) -> Response:
    del request
    return refused(error)


async def _fail(request: Request, error: TouchlineError) -> Response:
    del request
    return refused(Refusal("failed", str(error)))


async def _not_routed(request: Request, error: HTTPException) -> Response:
    del request
    known = {status: code for code, status in STATUS.items()}
    return refused(Refusal(known.get(error.status_code, "bad_request"), error.detail))
