"""Whether browsers play a video file, from its container and codecs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from av.audio.stream import AudioStream
from av.container import InputContainer
from av.video.stream import VideoStream

from touchline.core.events import VideoInfo
from touchline.media.facts import choose_stream
from touchline.media.isolation import apart
from touchline.media.source import open_media

Playable = Literal["yes", "maybe", "no"]

_CONTAINERS: dict[str, tuple[str, Playable]] = {
    "mov": ("video/mp4", "yes"),
    "matroska": ("video/x-matroska", "maybe"),
    "webm": ("video/webm", "yes"),
    "ogg": ("video/ogg", "maybe"),
}
"""FFmpeg's demuxer -> media type, and whether browsers open it."""
_CODECS: dict[str, Playable] = {"h264": "yes", "vp8": "yes", "vp9": "yes", "av1": "maybe", "hevc": "maybe"}
_SOUND: frozenset[str] = frozenset({"aac", "mp3", "opus", "vorbis", "flac"})
_EIGHT_BITS = frozenset({"yuv420p", "yuvj420p"})
_CODEC_NAMES = {"vp8": "vp8", "vp9": "vp09.00.40.08", "av1": "av01.0.08M.08", "hevc": "hvc1.1.6.L120.B0"}
_SOUND_NAMES = {"aac": "mp4a.40.2", "mp3": "mp4a.6b", "opus": "opus", "vorbis": "vorbis", "flac": "flac"}
_ORDER: tuple[Playable, ...] = ("yes", "maybe", "no")
_AVCC_VERSION = 1


@dataclass(frozen=True, slots=True)
class Playback:
    """How browsers play a file.

    Attributes:
        playable: ``"maybe"`` depends on the browser and the system.
        why_not: why it may not play, or not with sound, in words; empty if it plays everywhere.
        mime: media type with codecs, to ask a browser.
        start_us: time of the first shown frame on the browser's clock, microseconds.

    """

    playable: Playable
    why_not: str
    mime: str
    start_us: int


@apart
def playback_of(info: VideoInfo) -> Playback:
    """Return how browsers play a video.

    Raises:
        InputError: the file cannot be read any more.

    """
    with open_media(info.path) as container:
        video, _ = choose_stream(container, path=info.path, index=info.stream_index)
        sound = next((s for s in container.streams.audio if s.codec_context is not None), None)
        first_us = container.start_time or 0
        return Playback(
            *_judged(container, info, sound), _mime(container, video, sound), info.start_us - min(0, first_us)
        )


def _judged(container: InputContainer, info: VideoInfo, sound: AudioStream | None) -> tuple[Playable, str]:
    """Return the worst of container, codec and pixel format, with the reason for it."""
    kind = _CONTAINERS.get(_demuxer(container, info.path))
    codec = _CODECS.get(info.codec, "no")
    deep = info.codec == "h264" and info.pixel_format not in _EIGHT_BITS
    several = len([s for s in container.streams.video if not int(s.disposition) & 0x400]) > 1
    reasons: list[tuple[Playable, str]] = [
        ("no" if kind is None else kind[1], f"browsers do not open {info.path.suffix or 'such'} files"),
        (codec, f"browsers do not decode {info.codec}"),
        ("no" if deep else "yes", f"browsers do not decode H.264 in {info.pixel_format}"),
        ("no" if several else "yes", "the file has several video streams, and a browser may show another one"),
    ]
    if sound is not None and sound.codec_context.name not in _SOUND:
        reasons.append(("maybe", f"browsers play it without its sound ({sound.codec_context.name})"))
    worst, why = max(reasons, key=lambda reason: _ORDER.index(reason[0]))
    if worst == "maybe":
        why = why.replace("browsers do not", "some browsers do not")
    return worst, "" if worst == "yes" else why


def _demuxer(container: InputContainer, path: Path) -> str:
    """Return one name of the container's demuxer; Matroska and WebM share one, and differ by the file's suffix."""
    names = container.format.name.split(",")
    if "matroska" in names:
        return "webm" if path.suffix.lower() == ".webm" else "matroska"
    return names[0]


def _mime(container: InputContainer, video: VideoStream, sound: AudioStream | None) -> str:
    kind = _CONTAINERS.get(_demuxer(container, Path(container.name)), ("video/mp4", "no"))[0]
    name = _h264_name(video) if video.codec_context.name == "h264" else _CODEC_NAMES.get(video.codec_context.name)
    heard = "" if sound is None else _SOUND_NAMES.get(sound.codec_context.name, "")
    codecs = ", ".join(part for part in (name, heard) if part)
    return f'{kind}; codecs="{codecs}"' if name else kind


def _h264_name(video: VideoStream) -> str:
    """Return the codec string of H.264: profile, constraints and level as in the file's header."""
    extra = video.codec_context.extradata or b""
    return f"avc1.{extra[1:4].hex()}" if len(extra) > 3 and extra[0] == _AVCC_VERSION else "avc1.640028"
