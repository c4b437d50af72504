"""Models of the ``transformers`` library: from a folder, or from the hub when asked.

``pip install touchline[hub]`` brings what this needs. Nothing is fetched unless the name says ``hf:``, and only weights
that cannot run code are loaded.
"""

from __future__ import annotations

import hashlib
import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from touchline.core.errors import InputError, NetworkError, UsageError
from touchline.models.runtime.device import choose_device

HUB_PREFIX = "hf:"
_WANTED = ["config.json", "preprocessor_config.json", "*.safetensors"]


@dataclass(frozen=True, slots=True, eq=False)
class HubModel:
    """A model of ``transformers`` on its device.

    Attributes:
        name: as it was asked for.
        network: the model, in evaluation mode.
        processor: of the same folder; makes inputs of pictures.
        sha256: of its weights.
        device: where it lies.
        device_reason: why there.

    """

    name: str
    network: Any
    processor: Any
    sha256: str
    device: torch.device
    device_reason: str


def is_hub_name(name: str) -> bool:
    """Whether a name means a model of ``transformers``: ``hf:OWNER/NAME`` or a folder with its config."""
    return name.startswith(HUB_PREFIX) or (Path(name) / "config.json").is_file()


def load_hub_model(name: str, *, model_class: str, what: str, device: str = "auto") -> HubModel:
    """Return a model from a folder, or from the hub as ``hf:OWNER/NAME`` or ``hf:OWNER/NAME@REVISION``.

    Args:
        name: which one.
        model_class: of ``transformers``, that loads it.
        what: it should be, for errors: ``"detector"``.
        device: where to run.

    Raises:
        UsageError: ``transformers`` is not installed.
        InputError: the folder holds no such model.
        NetworkError: the hub cannot be reached or has no such model.

    """
    try:
        library = importlib.import_module("transformers")
        loader, processors = getattr(library, model_class), library.AutoImageProcessor
    except (ImportError, AttributeError) as error:
        raise UsageError(f"{what} {name!r} needs transformers: pip install 'touchline[hub]'") from error
    folder = _fetch(name.removeprefix(HUB_PREFIX)) if name.startswith(HUB_PREFIX) else Path(name)
    weights = sorted(folder.glob("*.safetensors"))
    if not weights:
        raise InputError(f"{folder}: holds no .safetensors weights; only these are loaded, as they cannot run code")
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
    """Return the folder of a hub model, fetched once into the hub's own cache."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    repo, _, revision = name.partition("@")
    try:
        return Path(snapshot_download(repo, revision=revision or None, allow_patterns=_WANTED))
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        raise NetworkError(f"{HUB_PREFIX}{name}: cannot be fetched ({error}); give a folder that holds it") from error
    except HFValidationError as error:
        raise UsageError(f"{HUB_PREFIX}{name}: not a name on the hub ({error}); write hf:OWNER/NAME") from error
