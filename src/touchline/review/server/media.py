"""The routes of a video: the file, its proxy, thumbnails and loudness, and files to download."""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from touchline.review.jobs import Job
from touchline.review.keepers import keeper_page, keeper_page_policy
from touchline.review.server.answers import json_answer
from touchline.review.server.ranges import FileAnswer
from touchline.review.studio import Studio

_BYTES = "application/octet-stream"
_ACCEPTED = 202
_MIMES = {".html": "text/plain", ".json": "application/json", ".csv": "text/csv", ".mp4": "video/mp4"}


class MediaRoutes:
    """The routes of videos and files.

    Args:
        studio: what the server holds.

    """

    def __init__(self, studio: Studio) -> None:
        self._studio = studio

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/media/{id}/video", self.video),
            Route("/media/{id}/proxy", self.proxy),
            Route("/media/{id}/thumbs/{number:int}.jpg", self.thumbs),
            Route("/media/{id}/wave", self.wave),
            Route("/media/{id}/keepers/{page}", self.keeper_page),
            Route("/api/bundles/{id}/frames", self.frames),
            Route("/files/{key}", self.file),
        ]

    async def video(self, request: Request) -> FileAnswer:
        """Answer with the video file or parts of it."""
        desk = self._studio.desk(request.path_params["id"])
        path = self._studio.footage(desk.item.id).info().path
        playback = desk.contents.playback
        mime = "video/mp4" if playback is None else playback.mime.partition(";")[0]
        return FileAnswer(path, mime=mime)

    async def proxy(self, request: Request) -> FileAnswer:
        """Answer with the proxy or parts of it."""
        return FileAnswer(self._studio.footage(request.path_params["id"]).proxy(), mime="video/mp4")

    def thumbs(self, request: Request) -> Response:
        """Answer with a sprite of thumbnails."""
        data = self._studio.footage(request.path_params["id"]).sprite(request.path_params["number"])
        return Response(data, media_type="image/jpeg", headers={"cache-control": "private, max-age=3600"})

    def wave(self, request: Request) -> Response:
        """Answer with the loudness of the sound, or the job that measures it."""
        return self._bytes_or_job(request, self._studio.footage(request.path_params["id"]).wave())

    def keeper_page(self, request: Request) -> Response:
        """Answer with a page of the bundle's keepers."""
        bundle = self._studio.desk(request.path_params["id"]).item.bundle
        path = keeper_page(bundle, request.path_params["page"])
        headers = {"content-security-policy": keeper_page_policy()}
        return Response(path.read_bytes(), media_type="text/html; charset=utf-8", headers=headers)

    def frames(self, request: Request) -> Response:
        """Answer with the times of all frames, or the job that finds them."""
        return self._bytes_or_job(request, self._studio.footage(request.path_params["id"]).frames())

    async def file(self, request: Request) -> FileAnswer:
        """Answer with a file that was made for download."""
        path: Path = self._studio.file(request.path_params["key"])
        return FileAnswer(path, mime=_MIMES.get(path.suffix.lower(), _BYTES), name=path.name)

    def _bytes_or_job(self, request: Request, made: bytes | Job) -> Response:
        if isinstance(made, Job):
            return json_answer(request, self._studio.job_body(made), status=_ACCEPTED)
        return Response(made, media_type=_BYTES)
