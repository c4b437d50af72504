"""Training clips: read once, cached decoded on disk, checked for leaks, and prepared for the network."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from touchline.core.clips import ClipItem, ClipSet
from touchline.core.errors import InputError
from touchline.formats.clips.csv_list import read_clip_csv
from touchline.formats.clips.folders import read_clip_folders
from touchline.formats.clips.predictions import read_clip_predictions
from touchline.formats.clips.spacejam import read_spacejam
from touchline.formats.files.atomic import make_folder, replacing, write_json_atomic
from touchline.formats.files.csv_rows import read_column
from touchline.media.clip_reader import read_frames
from touchline.models.specs.spec import ClipSpec
from touchline.recognition.prepare import sample_clip
from touchline.training.recognition.clip_augment import AugmentSettings, augment, reference_copies
from touchline.training.recognition.clip_splits import (
    Fold,
    Leaks,
    find_leaks,
    grouped_folds,
    last_fifth,
    legacy_split,
    own_split,
    picture_hash,
    with_copies,
)
from touchline.training.recognition.recogniser_settings import ClipData

Clip = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class TrainingClips:
    """Labelled clips that are readable.

    Attributes:
        items: the clips with their labels.
        labels: the classes in the order of the outputs.
        truth: int64 (n,), class of each clip.
        paths: decoded frames of each clip, ``.npy`` uint8 (t, h, w, 3).
        fps: float64 (n,), frames per second.
        hashes: uint64 (n, 2), :func:`~touchline.training.recognition.clip_splits.picture_hash`.
        unreadable: files that were left out, with the reason.

    """

    items: tuple[ClipItem, ...]
    labels: tuple[str, ...]
    truth: npt.NDArray[np.int64]
    paths: tuple[Path, ...]
    fps: npt.NDArray[np.float64]
    hashes: npt.NDArray[np.uint64]
    unreadable: tuple[tuple[Path, str], ...]

    def __len__(self) -> int:
        return len(self.items)

    def read(self, row: int) -> Clip:
        """Read all frames of a clip; for a named copy, make the copy."""
        clip = np.asarray(np.load(self.paths[row], mmap_mode="r"))
        item = self.items[row]
        suffix = item.id.removeprefix(item.family)
        return reference_copies(clip).get(suffix, clip) if suffix and not item.original else clip


def read_training_clips(data: ClipData, *, root: Path, recipe_folder: Path, cache: Path) -> TrainingClips:
    """Read the clips of a recipe, decoding them into the cache unless they are there already.

    Args:
        data: the clips' settings.
        root: folder that ``data.path`` is relative to.
        recipe_folder: folder that ``data.groups`` is relative to.
        cache: folder of the decoded clips; they are named by the hash of their files.

    Raises:
        InputError: no clip is readable; single unreadable ones are listed in the result.

    """
    clips = with_groups(_read_set(data, root=root), data, recipe_folder=recipe_folder)
    if data.reference_copies:
        clips = with_copies(clips)
    make_folder(cache)
    kept: list[tuple[ClipItem, Path, float, npt.NDArray[np.uint64]]] = []
    left_out = list(clips.unreadable)
    for item in clips:
        if item.path is None:
            left_out.append((Path(item.id), "its file does not exist"))
            continue
        try:
            path, fps = _decoded(item.path, cache=cache)
        except InputError as error:
            left_out.append((item.path, str(error)))
            continue
        kept.append((item, path, fps, picture_hash(np.asarray(np.load(path, mmap_mode="r")))))
    if not kept:
        raise InputError(f"{root / data.path}: none of its {len(clips)} clips can be read; first: {left_out[:1]}")
    write_json_atomic(cache.parent / "unreadable.json", [[str(path), reason] for path, reason in left_out])
    return TrainingClips(
        items=tuple(item for item, *_ in kept),
        labels=clips.labels,
        truth=np.array([clips.labels.index(item.label) for item, *_ in kept], np.int64),
        paths=tuple(path for _, path, *_ in kept),
        fps=np.array([fps for *_, fps, _ in kept], np.float64),
        hashes=np.stack([hashes for *_, hashes in kept]),
        unreadable=tuple(left_out),
    )


def _read_set(data: ClipData, *, root: Path) -> ClipSet:
    labels = None if data.labels is None else tuple(data.labels)
    path = root / data.path
    if data.kind == "spacejam":
        return read_spacejam(path)
    return (read_clip_csv if data.kind == "csv" else read_clip_folders)(path, labels=labels)


def with_groups(clips: ClipSet, data: ClipData, *, recipe_folder: Path) -> ClipSet:
    """Return the clips with the groups of a file ``id,label,group`` beside the recipe.

    Raises:
        InputError: a clip is missing in the file.

    """
    if data.groups is None:
        return clips
    path = recipe_folder / data.groups
    groups = dict(zip(read_clip_predictions(path).ids, read_column(path, "group"), strict=True))
    missing = [item.id for item in clips if item.id not in groups]
    if missing:
        raise InputError(f"{path}: has no group for {len(missing)} clips, e.g. {missing[0]!r}")
    return ClipSet(tuple(replace(item, group=groups[item.id]) for item in clips), clips.labels, clips.unreadable)


def _decoded(path: Path, *, cache: Path) -> tuple[Path, float]:
    """Return the path of a clip's decoded frames, and its frame rate."""
    target = cache / f"{_content_name(path)}.npy"
    rate = target.with_suffix(".fps")
    if not target.is_file() or not rate.is_file():
        clip = read_frames(path)
        with replacing(target) as file:
            np.save(file, clip.rgb)
        with replacing(rate) as file:
            file.write(repr(clip.fps).encode())
    return target, float(rate.read_text())


