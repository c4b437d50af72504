"""The Python interface to a video: its properties, its frames, and frames at chosen times."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from touchline.media.clips import read_clip
from touchline.media.frame import Frame
from touchline.media.sampling import sample_regular
from touchline.media.video import VideoReader


class Video(VideoReader):
    """A video file, opened for reading; takes the arguments of :class:`~touchline.media.video.VideoReader`.

    >>> with Video("match.mp4") as video:  # doctest: +SKIP
    ...     print(video.info.width, video.info.fps)
    ...     kick_off, later = video.clip([0, 5_000_000])
    ...     for index, frame in video.sampled(fps=12.5):
    ...         print(index, frame.time_us, frame.to_rgb().shape)
    """

    def clip(self, times_us: Sequence[int]) -> list[Frame]:
        """Return the shown frame nearest to each time, in the order of the times.

        Args:
            times_us: microseconds from the first shown frame, in any order; past the end, the last frame.

        Raises:
            ValueError: a time is negative.
            InputError: the video cannot be read there.

        """
        return read_clip(self.info.path, times_us=times_us, stream=self.info.stream_index)

    def sampled(self, *, fps: float) -> Iterator[tuple[int, Frame]]:
        """Return the frames at a regular rate, whatever the file's own: pairs of index and frame, from the start.

        Args:
            fps: frames per second of video.

        """
        return sample_regular(self.frames(), fps=fps)
