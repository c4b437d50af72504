"""The routes of bundles: what they hold, corrections, exports and clips."""

from __future__ import annotations

from typing import TypeVar

import orjson
from pydantic import BaseModel, ValidationError
from pydantic_core import from_json
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from touchline.formats.bundle import TRACKS
from touchline.review.desk import Desk
from touchline.review.exporting import export_events, start_clips
from touchline.review.keepers import keeper_moments
from touchline.review.payload import bundle_document, report_part
from touchline.review.places import place_of
from touchline.review.refusals import Refusal
from touchline.review.schema import (
    ClipsPost,
    DoPost,
    EntryBody,
    ExportPost,
    Place,
    RedoPost,
    UndoPost,
    WindowPost,
)
from touchline.review.server.answers import json_answer, packed
from touchline.review.studio import Studio

Posted = TypeVar("Posted", bound=BaseModel)

_BYTES = "application/octet-stream"
_ACCEPTED = 202


class BundleRoutes:
    """The routes of bundles.

    Args:
        studio: what the server holds.

    """

    def __init__(self, studio: Studio) -> None:
        self._studio = studio

    def routes(self) -> list[Route]:
        """Return the routes."""
        base = "/api/bundles/{id}"
        return [
            Route("/api/session", self.session),
            Route("/api/jobs/{job}", self.job),
            Route(base, self.bundle),
            Route(f"{base}/curves", self.curves),
            Route(f"{base}/tracks", self.tracks),
            Route(f"{base}/actions", self.actions),
            Route(f"{base}/sound", self.sound),
            Route(f"{base}/keepers", self.keepers),
            Route(f"{base}/place", self.place),
            Route(f"{base}/entries", self.entries),
            Route(f"{base}/entries", self.write, methods=["POST"]),
            Route(f"{base}/window", self.window, methods=["POST"]),
            Route(f"{base}/export", self.export, methods=["POST"]),
            Route(f"{base}/clips", self.clips, methods=["POST"]),
            Route(f"{base}/proxy", self.proxy, methods=["POST"]),
        ]

    def session(self, request: Request) -> Response:
        """Answer with what this server offers."""
        return json_answer(request, self._studio.session())

    def job(self, request: Request) -> Response:
        """Answer with how a job stands."""
        return json_answer(request, self._studio.job_body(self._studio.jobs.get(request.path_params["job"])))

    def bundle(self, request: Request) -> Response:
        """Answer with everything that the page needs to open a bundle."""
        desk = self._desk(request)
        window = desk.ask(_checked(WindowPost, orjson.dumps({"window": request.query_params.get("window", "")})))
        return json_answer(request, bundle_document(desk, self._studio.footage(desk.item.id), window=window))

    def curves(self, request: Request) -> Response:
        """Answer with the confidence curves, uint8 (labels, samples)."""
        curves = self._desk(request).contents.curves
        if curves is None:
            raise Refusal("not_found", "the bundle holds no confidence curves")
        return packed(request, curves.levels.tobytes(), mime=_BYTES)

    def tracks(self, request: Request) -> Response:
        """Answer with the tracks, as in the report."""
        return self._part(request, "tracks")

    def actions(self, request: Request) -> Response:
        """Answer with the players' actions, as in the report."""
        return self._part(request, "actions")

    def sound(self, request: Request) -> Response:
        """Answer with the results on the sound, as in the report."""
        return self._part(request, "sound")

    def keepers(self, request: Request) -> Response:
        """Answer with the keeper moments."""
        item = self._desk(request).item
        return json_answer(request, keeper_moments(item.bundle, base=f"/media/{item.id}/keepers"))

    def place(self, request: Request) -> Response:
        """Answer with where a point of the picture lies on the pitch."""
        asked = request.query_params
        try:
            time_us, x, y = int(asked["time_us"]), float(asked["x"]), float(asked["y"])
        except (KeyError, ValueError) as error:
            raise Refusal("bad_request", "give time_us, x and y as numbers") from error
        path = self._desk(request).item.bundle.path / TRACKS
        found = place_of(path, time_us=time_us, point_px=(x, y)) if path.is_file() else None
        return json_answer(request, Place(point_m=found))

    def entries(self, request: Request) -> Response:
        """Answer with the journal after an entry."""
        after = request.query_params.get("after", "0")
        if not after.isdecimal():
            raise Refusal("bad_request", f"after={after!r} must be a number")
        return json_answer(request, {"entries": self._desk(request).entries(after=int(after))})

    async def write(self, request: Request) -> Response:
        """Append an entry to the journal."""
        desk, post = self._desk(request), _entry(await request.body())
        return json_answer(request, await run_in_threadpool(desk.write, post))

    async def window(self, request: Request) -> Response:
        """Note that a window is alive."""
        desk, post = self._desk(request), _checked(WindowPost, await request.body())
        return json_answer(request, await run_in_threadpool(desk.ask, post))

    async def export(self, request: Request) -> Response:
        """Export the corrected events."""
        desk, post = self._desk(request), _checked(ExportPost, await request.body())
        return json_answer(request, await run_in_threadpool(export_events, self._studio, desk, post))

    async def clips(self, request: Request) -> Response:
        """Begin to cut clips."""
        desk, post = self._desk(request), _checked(ClipsPost, await request.body())
        job = await run_in_threadpool(start_clips, self._studio, desk, post)
        return json_answer(request, self._studio.job_body(job), status=_ACCEPTED)

    async def proxy(self, request: Request) -> Response:
        """Begin to make the proxy."""
        job = await run_in_threadpool(self._studio.footage(self._desk(request).item.id).make_proxy)
        return json_answer(request, self._studio.job_body(job), status=_ACCEPTED)

    def _desk(self, request: Request) -> Desk:
        return self._studio.desk(request.path_params["id"])

    def _part(self, request: Request, name: str) -> Response:
        """Answer with a part of the bundle in the form of the report."""
        contents = self._desk(request).contents
        data = report_part(contents, name) if contents.analysed else None
        if data is None:
            raise Refusal("not_found", f"the bundle holds no {name}")
        return packed(request, data, mime="application/json")


def _checked(model: type[Posted], body: bytes) -> Posted:
    """Return a body as its model.

    Raises:
        Refusal: it does not fit; the message names the first place.

    """
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "the body"
        raise Refusal("invalid", f"{where}: {first['msg']}") from error


def _entry(body: bytes) -> EntryBody:
    """Return a posted entry: an undo or a redo if it says so, otherwise a command."""
    kinds: tuple[tuple[str, type[EntryBody]], ...] = (("undo", UndoPost), ("redo", RedoPost))
    try:
        keys = from_json(body)
    except ValueError:
        keys = ()  # the model says what is wrong
    chosen = next((kind for name, kind in kinds if isinstance(keys, dict) and name in keys), DoPost)
    return _checked(chosen, body)
