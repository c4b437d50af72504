"""Augmentation of clips: the reference's copies exactly, and modern random changes on the fly.

Clips are uint8 (t, height, width, 3); all frames of a clip are changed alike, except for noise.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field

Clip = npt.NDArray[np.uint8]
Joints = npt.NDArray[np.float32]

OPENPOSE_MIRROR = (0, 1, 5, 6, 7, 2, 3, 4, 11, 12, 13, 8, 9, 10, 15, 14, 17, 16)
"""Left-right partner of each of OpenPose's 18 joints."""


def flip(clip: Clip) -> Clip:
    """Mirror a clip left to right."""
    return np.ascontiguousarray(clip[:, :, ::-1])


def flip_joints(joints: Joints, *, width: int, mirror: tuple[int, ...] = OPENPOSE_MIRROR) -> Joints:
    """Mirror the joints (t, j, 3) of a clip: left and right joints swap; joints that were not found stay so."""
    flipped = joints[:, list(mirror)].copy()
    flipped[..., 0] = np.where(flipped[..., 2] > 0, width - 1 - flipped[..., 0], 0.0)
    return flipped


def rotate(clip: Clip, *, degrees: float) -> Clip:
    """Rotate a clip about its centre, counter-clockwise; corners are cut off, uncovered areas are black."""
    height, width = clip.shape[1:3]
    return _warp(clip, cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0))


def translate(clip: Clip, *, x_px: int, y_px: int = 0) -> Clip:
    """Shift a clip to the right and down; uncovered areas are black."""
    return _warp(clip, np.array([[1, 0, x_px], [0, 1, y_px]], np.float64))


def reference_copies(clip: Clip) -> dict[str, Clip]:
    """Make the four copies that the reference makes of clips of rare classes, by the suffix of their names."""
    return {
        "_rotate_30": rotate(clip, degrees=30),
        "_rotate_330": rotate(clip, degrees=330),
        "_translate_32_0": translate(clip, x_px=32),
        "_translate_-32_0": translate(clip, x_px=-32),
    }


def _warp(clip: Clip, matrix: npt.NDArray[np.float64]) -> Clip:
    height, width = clip.shape[1:3]
    return np.stack([np.asarray(cv2.warpAffine(picture, matrix, (width, height)), np.uint8) for picture in clip])


class AugmentSettings(BaseModel):
    """Strength of the random changes to training clips; 0 or 1 everywhere leaves the clips unchanged.

    Attributes:
        flip: share of clips that are mirrored.
        scale: smallest and largest share of the clip's area that is cut out.
        aspect: largest change of width over height, as a factor.
        turn_deg: largest rotation.
        brightness, contrast, saturation: largest change, as a share.
        grey: share of clips that become grey.
        erase: share of clips in which a rectangle is blanked.
        time_scale: largest speed-up or slow-down, as a factor.
        noise: standard deviation in grey levels.

    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    flip: float = Field(default=0.5, ge=0, le=1)
    scale: tuple[float, float] = (0.6, 1.0)
    aspect: float = Field(default=1.15, ge=1)
    turn_deg: float = Field(default=8.0, ge=0, le=180)
    brightness: float = Field(default=0.3, ge=0, le=1)
    contrast: float = Field(default=0.3, ge=0, le=1)
    saturation: float = Field(default=0.3, ge=0, le=1)
    grey: float = Field(default=0.1, ge=0, le=1)
    erase: float = Field(default=0.25, ge=0, le=1)
    time_scale: float = Field(default=1.25, ge=1)
    noise: float = Field(default=4.0, ge=0)


@dataclass(frozen=True, slots=True)
class _View:
    """The positions of the output's corners in the clip, as a 2 x 3 matrix from output to clip."""

    matrix: npt.NDArray[np.float64]


