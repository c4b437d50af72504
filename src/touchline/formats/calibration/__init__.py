"""SoccerNet's camera calibration as files: cameras, and the annotated lines of a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.formats.calibration.annotated_lines import lines_from_json as lines_from_json
    from touchline.formats.calibration.annotated_lines import lines_json as lines_json
    from touchline.formats.calibration.camera_files import camera_from_json as camera_from_json
    from touchline.formats.calibration.camera_files import camera_json as camera_json
    from touchline.formats.calibration.camera_files import write_camera_files as write_camera_files
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.formats.calibration.annotated_lines": ("lines_from_json", "lines_json"),
            "touchline.formats.calibration.camera_files": ("camera_from_json", "camera_json", "write_camera_files"),
        },
    )
