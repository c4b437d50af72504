"""How a video is cut into clips and stretches, as plain arithmetic over frame indices.

Indices below 0, and from the video's end on, are empty frames.
"""

from __future__ import annotations

from dataclasses import dataclass

from touchline.models.specs.dense_spec import DenseSpotConfig

FRAME_BATCH = 4
"""Frames of a batch of what sees single frames."""
_SHORTEST_STRETCH = 16


@dataclass(frozen=True, slots=True)
class ClipPlan:
    """The clips of a video, and the stretches of frames that are encoded at once.

    Attributes:
        length: frames of a clip.
        hop: frames from one clip to the next.
        lead: empty frames before the video in the first clip.
        counted: positions [first, last) in a clip whose outputs count.
        reach: frames before and after that a frame's features depend on.
        once: whether every frame is encoded once, in stretches; otherwise every clip is encoded for itself.
        frame_batch: frames in a batch of what sees single frames.

    """

    length: int
    hop: int
    lead: int
    counted: tuple[int, int]
    reach: tuple[int, int]
    once: bool
    frame_batch: int = FRAME_BATCH

    def start(self, clip: int) -> int:
        """Return the index of a clip's first frame."""
        return clip * self.hop - self.lead

    def settled(self, clip: int) -> int:
        """Return the index up to which all outputs are final after a clip."""
        return self.start(clip + 1) + self.counted[0]

    def first_clip(self, output: int) -> int:
        """Return the first clip that counts for an output."""
        return max(0, -(-(output - self.counted[1] + 1 + self.lead) // self.hop))

    def is_needed(self, clip: int, *, frames: int) -> bool:
        """Return whether a video of so many frames has such a clip; the first always."""
        if clip == 0:
            return frames > 0
        if self.counted == (0, self.length):  # as published: no clip for what all clips before cover together
            return self.start(clip) < frames - (self.length - self.hop)
        return self.settled(clip - 1) < frames

    @property
    def stretch(self) -> int:
        """Frames of a stretch; its middle part has features that do not depend on where it was cut."""
        return self.step + sum(self.reach)

    @property
    def step(self) -> int:
        """Frames from one stretch to the next."""
        whole = self.counted == (0, self.length)
        return max(self.length if whole else self.hop, _SHORTEST_STRETCH)

    def stretch_start(self, number: int) -> int:
        """Return the index of a stretch's first frame."""
        return number * self.step - self.lead

    def features(self, number: int) -> tuple[int, int]:
        """Return the indices [first, last) of the features that are taken from a stretch."""
        start = self.stretch_start(number)
        return (start if number == 0 else start + self.reach[0]), start + self.stretch - self.reach[1]

    def first_stretch(self, frame: int) -> int:
        """Return the stretch that a frame's features are taken from."""
        return max(0, (frame + self.lead - self.reach[0]) // self.step)

    def first_frame(self, output: int) -> int:
        """Return the first frame to feed to obtain an output and those after it."""
        start = self.start(self.first_clip(output))
        if self.once:
            start = self.stretch_start(self.first_stretch(start))
        return max(0, start) // self.frame_batch * self.frame_batch

    @property
    def look_ahead(self) -> int:
        """Frames that must follow a frame, at most, until its output is final."""
        last = self.length + self.hop - 1 - self.counted[0] - 1
        return last + (self.step - 1 + self.reach[1] if self.once else 0) + self.frame_batch - 1


def plan_of(config: DenseSpotConfig, *, reach: tuple[int, int], frame_batch: int = FRAME_BATCH) -> ClipPlan:
    """Return the plan of a model whose features depend on ``reach`` frames before and after."""
    windows, length, hop = config.windows, config.clip_length, config.hop
    counted, lead = (0, length), windows.lead
    if windows.join == "tail":
        counted = (length - hop - windows.look_ahead, length - windows.look_ahead)
        lead = counted[0]
    once = windows.encode == "once" or reach == (0, 0)
    return ClipPlan(length, hop, lead, counted, reach, once, frame_batch)
