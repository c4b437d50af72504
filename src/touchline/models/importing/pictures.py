"""Importer of published image networks as encoders, with the weight mapping named in the table of architectures."""

from __future__ import annotations

from touchline.core.errors import InputError
from touchline.models.architectures import named, published
from touchline.models.importing.importer import COUNTER, Checkpoint, Importer, Recognised, Wanted
from touchline.models.specs.spec import EncoderConfig, EncoderSpec

_SIDE_PX = 224


def recognise(checkpoint: Checkpoint, wanted: Wanted) -> Recognised:
    """Recognise an encoder in a file of published weights; its last layer, if any, is dropped.

    Raises:
        InputError: the weights are of another network.

    """
    about = published()[wanted.architecture]
    try:
        arguments, weights = named(about.weights)(checkpoint.state())
    except ValueError as error:
        raise InputError(f"{checkpoint.path}: {error}") from error
    config = EncoderConfig(
        name=wanted.name,
        architecture=wanted.architecture,
        network=arguments,
        picture=named(about.pictures)(arguments) if about.pictures else EncoderSpec(width=_SIDE_PX, height=_SIDE_PX),
        description=f"{wanted.architecture} of {checkpoint.path.name}: features before its last layer.",
    )
    return Recognised(config, weights, lambda name: name.endswith(COUNTER))


IMPORTER = Importer(recognise)
