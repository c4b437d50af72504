"""Files of raw pixels that training decodes once and then maps into memory."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from touchline.core.errors import InputError, ResourceError
from touchline.formats.files.atomic import make_folder


def write_pixels(target: Path, pictures: Iterable[npt.NDArray[np.uint8]], *, video: Path, advice: str) -> None:
    """Write the pictures of a whole video as raw uint8 pixels, one after another, atomically.

    Args:
        target: file to write.
        pictures: pictures of one size.
        video: the file that they come from, for messages.
        advice: what to do when the disk is full, besides freeing space.

    Raises:
        InputError: there are no pictures.
        ResourceError: the disk is full.

    """
    make_folder(target.parent)
    part = target.with_name(f"{target.name}.part")
    try:
        with part.open("wb") as file:
            for picture in pictures:
                file.write(picture.tobytes())
    except OSError as error:
        part.unlink(missing_ok=True)
        raise ResourceError(f"{part}: cannot be written ({error}); free space or {advice}") from error
    if part.stat().st_size == 0:
        part.unlink()
        raise InputError(f"{video}: no frame could be decoded; run `touchline check` on it")
    part.replace(target)
