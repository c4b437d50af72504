"""Models of the ``transformers`` library, loaded from a folder or, on request, from the hub.

Requires ``pip install touchline[hub]``. Nothing is downloaded unless the name starts with ``hf:``, and only weights
that cannot run code are loaded.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from touchline.core.errors import InputError, NetworkError, UsageError
from touchline.core.extras import need, need_extra
from touchline.models.runtime.device import choose_device

HUB_PREFIX = "hf:"
_WANTED = ["config.json", "preprocessor_config.json", "*.safetensors"]


@dataclass(frozen=True, slots=True, eq=False)
class HubModel:
    """A model of ``transformers`` on its device.

    Attributes:
        name: name as requested.
        network: the model, in evaluation mode.
        processor: image processor of the same folder, which prepares pictures for the network.
        sha256: hash of its weights.
        device: device it is on.
        device_reason: device in words, and why.

    """

    name: str
    network: Any
    processor: Any
    sha256: str
    device: str
    device_reason: str


def is_hub_name(name: str) -> bool:
    """Return whether a name is of a ``transformers`` model: ``hf:OWNER/NAME``, or a folder with its config."""
    return name.startswith(HUB_PREFIX) or (Path(name) / "config.json").is_file()


def load_hub_model(name: str, *, model_class: str, what: str, device: str = "auto") -> HubModel:
    """Load a model from a folder, or from the hub as ``hf:OWNER/NAME`` or ``hf:OWNER/NAME@REVISION``.

    Args:
        name: folder, or name on the hub.
        model_class: name of the ``transformers`` class that loads it.
        what: kind of model for error messages, such as ``"detector"``.
        device: device to run on.

    Raises:
        MissingPackageError: ``transformers`` is not installed.
        InputError: the folder does not contain such a model.
        NetworkError: the hub cannot be reached, or does not have the model.

    """
    library = need("transformers", what=f"{what} {name!r}")
    need_extra("hub", what=f"{what} {name!r}", modules=("torch",))
    try:
        loader, processors = getattr(library, model_class), library.AutoImageProcessor
    except (ImportError, AttributeError) as error:
        raise UsageError(
            f"{what} {name!r} needs a newer transformers: pip install --upgrade 'touchline[hub]'"
        ) from error
    folder = _fetch(name.removeprefix(HUB_PREFIX)) if name.startswith(HUB_PREFIX) else Path(name)
    weights = sorted(folder.glob("*.safetensors"))
    if not weights:
        raise InputError(f"{folder}: no .safetensors weights; other formats are not loaded, as they can run code")
    where, reason = choose_device(device)
    try:
        network = loader.from_pretrained(folder, local_files_only=True, use_safetensors=True)
        processor = processors.from_pretrained(folder, local_files_only=True)
    except (OSError, ValueError, ImportError) as error:
        raise InputError(f"{folder}: not a {what} that transformers can load ({error})") from error
    digest = hashlib.sha256()
    for path in weights:
        digest.update(path.read_bytes())
    return HubModel(name, network.eval().to(where), processor, digest.hexdigest(), where, reason)


def _fetch(name: str) -> Path:
    """Return the folder of a hub model, downloaded once into the hub's own cache."""
    hub, errors = need("huggingface_hub", what=f"{HUB_PREFIX}{name}"), need("huggingface_hub.errors", what=name)
    repo, _, revision = name.partition("@")
    try:
        return Path(hub.snapshot_download(repo, revision=revision or None, allow_patterns=_WANTED))
    except (errors.HfHubHTTPError, errors.LocalEntryNotFoundError, OSError) as error:
        raise NetworkError(
            f"{HUB_PREFIX}{name}: cannot be downloaded ({error}); check the connection, or give a local folder"
        ) from error
    except errors.HFValidationError as error:
        raise UsageError(f"{HUB_PREFIX}{name}: not a name on the hub ({error}); write hf:OWNER/NAME") from error
