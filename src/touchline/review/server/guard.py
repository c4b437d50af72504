"""The guard before every route: only the browser that was given the token gets in, and nothing of it gets out.

A page of another site can make a browser send requests here. They are refused by the cookie (``SameSite=Strict``), by
``Host`` (against a foreign name that resolves to this address) and by ``Origin`` and ``Sec-Fetch-Site``. There are no
CORS headers, so that no other page can read an answer.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Collection
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from touchline.review.refusals import Refusal
from touchline.review.server.answers import refused

MAX_BODY_BYTES = 8 * 1024 * 1024
"""Largest body of a request."""

SECURITY_HEADERS = {
    "content-security-policy": "; ".join(
        [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data: blob:",
            "media-src 'self' blob:",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        ]
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}

_UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_OWN_SITE = frozenset({"same-origin", "none"})


class Guard:
    """An ASGI application that lets only its own browser through to another one.

    Args:
        app: the application behind it.
        token: the secret in the address that is given to the user.
        hosts: allowed values of ``Host``, with the port.

    """

    def __init__(self, app: ASGIApp, *, token: str, hosts: Collection[str]) -> None:
        self._app, self._token = app, token
        self._hosts = frozenset(host.lower() for host in hosts)
        self._origins = frozenset(f"http://{host}" for host in self._hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or pass it on."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        send = _with_headers(send)
        try:
            headers = Headers(scope=scope)
            cookie = f"touchline-{(scope.get('server') or ('', 0))[1]}"
            entry = self._check(scope, headers, cookie=cookie)
            if entry is not None:
                await entry(scope, receive, send)
                return
            await self._app(scope, _limited(receive, headers), send)
        except Refusal as refusal:
            await refused(refusal)(scope, receive, send)

    def _check(self, scope: Scope, headers: Headers, *, cookie: str) -> Response | None:
        """Return the answer that sets the cookie, if the request asks for it; None for a request to pass on.

        Raises:
            Refusal: it must not be passed on.

        """
        if headers.get("host", "").lower() not in self._hosts:
            raise Refusal("forbidden", "this server is not known by that name; use the address that touchline printed")
        origin, site = headers.get("origin"), headers.get("sec-fetch-site")
        if origin is not None and origin.lower() not in self._origins:
            raise Refusal("forbidden", "requests from other sites are refused")
        given = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
        if scope["path"] == "/" and scope["method"] == "GET" and self._same(given):
            return self._welcome(cookie)  # a link in another program counts as another site
        if site is not None and site not in _OWN_SITE:
            raise Refusal("forbidden", "requests from other sites are refused")
        if not self._same(_cookie(headers, cookie)):
            raise Refusal("forbidden", "open the address that touchline printed; it holds the key to this page")
        if scope["method"] in _UNSAFE and headers.get("content-type", "").split(";")[0].strip() != "application/json":
            raise Refusal("bad_request", "the body must be application/json")
        return None

    def _same(self, given: str) -> bool:
        """Return whether a text is the token, in a time that does not depend on it."""
        return hmac.compare_digest(given.encode("utf-8", "replace"), self._token.encode())

    def _welcome(self, cookie: str) -> Response:
        answer = RedirectResponse("/", status_code=303)
        # Cookies are shared by all ports of a host, so its name holds the port.
        answer.set_cookie(cookie, self._token, httponly=True, samesite="strict", path="/")
        return answer


def _cookie(headers: Headers, name: str) -> str:
    """Return the value of a cookie; "" if there is none."""
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(name)
    except CookieError:
        return ""
    return "" if found is None else found.value


def _with_headers(send: Send) -> Send:
    """Return a function that adds the security headers to every answer; a route may have set a policy of its own."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in SECURITY_HEADERS.items():
                headers.setdefault(name, value)
            headers.setdefault("cache-control", "no-store")
        await send(message)

    return sending


def _limited(receive: Receive, headers: Headers) -> Callable[[], Awaitable[Message]]:
    """Return a function that receives the request, and refuses a body that is too large.

    Raises:
        Refusal: the stated length is too large already.

    """
    stated = headers.get("content-length", "0")
    if not stated.isdecimal() or int(stated) > MAX_BODY_BYTES:
        raise _too_large()
    received = 0

    async def receiving() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > MAX_BODY_BYTES:
            raise _too_large()
        return message

    return receiving


def _too_large() -> Refusal:
    return Refusal("too_large", f"the request is larger than {MAX_BODY_BYTES // 2**20} MiB; send less at once")
