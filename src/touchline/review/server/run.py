"""Running the server: an address that only its user knows, until it is interrupted."""

from __future__ import annotations

import contextlib
import errno
import secrets
import socket
import threading
import webbrowser
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

import uvicorn

from touchline.core.errors import ResourceError, UsageError
from touchline.review.server.app import make_app
from touchline.review.studio import Studio

LOOPBACK = "127.0.0.1"
_ANY = frozenset({"0.0.0.0", "::"})
_BACKLOG = 128
_MAX_HEAD_BYTES = 1 << 20
"""Largest head of a request: absurd ones are read to their end, so that they get an answer."""
_GRACE_S = 1
"""How long answers under way may take when the server is stopped; players keep connections open."""


@dataclass(frozen=True)
class Address:
    """Where a server listens.

    Attributes:
        listener: the bound socket.
        host: as the user gave it.
        token: the secret of this run.

    """

    listener: socket.socket
    host: str
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)

    @property
    def port(self) -> int:
        """The port."""
        return int(self.listener.getsockname()[1])

    @property
    def url(self) -> str:
        """The address to open, with the token."""
        shown = LOOPBACK if self.host in _ANY else self.host
        return f"http://{_bracketed(shown)}:{self.port}/?token={self.token}"

    @property
    def hosts(self) -> Collection[str]:
        """The names under which browsers may ask for it."""
        names = {self.host, LOOPBACK, "localhost", "::1"}
        if self.host in _ANY:
            names |= {socket.gethostname(), *_own_addresses()}
        return {f"{_bracketed(name)}:{self.port}" for name in names}


def listen(host: str = LOOPBACK, port: int = 0) -> Address:
    """Bind to an address.

    Args:
        host: name or address of this machine.
        port: 0 takes a free one.

    Raises:
        UsageError: the host is not this machine.
        ResourceError: the port is taken, or may not be used.

    """
    try:
        family, _, _, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        raise UsageError(f"--host {host}: not known as an address ({error.strerror}); use {LOOPBACK}") from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(place)
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRNOTAVAIL:
            raise UsageError(f"--host {host}: not an address of this machine; use {LOOPBACK}") from error
        raise ResourceError(
            f"port {port} on {host} cannot be used ({error.strerror}); leave --port out to take a free one"
        ) from error
    return Address(listener, host)


def serve(studio: Studio, address: Address, *, ready: Callable[[], None], debug: bool = False) -> None:
    """Serve a studio until the process is interrupted; the studio is closed at the end.

    Args:
        studio: what it shows.
        address: where.
        ready: called once requests are answered.
        debug: log what the server does, and errors with their traceback, on stderr.

    Raises:
        KeyboardInterrupt: the process was interrupted; everything is closed.

    """
    make_server(studio, address, ready=ready, debug=debug).run(sockets=[address.listener])


def make_server(studio: Studio, address: Address, *, ready: Callable[[], None], debug: bool = False) -> uvicorn.Server:
    """Return the server that :func:`serve` runs; setting its ``should_exit`` ends it."""
    config = uvicorn.Config(
        make_app(studio, token=address.token, hosts=address.hosts),
        http="h11",
        ws="none",
        lifespan="on",
        log_level="info" if debug else "critical",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE_S,
        h11_max_incomplete_event_size=_MAX_HEAD_BYTES,
    )
    return _Server(config, ready)


def open_browser(url: str) -> None:
    """Open a page in the user's browser, without waiting for it."""

    def opening() -> None:
        with contextlib.suppress(webbrowser.Error):
            webbrowser.open(url)

    threading.Thread(target=opening, daemon=True).start()


class _Server(uvicorn.Server):
    """A server that says when it is ready."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self._ready()


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _own_addresses() -> set[str]:
    """Return the addresses of this machine."""
    with contextlib.suppress(OSError):
        return {str(found[4][0]) for found in socket.getaddrinfo(socket.gethostname(), None)}
    return set()
