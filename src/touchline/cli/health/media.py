"""FFmpeg's libraries inside PyAV: what they read and write, with which hardware, and under which licence."""

from __future__ import annotations

from importlib.resources import as_file, files
from typing import Any

from touchline.cli.health.finding import Finding

_NEEDED = ("h264", "hevc", "vp9", "av1", "aac")
_USUAL = (*_NEEDED, "vp8", "mpeg2video", "mpeg4", "prores", "mjpeg", "mp3", "ac3", "opus", "flac", "pcm_s16le")
_ENCODERS = ("libx264", "aac")
"""What clips and overlays are written with."""
_GPL = ("libx264", "libx265")
"""Encoders whose libraries are under the GPL, whatever licence FFmpeg itself was built under."""


def media_findings() -> list[Finding]:
    """Return the findings about reading and writing media."""
    return [_libraries(), _codecs(), _encoders(), _hardware(), _licence()]


def _libraries() -> Finding:
    import av

    versions = sorted(av.library_versions.items())
    return Finding("ffmpeg", "ok", ", ".join(f"{name} {'.'.join(map(str, parts))}" for name, parts in versions))


def _codecs() -> Finding:
    """Return which of the usual kinds of video and sound can be read."""
    there = [name for name in _USUAL if _has(name, "r")]
    missing = [name for name in _NEEDED if name not in there]
    if missing:
        text = f"cannot decode {', '.join(missing)}"
        return Finding("codecs", "warning", text, "reinstall av from a wheel: pip install --force-reinstall av")
    return Finding("codecs", "ok", f"reads {', '.join(there)}")


def _encoders() -> Finding:
    """Return whether clips, overlays and copies for the browser can be written."""
    missing = [name for name in _ENCODERS if not _has(name, "w")]
    if missing:
        text = f"clips and overlays cannot be written without {', '.join(missing)}"
        return Finding("encoders", "warning", text, "reinstall av from a wheel: pip install --force-reinstall av")
    return Finding("encoders", "ok", f"writes {', '.join(_ENCODERS)}")


def _hardware() -> Finding:
    """Return the hardware decoders that FFmpeg was built for, and whether the one for CUDA can be used here."""
    from av.codec.hwaccel import hwdevices_available

    from touchline.media.source import cuda_state

    kinds = ", ".join(hwdevices_available()) or "none"
    nvdec = [name for name in ("h264_cuvid", "hevc_cuvid", "av1_cuvid") if _has(name, "r")]
    with as_file(files("touchline.analysis") / "sample" / "sample.mp4") as clip:
        text = f"built for {kinds}; of NVDEC {', '.join(nvdec) or 'none'}; {cuda_state(clip)}"
    return Finding("hardware decoders", "ok", text)


def _licence() -> Finding:
    """Return the licence of the libraries, which matters to those who pass them on."""
    from av._core import library_meta

    about: Any = library_meta.get("libavcodec") or {}
    gpl = [name for name in _GPL if _has(name, "w")]
    beside = f"; {' and '.join(gpl)} beside them: GPL version 2 or later" if gpl else ""
    return Finding("ffmpeg licence", "ok", f"{about.get('license', 'unknown')}{beside}")


def _has(name: str, mode: str) -> bool:
    """Return whether a codec is there to read (``"r"``) or write (``"w"``) with."""
    import av

    try:
        av.codec.Codec(name, mode)  # type: ignore[arg-type]
    except av.codec.codec.UnknownCodecError:
        return False
    return True
