"""The sound of one video, read from the very file that is looked at: curves, whistles, where the crowd gets louder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from touchline.analysis.checkpoint import Chunks
from touchline.core.errors import InputError
from touchline.core.events import VideoInfo
from touchline.core.sound import SoundReading, no_sound
from touchline.formats.bundle import Bundle
from touchline.formats.sound import SOUND, SOUND_CURVES, sound_document, sound_from_document, write_sound
from touchline.listening.curves import listen
from touchline.listening.frames import RATE_HZ
from touchline.listening.model import NAME, load_sound_model
from touchline.media.audio import NoAudioError, SoundReader, audio_facts, lost_sound


class SoundTask:
    """What the sound of one video says; a video without any is no failure.

    Args:
        video: the file.
        origin: what the video is, as part of the key.
        info: of the video.

    Attributes:
        name: of the task.
        key: everything that decides the results, as JSON: equal keys mean equal files.
        files: what it writes into the bundle.
        models: with what.
        resumed_from_us: the video's end where an earlier run had read the sound; None where it is read now.

    """

    name = "sound"
    files = (SOUND, SOUND_CURVES)

    def __init__(self, video: Path, *, origin: Mapping[str, Any], info: VideoInfo) -> None:
        self._model = load_sound_model()
        self.key = json.loads(json.dumps({**origin, "model": self._model.sha256, "version": 2}))
        self.models = ({"task": self.name, "name": NAME, "sha256": self._model.sha256},)
        self.resumed_from_us: int | None = None
        self._video = video
        self._info = info
        self._chunks: Chunks | None = None

    @property
    def chunks(self) -> Chunks:
        """What is saved of the work."""
        if self._chunks is None:
            raise ValueError("open() comes before the work")
        return self._chunks

    def open(self, bundle: Path, *, resume: bool) -> None:
        """Find what an earlier run saved."""
        self._chunks = Chunks(bundle, task=self.name, key=self.key, resume=resume)
        self.resumed_from_us = self._info.duration_us if self._chunks.count else None

    def hear(self) -> None:
        """Read the sound and save what it says, unless an earlier run did."""
        if not self.chunks.count:
            reading = read_video_sound(self._video)
            words = json.dumps(sound_document(reading)).encode()
            self.chunks.save({"curves": reading.curves, "words": np.frombuffer(words, np.uint8)})

    def write(self, bundle: Bundle, *, game: str) -> None:
        """Write the task's files."""
        saved = next(iter(self.chunks.read()))
        words = json.loads(saved["words"].tobytes())
        write_sound(bundle.path, sound_from_document(words, curves=saved["curves"]))

    def discard(self) -> None:
        """Remove what was saved."""
        self.chunks.discard()


def read_video_sound(video: Path) -> SoundReading:
    """What the sound of a video says; where there is none, or none that can be read, a reading that tells so."""
    try:
        facts = audio_facts(video)
        reader = SoundReader(video, rate_hz=RATE_HZ)
        reading = listen(reader.chunks(), source_rate_hz=facts.rate_hz)
    except NoAudioError:
        return no_sound("the video has no sound: no whistles, and nothing of the crowd")
    except InputError as error:
        return no_sound(f"the sound cannot be read: {error}")
    return replace(reading, remarks=(*reading.remarks, *lost_sound(reader.coverage())))
