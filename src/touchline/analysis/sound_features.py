"""Feature extraction from a video's sound into one ``.npy`` file with its side-car, as for frames."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from touchline.analysis.features import Extraction, feature_path
from touchline.core.errors import InputError
from touchline.core.version import __version__
from touchline.features.sound_extractor import SoundExtractor
from touchline.formats.bundle import video_fingerprint
from touchline.formats.features.npy import open_rows
from touchline.formats.features.vectors import FeatureInfo, check_same_video, holds, write_features
from touchline.formats.files.atomic import make_folder
from touchline.listening.curves import SoundCleaner
from touchline.listening.logmel import RATE_HZ
from touchline.media.sound.reading import SoundReader, lost_sound
from touchline.media.sound.tracks import heard_track


def extract_sound_features(
    video: Path,
    *,
    extractor: SoundExtractor,
    out: Path | None = None,
    force: bool = False,
    audio_stream: int | None = None,
    half: int | None = None,
) -> Extraction:
    """Extract features from a video's sound, unless the file of features is up to date.

    Args:
        video: the file; its video stream, if any, sets the clock.
        extractor: the sound feature extractor.
        out: the ``.npy`` file, or a folder for it; None writes it beside the video.
        force: extract again even if the file is up to date.
        audio_stream: index of the sound track; None takes the default one, or the loudest if that is silent.
        half: half of the match that names the file; None takes it from SoccerNet's names, if the video has one.

    Raises:
        UsageError: ``out`` is a file but not a ``.npy`` file, or there is no such sound track.
        InputError: the file cannot be read, has no sound, or too little for one row.
        ResourceError: the features cannot be written.

    """
    heard = heard_track(video, index=audio_stream)
    path = feature_path(video, out=out, name=extractor.name, half=half)
    names = {"name": video.name, "fingerprint": video_fingerprint(video)}
    settings = json.loads(
        json.dumps({**extractor.settings, "audio_stream": heard.track.index, "touchline": __version__})
    )
    held = None if force else holds(path, video=names, settings=settings)
    if held is None:
        check_same_video(path, video=names, named=path == out)
    else:
        rows, width = open_rows(path).shape
        return Extraction(path, held, rows, width, reused=True)
    reader, cleaner = SoundReader(video, rate_hz=RATE_HZ, stream=heard.track.index), SoundCleaner()
    blocks = list(extractor.stream(cleaner.clean(reader.chunks())))
    rows = sum(map(len, blocks))
    if not rows:
        raise InputError(f"{video}: its sound is too short for one row of {extractor.name}; use a longer file")
    values, coverage = np.concatenate(blocks), reader.coverage()
    info = FeatureInfo(
        model=extractor.name,
        rate_hz=extractor.rate_hz,
        start_us=extractor.start_us,
        model_sha256=extractor.sha256,
        sampling="sound",
        coverage=coverage,
        video=names,
        settings=settings,
        remarks=(
            *([heard.note] if heard.note else []),
            *_remarks(values, rate_hz=heard.track.rate_hz),
            *cleaner.remarks,
            *lost_sound(coverage),
        ),
    )
    make_folder(path.parent)
    written = write_features(path, [values], shape=(rows, extractor.width), info=info)
    return Extraction(path, written, rows, extractor.width)


def _remarks(values: np.ndarray, *, rate_hz: int) -> list[str]:
    """Return remarks for the user on the sound."""
    remarks = []
    if rate_hz < RATE_HZ:
        remarks.append(f"the sound is sampled at {rate_hz / 1000:g} kHz, so it holds nothing above {rate_hz / 2:g} Hz")
    if len(values) > 1 and bool((values == values[0]).all()):
        remarks.append("all rows are identical: the sound is silent or a constant tone")
    return remarks
