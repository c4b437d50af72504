"""The one place that imports OpenVINO, and keeps it from reporting home."""

from __future__ import annotations

import sys
from typing import Any

_TELEMETRY = "openvino_telemetry"


def import_openvino() -> Any:
    """The ``openvino`` module.

    Importing it sends an event to an analytics host from a process of its own and leaves a client id in the user's
    home, unless its telemetry package cannot be imported; that package is made to look absent, for good, as parts of
    OpenVINO that are imported later look for it again.
    """
    sys.modules[_TELEMETRY] = None  # type: ignore[assignment]
    import openvino

    return openvino


def import_torchscript_decoder() -> Any:
    """OpenVINO's reader of traced networks, the class ``TorchScriptPythonDecoder``."""
    import_openvino()
    from openvino.frontend.pytorch.ts_decoder import TorchScriptPythonDecoder

    return TorchScriptPythonDecoder
