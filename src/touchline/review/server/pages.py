"""The page itself: the built front end, from the package's own data."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from touchline.review.refusals import Refusal

_MIMES = {
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "json": "application/json",
    "txt": "text/plain; charset=utf-8",
    "svg": "image/svg+xml",
    "map": "application/json",
}
_PAGE = "index.html"


class PageRoutes:
    """The routes of the page and its files."""

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [Route("/", self.page), Route("/static/{name:path}", self.static)]

    def page(self, request: Request) -> Response:
        """Answer with the page."""
        return _static_answer(request, _PAGE)

    def static(self, request: Request) -> Response:
        """Answer with one of its files; a name is looked up, and never becomes a path."""
        return _static_answer(request, request.path_params["name"])


@cache
def static_files() -> dict[str, bytes]:
    """Return the content of every file of the front end by its name."""
    folder = files("touchline.review") / "static"
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()} if folder.is_dir() else {}


def _static_answer(request: Request, name: str) -> Response:
    del request
    known = static_files()
    if name not in known:
        missing = "the front end is not in this installation; build it with: make frontend"
        raise Refusal("not_found", "there is no such page" if known else missing)
    mime = _MIMES.get(name.rpartition(".")[2], "application/octet-stream")
    return Response(known[name], media_type=mime, headers={"cache-control": "no-cache"})