def _content_name(path: Path) -> str:
    digest = hashlib.sha256()
    files = sorted(child for child in path.iterdir() if child.is_file()) if path.is_dir() else [path]
    for file in files:
        try:
            digest.update(file.name.encode() + b"\0" + file.read_bytes())
        except OSError as error:
            raise InputError(f"{file}: cannot be read ({error.strerror})") from error
    return digest.hexdigest()[:32]


def folds_of(clips: TrainingClips, data: ClipData) -> list[Fold]:
    """Split the clips into training and held-out clips, as the recipe asks.

    Raises:
        InputError: the requested split is not possible, or leaves no training clip for a measured class.

    """
    folds = _split(ClipSet(clips.items, clips.labels), data)
    for fold in folds:
        never = sorted({clips.labels[k] for k in set(clips.truth[fold.test]) - set(clips.truth[fold.train])})
        if never:
            raise InputError(
                f"classes {never} have no training clip in a fold that measures them: all of theirs lie in one group "
                f"or on one side of data.split={data.split}; add clips of other groups, or remove the class"
            )
    return folds


def _split(whole: ClipSet, data: ClipData) -> list[Fold]:
    if data.split == "folds":
        return grouped_folds(whole, folds=data.folds, seed=data.seed)
    if data.split == "own":
        return [own_split(whole)]
    if data.split == "last-fifth":
        return [last_fifth(whole)]
    train, _, test = legacy_split(len(whole))
    return [Fold(train.astype(np.int64), test.astype(np.int64))]


def leaks_of(clips: TrainingClips, fold: Fold) -> Leaks:
    """Find leaks between the sides of a fold, by name and by frame content."""
    sides = [[clips.items[i] for i in side] for side in (fold.train, fold.test)]
    return find_leaks(*sides, train_hashes=clips.hashes[fold.train], test_hashes=clips.hashes[fold.test])


def draw_batch(
    clips: TrainingClips, rows: Sequence[int], *, spec: ClipSpec, settings: AugmentSettings, random: np.random.Generator
) -> torch.Tensor:
    """Draw augmented clips, uint8 (n, frames, height, width, 3)."""
    cut = [
        augment(
            clips.read(row), frames=spec.frames, width=spec.width, height=spec.height, settings=settings, random=random
        )
        for row in rows
    ]
    return torch.from_numpy(np.stack(cut))


def plain_batch(clips: TrainingClips, rows: Sequence[int], *, spec: ClipSpec) -> torch.Tensor:
    """Return clips as used for recognition, uint8 (n, frames, height, width, 3)."""
    return torch.from_numpy(
        np.stack([sample_clip(clips.read(row), fps=float(clips.fps[row]), spec=spec) for row in rows])
    )
