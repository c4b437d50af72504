"""Comparison of a video with the footage that a model was measured on: pure, from facts and ranges to a verdict.

A value may lie outside the measured range by a quarter of the range, as a range of a few matches is not its last word.
Four properties have limits of their own: a picture may be half as wide as the least one measured, and as wide as it
likes, because models scale it to their input; a frame rate may be a tenth below the least one measured, and any above,
because models sample pictures at their own rate; and half as many people as the least measured may be in the picture,
because a camera that follows the ball leaves some out; and width to height may differ by a twentieth, because videos
are cropped by a few pixels.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from touchline.formats.likeness import LIKE, NEVER_MEASURED, UNCHECKED, UNLIKE, ModelLikeness
from touchline.models.measured import MeasuredOn

SLACK = 0.25
"""Share of a range by which a value may lie outside it."""
_LEAST_WIDTH, _LEAST_RATE, _LEAST_PEOPLE = 0.5, 0.9, 0.5
_ASPECT_SLACK = 0.05
_NO_COLOUR = 0.012
"""Value of ``colour`` below which a picture is black and white; pale real pictures have 0.03 or more."""
_COLOURS = ("saturation", "grass")
"""Properties that black and white pictures do not show."""
_NO_GRASS = 0.05
_NO_CHANGE = 0.02
_NO_BALL = 0.02
_NO_PITCH = 0.02


@dataclass(frozen=True, slots=True)
class Property:
    """A property that footage is compared by.

    Attributes:
        words: what it is, in words that a value and its unit follow.
        unit: unit of the value; with "%" a share is shown in percent.
        decimals: decimals shown.
        only_least: whether more than measured is no difference.

    """

    words: str
    unit: str = ""
    decimals: int = 2
    only_least: bool = False

    def shown(self, value: float) -> str:
        """Return a value for people, without the unit."""
        share = self.unit.startswith("%")
        return f"{value * (100 if share else 1):.{0 if share else self.decimals}f}"


PROPERTIES: Mapping[str, Property] = {
    "width_px": Property("width of the picture", "px", 0, only_least=True),
    "aspect": Property("width to height", "", 2),
    "fps": Property("frame rate", "a second", 1, only_least=True),
    "changing": Property("steps in which the picture changes", "%", only_least=True),
    "camera_moves": Property("steps in which the camera moves", "%", only_least=True),
    "brightness": Property("brightness", "", 2),
    "contrast": Property("contrast", "", 2),
    "saturation": Property("saturation", "", 2),
    "colour": Property("colour", "", 3),
    "grass": Property("grass", "% of the picture", 0),
    "detail": Property("fine detail", "", 1),
    "person_px": Property("height of people at a width of 1280", "px", 0),
    "people": Property("people in a picture", "", 0),
    "ball": Property("pictures in which the ball is found", "%", only_least=True),
    "wide": Property("time in wide shots", "%", only_least=True),
    "pitch": Property("time in which lines of the pitch are recognised", "%", only_least=True),
}
"""The properties by name, in the order in which differences are listed."""


def compare(model: str, *, facts: Mapping[str, float], measured: MeasuredOn | None, finds: str = "") -> ModelLikeness:
    """Return whether a video is like the footage that a model was measured on.

    Only properties that both have are compared. A video that is like any footage of the model is like; otherwise what
    differs from its first footage are the reasons. A model whose ranges share none with the facts is ``unchecked``.

    Args:
        model: name of the model.
        facts: what the video is like.
        measured: what the model was measured on; None if it never was.
        finds: what the model finds, in words, for a model that was never measured.

    """
    if measured is None:
        return ModelLikeness(model, finds or "its results", NEVER_MEASURED)
    first, *others = (
        _compared(model, facts=facts, measured=measured, footage=footage, ranges=ranges)
        for footage, ranges in (
            (measured.footage, measured.ranges),
            *((one.footage, one.ranges) for one in measured.also),
        )
    )
    return next((found for found in (first, *others) if found.verdict == LIKE), first)


def _compared(
    model: str,
    *,
    facts: Mapping[str, float],
    measured: MeasuredOn,
    footage: str,
    ranges: Mapping[str, tuple[float, float]],
) -> ModelLikeness:
    """Return whether a video is like one kind of footage that a model was measured on."""
    hidden = _COLOURS if facts.get("colour", 1.0) < _NO_COLOUR else ()
    shared = [name for name in PROPERTIES if name in facts and name in ranges and name not in hidden]
    reasons = tuple(
        _words(name, value=facts[name], ends=ranges[name], facts=facts)
        for name in shared
        if not fits(name, facts[name], ends=ranges[name])
    )
    verdict = UNLIKE if reasons else LIKE if shared else UNCHECKED
    return ModelLikeness(model, measured.finds, verdict, footage, reasons)


def fits(name: str, value: float, *, ends: tuple[float, float]) -> bool:
    """Return whether the value of a property lies in its measured range, with the slack of this module."""
    least, most = ends
    if name == "width_px":
        return value >= _LEAST_WIDTH * least
    if name == "fps":
        return value >= _LEAST_RATE * least
    if name == "aspect":
        return (1 - _ASPECT_SLACK) * least <= value <= (1 + _ASPECT_SLACK) * most
    if name == "people":
        least *= _LEAST_PEOPLE
    slack = SLACK * (most - least)
    return value >= least - slack and (PROPERTIES[name].only_least or value <= most + slack)


def why_no_ball_actions(facts: Mapping[str, float]) -> str:
    """Return why a video can show no ball actions of football, in words; "" if it can."""
    if facts.get("changing", 1.0) < _NO_CHANGE:
        return "the picture never changes: a still picture"
    coloured, grass = facts.get("colour", 0.0) > _NO_COLOUR, facts.get("grass", 1.0)
    if coloured and grass < _NO_GRASS and facts.get("pitch", 1.0) < _NO_PITCH:
        return f"not football: {_percent(grass)} of the picture is grass, and no lines of a pitch were found"
    if facts.get("ball", 1.0) < _NO_BALL:
        return f"the ball was found in {_percent(facts['ball'])} of the pictures"
    return ""


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _words(name: str, *, value: float, ends: tuple[float, float], facts: Mapping[str, float]) -> str:
    """Return how a value differs from its measured range."""
    if name == "colour" and value < _NO_COLOUR:
        return "the picture is black and white"
    if name == "changing" and value < _NO_CHANGE:
        return "the picture is still"
    if name == "aspect" and value < 1:
        return "the picture is upright"
    if name == "people" and value == 0:
        return "nobody is in the picture"
    known = PROPERTIES[name]
    least, most = (known.shown(end) for end in ends)
    unit = f" {known.unit}" if known.unit else ""
    span = f"at {least}" if least == most else f"{least} to {most}"
    return f"{known.words} {known.shown(value)}{unit} (measured {span})"
