"""An MP4 or Matroska file made of one span of a video, or of several one after another."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from av import AudioFrame, VideoFrame
from av.audio.stream import AudioStream
from av.video.frame import PictureType

from touchline.core.clock import US_PER_S
from touchline.core.errors import ResourceError
from touchline.media.cutting.sound_span import Samples, SoundFormat
from touchline.media.encoding.h264 import PRESET, TIME_BASE, Colours, add_h264
from touchline.media.encoding.replacing import UnfinishedVideo
from touchline.media.source import create_media

CRF = 20
"""x264's constant rate factor of clips, without a loss that is visible at normal size."""
_BITS_PER_CHANNEL = 96_000


@dataclass(frozen=True, slots=True)
class MovieFormat:
    """The form of a movie.

    Attributes:
        width: of the pictures, pixels, even.
        height: of the pictures, pixels, even.
        fps: usual frame rate, for the header; 0 if unknown.
        colours: how the pictures' colours are coded.
        sound: form of the sound; None for a silent movie.

    """

    width: int
    height: int
    fps: float
    colours: Colours
    sound: SoundFormat | None


class Movie:
    """Writes pictures at their times, and sound sample by sample, as H.264 and AAC; the file is whole or not there.

    Args:
        out: the file to write, Matroska if it ends in ``.mkv`` and MP4 otherwise; an older one is replaced when the
            movie is finished.
        form: of pictures and sound.
        comment: text to keep in the file's metadata.

    Attributes:
        form: of pictures and sound.
        end_us: end of the last picture, microseconds.

    Raises:
        ResourceError: the file cannot be written, here or in any method.

    """

    def __init__(self, out: Path, *, form: MovieFormat, comment: str = "") -> None:
        self.form = form
        self.end_us = 0
        self._samples = 0
        self._durations_us: dict[int, int] = {}
        self._file = UnfinishedVideo(out)
        with self._file.writing():
            self._container = create_media(self._file.path, format="matroska" if out.suffix == ".mkv" else "mp4")
        if comment:
            self._container.metadata["comment"] = comment
        self._picture = add_h264(
            self._container,
            width=form.width,
            height=form.height,
            fps=form.fps,
            colours=form.colours,
            crf=CRF,
            preset=PRESET,
            reorder=False,
        )
        self._sound = None if form.sound is None else self._add_sound(form.sound)

    def picture(self, frame: VideoFrame, *, at_us: int, duration_us: int, first: bool = False) -> None:
        """Write a picture, which must come after the one before.

        Args:
            frame: yuv420p of the movie's size; its time is set here, its pixels are left alone.
            at_us: its time in the movie, microseconds.
            duration_us: how long it is shown.
            first: whether players must be able to start here.

        """
        frame.pts, frame.time_base = at_us, TIME_BASE
        frame.pict_type = PictureType.I if first else PictureType.NONE
        self._durations_us[at_us] = duration_us
        self._encode(frame)
        self.end_us = at_us + duration_us

    def sound(self, samples: Samples) -> None:
        """Write the next samples, float32 (channels, samples) in the movie's form; nothing in a silent movie."""
        if self._sound is None or self.form.sound is None or samples.shape[1] == 0:
            return
        frame = AudioFrame.from_ndarray(np.ascontiguousarray(samples), format="fltp", layout=self.form.sound.layout)
        frame.sample_rate = self.form.sound.rate_hz
        frame.pts, frame.time_base = self._samples, Fraction(1, frame.sample_rate)
        self._samples += samples.shape[1]
        with self._file.writing():
            self._container.mux(self._sound.encode(frame))

    def samples_missing(self, time_us: int) -> int:
        """Return how many samples are missing up to a time in the movie; 0 for a silent one."""
        if self.form.sound is None:
            return 0
        return max(0, round(Fraction(time_us, US_PER_S) * self.form.sound.rate_hz) - self._samples)

    def finish(self) -> None:
        """Write what the encoders still hold and the index, and put the file in its place."""
        self._encode(None)
        with self._file.writing():
            if self._sound is not None:
                self._container.mux(self._sound.encode(None))
            self._container.close()
        self._file.publish()

    def abandon(self) -> None:
        """Remove the unfinished file; does nothing after :meth:`finish`."""
        try:
            with self._file.writing():
                self._container.close()
        except ResourceError:  # the reason why it is given up
            pass
        finally:
            self._file.discard()

    def _encode(self, frame: VideoFrame | None) -> None:
        """Write the packets that are ready; the encoder does not keep durations, and the last one would be guessed."""
        with self._file.writing():
            for packet in self._picture.encode(frame):
                packet.duration = self._durations_us.pop(packet.pts or 0)
                self._container.mux(packet)

    def _add_sound(self, form: SoundFormat) -> AudioStream:
        options = {"b": str(_BITS_PER_CHANNEL * form.channels)}
        stream = self._container.add_stream("aac", rate=form.rate_hz, options=options)
        stream.codec_context.layout = form.layout
        return stream
