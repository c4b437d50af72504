"""Colours come out right: matrix and range stated or not, every pixel format, and HDR as it looks in SDR."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from touchline.core.tracks import Tracks
from touchline.media.colour.coding import BT601, BT709, BT2020, HLG, PQ, UNSPECIFIED, matrix_of
from touchline.media.colour.tone_mapping import compressed, hlg_scene, luma_curve, pq_light, pq_signal
from touchline.media.facts import inspect
from touchline.media.frame import Frame
from touchline.media.shown.proxy import write_proxy
from touchline.media.video import VideoReader
from touchline.render.overlay import write_overlay

CHART = np.array(
    [
        (200, 30, 30),
        (30, 200, 30),
        (30, 30, 200),
        (220, 220, 220),
        (20, 20, 20),
        (128, 128, 128),
        (200, 150, 120),
        (240, 230, 20),
    ]
)
"""Red, green, blue, three greys, skin, yellow."""
LUMA = {BT601: (0.299, 0.587, 0.114), BT709: (0.2126, 0.7152, 0.0722), BT2020: (0.2627, 0.6780, 0.0593)}


def patches(picture: np.ndarray) -> np.ndarray:
    """The colours in the middle of the chart's eight columns, int (8, channels)."""
    height, width = picture.shape[:2]
    columns = [(2 * i + 1) * width // (2 * len(CHART)) for i in range(len(CHART))]
    return picture[height // 2, columns].astype(int)


def coded(signal: np.ndarray, *, matrix: int, full_range: bool, bits: int, size: tuple[int, int]) -> av.VideoFrame:
    """A planar 4:2:0 frame with a column for each row of ``signal``, float (n, 3), 0 to 1, worked out by H.273."""
    red, green, blue = (signal[:, i] for i in range(3))
    weights = np.array(LUMA[matrix])
    luma = signal @ weights
    chroma = [(blue - luma) / (2 - 2 * weights[2]), (red - luma) / (2 - 2 * weights[0])]
    step, top = 1 << (bits - 8), (1 << bits) - 1
    black, span, chroma_span = (0, top, top) if full_range else (16 * step, 219 * step, 224 * step)
    codes = [black + span * luma, *(128 * step + chroma_span * value for value in chroma)]
    width, height = size
    frame = av.VideoFrame(width, height, "yuv420p" if bits == 8 else f"yuv420p{bits}le")
    kind = np.uint8 if bits == 8 else np.uint16
    for plane, code in zip(frame.planes, codes, strict=True):
        rows = np.zeros((plane.height, plane.line_size // np.dtype(kind).itemsize), kind)
        columns = np.arange(plane.width) * len(signal) // plane.width
        rows[:, : plane.width] = np.rint(np.clip(code, 0, top)).astype(kind)[columns]
        plane.update(rows.tobytes())
    assert green is not None
    return frame


def tagged(
    path: Path,
    signal: np.ndarray,
    *,
    size: tuple[int, int],
    matrix: int = BT709,
    stated: int | None = None,
    full_range: bool = False,
    transfer: int = UNSPECIFIED,
    primaries: int = UNSPECIFIED,
    bits: int = 8,
    codec: str = "ffv1",
    frames: int = 3,
) -> Path:
    """A video of a chart of columns whose colours are coded by one matrix, and stated to be."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25)
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p" if bits == 8 else f"yuv420p{bits}le"
        context = stream.codec_context
        context.colorspace = matrix if stated is None else stated
        context.color_range = 2 if full_range else 1
        context.color_trc, context.color_primaries = transfer, primaries
        for index in range(frames):
            frame = coded(signal, matrix=matrix, full_range=full_range, bits=bits, size=size)
            frame.pts, frame.time_base = index, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def first(path: Path) -> Frame:
    """The first frame."""
    with VideoReader(path) as video:
        return next(iter(video.frames()))


@pytest.mark.robustness("15")
@pytest.mark.parametrize(
    ("size", "right"),
    [
        ((1280, 720), BT709),
        ((1920, 1080), BT709),
        ((720, 1280), BT709),
        ((1280, 534), BT709),
        ((960, 720), BT709),
        ((720, 576), BT601),
        ((704, 480), BT601),
        ((1024, 576), BT601),
        ((1278, 718), BT601),
        ((398, 224), BT601),
    ],
)
def test_untagged_video_is_taken_as_players_do(tmp_path: Path, size: tuple[int, int], right: int) -> None:
    path = tagged(tmp_path / "v.mkv", CHART / 255, size=size, matrix=right, stated=UNSPECIFIED)
    assert patches(first(path).to_rgb()) == pytest.approx(CHART, abs=3)


@pytest.mark.robustness("15")
@pytest.mark.parametrize("size", [(1280, 720), (320, 192)])
@pytest.mark.parametrize("matrix", [BT601, 6, BT709, BT2020])
@pytest.mark.parametrize("full_range", [False, True])
def test_tagged_video_goes_by_its_tag(tmp_path: Path, size: tuple[int, int], matrix: int, full_range: bool) -> None:
    by = BT601 if matrix == 6 else matrix
    path = tagged(tmp_path / "v.mkv", CHART / 255, size=size, matrix=by, stated=matrix, full_range=full_range)
    frame = first(path)
    assert patches(frame.to_rgb()) == pytest.approx(CHART, abs=3)
    luma = CHART @ LUMA[by]
    expected = luma if full_range else 16 + luma * 219 / 255
    assert patches(frame.luma[:, :, None])[:, 0] == pytest.approx(expected, abs=1)


@pytest.mark.robustness("15")
@pytest.mark.parametrize("bits", [9, 10, 12, 14, 16])
@pytest.mark.parametrize("full_range", [False, True])
def test_deep_video(tmp_path: Path, bits: int, full_range: bool) -> None:
    path = tagged(tmp_path / "v.mkv", CHART / 255, size=(320, 192), bits=bits, full_range=full_range)
    assert patches(first(path).to_rgb()) == pytest.approx(CHART, abs=4)


FORMATS = """
yuv420p yuv422p yuv444p yuv410p yuv411p yuv440p yuvj420p yuvj422p yuvj444p yuvj440p yuva420p yuva422p yuva444p
yuv420p9le yuv420p10le yuv422p10le yuv444p10le yuv422p12le yuv444p12le yuv420p12le yuv444p14le yuv444p16le
yuva420p10le yuva444p12le yuv420p10be yuv422p16be nv12 nv21 nv16 yuyv422 uyvy422 yvyu422 p010le p016le p210le
rgb24 bgr24 rgba bgra argb abgr rgb0 0rgb rgb48le rgb48be rgba64le bgr48le gbrp gbrap gbrp10le gbrp12le gbrp16le
gbrap10le gbrap16le gbrpf32le gray gray10le gray12le gray16le gray16be gray9le ya8 ya16le x2rgb10le y210le vuya
ayuv64le v30xle
"""


@pytest.mark.robustness("14", "15", "real-files")
def test_every_pixel_format(tmp_path: Path, tried: Callable[[int], None]) -> None:
    chart = np.repeat(CHART[None].astype(np.uint8), 48, axis=0).repeat(24, axis=1)
    source = av.VideoFrame.from_ndarray(np.ascontiguousarray(chart), format="rgb24")
    grey = np.rint(CHART @ LUMA[BT601])[:, None].repeat(3, axis=1)
    wrong, count = [], 0
    for pixel_format in FORMATS.split():
        for codec, suffix in (("ffv1", "mkv"), ("rawvideo", "nut")):
            path = tmp_path / f"{pixel_format}-{codec}.{suffix}"
            if not _written(path, source, codec=codec, pixel_format=pixel_format):
                continue
            count += 1
            expected = grey if pixel_format.startswith(("gray", "ya")) else CHART
            frame = first(path)
            off = np.abs(patches(frame.to_rgb()) - expected).max()
            luma = patches(frame.luma[:, :, None])[:, 0]
            dark = min(np.abs(luma - grey[:, 0]).max(), np.abs(luma - 16 - grey[:, 0] * 219 / 255).max())
            if off > 4 or dark > 3:
                wrong.append(f"{pixel_format} in {codec}: {off} off in colour, {dark} in luma")
    tried(count)
    assert wrong == []
    assert count > 60


def _written(path: Path, source: av.VideoFrame, *, codec: str, pixel_format: str) -> bool:
    """Write one frame; return whether this encoder and container keep such pixels."""
    encoder = av.codec.Codec(codec, "w")
    known = {layout.name for layout in encoder.video_formats or ()}
    if known and pixel_format not in known:
        return False
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = source.width, source.height, pixel_format
        frame = source.reformat(format=pixel_format)
        frame.pts, frame.time_base = 0, Fraction(1, 25)
        try:
            container.mux(stream.encode(frame))
        except av.FFmpegError:
            return False
        container.mux(stream.encode(None))
    return inspect(path).info.pixel_format == pixel_format


@pytest.mark.robustness("14", "15")
def test_a_palette(tmp_path: Path) -> None:
    path = tmp_path / "v.nut"
    palette = np.zeros((256, 4), np.uint8)
    palette[:8, 0], palette[:8, 1:] = 255, CHART
    indices = np.repeat(np.arange(8, dtype=np.uint8), 24)[None].repeat(48, axis=0)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("rawvideo", rate=25)
        stream.width, stream.height, stream.pix_fmt = 192, 48, "pal8"
        frame = av.VideoFrame.from_ndarray((indices, palette), format="pal8")
        frame.pts, frame.time_base = 0, Fraction(1, 25)
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    assert inspect(path).info.pixel_format == "pal8"
    assert patches(first(path).to_rgb()) == pytest.approx(CHART, abs=1)


NITS = np.array([1.0, 5.0, 26.0, 50.0, 100.0, 203.0, 400.0, 1000.0])
"""26 cd/m2 is a grey card of 18 %, 203 reference white (BT.2408)."""


def hlg_signal(nits: np.ndarray) -> np.ndarray:
    """The HLG signal of greys as a display of 1000 cd/m2 shows them (BT.2100)."""
    scene = (nits / 1000) ** (1 / 1.2)
    return np.where(
        scene <= 1 / 12, np.sqrt(3 * scene), 0.17883277 * np.log(np.maximum(12 * scene - 0.28466892, 1e-9)) + 0.55991073
    )


def hdr(path: Path, light: np.ndarray, *, transfer: int, bits: int = 10, full_range: bool = False) -> Path:
    """A video of columns of linear BT.2020 light, cd/m2, (n, 3), coded as HDR."""
    if transfer == PQ:
        signal = pq_signal(light)
    else:
        shown_luma = (light @ np.array(LUMA[BT2020]))[:, None]
        scene = light / 1000 * (shown_luma / 1000) ** (1 / 1.2 - 1)
        signal = hlg_signal((scene * 1.0) ** 1.2 * 1000)
    return tagged(
        path,
        signal,
        size=(640, 96),
        matrix=BT2020,
        transfer=transfer,
        primaries=BT2020,
        bits=bits,
        full_range=full_range,
    )


@pytest.mark.robustness("15")
@pytest.mark.parametrize("transfer", [PQ, HLG], ids=["pq", "hlg"])
@pytest.mark.parametrize(("bits", "full_range"), [(10, False), (10, True), (12, False)])
def test_hdr_greys_are_as_bright_as_on_an_sdr_display(
    tmp_path: Path, transfer: int, bits: int, full_range: bool
) -> None:
    path = hdr(tmp_path / "v.mkv", NITS[:, None].repeat(3, axis=1), transfer=transfer, bits=bits, full_range=full_range)
    frame = first(path)
    rgb = patches(frame.to_rgb())
    assert np.ptp(rgb, axis=1).max() <= 1
    unchanged = 255 * (NITS / 203) ** (1 / 2.4)
    assert rgb[:4, 0] == pytest.approx(unchanged[:4], abs=2)  # up to 50 cd/m2, with the grey card at 108
    assert rgb[2, 0] == pytest.approx(108, abs=2)
    assert 220 <= rgb[5, 0] <= 240
    assert np.all(np.diff(rgb[:, 0]) > 0)
    assert rgb[7, 0] == 255
    assert patches(frame.luma[:, :, None])[:, 0] == pytest.approx(16 + rgb[:, 0] * 219 / 255, abs=2)


@pytest.mark.robustness("15")
@pytest.mark.parametrize("transfer", [PQ, HLG], ids=["pq", "hlg"])
def test_hdr_colours_are_those_of_the_scene(tmp_path: Path, transfer: int) -> None:
    light = 203 * (CHART / 255) ** 2.4 * 0.4  # below the compression
    to_bt2020 = np.array(
        [[0.627404, 0.329283, 0.043313], [0.069097, 0.919540, 0.011362], [0.016391, 0.088013, 0.895595]]
    )
    path = hdr(tmp_path / "v.mkv", light @ to_bt2020.T, transfer=transfer)
    expected = 255 * (light / 203) ** (1 / 2.4)
    assert patches(first(path).to_rgb()) == pytest.approx(expected, abs=5)


def test_hdr_curves() -> None:
    light = np.geomspace(0.01, 10_000, 50)
    assert pq_light(pq_signal(light)) == pytest.approx(light, rel=1e-9)
    assert float(pq_signal(np.array(203.0))) == pytest.approx(0.5807, abs=1e-4)  # BT.2408: 58 %
    assert float(hlg_signal(np.array([203.0]))[0]) == pytest.approx(0.75, abs=2e-3)  # BT.2408: 75 %
    assert float(hlg_scene(np.array(1.0))) == pytest.approx(1, abs=1e-6)
    below = light[light < 90]
    assert compressed(below) == pytest.approx(below, rel=1e-6)
    assert compressed(np.array([1_000.0, 5_000.0])) == pytest.approx([203, 203], rel=1e-6)
    assert luma_curve(transfer=PQ, bits=8, full_range=False)[[0, 16, 255]].tolist() == [16, 16, 235]


@pytest.mark.robustness("15")
@pytest.mark.parametrize("kind", ["pq", "hlg", "untagged", "bt601 tag", "full range"])
def test_copies_keep_the_colours(tmp_path: Path, kind: str) -> None:
    if kind in ("pq", "hlg"):
        light = 203 * (CHART / 255) ** 2.4 * 0.4
        path = hdr(tmp_path / "v.mkv", light, transfer=PQ if kind == "pq" else HLG)
    else:
        options: dict[str, object] = {"untagged": {"stated": UNSPECIFIED}, "bt601 tag": {"matrix": BT601}}.get(kind, {})  # type: ignore[assignment]
        path = tagged(
            tmp_path / "v.mkv",
            CHART / 255,
            size=(1280, 720),
            full_range=kind == "full range",
            **options,  # type: ignore[arg-type]
        )
    shown = patches(first(path).to_rgb())
    facts = inspect(path)
    write_proxy(facts.info, tmp_path / "proxy.mp4")
    tracks = Tracks((), (), facts.info.width, facts.info.height)
    write_overlay(path, tmp_path / "overlay.mp4", tracks=tracks)
    for name in ("proxy.mp4", "overlay.mp4"):
        with av.open(str(tmp_path / name)) as made:
            assert matrix_of(made.streams.video[0].codec_context) == (BT601 if kind == "bt601 tag" else BT709)
            assert int(made.streams.video[0].codec_context.color_trc) not in (PQ, HLG)
        assert patches(first(tmp_path / name).to_rgb()) == pytest.approx(shown, abs=6)


@pytest.mark.robustness("15", "16")
def test_deinterlacing_keeps_them(tmp_path: Path) -> None:
    path = tmp_path / "v.mkv"
    size = (1280, 720)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"flags": "+ildct+ilme", "x264opts": "tff=1"})
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        for index in range(5):
            frame = coded(CHART / 255, matrix=BT709, full_range=False, bits=8, size=size)
            frame.pts, frame.time_base = index, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    assert any("interlaced" in note for note in inspect(path).info.notes)
    assert patches(first(path).to_rgb()) == pytest.approx(CHART, abs=5)
