"""Goalkeepers: comparable poses, techniques, expected saves, and advice on what a keeper could do better."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.goalkeeping.expected_saves import SaveEstimate as SaveEstimate
    from touchline.goalkeeping.expected_saves import SaveModel as SaveModel
    from touchline.goalkeeping.expected_saves import load_expected_saves as load_expected_saves
    from touchline.goalkeeping.found_keeper import FoundKeeper as FoundKeeper
    from touchline.goalkeeping.found_keeper import find_pose as find_pose
    from touchline.goalkeeping.keeper_table import KeeperTable as KeeperTable
    from touchline.goalkeeping.maps import OptimalMap as OptimalMap
    from touchline.goalkeeping.maps import optimal_map as optimal_map
    from touchline.goalkeeping.pose_finder import PoseFinder as PoseFinder
    from touchline.goalkeeping.pose_finder import PoseFinderLike as PoseFinderLike
    from touchline.goalkeeping.pose_finder import load_pose_finder as load_pose_finder
    from touchline.goalkeeping.shots import shot_features as shot_features
    from touchline.goalkeeping.technique import TechniqueReading as TechniqueReading
    from touchline.goalkeeping.technique import Techniques as Techniques
    from touchline.goalkeeping.technique import load_techniques as load_techniques
    from touchline.goalkeeping.technique import name_technique as name_technique
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.goalkeeping.expected_saves": ("SaveEstimate", "SaveModel", "load_expected_saves"),
            "touchline.goalkeeping.found_keeper": ("FoundKeeper", "find_pose"),
            "touchline.goalkeeping.keeper_table": ("KeeperTable",),
            "touchline.goalkeeping.maps": ("OptimalMap", "optimal_map"),
            "touchline.goalkeeping.pose_finder": ("PoseFinder", "PoseFinderLike", "load_pose_finder"),
            "touchline.goalkeeping.shots": ("shot_features",),
            "touchline.goalkeeping.technique": ("TechniqueReading", "Techniques", "load_techniques", "name_technique"),
        },
    )
