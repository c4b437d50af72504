"""Answers of the server: JSON, compressed where that pays, and refusals."""

from __future__ import annotations

import zlib
from typing import Any

import orjson
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from touchline.review.refusals import Refusal
from touchline.review.schema import ErrorAnswer

_WORTH_BYTES = 32 * 1024
_EFFORT = 1
"""The answers stay on one machine, so that time counts more than size."""
_GZIP_BITS = 31


def json_answer(request: Request, value: BaseModel | Any, *, status: int = 200) -> Response:
    """Return an answer with a body of JSON, compressed if it is large and the client accepts that."""
    plain = value.model_dump(mode="json") if isinstance(value, BaseModel) else value
    return packed(request, orjson.dumps(plain), mime="application/json", status=status)


def packed(request: Request, data: bytes, *, mime: str, status: int = 200) -> Response:
    """Return an answer with these bytes, compressed as in :func:`json_answer`."""
    headers = {"vary": "accept-encoding"}
    if len(data) >= _WORTH_BYTES and "gzip" in request.headers.get("accept-encoding", ""):
        packer = zlib.compressobj(_EFFORT, zlib.DEFLATED, _GZIP_BITS)
        data = packer.compress(data) + packer.flush()
        headers["content-encoding"] = "gzip"
    return Response(data, status_code=status, media_type=mime, headers=headers)


def refused(refusal: Refusal) -> Response:
    """Return the answer to a request that is refused."""
    body = ErrorAnswer(error=str(refusal), code=refusal.code, n=refusal.n)
    return Response(body.model_dump_json(), status_code=refusal.status, media_type="application/json")
