"""The sound of one video, read from the very file that is looked at: curves, whistles, where the crowd gets louder."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from touchline.analysis.checkpoint import Chunks
from touchline.analysis.tasks.task import Job, Summary, Task
from touchline.core.errors import InputError
from touchline.core.events import Coverage
from touchline.core.sound import SoundReading, no_sound
from touchline.core.wording import counted
from touchline.formats.bundle import Bundle, Manifest
from touchline.formats.sound import SOUND, SOUND_CURVES, read_sound, sound_document, sound_from_document, write_sound
from touchline.listening.curves import listen
from touchline.listening.frames import RATE_HZ
from touchline.listening.model import NAME, load_sound_model
from touchline.media.audio import NoAudioError, SoundReader, audio_facts, lost_sound


@dataclass(frozen=True)
class SoundSummary(Summary):
    """What was heard: ``reading``."""

    reading: SoundReading

    def record(self) -> dict[str, Any]:
        """Whistles, swells of the crowd and remarks."""
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
        """How much was heard, and the remarks."""
        heard = self.reading
        notes = [f"note: {note}" for note in heard.remarks]
        if not len(heard):
            return notes
        rises = counted(len(heard.swells), "rise")
        return [f"sound: {counted(len(heard.whistles), 'whistle')}, {rises} in the noise of the crowd", *notes]


class SoundTask(Task):
    """What the sound of videos says; a video without any is no failure."""

    name = "sound"
    files = (SOUND, SOUND_CURVES)

    def __init__(self) -> None:
        self._model = load_sound_model()
        self.models = ({"task": self.name, "name": NAME, "sha256": self._model.sha256},)
        self._job: Job
        self._chunks: Chunks | None = None

    @property
    def chunks(self) -> Chunks:
        """What is saved of the work."""
        if self._chunks is None:
            raise ValueError("open() comes before the work")
        return self._chunks

    def begin(self, job: Job) -> None:
        """Take up a video."""
        self._job = job
        self._chunks, self.resumed_from_us = None, None
        self.key = json.loads(json.dumps({**job.origin, "model": self._model.sha256, "version": 2}))

    def open(self) -> None:
        """Find what an earlier run saved."""
        self._chunks = Chunks(self._job.bundle.path, task=self.name, key=self.key, resume=self._job.resume)
        self.resumed_from_us = self._job.info.duration_us if self._chunks.count else None

    def hear(self, sound: Path) -> None:
        """Read the sound and save what it says, unless an earlier run did."""
        if not self.chunks.count:
            reading = read_video_sound(sound)
            words = json.dumps(sound_document(reading)).encode()
            self.chunks.save({"curves": reading.curves, "words": np.frombuffer(words, np.uint8)})

    def write(self, bundle: Bundle, *, coverage: Coverage) -> None:
        """Write the task's files."""
        saved = next(iter(self.chunks.read()))
        words = json.loads(saved["words"].tobytes())
        write_sound(bundle.path, sound_from_document(words, curves=saved["curves"]))

    def summary(self, bundle: Bundle, manifest: Manifest) -> SoundSummary:
        """What the bundle says was heard."""
        return SoundSummary(read_sound(bundle.path))

    def discard(self) -> None:
        """Remove what was saved meanwhile."""
        self.chunks.discard()


def read_video_sound(video: Path) -> SoundReading:
    """What the sound of a video says; where there is none, or none that can be read, a reading that says so."""
    try:
        facts = audio_facts(video)
        reader = SoundReader(video, rate_hz=RATE_HZ)
        reading = listen(reader.chunks(), source_rate_hz=facts.rate_hz)
    except NoAudioError:
        return no_sound("the video has no sound: no whistles, and nothing of the crowd")
    except InputError as error:
        return no_sound(f"the sound cannot be read: {error}")
    return replace(reading, remarks=(*reading.remarks, *lost_sound(reader.coverage())))
