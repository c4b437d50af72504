"""SoccerNet's published files, their terms and sources, so that the message on a missing file says how to obtain it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Terms = Literal["free", "agreement"]

AGREEMENT = (
    "its owners ask for a signed agreement: fill in the form on https://www.soccer-net.org/data, or ask for access on "
    "the page named here; `touchline data soccernet` says how to go on"
)


@dataclass(frozen=True, slots=True)
class Source:
    """One kind of SoccerNet file.

    Attributes:
        pattern: regular expression that matches the whole file name.
        what: description of the file.
        terms: ``"agreement"`` if an agreement has to be signed first.
        where: page that offers it.
        fetch: how to obtain it, with ``{files}`` for the names to pass to the SoccerNet package's downloader.

    """

    pattern: str
    what: str
    terms: Terms
    where: str
    fetch: str

    def advice(self, file_name: str) -> str:
        """Return one sentence: what a file of this kind is and how to obtain it, with that of the other half."""
        free = "free, no agreement needed"
        half = file_name[1:] if file_name[:1] in ("1", "2") else None
        wanted = (file_name,) if half is None else (f"1{half}", f"2{half}")
        fetch = self.fetch.replace("{files}", ", ".join(f'"{name}"' for name in wanted))
        return f"{self.what}, {free if self.terms == 'free' else AGREEMENT}: {self.where} ({fetch})"


_HF = "https://huggingface.co/datasets/SoccerNet"
_DOWNLOADER = "pip install SoccerNet, then SoccerNetDownloader(FOLDER).downloadGames(files=[{files}])"

SOURCES: tuple[Source, ...] = (
    Source(
        r"[12](_224p|_720p|_HQ)?\.mkv|video\.ini",
        "the video of a half of SoccerNet",
        "agreement",
        f"{_HF}/SoccerNet_raw_HQ",
        _DOWNLOADER,
    ),
    Source(
        r"Labels(-v2|-v3|-cameras|-caption|-replays)?\.json",
        "labels of SoccerNet",
        "free",
        f"{_HF}/SN-Labels",
        _DOWNLOADER,
    ),
    Source(
        r"Labels-ball\.json|(224p|720p)\.mp4|(train|valid|test|challenge)\.zip",
        "labels and videos of SoccerNet's ball action spotting",
        "agreement",
        f"{_HF}/SN-BAS-2025",
        'SoccerNetDownloader(FOLDER).downloadDataTask(task="spotting-ball-2025", split=["train", "valid", "test"])',
    ),
    Source(
        r"[12]_(ResNET|C3D|I3D|ResNET_TF2)(_PCA512)?\.npy|[12]_baidu_soccer_embeddings\.npy",
        "features that SoccerNet publishes",
        "free",
        f"{_HF}/SN-Features",
        _DOWNLOADER,
    ),
    Source(
        r"(pca|average)_512_TF2\.pkl",
        "SoccerNet's reduction of features",
        "free",
        "https://github.com/SoccerNet/sn-spotting, folder Features",
        "download both pkl files into one folder",
    ),
)
"""All kinds of files that touchline can use; the first that matches a name counts."""


def source_of(file_name: str) -> Source | None:
    """Return the kind of SoccerNet file that a name belongs to, None if there is none."""
    return next((source for source in SOURCES if re.fullmatch(source.pattern, file_name)), None)


def missing_advice(file_name: str) -> str:
    """Return how to obtain a missing file, to append to a message; empty for files that are not SoccerNet's."""
    source = source_of(file_name)
    return "" if source is None else f"; {source.advice(file_name)}"
