"""The task that analyses a video's sound: curves, whistles, and the moments at which the crowd gets louder."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from touchline.analysis.tasks.chunked import ChunkedTask
from touchline.analysis.tasks.task import Job, Summary
from touchline.core.errors import InputError
from touchline.core.events import Coverage
from touchline.core.sound import SoundReading, no_sound
from touchline.core.wording import counted
from touchline.formats.bundle import Bundle, Manifest
from touchline.formats.sound import SOUND, SOUND_CURVES, read_sound, sound_document, sound_from_document, write_sound
from touchline.listening.curves import listen
from touchline.listening.frames import RATE_HZ
from touchline.listening.model import NAME, load_sound_model
from touchline.media.sound.reading import SoundReader, lost_sound
from touchline.media.sound.tracks import NoAudioError, heard_track


@dataclass(frozen=True)
class SoundSummary(Summary):
    """The results on the sound: ``reading``."""

    reading: SoundReading

    def record(self) -> dict[str, Any]:
        """Return the whistles, swells of the crowd and remarks."""
        heard = self.reading
        return {
            "sound": {
                "seconds": round(heard.seconds, 3),
                "whistles": [asdict(whistle) for whistle in heard.whistles],
                "swells": [asdict(swell) for swell in heard.swells],
                "remarks": list(heard.remarks),
            }
        }

    def lines(self, *, listed: bool) -> list[str]:
        """Return the counts of whistles and swells, and the remarks."""
        heard = self.reading
        notes = [f"note: {note}" for note in heard.remarks]
        if not len(heard):
            return notes
        rises = counted(len(heard.swells), "rise")
        return [f"sound: {counted(len(heard.whistles), 'whistle')}, {rises} in the noise of the crowd", *notes]


class SoundTask(ChunkedTask):
    """The task that analyses the sound of videos; a video without sound is not a failure."""

    name = "sound"
    files = (SOUND, SOUND_CURVES)

    def __init__(self) -> None:
        self._model = load_sound_model()
        self.models = ({"task": self.name, "name": NAME, "sha256": self._model.sha256},)

    def begin(self, job: Job) -> None:
        """Start on a video."""
        super().begin(job)
        self.key = json.loads(
            json.dumps({**job.origin, "model": self._model.sha256, "audio_stream": job.heard, "version": 2})
        )

    def open(self) -> None:
        """Load what an earlier run saved."""
        super().open()
        self.resumed_from_us = self._job.info.duration_us if self.chunks.count else None

    def hear(self, sound: Path) -> None:
        """Analyse the sound and save the results, unless an earlier run did."""
        if not self.chunks.count:
            reading = read_video_sound(sound, audio_stream=self._job.audio_stream)
            words = json.dumps(sound_document(reading)).encode()
            self.chunks.save({"curves": reading.curves, "words": np.frombuffer(words, np.uint8)})

    def write(self, bundle: Bundle, *, coverage: Coverage) -> None:
        """Write the task's files."""
        saved = next(iter(self.chunks.read()))
        words = json.loads(saved["words"].tobytes())
        write_sound(bundle.path, sound_from_document(words, curves=saved["curves"]))

    def summary(self, bundle: Bundle, manifest: Manifest) -> SoundSummary:
        """Return the results stored in the bundle."""
        return SoundSummary(read_sound(bundle.path))


def read_video_sound(video: Path, *, audio_stream: int | None = None) -> SoundReading:
    """Analyse the sound of a video; return an empty reading with a remark if there is none or it cannot be read.

    Args:
        video: the video file.
        audio_stream: index of the sound track; None takes the default one, or the loudest if that is silent.

    Raises:
        UsageError: there is no such sound track.

    """
    try:
        heard = heard_track(video, index=audio_stream)
        reader = SoundReader(video, rate_hz=RATE_HZ, stream=heard.track.index)
        reading = listen(reader.chunks(), source_rate_hz=heard.track.rate_hz)
    except NoAudioError:
        return no_sound("the video has no sound, so there are no whistles and no crowd noise")
    except InputError as error:
        return no_sound(f"the sound cannot be read: {error}")
    chosen = (heard.note,) if heard.note else ()
    return replace(reading, remarks=(*chosen, *reading.remarks, *lost_sound(reader.coverage())))
