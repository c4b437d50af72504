"""Every kind of file that touchline reads: how a valid one is made, and what reads it."""

from __future__ import annotations

import gzip
import json
import pickle
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from sklearn.decomposition import PCA

from fuzzing.fuzzbundle import INFO, TIMELINE, TRACKS, read_everything, renew_checksums, write_bundle
from keeper_data import write_tables
from tinymodel import write_tiny_model
from tinypose import keeper_folder
from touchline.analysis.checkpoint import Chunks
from touchline.core.events import Timeline
from touchline.core.poses import JOINTS, Pose
from touchline.core.tracks import DETECTION_LABELS
from touchline.features.games import _read_parts
from touchline.features.reduction import ReductionFit, load_reduction
from touchline.formats.boxes.coco import read_coco_results, read_coco_truth
from touchline.formats.boxes.cvat import CvatTracks, read_cvat
from touchline.formats.boxes.mot import read_mot, write_mot
from touchline.formats.boxes.picked import read_boxes
from touchline.formats.boxes.sequence_info import parse_game_info, parse_sequence_info
from touchline.formats.boxes.teamtrack import parse_teamtrack
from touchline.formats.boxes.yolo import read_yolo
from touchline.formats.bundle import ACTIONS, CANDIDATES, CORRECTIONS, EVENTS, MANIFEST, SCORES, Bundle
from touchline.formats.bundle import TRACKS as TRACKS_FILE
from touchline.formats.clips.csv_list import read_clip_csv
from touchline.formats.clips.predictions import read_clip_predictions, write_clip_predictions
from touchline.formats.clips.skeleton_sets import read_skeleton_set
from touchline.formats.clips.spacejam import read_joints, read_spacejam
from touchline.formats.events.event_format import EventFormat, EventSource, ReadOptions
from touchline.formats.events.export_context import ExportContext, VideoFacts
from touchline.formats.events.providers.provider_events import provider_named
from touchline.formats.events.registry import FORMATS, find_events
from touchline.formats.events.tables.columns import parse_columns
from touchline.formats.features.npy import open_rows
from touchline.formats.features.pca_pickles import read_mean_pickle
from touchline.formats.features.stream_sets import Recording, open_stream_set, write_stream_set
from touchline.formats.features.vectors import FeatureInfo, read_features, write_features
from touchline.formats.files.json_files import read_bytes
from touchline.formats.files.npz import npz_bytes
from touchline.formats.gamestate.labels import parse_predictions, parse_truth
from touchline.formats.keeper.pictures import read_keeper_pictures
from touchline.formats.keeper.pose_tables import read_keeper_boxes, read_pose_table, write_poses
from touchline.formats.keeper.posed_picture import PosedPicture
from touchline.formats.keeper.shot_poses import read_space_poses
from touchline.formats.keeper.shots import read_shot_file
from touchline.formats.keeper.tables import read_choices, read_poses, read_shots
from touchline.formats.soccernet.games import load_games
from touchline.formats.soccernet.video_ini import read_video_ini
from touchline.formats.sound import SOUND, SOUND_CURVES
from touchline.goalkeeping.expected_saves import load_expected_saves
from touchline.goalkeeping.technique import load_techniques
from touchline.media.stills import encode_still, read_still
from touchline.models.folders import builtin_folder
from touchline.models.importing.checkpoints import read_published
from touchline.models.networks.heads.pooling import PoolingHead
from touchline.models.store import load_model
from touchline.recognition.skeletons import _read as read_joint_file
from touchline.review.labels import label_set
from touchline.training.checkpoint import load_checkpoint, save_checkpoint
from touchline.training.recipe import read_recipe

Make = Callable[[Path], Path]
Read = Callable[[Path], object]


@dataclass(frozen=True)
class Kind:
    """A kind of file.

    Attributes:
        name: of the kind.
        form: what damages it, a key of ``fuzzmutations.FORMS``.
        make: writes a valid file, and what belongs to it, into an empty folder; returns the file that is damaged.
        read: reads the file.

    """

    name: str
    form: str
    make: Make
    read: Read


