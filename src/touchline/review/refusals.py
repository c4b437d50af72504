"""Why the server refuses a request: a status, a code for programs, and words for people."""

from __future__ import annotations

from typing import Literal

Code = Literal[
    "bad_request", "forbidden", "not_found", "method", "stale", "too_large", "invalid", "read_only", "failed"
]

STATUS: dict[Code, int] = {
    "bad_request": 400,
    "forbidden": 403,
    "not_found": 404,
    "method": 405,
    "stale": 409,
    "too_large": 413,
    "invalid": 422,
    "read_only": 423,
    "failed": 500,
}


class Refusal(Exception):
    """A request that is not carried out.

    Args:
        code: the kind of refusal.
        message: why, and what to do, for the user.
        n: number of the journal's last entry, for ``"stale"``.

    """

    def __init__(self, code: Code, message: str, *, n: int | None = None) -> None:
        super().__init__(message)
        self.code, self.n = code, n

    @property
    def status(self) -> int:
        """The HTTP status."""
        return STATUS[self.code]
