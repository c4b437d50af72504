"""Drawing on pictures that are shown, never on those that are analysed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.render.confusion_picture import draw_confusion as draw_confusion
    from touchline.render.drawing import draw_tracks as draw_tracks
    from touchline.render.overlay import Overlay as Overlay
    from touchline.render.overlay import write_overlay as write_overlay
    from touchline.render.pitch_picture import draw_pitch_maps as draw_pitch_maps
    from touchline.render.radar import Radar as Radar
    from touchline.render.skeleton_picture import draw_pose as draw_pose
    from touchline.render.skeleton_picture import draw_skeletons as draw_skeletons
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.render.confusion_picture": ("draw_confusion",),
            "touchline.render.drawing": ("draw_tracks",),
            "touchline.render.overlay": ("Overlay", "write_overlay"),
            "touchline.render.pitch_picture": ("draw_pitch_maps",),
            "touchline.render.radar": ("Radar",),
            "touchline.render.skeleton_picture": ("draw_pose", "draw_skeletons"),
        },
    )