def augment(
    clip: Clip, *, frames: int, width: int, height: int, settings: AugmentSettings, random: np.random.Generator
) -> Clip:
    """Augment a clip to ``frames`` frames of ``width`` x ``height``: cut, rotated, mirrored, recoloured, resampled."""
    taken = clip[_moments(len(clip), frames=frames, settings=settings, random=random)]
    view = _draw_view(clip.shape[2], clip.shape[1], width=width, height=height, settings=settings, random=random)
    warp = cv2.WARP_INVERSE_MAP | cv2.INTER_LINEAR
    cut = np.stack(
        [
            cv2.warpAffine(picture, view.matrix, (width, height), flags=warp, borderMode=cv2.BORDER_REFLECT_101)
            for picture in taken
        ]
    ).astype(np.float32)
    cut = _recolour(cut, settings=settings, random=random)
    if random.random() < settings.erase:
        _erase(cut, random=random)
    if settings.noise:
        cut += random.normal(0.0, settings.noise * random.random(), cut.shape).astype(np.float32)
    return np.clip(np.round(cut), 0, 255).astype(np.uint8)


def _moments(
    count: int, *, frames: int, settings: AugmentSettings, random: np.random.Generator
) -> npt.NDArray[np.int64]:
    """Draw the frame indices: evenly spaced over a random part, sped up or slowed down."""
    speed = settings.time_scale ** random.uniform(-1, 1)
    span = min(count - 1.0, (frames - 1) * speed) if count > frames else (count - 1) * min(1.0, speed)
    start = random.uniform(0, count - 1 - span) if count - 1 > span else 0.0
    return np.round(start + np.linspace(0, span, frames)).astype(np.int64)


def _draw_view(
    clip_width: int,
    clip_height: int,
    *,
    width: int,
    height: int,
    settings: AugmentSettings,
    random: np.random.Generator,
) -> _View:
    share = np.sqrt(random.uniform(*settings.scale))
    stretch = np.sqrt(settings.aspect ** random.uniform(-1, 1))
    cut_width, cut_height = clip_width * share * stretch, clip_height * share / stretch
    centre_x = clip_width / 2 + random.uniform(-0.5, 0.5) * max(0.0, clip_width - cut_width)
    centre_y = clip_height / 2 + random.uniform(-0.5, 0.5) * max(0.0, clip_height - cut_height)
    angle = np.deg2rad(random.uniform(-settings.turn_deg, settings.turn_deg))
    scale_x = cut_width / width * (-1 if random.random() < settings.flip else 1)
    scale_y = cut_height / height
    turned = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) @ np.diag([scale_x, scale_y])
    middle = np.array([(width - 1) / 2, (height - 1) / 2])
    shift = np.array([centre_x - 0.5, centre_y - 0.5]) - turned @ middle
    return _View(np.concatenate([turned, shift[:, None]], axis=1))


def _recolour(
    clip: npt.NDArray[np.float32], *, settings: AugmentSettings, random: np.random.Generator
) -> npt.NDArray[np.float32]:
    clip = clip * np.float32(1 + random.uniform(-1, 1) * settings.brightness)
    mean = clip.mean(dtype=np.float64)
    clip = np.float32(mean) + (clip - np.float32(mean)) * np.float32(1 + random.uniform(-1, 1) * settings.contrast)
    grey = clip.mean(axis=3, keepdims=True)
    colour = 0.0 if random.random() < settings.grey else 1 + random.uniform(-1, 1) * settings.saturation
    return np.asarray(grey + (clip - grey) * np.float32(colour), np.float32)


def _erase(clip: npt.NDArray[np.float32], *, random: np.random.Generator) -> None:
    """Blank a rectangle of up to a third of each side, in every frame."""
    height, width = clip.shape[1:3]
    h, w = (max(1, int(side * random.uniform(0.1, 0.35))) for side in (height, width))
    top, left = random.integers(0, height - h + 1), random.integers(0, width - w + 1)
    clip[:, top : top + h, left : left + w] = clip.mean(dtype=np.float64)
