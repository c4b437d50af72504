"""What SoccerNet offers for download: the files by a short name, their terms, and the exact call that fetches them.

The calls are those of the SoccerNet package 0.2.0, which fetches from Hugging Face with the user's own account. What
the agreement asks is taken from https://www.soccer-net.org/faq; the text of the agreement itself is behind a form.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from touchline.core.errors import UsageError
from touchline.core.suggestions import did_you_mean
from touchline.formats.soccernet.source import Terms

AGREEMENT_STEPS = (
    "sign the non-disclosure agreement: fill in the form on https://www.soccer-net.org/data",
    "ask for access on the page of the files, and log in on this machine: hf auth login",
    "the videos are protected by copyright: for research, not for commercial use, and never to be passed on "
    "(https://www.soccer-net.org/faq; the agreement itself counts)",
)
"""What has to be done, and observed, for files under the agreement."""

_HF = "https://huggingface.co/datasets/SoccerNet"
_HALVES = (1, 2)


@dataclass(frozen=True, slots=True)
class Call:
    """A call of SoccerNet's downloader.

    Attributes:
        method: name of the method.
        arguments: its arguments by name.

    """

    method: str
    arguments: Mapping[str, Any]

    @property
    def code(self) -> str:
        """The call as a line of Python."""
        words = ", ".join(f"{name}={_quoted(value)}" for name, value in self.arguments.items())
        return f"downloader.{self.method}({words})"


@dataclass(frozen=True, slots=True)
class Offer:
    """Files that are fetched together.

    Attributes:
        name: short name.
        what: description.
        terms: ``"agreement"`` if an agreement has to be signed first.
        page: name of the data set on Hugging Face.
        files: files of each game; empty for a task of its own.
        task: name of the task, whose files are zips; empty for files of games.
        splits: splits that there are.

    """

    name: str
    what: str
    terms: Terms
    page: str
    files: tuple[str, ...] = ()
    task: str = ""
    splits: tuple[str, ...] = ("train", "valid", "test")

    @property
    def where(self) -> str:
        """Address of its page."""
        return f"{_HF}/{self.page}"

    def call(self, splits: Sequence[str]) -> Call:
        """Return the call that fetches some of its splits.

        Raises:
            UsageError: it has none of them.

        """
        wanted = [split for split in self.splits if split in splits]
        if not wanted:
            raise UsageError(f"{self.name}: has the splits {', '.join(self.splits)}, not {', '.join(splits)}")
        if self.task:
            return Call("downloadDataTask", {"task": self.task, "split": wanted})
        return Call("downloadGames", {"files": list(self.files), "split": wanted})

    def place(self, folder: Path) -> Path:
        """Return the folder that the files go to."""
        return folder / self.task if self.task else folder


_ALL = ("train", "valid", "test", "challenge")
_NO_VALID = ("train", "test", "challenge")


def _halves(name: str) -> tuple[str, ...]:
    return tuple(f"{half}{name}" for half in _HALVES)


def _features(name: str, what: str, kind: str) -> Offer:
    return Offer(name, what, "free", "SN-Features", _halves(f"_{kind}.npy"), splits=_ALL)


def _videos(name: str, what: str, suffix: str, *more: str) -> Offer:
    return Offer(name, what, "agreement", "SoccerNet_raw_HQ", (*_halves(f"{suffix}.mkv"), *more), splits=_ALL)


def _task(name: str, what: str, terms: Terms, page: str, task: str) -> Offer:
    return Offer(name, what, terms, page, task=task, splits=_NO_VALID if name == "tracking" else _ALL)


OFFERS: tuple[Offer, ...] = (
    Offer("labels", "17 actions to the millisecond, Labels-v2.json", "free", "SN-Labels", ("Labels-v2.json",)),
    Offer("labels-v1", "goals, cards and substitutions, Labels.json", "free", "SN-Labels", ("Labels.json",)),
    Offer("labels-cameras", "camera shots and replays", "free", "SN-Labels", ("Labels-cameras.json",)),
    _features("features", "ResNet features reduced to 512 values, 2 a second", "ResNET_TF2_PCA512"),
    _features("features-full", "the same with 2,048 values", "ResNET_TF2"),
    _features("features-baidu", "Baidu's features, 8,576 values a second", "baidu_soccer_embeddings"),
    _videos("videos-224p", "videos, 224 pixels high", "_224p"),
    _videos("videos-720p", "videos, 1280x720", "_720p"),
    _videos("videos-HQ", "videos in full size, untrimmed, with the start of each half", "_HQ", "video.ini"),
    _videos("videos-LQ", "videos named 1.mkv and 2.mkv", ""),
    _task("ball-2023", "ball actions of 2 classes, with videos", "agreement", "SN-BAS-2023", "spotting-ball-2023"),
    _task("ball-2024", "ball actions of 12 classes, with videos", "agreement", "SN-BAS-2024", "spotting-ball-2024"),
    _task("ball-2025", "the same with the team of each", "agreement", "SN-BAS-2025", "spotting-ball-2025"),
    _task("tracking", "players and ball in clips of 30 s, MOT layout", "free", "SN-Tracking-2023", "tracking-2023"),
    _task("calibration", "lines of the pitch in single pictures", "free", "SN-Calibration-2023", "calibration-2023"),
)
"""All offers. Videos of the challenge games are in a data set of their own, ``SoccerNet_raw_HQ_Challenge``."""


def offers_named(names: Iterable[str]) -> list[Offer]:
    """Return the offers with these names, in the order of :data:`OFFERS`.

    Raises:
        UsageError: a name is unknown.

    """
    wanted = set(names)
    known = [offer.name for offer in OFFERS]
    for name in sorted(wanted - set(known)):
        raise UsageError(
            f"{name!r} is nothing that SoccerNet offers; known are {', '.join(known)}{did_you_mean(name, known)}"
        )
    return [offer for offer in OFFERS if offer.name in wanted]


def offers_for(settings: object) -> list[Offer]:
    """Return the offers with files that a recipe names, in the order of :data:`OFFERS`.

    Args:
        settings: content of the recipe: nested mappings and lists.

    """
    words = set(_words(settings))
    found = [offer for offer in OFFERS if not offer.task and words & set(offer.files)]
    if words & {"Labels-ball.json", "720p.mp4", "224p.mp4"}:
        ball = "ball-2023" if "ball-2" in words else "ball-2025"
        found += [offer for offer in OFFERS if offer.name == ball]
    return found


def _words(value: object) -> Iterable[str]:
    """Yield all texts in nested mappings and lists."""
    if isinstance(value, Mapping):
        for inner in value.values():
            yield from _words(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _words(inner)
    elif isinstance(value, str):
        yield value


def _quoted(value: object) -> str:
    """Return a value as Python with double quotes."""
    if isinstance(value, list):
        return f"[{', '.join(map(_quoted, value))}]"
    return f'"{value}"'
