"""The web server of a live run: the page, its messages, WebSocket and numbers for monitoring."""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import AsyncIterator
from threading import Thread
from urllib.parse import parse_qs

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from touchline.core.extras import is_installed
from touchline.live.output.hub import Hub, Reader
from touchline.live.output.metrics_text import prometheus_text
from touchline.review.refusals import Refusal
from touchline.review.server.answers import refused
from touchline.review.server.guard import Guard
from touchline.review.server.pages import PageRoutes, static_files
from touchline.review.server.run import Address

PAGE = "live.html"
_HEARTBEAT_S = 15.0
_GRACE_S = 1
_FOR_PROGRAMS = frozenset({"/ws", "/metrics", "/api/state", "/api/messages"})
"""Paths that programs may ask for with the token in the address; browsers have it in a cookie."""


class LiveRoutes:
    """The routes of a live run.

    Args:
        hub: what the run has found.

    """

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def routes(self) -> list[Route | WebSocketRoute]:
        """Return the routes."""
        return [
            Route("/", self.page),
            Route("/static/{name:path}", PageRoutes().static),
            Route("/api/state", self.state),
            Route("/api/messages", self.messages),
            Route("/metrics", self.metrics),
            WebSocketRoute("/ws", self.socket),
        ]

    def page(self, request: Request) -> Response:
        """Answer with the page."""
        del request
        if PAGE not in static_files():
            raise HTTPException(404, "the front end is not in this installation; build it with: make frontend")
        return Response(static_files()[PAGE], media_type="text/html; charset=utf-8")

    def state(self, request: Request) -> Response:
        """Answer with everything found so far."""
        del request
        return JSONResponse(self._hub.snapshot())

    def metrics(self, request: Request) -> Response:
        """Answer with the numbers in Prometheus' format."""
        del request
        return PlainTextResponse(prometheus_text(self._hub.snapshot()["status"]))

    async def messages(self, request: Request) -> Response:
        """Answer with a stream of server-sent events: a snapshot, then every change."""
        del request
        return StreamingResponse(self._lines(), media_type="text/event-stream")

    async def _lines(self) -> AsyncIterator[str]:
        reader = Reader(asyncio.get_running_loop())
        message: dict[str, object] | None = self._hub.join(reader)
        try:
            while message is not None:
                yield f"data: {json.dumps(message)}\n\n" if message else ": alive\n\n"
                try:
                    message = await asyncio.wait_for(reader.next(), _HEARTBEAT_S)
                except TimeoutError:
                    message = {}
        finally:
            self._hub.leave(reader)

    async def socket(self, socket: WebSocket) -> None:
        """Send the same messages over a WebSocket; what is received is ignored."""
        await socket.accept()
        reader = Reader(asyncio.get_running_loop())
        message: dict[str, object] | None = self._hub.join(reader)
        hearing = asyncio.create_task(_until_gone(socket))
        try:
            while message is not None and not hearing.done():
                await socket.send_text(json.dumps(message))
                coming = asyncio.create_task(reader.next())
                await asyncio.wait({coming, hearing}, return_when=asyncio.FIRST_COMPLETED)
                message = await coming if coming.done() else None
                coming.cancel()
            if not hearing.done():
                await socket.close()
        except WebSocketDisconnect:
            pass
        finally:
            hearing.cancel()
            self._hub.leave(reader)


async def _until_gone(socket: WebSocket) -> None:
    """Read a socket until its other end has gone."""
    try:
        while True:
            await socket.receive_text()
    except (WebSocketDisconnect, KeyError):
        return


class LiveGuard:
    """Lets browsers in as the review does, and programs with the token in the address.

    Args:
        app: the application behind it.
        address: where it listens; holds the token.

    """

    def __init__(self, app: ASGIApp, address: Address) -> None:
        self._app, self._token = app, address.token
        self._guard = Guard(app, token=address.token, hosts=address.hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or pass it on."""
        if scope["type"] != "lifespan" and scope["path"] in _FOR_PROGRAMS and self._has_token(scope):
            await self._app(scope, receive, send)
        else:
            await self._guard(scope, receive, send)

    def _has_token(self, scope: Scope) -> bool:
        given = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
        return hmac.compare_digest(given.encode("utf-8", "replace"), self._token.encode())


def make_app(hub: Hub, address: Address) -> ASGIApp:
    """Return the ASGI application of a live run."""

    async def not_found(request: Request, error: Exception) -> Response:
        del request
        return refused(error if isinstance(error, Refusal) else Refusal("not_found", "there is no such page"))

    handlers = {HTTPException: not_found, Refusal: not_found}
    return LiveGuard(Starlette(routes=LiveRoutes(hub).routes(), exception_handlers=handlers), address)  # type: ignore[arg-type]


class LiveServer:
    """The server, running in a thread of its own.

    Args:
        hub: what the run has found.
        address: where to listen.

    """

    def __init__(self, hub: Hub, address: Address) -> None:
        self._hub = hub
        config = uvicorn.Config(
            make_app(hub, address),
            http="h11",
            ws="websockets-sansio" if is_installed("websockets") else "none",
            lifespan="off",
            log_level="critical",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=_GRACE_S,
        )
        self._server = uvicorn.Server(config)
        self._thread = Thread(
            target=self._server.run, args=([address.listener],), name="touchline-live-server", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Send what waits, and end."""
        self._hub.close()
        self._server.should_exit = True
        self._thread.join(timeout=5)
