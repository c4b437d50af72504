"""The scoring protocol behind a number: which published definition it follows, in which version, and how surely."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class ScoringProtocol:
    """A published way of scoring, named beside every number that follows it.

    Attributes:
        name: of the protocol, such as "SoccerNet average-mAP (tight)".
        version: of the code or text that defines it, such as "SoccerNet 0.2.0".
        verified: whether numbers were compared with those of that code, by the tests or by a committed benchmark.
        differs: what was scored otherwise than the protocol asks; empty if nothing was.

    """

    name: str
    version: str
    verified: bool
    differs: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.name or not self.version:
            raise ValueError(f"protocol {self.name!r} of version {self.version!r} needs a name and a version")

    def but(self, *differs: str) -> ScoringProtocol:
        """Return the protocol with further differences; empty ones are left out."""
        return replace(self, differs=(*self.differs, *filter(None, differs)))

    def record(self) -> dict[str, Any]:
        """Return its values for JSON."""
        return {
            "name": self.name,
            "version": self.version,
            "verified": self.verified,
            "differs": list(self.differs),
        }

    @property
    def line(self) -> str:
        """The protocol in one line of text."""
        surety = "verified against it" if self.verified else "not verified against its code"
        but = f"; but {'; '.join(self.differs)}" if self.differs else ""
        return f"protocol: {self.name}, {self.version} ({surety}){but}"
