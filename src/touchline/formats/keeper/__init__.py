"""Tables of goalkeepers, their poses and the shots they faced."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.formats.keeper.moments_index import IndexedMoment as IndexedMoment
    from touchline.formats.keeper.moments_index import read_moments_index as read_moments_index
    from touchline.formats.keeper.moments_index import write_moments_index as write_moments_index
    from touchline.formats.keeper.pictures import read_keeper_pictures as read_keeper_pictures
    from touchline.formats.keeper.pose_tables import read_pose_table as read_pose_table
    from touchline.formats.keeper.pose_tables import write_poses as write_poses
    from touchline.formats.keeper.shots import read_shot_file as read_shot_file
    from touchline.formats.keeper.tables import read_penalties as read_penalties
    from touchline.formats.keeper.tables import read_poses as read_poses
    from touchline.formats.keeper.tables import read_shots as read_shots
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.formats.keeper.moments_index": (
                "IndexedMoment",
                "read_moments_index",
                "write_moments_index",
            ),
            "touchline.formats.keeper.pictures": ("read_keeper_pictures",),
            "touchline.formats.keeper.pose_tables": ("read_pose_table", "write_poses"),
            "touchline.formats.keeper.shots": ("read_shot_file",),
            "touchline.formats.keeper.tables": ("read_penalties", "read_poses", "read_shots"),
        },
    )
