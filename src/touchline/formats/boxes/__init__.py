"""Formats for boxes of people and the ball: MOT, COCO, YOLO, and touchline's Parquet file of tracks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.formats.boxes.coco import read_coco_results as read_coco_results
    from touchline.formats.boxes.coco import read_coco_truth as read_coco_truth
    from touchline.formats.boxes.mot import MotTable as MotTable
    from touchline.formats.boxes.mot import read_mot as read_mot
    from touchline.formats.boxes.mot import write_mot as write_mot
    from touchline.formats.boxes.picked import PickedBox as PickedBox
    from touchline.formats.boxes.picked import read_boxes as read_boxes
    from touchline.formats.boxes.sequence_info import SequenceInfo as SequenceInfo
    from touchline.formats.boxes.sequence_info import Tracklet as Tracklet
    from touchline.formats.boxes.sequence_info import parse_game_info as parse_game_info
    from touchline.formats.boxes.sequence_info import parse_sequence_info as parse_sequence_info
    from touchline.formats.boxes.sequence_tracks import read_sequence as read_sequence
    from touchline.formats.boxes.teamtrack import parse_teamtrack as parse_teamtrack
    from touchline.formats.boxes.track_format import TrackFormat as TrackFormat
    from touchline.formats.boxes.track_registry import TRACK_FORMATS as TRACK_FORMATS
    from touchline.formats.boxes.tracks_parquet import read_tracks_parquet as read_tracks_parquet
    from touchline.formats.boxes.tracks_parquet import write_tracks_parquet as write_tracks_parquet
    from touchline.formats.boxes.yolo import read_yolo as read_yolo
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.formats.boxes.coco": ("read_coco_results", "read_coco_truth"),
            "touchline.formats.boxes.mot": ("MotTable", "read_mot", "write_mot"),
            "touchline.formats.boxes.picked": ("PickedBox", "read_boxes"),
            "touchline.formats.boxes.sequence_info": (
                "SequenceInfo",
                "Tracklet",
                "parse_game_info",
                "parse_sequence_info",
            ),
            "touchline.formats.boxes.sequence_tracks": ("read_sequence",),
            "touchline.formats.boxes.teamtrack": ("parse_teamtrack",),
            "touchline.formats.boxes.track_format": ("TrackFormat",),
            "touchline.formats.boxes.track_registry": ("TRACK_FORMATS",),
            "touchline.formats.boxes.tracks_parquet": ("read_tracks_parquet", "write_tracks_parquet"),
            "touchline.formats.boxes.yolo": ("read_yolo",),
        },
    )
