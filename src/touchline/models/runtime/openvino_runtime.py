"""The only import of OpenVINO, with its telemetry disabled."""

from __future__ import annotations

import sys
from functools import lru_cache
from typing import Any

_TELEMETRY = "openvino_telemetry"


def import_openvino() -> Any:
    """Import and return the ``openvino`` module, without its telemetry.

    Importing it normally starts a process that sends an event to an analytics host, and stores a client id in the
    user's home. Neither happens if its telemetry package cannot be imported, so that package is masked permanently:
    parts of OpenVINO that are imported later look for it again.
    """
    sys.modules[_TELEMETRY] = None  # type: ignore[assignment]
    import openvino

    return openvino


@lru_cache(maxsize=1)
def openvino_core() -> Any:
    """Return the process's ``openvino.Core``."""
    return import_openvino().Core()


def import_torchscript_decoder() -> Any:
    """Import and return OpenVINO's reader of traced networks, the class ``TorchScriptPythonDecoder``."""
    import_openvino()
    from openvino.frontend.pytorch.ts_decoder import TorchScriptPythonDecoder

    return TorchScriptPythonDecoder
