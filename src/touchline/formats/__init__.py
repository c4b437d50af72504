"""File formats: one module per format, one folder per kind of data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.formats.actions import read_actions as read_actions
    from touchline.formats.actions import write_actions as write_actions
    from touchline.formats.bundle import Bundle as Bundle
    from touchline.formats.bundle import Manifest as Manifest
    from touchline.formats.bundle import open_bundle as open_bundle
    from touchline.formats.camera import read_camera as read_camera
    from touchline.formats.camera import write_camera as write_camera
    from touchline.formats.sound import read_sound as read_sound
    from touchline.formats.sound import write_sound as write_sound
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.formats.actions": ("read_actions", "write_actions"),
            "touchline.formats.bundle": ("Bundle", "Manifest", "open_bundle"),
            "touchline.formats.camera": ("read_camera", "write_camera"),
            "touchline.formats.sound": ("read_sound", "write_sound"),
        },
    )