def _content(name: str, content: str | bytes) -> Make:
    def make(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return make


def _json(name: str, value: object) -> Make:
    return _content(name, json.dumps(value, indent=1))


def _bundle_kind(name: str, form: str) -> Kind:
    def make(folder: Path) -> Path:
        return write_bundle(folder).path / name

    def read(path: Path) -> None:
        bundle = Bundle(path.parents[name.count("/")])
        if name != MANIFEST:
            renew_checksums(bundle)
        read_everything(bundle)

    return Kind(f"bundle {name}", form, make, read)


BUNDLES = (
    _bundle_kind(MANIFEST, "json"),
    _bundle_kind(EVENTS, "json"),
    _bundle_kind(CANDIDATES, "json"),
    _bundle_kind(ACTIONS, "json"),
    _bundle_kind(SOUND, "json"),
    _bundle_kind(SOUND_CURVES, "zip"),
    _bundle_kind(SCORES, "zip"),
    _bundle_kind(TRACKS_FILE, "bytes"),
    _bundle_kind(CORRECTIONS, "lines"),
    _bundle_kind("keepers/index.json", "json"),
)

_BROADCAST = ("Labels-v2.json", "Labels.json")
"""Files whose labels are those of broadcasts, not of the ball."""

_CONTEXT = ExportContext(game="a game", video=VideoFacts.of(INFO))


def _event_kind(one: EventFormat) -> Kind:
    ending = one.file_names[0] if one.file_names else f"match{one.suffixes[0]}"
    form = "json" if ending.endswith((".json", ".otio", ".boris")) else "text"

    def make(folder: Path) -> Path:
        events = [replace(event, label="Goal") if ending in _BROADCAST else event for event in TIMELINE]
        one.write(Timeline(tuple(events)), folder / ending, context=_CONTEXT)
        return folder / ending

    def read(path: Path) -> None:
        data = read_bytes(path)
        for known in (None, one):
            found = find_events(data, source=str(path), options=ReadOptions(fps=_CONTEXT.video.fps), known=known)
            FORMATS[0].content(found.timeline, context=_CONTEXT)

    return Kind(f"events {one.name}", form, make, read)


def _provider_kind(name: str, events: str, beside: str | None) -> Kind:
    def make(folder: Path) -> Path:
        import kloppy

        samples = Path(kloppy.__file__).parent / "tests" / "files"
        if beside:
            (folder / beside).write_bytes((samples / beside).read_bytes())
        data = (samples / events).read_bytes()
        if events.endswith(".json"):
            data = _shortened(json.loads(data))
        (folder / events).write_bytes(data)
        return folder / events

    def read(path: Path) -> None:
        known = provider_named(name)
        assert known is not None
        options = ReadOptions(beside=path.parent / beside if beside else None, labels="soccernet-v2")
        known.read(EventSource(str(path), read_bytes(path), options))

    return Kind(f"provider {name}", "json" if events.endswith(".json") else "text", make, read)


def _shortened(document: object) -> bytes:
    """The first events, and the starts and ends of halves, of a provider's file, so that changes hit what is read."""

    def few(rows: object) -> object:
        if not isinstance(rows, list):
            return rows
        return [row for number, row in enumerate(rows) if number < 40 or "Half" in str(row)[:2000]]

    document = {key: few(value) for key, value in document.items()} if isinstance(document, dict) else few(document)
    return json.dumps(document).encode()


EVENT_FILES = (
    *(_event_kind(one) for one in FORMATS if one.readable),
    _provider_kind("statsbomb", "statsbomb_15986_event.json", "statsbomb_15986_lineup.json"),
    _provider_kind("wyscout", "wyscout_events_v2.json", None),
    _provider_kind("opta", "opta_f24.xml", "opta_f7.xml"),
    _provider_kind("datafactory", "datafactory_events.json", None),
    _provider_kind("metrica", "metrica_events.json", "epts_metrica_metadata.xml"),
)

_LABELS = {
    "UrlLocal": "a/b",
    "annotations": [
        {"gameTime": "1 - 00:10", "label": "PASS", "position": "10000", "team": "left", "visibility": "visible"},
        {"gameTime": "2 - 01:10", "label": "DRIVE", "position": "70000", "team": "right", "visibility": "not shown"},
    ],
}
_RESULTS = {
    "UrlLocal": "a/b",
    "predictions": [
        {"gameTime": "1 - 00:10", "label": "PASS", "position": "10000", "half": "1", "confidence": "0.5"},
        {"gameTime": "2 - 01:10", "label": "PASS", "position": "70000", "half": "2", "confidence": "0.25"},
    ],
}


def _games_zip(folder: Path) -> Path:
    with zipfile.ZipFile(folder / "games.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for game in ("a", "b"):
            archive.writestr(f"league/{game}/Labels-v2.json", json.dumps(_LABELS))
    return folder / "games.zip"


_INI = """[1_HQ.mkv]
start_time_second = 60.5
duration_second = 2700
[2_HQ.mkv]
start_time_second = 3
duration_second = 9
"""

SOCCERNET = (
    Kind("games labels", "json", _json("Labels-v2.json", _LABELS), lambda path: load_games(path, kind="annotations")),
    Kind(
        "games results", "json", _json("results_spotting.json", _RESULTS), lambda p: load_games(p, kind="predictions")
    ),
    Kind("games zip", "zip", _games_zip, lambda path: load_games(path, kind="annotations")),
    Kind("video.ini", "text", _content("video.ini", _INI), read_video_ini),
    Kind(
        "parts csv", "text", _content("parts.csv", "game,part\na,train\nb,test\n"), lambda p: _read_parts(p, ["a", "b"])
    ),
)

_PICKED = "time_s,x0,y0,x1,y1,name\n12.4,310,205,342,290,Number 10\n13,1,2,30,40,\n"
_PICKED_JSON = [{"time_s": 12.4, "x0": 310, "y0": 205, "x1": 342, "y1": 290, "name": "Number 10"}]
_COCO = {
    "images": [{"id": 1, "file_name": "a.jpg", "width": 64, "height": 48}, {"id": 2, "file_name": "b.jpg"}],
    "categories": [{"id": 1, "name": "player"}, {"id": 2, "name": "ball"}],
    "annotations": [
        {"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 2, 30, 40.5], "area": 1215, "iscrowd": 0},
        {"id": 2, "image_id": 2, "category_id": 2, "bbox": [5, 6, 7, 8], "area": 56, "iscrowd": 0},
    ],
}
_COCO_RESULTS = [{"image_id": 1, "category_id": 1, "bbox": [1, 2, 30, 40], "score": 0.5}]


def _mot(folder: Path) -> Path:
    write_mot(TRACKS, folder / "tracks.txt")
    return folder / "tracks.txt"


_GAMEINFO = "[Sequence]\nname=SNMOT-060\ntrackletID_1= player team left;10\ntrackletID_18= ball;1\n"
_SEQINFO = "[Sequence]\nname=a\nimDir=img1\nframeRate=25\nseqLength=750\nimWidth=1920\nimHeight=1080\nimExt=.jpg\n"
_TEAMTRACK = """TeamID,0,0,0,0,BALL,BALL,BALL,BALL
PlayerID,0,0,0,0,BALL,BALL,BALL,BALL
Attributes,bb_left,bb_top,bb_width,bb_height,bb_left,bb_top,bb_width,bb_height
frame,,,,,,,,
1,10,20,30,60,1.5,2,5,5
2,11,20,30,60,,,,
"""
_PERSON = {
    "image_id": "3116000001",
    "track_id": 1,
    "supercategory": "object",
    "category_id": 1,
    "attributes": {"role": "player", "team": "left", "jersey": "10"},
    "bbox_image": {"x": 1, "y": 2, "w": 3, "h": 4},
    "bbox_pitch": {f"{axis}_bottom_{part}": 1.5 for axis in "xy" for part in ("left", "middle", "right")},
}
_GAMESTATE = {
    "images": [
        {
            "image_id": "3116000001",
            "width": 1920,
            "height": 1080,
            **{f"has_labeled_{part}": True for part in ("pitch", "camera", "person")},
        }
    ],
    "annotations": [_PERSON, {**_PERSON, "track_id": 2}],
}
_STATE = parse_truth(json.dumps(_GAMESTATE).encode(), source="truth")


def _parsed_by(parse: Callable[..., object]) -> Callable[[Path], object]:
    """What reads a file by a parser of bytes."""
    return lambda path: parse(read_bytes(path), source=str(path))


def _coco_results(folder: Path) -> Path:
    _json("truth.json", _COCO)(folder)
    return _json("found.json", _COCO_RESULTS)(folder)


def _read_coco_results(path: Path) -> object:
    truth = read_coco_truth(path.parent / "truth.json", labels=DETECTION_LABELS)
    return read_coco_results(path, truth)


def _cvat(folder: Path) -> Path:
    video = VideoFacts(times_us=np.arange(20, dtype=np.int64) * 40_000)
    content = CvatTracks().content(TRACKS, context=ExportContext(game="match", video=video))
    return _content("cvat.xml", content)(folder)


BOXES = (
    Kind("boxes mot", "text", _mot, read_mot),
    Kind("boxes coco", "json", _json("truth.json", _COCO), lambda path: read_coco_truth(path, labels=DETECTION_LABELS)),
    Kind("boxes coco results", "json", _coco_results, _read_coco_results),
    Kind("boxes cvat", "text", _cvat, lambda path: read_cvat(read_bytes(path), source=str(path))),
    Kind(
        "boxes yolo",
        "text",
        _content("a.txt", "0 0.5 0.5 0.1 0.2\n3 0.1 0.2 0.01 0.02\n"),
        partial(read_yolo, width=64, height=48),
    ),
    Kind("boxes picked csv", "text", _content("picked.csv", _PICKED), read_boxes),
    Kind("boxes picked json", "json", _json("picked.json", _PICKED_JSON), read_boxes),
    Kind("boxes seqinfo", "text", _content("seqinfo.ini", _SEQINFO), _parsed_by(parse_sequence_info)),
    Kind("boxes gameinfo", "text", _content("gameinfo.ini", _GAMEINFO), _parsed_by(parse_game_info)),
    Kind("boxes teamtrack", "text", _content("a.csv", _TEAMTRACK), _parsed_by(parse_teamtrack)),
    Kind("gamestate truth", "json", _json("Labels-GameState.json", _GAMESTATE), _parsed_by(parse_truth)),
    Kind(
        "gamestate predictions",
        "json",
        _json("SNGS-116.json", {"predictions": _GAMESTATE["annotations"]}),
        _parsed_by(partial(parse_predictions, truth=_STATE)),
    ),
)

_SHOTS_CSV = (
    "id,x,y,under_pressure,keeper_x,keeper_y,keeper,outcome\na,110,40,1,118,40,Ann,Saved\nb,105.5,35,0,119,41,Bo,Goal\n"
)
_STATSBOMB_SHOT = {
    "id": "e1",
    "location": [110.5, 40.0],
    "under_pressure": True,
    "shot": {
        "type": {"name": "Open Play"},
        "outcome": {"name": "Saved"},
        "one_on_one": True,
        "freeze_frame": [
            {
                "location": [118.0, 40.0],
                "teammate": False,
                "position": {"name": "Goalkeeper"},
                "player": {"name": "Ann"},
            }
        ],
    },
}


def _poses(name: str, folder: Path) -> Path:
    rng = np.random.default_rng(0)
    size = len(JOINTS)
    pose = Pose(
        rng.uniform(0, 400, (size, 2)).astype(np.float32),
        rng.uniform(0.1, 1, size).astype(np.float32),
        rng.normal(0, 0.3, (size, 3)).astype(np.float32),
    )
    write_poses(folder / name, [PosedPicture("a.png", pose, "note"), PosedPicture("b.png", pose, "")])
    return folder / name


def _published(name: str, folder: Path) -> Path:
    write_tables(folder / "tables")
    path = folder / "tables" / name
    if path.suffix == ".csv":
        lines = path.read_text().split("\n")[:8]
        path.write_text("\n".join(lines) + "\n")
    return path


def _picture_index(folder: Path) -> Path:
    keeper_folder(folder / "keepers")
    return next(iter(sorted((folder / "keepers").rglob("*.csv"), key=lambda path: "images" not in str(path))))


KEEPERS = (
    Kind("shots csv", "text", _content("shots.csv", _SHOTS_CSV), read_shot_file),
    Kind("shots gz", "bytes", _content("shots.csv.gz", gzip.compress(_SHOTS_CSV.encode(), mtime=0)), read_shot_file),
    Kind("shots json", "json", _json("events.json", [_STATSBOMB_SHOT, _STATSBOMB_SHOT]), read_shot_file),
    Kind("poses csv", "text", partial(_poses, "poses.csv"), read_pose_table),
    Kind("poses json", "json", partial(_poses, "poses.json"), read_pose_table),
    Kind("poses coco", "json", partial(_poses, "poses.coco.json"), read_pose_table),
    Kind("poses in space", "text", partial(_poses, "poses.csv"), read_space_poses),
    Kind("keeper boxes", "text", _content("boxes.csv", "file,x0,y0,x1,y1\na.png,1,2,30,40.5\n"), read_keeper_boxes),
    Kind(
        "keeper shots", "text", partial(_published, "events/1v1_events.csv"), lambda path: read_shots(path.parents[1])
    ),
    Kind("keeper poses", "text", partial(_published, "pose/pose_1v1_3d.csv"), lambda path: read_poses(path.parents[1])),
    Kind("keeper choices", "json", partial(_published, "filters.json"), lambda path: read_choices(path.parent)),
    Kind("keeper pictures", "text", _picture_index, lambda path: read_keeper_pictures(_above(path, "keepers"))),
    Kind(
        "techniques",
        "json",
        _content("t.json", (builtin_folder() / "keeper-technique.json").read_bytes()),
        load_techniques,
    ),
    Kind(
        "expected saves",
        "json",
        _content("s.json", (builtin_folder() / "keeper-saves.json").read_bytes()),
        load_expected_saves,
    ),
)


def _above(path: Path, name: str) -> Path:
    return next(folder for folder in path.parents if folder.name == name)


def _clip_predictions(folder: Path) -> Path:
    values = np.array([[0.25, 0.75], [0.5, 0.5]])
    write_clip_predictions(folder / "found.csv", ids=["a", "b"], classes=["run", "kick"], values=values)
    return folder / "found.csv"


def _joints(folder: Path) -> Path:
    moments = np.empty(2, dtype=object)
    moments[:] = [{0: (3.5, 4.0), "13": (1, 2)}, {2: (5.0, 6.0)}]
    np.save(folder / "joints.npy", moments, allow_pickle=True)
    return folder / "joints.npy"


def _skeletons(folder: Path) -> Path:
    arrays: Mapping[str, np.ndarray] = {
        "poses": np.full((3, 4, 5, 3), 0.5, np.float32),
        "label": np.array(["a", "b", "a"]),
        "group": np.array(["1", "1", "2"]),
        "joints": np.array(["a", "b", "c", "d", "e"]),
    }
    return _content("set.npz", npz_bytes(arrays))(folder)


CLIPS = (
    Kind(
        "clips csv",
        "text",
        _content("clips.csv", "path,label,group,split\na.mp4,run,m1,train\nb.mp4,kick,m2,val\n"),
        read_clip_csv,
    ),
    Kind("clips predictions", "text", _clip_predictions, read_clip_predictions),
    Kind(
        "clips spacejam",
        "json",
        _json("annotation_dict.json", {"a": 0, "b": 9, "c": 10}),
        lambda p: read_spacejam(p.parent),
    ),
    Kind("clips joints", "bytes", _joints, read_joints),
    Kind(
        "clips joint file", "npy", lambda folder: _array(folder, np.full((4, 18, 3), 0.5, np.float32)), read_joint_file
    ),
    Kind("clips skeletons", "zip", _skeletons, read_skeleton_set),
    Kind("clips picture", "bytes", _content("a.png", encode_still(np.full((20, 30, 3), 90, np.uint8))), read_still),
)


def _array(folder: Path, values: np.ndarray) -> Path:
    np.save(folder / "a.npy", values)
    return folder / "a.npy"


def _stream_set(folder: Path) -> Path:
    recordings = [
        (
            Recording(name, 20, {}, np.array([0, 1]), np.array([1.0, 4.5]), part),
            {"picture": np.ones((20, 8), np.float32)},
        )
        for name, part in (("a", "train"), ("b", "test"))
    ]
    return write_stream_set(folder / "set", recordings, labels=["PASS", "DRIVE"], rate_hz=2.0) / "set.json"


def _read_stream_set(path: Path) -> None:
    found = open_stream_set(path.parent)
    for number in range(len(found)):
        for name in found.widths:
            found.rows(number, name)


def _features(folder: Path, *, side_car: bool) -> Path:
    write_features(
        folder / "a.npy", [np.ones((20, 8), np.float32)], shape=(20, 8), info=FeatureInfo("tiny", remarks=("x",))
    )
    return folder / ("a.json" if side_car else "a.npy")


def _read_features(path: Path) -> None:
    found = read_features(path.with_suffix(".npy"))
    found.lost_rows(), found.end_us, asdict(found.info)


def _pca(folder: Path, *, mean: bool) -> Path:
    values = np.random.default_rng(0).normal(size=(60, 8))
    pickles = {"pca.pkl": PCA(3).fit(values), "average.pkl": values.mean(0)}
    for name, value in pickles.items():
        (folder / name).write_bytes(pickle.dumps(value, 2))
    return folder / ("average.pkl" if mean else "pca.pkl")


def _reduction(folder: Path) -> Path:
    fit = ReductionFit(8)
    fit.add(np.random.default_rng(0).normal(size=(60, 8)).astype(np.float32))
    fit.finish(3, name="mine").save(folder / "mine")
    return folder / "mine.safetensors"


FEATURES = (
    Kind("features set", "json", _stream_set, _read_stream_set),
    Kind("features rows", "npy", lambda folder: _array(folder, np.ones((20, 8), np.float32)), open_rows),
    Kind("features npy", "npy", partial(_features, side_car=False), _read_features),
    Kind("features side-car", "json", partial(_features, side_car=True), _read_features),
    Kind("features pca", "bytes", partial(_pca, mean=False), load_reduction),
    Kind("features average", "bytes", partial(_pca, mean=True), read_mean_pickle),
    Kind("features reduction", "bytes", _reduction, load_reduction),
)


def _head(folder: Path, *, legacy: bool) -> Path:
    torch.manual_seed(0)
    path = folder / "head.pth.tar"
    state = PoolingHead(8, 3, pool="netvlad", clusters=2).state_dict()
    torch.save({"epoch": 3, "state_dict": state}, path, _use_new_zipfile_serialization=not legacy)
    return path


def _read_head(path: Path) -> None:
    read_published(path, architecture="plain-stream-head", labels=["a", "b", "c"])


def _training(folder: Path) -> Path:
    return save_checkpoint(folder / "last.pt", step=3, network={"a": torch.ones(3)})


def _chunks(folder: Path) -> Path:
    store = Chunks(folder, task="spot", key={"video": "f"})
    for number in range(3):
        store.save({"first_index": np.array(number * 4), "values": np.ones((4, 2), np.float32)})
    return folder / ".partial" / "spot" / "chunk-000001.npz"


def _read_chunks(path: Path) -> None:
    for chunk in Chunks(path.parents[2], task="spot", key={"video": "f"}).read():
        assert chunk["values"].shape


_RECIPE = """task: slow-fusion
name: mine
seed: 1
data_root: data
labels: [PASS, DRIVE]
frame: &size {width: 64, height: 64, fps: 12.5}
other: *size
optimizer:
  lr: 1.0e-3
  steps: 100
  betas: [0.9, 0.999]
notes: "a text"
"""
_LABEL_FILE = "name: mine\nlabels:\n  - {name: Press, colour: '#d0021b', key: p, lead: 5, lag: 4}\n  - Turnover\n"

MODELS = (
    Kind("checkpoint zip", "bytes", partial(_head, legacy=False), _read_head),
    Kind("checkpoint rebuilt", "zip", partial(_head, legacy=False), _read_head),
    Kind("checkpoint legacy", "bytes", partial(_head, legacy=True), _read_head),
    Kind("model", "bytes", lambda folder: write_tiny_model(folder, size=16), load_model),
    Kind("training checkpoint", "bytes", _training, load_checkpoint),
    Kind("partial chunks", "zip", _chunks, _read_chunks),
    Kind("recipe", "text", _content("mine.yaml", _RECIPE), read_recipe),
    Kind("label set", "text", _content("labels.yaml", _LABEL_FILE), lambda path: label_set(str(path))),
    Kind(
        "columns",
        "text",
        _content("columns.txt", "label=Name\nstart=Start # s\n"),
        lambda path: parse_columns([str(path)]),
    ),
)

KINDS: Sequence[Kind] = (*BUNDLES, *EVENT_FILES, *SOCCERNET, *BOXES, *KEEPERS, *CLIPS, *FEATURES, *MODELS)
