"""What runs the parts of a dense spotter: OpenVINO on a CPU, torch on a CPU or GPU."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Floats32
from touchline.models.runtime.graphs import ArrayGraph
from touchline.models.runtime.requests import Pending, ahead_of, begin_on

Row = Any
"""What is kept of one frame, an array or a tensor: its map or its features."""
FRAMES, FEATURES, DECIDE, CLIP = "frames", "features", "decide", "clip"
"""Names of the parts."""


@dataclass(frozen=True, slots=True, eq=False)
class Said:
    """What a network says of the frames of a clip.

    Attributes:
        scores: (t, labels), 0 to 1.
        displacement: (t,), frames from the event to the frame; None without that head.
        right: (t,), probability of the team on the right; None without that head.

    """

    scores: Floats32
    displacement: Floats32 | None
    right: Floats32 | None


class Runtime(Protocol):
    """What runs the parts.

    Attributes:
        name: name of the runtime.
        ahead: calls to keep begun while an earlier one is waited for.

    """

    name: str
    ahead: int

    def rows(self, part: str, rows: npt.NDArray[np.uint8] | Sequence[Row]) -> Pending[Sequence[Row]]:
        """Begin on what a part returns for frames or a stretch: one row a frame."""
        ...

    def said(self, part: str, rows: Sequence[Row]) -> Pending[tuple[npt.NDArray[np.float32], ...]]:
        """Begin on what a part says of a clip."""
        ...


class ArrayRuntime:
    """OpenVINO's graphs, over arrays.

    Args:
        graphs: the parts by name; ``frames`` takes a batch, the others one stretch or clip.
        frame_batch: frames that ``frames`` takes at once.

    """

    name = "openvino"

    def __init__(self, graphs: Mapping[str, ArrayGraph], *, frame_batch: int) -> None:
        self._graphs, self._frame_batch = graphs, frame_batch
        self.ahead = max(ahead_of(graph) for graph in graphs.values())

    def rows(self, part: str, rows: npt.NDArray[np.uint8] | Sequence[Row]) -> Pending[Sequence[Row]]:
        """Begin on a part; a batch of frames that is not full is filled up."""
        if part == FRAMES:
            frames = np.stack(list(rows))
            missing = self._frame_batch - len(frames)
            filled = np.concatenate([frames, np.repeat(frames[-1:], missing, axis=0)]) if missing else frames
            batch = begin_on(self._graphs[part], np.ascontiguousarray(filled))
            return lambda: list(batch()[0][: len(frames)])
        stretch = begin_on(self._graphs[part], np.stack(list(rows))[None])
        return lambda: list(stretch()[0][0])

    def said(self, part: str, rows: Sequence[Row]) -> Pending[tuple[npt.NDArray[np.float32], ...]]:
        """Begin on what a part says of a clip."""
        outputs = begin_on(self._graphs[part], np.stack(list(rows))[None])
        return lambda: tuple(output[0] for output in outputs())


def in_words(outputs: Sequence[npt.NDArray[np.float32]], *, displacement: bool, team: bool) -> Said:
    """Return the outputs of a clip by name."""
    rest = list(outputs[1:])
    moved = rest.pop(0) if displacement else None
    return Said(outputs[0], moved, rest.pop(0) if team else None)
