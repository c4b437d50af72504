"""Import of published weights or of a model file: read, recognise, load, save."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from touchline.core.errors import InputError, UsageError
from touchline.core.suggestions import did_you_mean
from touchline.formats.files.checksum import file_sha256
from touchline.formats.files.guard import reading
from touchline.models.architectures import named, published
from touchline.models.folders import user_folder
from touchline.models.importing.dense_names import looks_dense
from touchline.models.importing.importer import Checkpoint, Importer, Wanted
from touchline.models.importing.looks import is_head, weight_names
from touchline.models.importing.reading import check_name, model_name
from touchline.models.importing.wrappers import Copy
from touchline.models.safetensors_file import SUFFIX
from touchline.models.specs.spec import EncoderConfig
from touchline.models.store import LoadedModel, build_network, load_model, load_weights, save_model

_LROMUL, _HEAD, _DENSE = "slow-fusion", "plain-stream-head", "dense-spotter"
"""Architectures of checkpoints that identify themselves."""


def _ignore(line: str) -> None:
    """Drop a line."""


def import_model(
    path: Path | str,
    *,
    architecture: str | None = None,
    name: str | None = None,
    labels: Sequence[str] | None = None,
    new_head: bool = False,
    clip: Mapping[str, Any] | None = None,
    network: Mapping[str, Any] | None = None,
    suppression: Mapping[str, Any] | None = None,
    weights: Copy | None = None,
    precision: Literal["f32", "bf16"] | None = None,
    out: Path | None = None,
    assumed: Callable[[str], None] = _ignore,
) -> Path:
    """Convert a file of published weights to a model; or check and copy a touchline model.

    Args:
        path: a PyTorch checkpoint (tensors only, no code), or ``.safetensors``.
        architecture: architecture of its weights, a key of ``architectures.ARCHITECTURES``; None expects a checkpoint
            of lRomul's, a published head over features, a dense spotter's, or a touchline model.
        name: name of the new model; None derives it from the file's name.
        labels: class names in the order of the outputs, or those of the new head.
        new_head: replace the file's head by an untrained one for ``labels``; the model must then be trained.
        clip: fields of the ``ClipSpec`` that override the defaults for this kind of file.
        network: network arguments that the weights do not determine, such as ``temporal``, ``pool`` or ``window``.
        suppression: fields of the ``SuppressionSpec`` that override the published ones of a spotting head.
        weights: ``"raw"`` or ``"average"``, of a file with both.
        precision: precision of CPU inference.
        out: output folder; None takes the folder of the user's models.
        assumed: called with each thing that the file does not say and was assumed, in words.

    Returns:
        The model file written.

    Raises:
        InputError: the file is unsafe or damaged, of another kind, or its weights do not fit the network.
        UsageError: unknown architecture, options that this kind of file does not support, or an option is missing for
            what the file does not say and cannot be assumed.

    """
    path = Path(path)
    given = {"labels": labels, "new_head": new_head, "clip": clip, "network": network, "suppression": suppression}
    given["precision"] = precision
    if path.is_dir():
        raise UsageError(f"{path}: is a folder; give a checkpoint file")
    if architecture is None:
        _refuse(given, takes={"labels", "clip", "network", "suppression", "precision"}, when="without --architecture")
        if path.suffix == SUFFIX:
            _refuse({**given, "weights": weights}, takes={"labels", "precision"}, when="for a touchline model")
            return _copy(path, name=name, labels=labels, precision=precision, out=out)
        if precision is not None:
            raise UsageError(f"--precision {precision}: import {path.name} first, then the model file with --precision")
    elif architecture not in published():
        known = ", ".join(published())
        near = did_you_mean(architecture, published())
        raise UsageError(f"--architecture {architecture}: it has no published weights; choose one of {known}{near}")
    model = read_published(path, architecture=architecture, name=name, weights=weights, assumed=assumed, **given)
    return save_model((out or user_folder()) / model.name, model.network, model.config)


def read_published(
    path: Path,
    *,
    architecture: str | None = None,
    name: str | None = None,
    weights: Copy | None = None,
    assumed: Callable[[str], None] = _ignore,
    **given: Any,
) -> LoadedModel[Any]:
    """Load a file of published weights as a model without saving it.

    Arguments and errors are those of :func:`import_model`.
    """
    chosen = model_name(path) if name is None else check_name(name)
    checkpoint = None
    if architecture is None:
        checkpoint = Checkpoint.read(path, copy=weights)
        architecture = _architecture_of(checkpoint.content)
    importer: Importer = named(published()[architecture].importer)
    _refuse(given, takes=importer.takes, when=f"with --architecture {architecture}")
    asked = {field: value for field, value in given.items() if value}
    checkpoint = checkpoint or Checkpoint.read(path, copy=weights)
    with reading(path, what=f"weights of {architecture}", also=(RuntimeError,)):
        found = importer.recognise(checkpoint, Wanted(architecture=architecture, name=chosen, **asked))
        network = build_network(found.config)
    fresh = {name: tensor for name, tensor in network.state_dict().items() if found.fresh(name)}
    load_weights(network, {**fresh, **found.weights}, source=str(path))
    for line in found.assumed:
        assumed(line)
    return LoadedModel(network.eval(), found.config, file_sha256(path), path)


def read_encoder(path: Path) -> LoadedModel[EncoderConfig]:
    """Load published weights of any encoder of pictures as a model without saving it.

    Raises:
        InputError: unsafe or damaged, not weights of an encoder, or with missing or unexpected tensors.

    """
    checkpoint, reasons = Checkpoint.read(path).state(), []
    for architecture, weights in published("features").items():
        try:
            named(weights.weights)(checkpoint)
        except ValueError as error:
            reasons.append(str(error))
            continue
        return read_published(path, architecture=architecture)
    raise InputError(f"{path}: {'; '.join(reasons)}")


def _architecture_of(content: Any) -> str:
    """Return the architecture of a checkpoint that identifies itself; lRomul's for others, whose importer refuses."""
    if not isinstance(content, Mapping) or {"params", "nn_state_dict"} <= set(content):
        return _LROMUL
    if looks_dense(weight_names(content)):
        return _DENSE
    return _HEAD if isinstance(content.get("state_dict"), Mapping) or is_head(content) else _LROMUL


def _refuse(given: Mapping[str, Any], *, takes: set[str] | frozenset[str], when: str) -> None:
    """Refuse options that this kind of file does not support; ``when`` describes the kind in the message.

    Raises:
        UsageError: such an option is given.

    """
    wrong = [f"--{field.replace('_', '-')}" for field, value in given.items() if value and field not in takes]
    if wrong:
        raise UsageError(f"{', '.join(wrong)}: not supported {when}")


def _copy(
    path: Path,
    *,
    name: str | None,
    labels: Sequence[str] | None,
    precision: Literal["f32", "bf16"] | None,
    out: Path | None,
) -> Path:
    """Check a touchline model and save it, optionally under another name or with another precision."""
    if labels:
        raise UsageError(f"--labels {','.join(labels)}: {path.name} has its own labels; leave out --labels")
    model = load_model(path, task="any")
    changes = {"name": name and check_name(name), "precision": precision}
    changed = model.config.model_copy(update={field: value for field, value in changes.items() if value is not None})
    return save_model((out or user_folder()) / changed.name, model.network, changed)
