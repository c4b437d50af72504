"""The request of ``touchline models import``, and the importer that does it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from touchline.core.errors import InputError, UsageError
from touchline.core.suggestions import did_you_mean


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportRequest:
    """The command's arguments as they were written; ``labels``, ``clip`` and ``network`` are still text."""

    file: Path
    architecture: str | None
    name: str | None
    out: Path | None
    labels: str | None
    new_head: bool
    clip: list[str] | None
    network: list[str] | None
    precision: Literal["f32", "bf16"] | None

    def refuse(self, *options: str) -> None:
        """Refuse these options, which this kind of model does not take.

        Raises:
            UsageError: one is given.

        """
        given = [f"--{option.replace('_', '-')}" for option in options if getattr(self, option)]
        if given:
            what = f"with --architecture {self.architecture}" if self.architecture else "without --architecture"
            raise UsageError(f"{', '.join(given)}: not used {what}; leave it out")


def import_file(request: ImportRequest) -> Path:
    """Import a file as the given architecture, or as what it holds; return the model file written.

    Raises:
        UsageError: options that do not go together.
        InputError: the file cannot be imported.

    """
    if request.architecture is None:
        return _by_itself(request)
    _check_architecture(request.architecture)
    return _IMPORTERS.get(request.architecture, _clip_network)(request)


def _check_architecture(architecture: str) -> None:
    """Refuse an architecture that no importer knows.

    Raises:
        UsageError: it is unknown.

    """
    from touchline.models.importing.clips import CLIP_HEADS

    known = [*CLIP_HEADS, *_IMPORTERS]
    if architecture not in known:
        near = did_you_mean(architecture, known)
        raise UsageError(f"--architecture {architecture!r} is unknown; use one of {', '.join(known)}{near}")


def _by_itself(request: ImportRequest) -> Path:
    from touchline.models.importing.checkpoints import import_model

    request.refuse("new_head", "clip", "network")
    return import_model(
        request.file,
        name=request.name,
        labels=label_names(request.labels),
        precision=request.precision,
        out=request.out,
    )


def _clip_network(request: ImportRequest) -> Path:
    from touchline.models.importing.clips import import_clip_model

    return import_clip_model(
        request.file,
        architecture=str(request.architecture),
        name=request.name,
        labels=label_names(request.labels),
        new_head=request.new_head,
        clip=key_values(request.clip, option="--clip"),
        network=key_values(request.network, option="--network"),
        precision=request.precision or "f32",
        out=request.out,
    )


def _pictures(request: ImportRequest) -> Path:
    from touchline.models.importing.pictures import import_picture_encoder

    request.refuse("labels", "new_head", "clip", "network", "precision")
    return import_picture_encoder(request.file, name=request.name, out=request.out)


def _poses(request: ImportRequest) -> Path:
    from touchline.models.importing.poses import import_pose_model

    request.refuse("labels", "new_head", "clip", "network", "precision")
    return import_pose_model(request.file, name=request.name, out=request.out)


def _sound(request: ImportRequest) -> Path:
    from touchline.models.importing.sound import import_sound_encoder

    request.refuse("labels", "new_head", "clip", "precision")
    network = key_values(request.network, option="--network")
    unknown = sorted(set(network) - {"pca"})
    if unknown:
        raise UsageError(f"--network {unknown[0]}: a sound network takes only pca=FILE")
    return import_sound_encoder(
        request.file,
        architecture=str(request.architecture),
        pca=Path(str(network["pca"])) if "pca" in network else None,
        name=request.name,
        out=request.out,
    )


_IMPORTERS: dict[str, Callable[[ImportRequest], Path]] = {
    "resnet-encoder": _pictures,
    "pose-hg3d": _poses,
    "vggish": _sound,
    "vggish-conv4": _sound,
}
"""Architecture -> its importer; all others are clip networks, whose importer knows their names."""


def label_names(text: str | None) -> list[str] | None:
    """Class names of ``A,B,...``, or of ``@FILE`` with one a line.

    Raises:
        InputError: the file cannot be read, or holds no name.

    """
    if not text:
        return None
    if not text.startswith("@"):
        return [label.strip() for label in text.split(",")]
    path = Path(text[1:])
    try:
        names = [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as labels, one a line: {error}") from error
    if not names:
        raise InputError(f"{path}: holds no labels; write one a line")
    return names


def key_values(texts: Sequence[str] | None, *, option: str) -> dict[str, Any]:
    """Values by key of ``KEY=VALUE`` texts; a value is JSON where it can be, and text where not.

    Raises:
        UsageError: a text without ``=`` or key.

    """
    found: dict[str, Any] = {}
    for text in texts or ():
        key, equals, value = text.partition("=")
        if not equals or not key:
            raise UsageError(f"{option} {text}: write KEY=VALUE")
        try:
            found[key] = json.loads(value)
        except ValueError:
            found[key] = value
    return found
