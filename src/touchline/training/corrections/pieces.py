"""The stretches of reviewed matches that a ball spotter learns from, as vectors of its encoder.

Only what somebody decided on is decoded and encoded, with as much before and after as the temporal head sees. Vectors
stay in a cache: a second run, after more review, encodes only stretches that are new or longer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch

from touchline.core.arrays import Bools, Floats32
from touchline.formats.files.atomic import make_folder, write_bytes_atomic
from touchline.formats.files.npz import npz_bytes, read_arrays
from touchline.models.networks.ball_spotter import BallSpotter
from touchline.training.corrections.footage import Footage
from touchline.training.corrections.lessons import Lessons, Range, ranges_of
from touchline.training.spotting.ball_temporal import encode_stacks

BATCH = 8
Encoded = Callable[[int], None]
"""Called with the number of samples encoded since the last call."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """A stretch of a match on the model's grid: index of its first sample, and the encoder's vectors (n, d)."""

    first: int
    vectors: Floats32

    def __len__(self) -> int:
        return len(self.vectors)


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """A stretch with the targets and weights of its n samples."""

    stretch: Stretch
    lessons: Lessons


def encode_stretches(
    footage: Footage, network: BallSpotter, known: Bools, *, cache: Path, device: str, encoded: Encoded
) -> list[Stretch]:
    """Return the stretches of a video that contain known samples.

    Args:
        footage: the video.
        network: its encoder gives the vectors.
        known: bool (samples,), samples about which anything is known.
        cache: folder of vectors of this video by this encoder.
        device: where to encode.
        encoded: called after each batch.

    """
    stretches = []
    for part in ranges_of(known, margin=network.head.radius):
        vectors = _held(cache, part)
        if vectors is None:
            vectors = encode_range(footage, network, part, device=device, encoded=encoded)
            make_folder(cache)
            write_bytes_atomic(cache / f"{part[0]}-{part[1]}.npz", npz_bytes({"vectors": vectors}))
        stretches.append(Stretch(part[0], vectors))
    return [stretch for stretch in stretches if len(stretch)]


def pieces_of(stretches: Iterable[Stretch], lessons: Lessons) -> list[Piece]:
    """Return the stretches that lessons say anything about, with these lessons."""
    pieces = [Piece(one, lessons.part(one.first, one.first + len(one))) for one in stretches]
    return [piece for piece in pieces if piece.lessons.known.any()]


def encode_range(
    footage: Footage, network: BallSpotter, part: Range, *, device: str, encoded: Encoded = lambda count: None
) -> Floats32:
    """Return the encoder's vectors (n, d) of a range of a video; n is smaller where the video ends."""
    found = [np.zeros((0, network.vector_size), np.float32)]
    for stacks in _batches(footage.stacks(part), BATCH):
        found.append(encode_stacks(network, torch.from_numpy(np.stack(stacks)), device=device).numpy())
        encoded(len(stacks))
    return np.concatenate(found)


def _held(cache: Path, part: Range) -> Floats32 | None:
    """Return the vectors of a stretch from a file of the cache that holds all of it."""
    for path in sorted(cache.glob("*-*.npz")):
        first, end = map(int, path.stem.split("-"))
        if first <= part[0] and part[1] <= end:
            (vectors,) = read_arrays(path, "vectors", what="vectors", remedy=f"remove {path}")
            return np.asarray(vectors[part[0] - first : part[1] - first], np.float32)
    return None


def _batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    batch: list[T] = []
    for item in items:
        batch.append(item)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
