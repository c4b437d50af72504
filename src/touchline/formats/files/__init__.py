"""Helpers shared by the formats: atomic writes, checksums, JSON, CSV, arrays and text lines, with consistent errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.formats.files.atomic import make_folder as make_folder
    from touchline.formats.files.atomic import write_bytes_atomic as write_bytes_atomic
    from touchline.formats.files.atomic import write_json_atomic as write_json_atomic
    from touchline.formats.files.atomic import write_text_atomic as write_text_atomic
    from touchline.formats.files.checksum import file_sha256 as file_sha256
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.formats.files.atomic": (
                "make_folder",
                "write_bytes_atomic",
                "write_json_atomic",
                "write_text_atomic",
            ),
            "touchline.formats.files.checksum": ("file_sha256",),
        },
    )
