"""Synthetic data with exact ground truth: pitches, figures, sound scenes and planted streams."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.synthetic.keeper_figures import draw_figure as draw_figure
    from touchline.synthetic.keeper_figures import random_figure as random_figure
    from touchline.synthetic.pitch_render import draw_cameras as draw_cameras
    from touchline.synthetic.pitch_render import render as render
    from touchline.synthetic.planted_streams import make_planted_set as make_planted_set
    from touchline.synthetic.sound_scenes import Scene as Scene
    from touchline.synthetic.sound_scenes import make_scene as make_scene
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.synthetic.keeper_figures": ("draw_figure", "random_figure"),
            "touchline.synthetic.pitch_render": ("draw_cameras", "render"),
            "touchline.synthetic.planted_streams": ("make_planted_set",),
            "touchline.synthetic.sound_scenes": ("Scene", "make_scene"),
        },
    )
