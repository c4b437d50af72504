"""The routes of bundles: what they hold, corrections, exports and clips."""

from __future__ import annotations

from typing import Any, TypeVar

import orjson
from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from touchline.report.sections import sound, tracks
from touchline.report.values import BundleValues
from touchline.review.exporting import export_events, start_clips
from touchline.review.payload import bundle_document
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
    WindowAnswer,
    WindowPost,
)
from touchline.review.server.answers import json_answer, packed
from touchline.review.studio import Studio

Posted = TypeVar("Posted", bound=BaseModel)

_BYTES = "application/octet-stream"
_ACCEPTED = 202
_FEWEST_WINDOW_CHARACTERS = 8


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
            Route(f"{base}/place", self.place),
            Route(f"{base}/entries", self.entries),
            Route(f"{base}/entries", self.write, methods=["POST"]),
            Route(f"{base}/window", self.window, methods=["POST"]),
            Route(f"{base}/export", self.export, methods=["POST"]),
            Route(f"{base}/clips", self.clips, methods=["POST"]),
            Route(f"{base}/proxy", self.proxy, methods=["POST"]),
        ]
