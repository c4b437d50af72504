"""The bodies of every request and answer of the review server, as pydantic models.

``frontend/make_types.py`` turns them into ``frontend/src/review/types.ts``; a test compares the two. Unless a name says
otherwise, times are integer microseconds from the first shown frame, pixels are those of the upright picture as
shown, metres are from the centre spot, and shares, confidences and thresholds run from 0 to 1.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypeAliasType

from touchline.core.corrections.values import MAX_SHIRT_NUMBER
from touchline.core.tracks import DETECTION_LABELS

MAX_TEXT = 10_000
"""Largest length of a name or a note, in characters."""

MAX_CHANGES = 10_000
"""Largest number of changes in one command."""

MAX_SPANS = 100_000

TimeUs = Annotated[int, Field(ge=0, le=2**53 - 1)]
Text = Annotated[str, Field(max_length=MAX_TEXT)]
Name = Annotated[str, Field(min_length=1, max_length=MAX_TEXT)]
Share = Annotated[float, Field(ge=0, le=1)]
Colour = Annotated[str, Field(pattern=r"^#[0-9a-f]{6}$")]
Point = tuple[float, float]
Span = tuple[TimeUs, TimeUs]
BoxXyxy = tuple[float, float, float, float]
WindowId = Annotated[str, Field(pattern=r"^[0-9A-Za-z_-]{8,64}$")]
EventId = Annotated[str, Field(pattern=r"^(p-[0-9a-f]{12}|[0-9a-f]{12}(-[0-9]{1,6})?)$")]
"""Of a model's event or candidate: 12 hexadecimal digits, as in events.json; of a person's: ``p-`` before them."""
TrackRef = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,9}(@[0-9]{1,16})?$")]
"""A track ``"7"``, or its fragment ``"7@12000000"`` from a cut at that time to the next cut."""
PlayerId = Annotated[str, Field(pattern=r"^pl-[0-9a-f]{6}$")]
BoxId = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,9}:[0-9]{1,12}$")]
"""``"7:1234"``: the model's track and the index of a decoded frame, from 0."""

Role = Literal["ball", "goalkeeper", "player", "referee"]
assert Role.__args__ == DETECTION_LABELS  # type: ignore[attr-defined]


class Body(BaseModel):
    """The base of all bodies: JSON types are not converted, and unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, use_attribute_docstrings=True)


class EventValue(Body):
    """What a person decided about an event: always the whole event."""

    label: Name
    start_us: TimeUs
    end_us: TimeUs | None
    """After ``start_us``; null for a point in time."""
    team: Name | None
    """Id of a team; its name is in the team's own value."""
    player: Name | None
    """Id of a player, or a name that the model's file holds."""
    visible: bool
    half: Annotated[int, Field(ge=1, le=99)]
    state: Literal["accepted", "rejected"]
    """An event without a value is unreviewed."""
    confidence: Share
    """As the model had it; 1 for an event that a person made."""
    note: Text
    point_px: Point | None
    """The place on the picture, in pixels."""
    point_m: Point | None
    """The same place on the pitch, in metres."""
    lead_us: TimeUs | None = None
    """Time to show before this event in clips and exports; null: as its label says."""
    lag_us: TimeUs | None = None
    """Time to show after this event; null: as its label says."""


class ReviewedValue(Body):
    """The parts of the video that a person went through completely; there the accepted events are the truth."""

    spans: Annotated[list[Span], Field(max_length=MAX_SPANS)]
    """Half-open, in order, with time between them."""


class ThresholdValue(Body):
    """The confidence from which a label's events count."""

    value: Share


class TeamValue(Body):
    """A team's name and colour."""

    name: Name
    colour: Colour | None
    """Of its kit."""


class PlayerValue(Body):
    """A player of a team."""

    name: Text
    """May be empty if there is a number."""
    number: Annotated[int, Field(ge=0, le=MAX_SHIRT_NUMBER)] | None
    """The number on the shirt."""
    team: Name | None
    """Id of the team."""


class CutValue(Body):
    """That a track is cut where the id says: an empty object."""


class TrackValue(Body):
    """What a person says about a track or a fragment; null: as the model says."""

    role: Role | None
    team: Text | None
    """Id of the team; empty for neither team."""
    player: PlayerId | None
    same_as: TrackRef | None
    """The track or fragment that it is joined to."""


class BoxValue(Body):
    """A corrected box."""

    box_xyxy: BoxXyxy | None
    """Left, top, right and bottom in pixels; null: there is nobody."""


class LabelInfo(Body):
    """A label as the review tool offers it."""

    name: Name
    colour: Colour | None
    """Null: one of the tool's own."""
    key: Annotated[str, Field(min_length=1, max_length=1)] | None
    """The key that marks it, one character; keys of a set are distinct."""
    lead_us: TimeUs | None
    """Time to show before an event in clips and exports; null: the usual one."""
    lag_us: TimeUs | None
    """Time to show after an event; null: the usual one."""


class LabelsValue(Body):
    """The labels in use, in order."""

    labels: Annotated[list[LabelInfo], Field(max_length=1000)]


class EventChange(Body):
    """A change of an event."""

    what: Literal["event"]
    id: EventId
    before: EventValue | None
    after: EventValue | None


class ReviewedChange(Body):
    """A change of the spans that were gone through."""

    what: Literal["reviewed"]
    id: Literal["spans"]
    before: ReviewedValue | None
    after: ReviewedValue | None


class ThresholdChange(Body):
    """A change of a label's threshold."""

    what: Literal["threshold"]
    id: Name
    """The label."""
    before: ThresholdValue | None
    after: ThresholdValue | None


class TeamChange(Body):
    """A change of a team's name or colour."""

    what: Literal["team"]
    id: Name
    """``A``, ``B``, ``left``, ``right``, or any other id in use."""
    before: TeamValue | None
    after: TeamValue | None


class PlayerChange(Body):
    """A change of a player."""

    what: Literal["player"]
    id: PlayerId
    before: PlayerValue | None
    after: PlayerValue | None


class CutChange(Body):
    """A cut of a track, or its removal."""

    what: Literal["cut"]
    id: Annotated[str, Field(pattern=r"^[1-9][0-9]{0,9}@[0-9]{1,16}$")]
    """The track, ``@``, and the time of the cut; also the id of the fragment from then to the next cut."""
    before: CutValue | None
    after: CutValue | None


class TrackChange(Body):
    """A change of a track or a fragment."""

    what: Literal["track"]
    id: TrackRef
    before: TrackValue | None
    after: TrackValue | None


class BoxChange(Body):
    """A change of one box."""

    what: Literal["box"]
    id: BoxId
    before: BoxValue | None
    after: BoxValue | None


class LabelsChange(Body):
    """A change of the labels in use."""

    what: Literal["labels"]
    id: Literal["set"]
    before: LabelsValue | None
    after: LabelsValue | None


Change = TypeAliasType(
    "Change",
    Annotated[
        EventChange
        | ReviewedChange
        | ThresholdChange
        | TeamChange
        | PlayerChange
        | CutChange
        | TrackChange
        | BoxChange
        | LabelsChange,
        Field(discriminator="what"),
    ],
)
"""One change of the state; ``before`` must be the current value, null is absent."""


class Entry(Body):
    """One line of the journal: exactly one of ``do``, ``undo`` and ``redo`` is present."""

    n: Annotated[int, Field(ge=1)]
    """Number of the entry, from 1."""
    at: str
    """When, in ISO 8601 with milliseconds, UTC."""
    who: str
    do: list[Change] | None = None
    undo: int | None = None
    """Number of the command that is taken back."""
    redo: int | None = None
    """Number of the command that is done again."""


class DoPost(Body):
    """``POST /api/bundles/{id}/entries``: a command."""

    window: WindowId
    n: Annotated[int, Field(ge=1)]
    """The number that the entry must get: that of the last one plus 1."""
    do: Annotated[list[Change], Field(min_length=1, max_length=MAX_CHANGES)]


class UndoPost(Body):
    """``POST /api/bundles/{id}/entries``: take a command back."""

    window: WindowId
    n: Annotated[int, Field(ge=1)]
    undo: Annotated[int, Field(ge=1)]


class RedoPost(Body):
    """``POST /api/bundles/{id}/entries``: do a command again that was taken back."""

    window: WindowId
    n: Annotated[int, Field(ge=1)]
    redo: Annotated[int, Field(ge=1)]


EntryBody = DoPost | UndoPost | RedoPost
EntryPost = TypeAliasType("EntryPost", EntryBody)
"""The body of ``POST /api/bundles/{id}/entries``."""


class EntryAnswer(Body):
    """The entry is on the disk."""

    n: int
    at: str
    who: str


class EntriesAnswer(Body):
    """``GET /api/bundles/{id}/entries?after=N``: the entries after number N, for a window that only reads."""

    entries: list[Entry]


class WindowPost(Body):
    """``POST /api/bundles/{id}/window``: a window is alive; sent when it opens and every 5 s."""

    window: WindowId
    take_over: bool = False
    """Become the one that writes, even if another window does."""
    close: bool = False
    """The window is being closed; another may write at once."""


class WindowAnswer(Body):
    """Whether a window may write."""

    writer: bool
    reason: str | None
    """Why it may not, in words for the user; null for the one that writes."""
    can_take_over: bool
    """Whether ``take_over`` would help: another window of this server writes. Otherwise another program does."""
    n: int
    """Number of the last entry; 0 if there is none. A window that only reads fetches what it has not seen."""


class ErrorAnswer(Body):
    """The body of every answer of 400 and above."""

    error: str
    """In words for the user."""
    code: Literal[
        "bad_request", "forbidden", "not_found", "method", "stale", "too_large", "invalid", "read_only", "failed"
    ]
    n: int | None = None
    """With ``stale``: the number of the last entry."""


class BundleRef(Body):
    """A bundle, or a video without one, that can be opened."""

    id: str
    """Opaque; in every address of this bundle."""
    title: str
    """File name of the video."""
    analysed: bool
    """Whether a model's results exist; without them it starts as an empty timeline."""
    reviewed: bool
    """Whether a person has corrected anything."""


class LabelSetInfo(Body):
    """A set of labels to choose from."""

    name: str
    title: str
    labels: list[LabelInfo]


class ExportFormat(Body):
    """A format that ``POST /api/bundles/{id}/export`` writes."""

    name: str
    title: str


class Session(Body):
    """``GET /api/session``: what this server offers."""

    version: str
    """Of touchline."""
    who: str
    """The name that new entries carry."""
    bundles: list[BundleRef]
    label_sets: list[LabelSetInfo]
    label_set: str | None
    """The set chosen on the command line; null: the labels of each bundle."""
    exports: list[ExportFormat]


class Job(Body):
    """``GET /api/jobs/{id}``: work in the background."""

    id: str
    kind: Literal["proxy", "frames", "wave", "clips"]
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    progress: Share
    text: str
    """What is being done or went wrong, in words for the user."""
    notes: list[str]
    files: list[FileLink]


class FileLink(Body):
    """A file that can be downloaded."""

    name: str
    url: str
    bytes: int
    folder: str = ""
    """Of several folders, the one that it lies in."""


class EventColumns(Body):
    """Events as columns of one length, in order of half and time."""

    labels: list[str]
    """The labels that ``label`` points into."""
    id: list[str]
    label: list[int]
    start_us: list[int]
    end_us: list[int | None]
    confidence: list[float]
    team: list[str | None]
    """Id of a team."""
    player: list[str | None]
    half: list[int]
    hidden: list[int]
    """The indices of events that the picture does not show; the others are visible."""
    sources: list[str]
    """The origins that ``source`` points into: names of models, ``truth``."""
    source: list[int | None]


class ProxyInfo(Body):
    """The video encoded again for the browser: H.264 and AAC, every frame at the same time."""

    state: Literal["unneeded", "missing", "making", "ready", "failed"]
    """``missing``: post to ``/api/bundles/{id}/proxy`` to have it made."""
    src: str | None
    """Address of the proxy, once it is ready."""
    job: str | None
    """Id of the job that makes it."""


class ThumbsInfo(Body):
    """Small pictures at regular times, in sprites: thumbnail k is in sprite ``k // (columns * rows)``, row by row."""

    src: str
    """Address of a sprite, with ``{n}`` for its number from 0."""
    count: int
    """Of thumbnails; the last sprite may not be full."""
    step_us: float
    """Thumbnail k shows the time ``k * step_us``."""
    columns: int
    rows: int
    width: int
    """Of one thumbnail, in pixels."""
    height: int


class WaveInfo(Body):
    """The loudness of the sound: one byte for each span of time, 0 to 255 for an amplitude of 0 to 1."""

    src: str
    """Answers 202 and a job until it is made."""
    step_us: int


class VideoData(Body):
    """The video and how to show it."""

    name: str
    width: int
    """Of the upright picture in square pixels."""
    height: int
    fps: float
    """Average frame rate, for people only; use the frames' own times. 0 if unknown."""
    duration_us: int
    codec: str
    """FFmpeg's name."""
    has_audio: bool
    src: str | None
    """Address of the video itself; null if the file is gone."""
    src_start_us: int
    """What to add to a frame's time to get the browser's ``currentTime`` in ``src`` (of the proxy: 0)."""
    mime: str
    """With codecs, to ask the browser whether it can play ``src``."""
    playable: Literal["yes", "maybe", "no"]
    """Whether browsers play the file: ``maybe`` depends on the browser and the system (HEVC, AV1)."""
    why_not: str
    """Why a browser may not play it, or why there is no video, in words; empty if all is well."""
    proxy: ProxyInfo
    frames: str
    """Address of the frames' times: float64 little-endian, microseconds; answers 202 and a job until they are known."""
    thumbs: ThumbsInfo | None
    wave: WaveInfo | None


class CurvesInfo(Body):
    """The confidence curves: uint8, label by label (labels x samples), 254 is 1 and 255 is no score."""

    src: str
    labels: list[str]
    samples: int
    start_us: int
    """Time of the first sample."""
    step_us: float
    """From one sample to the next."""


class CameraShot(Body):
    """An uncut run of pictures, half-open."""

    start_us: int
    end_us: int
    kind: Literal["wide", "close-up", "replay", "other", "transition"]


class GapData(Body):
    """A part of the video that could not be analysed."""

    start_us: int
    end_us: int
    reason: str


class CoverageData(Body):
    """What was analysed of the video."""

    duration_us: int
    lost_us: int
    gaps: list[GapData]
    repairs: list[str]


class TeamInfo(Body):
    """A team as the model found it."""

    id: str
    name: str
    """What to call it as long as nobody has named it."""
    colour: Colour | None
    """Of its kit; null if unknown."""


class Version(Body):
    """Other events of the same video, to lay beside: known truth, or another model's."""

    id: str
    title: str
    kind: Literal["truth", "bundle"]
    events: EventColumns


class Parts(Body):
    """Addresses of what the bundle holds besides events; null for what it does not hold."""

    tracks: str | None
    """As the report's ``tracks``."""
    actions: str | None
    sound: str | None
    keepers: str | None
    """Answers :class:`KeepersAnswer`."""
    place: str | None
    """``GET`` with ``?time_us=T&x=X&y=Y`` answers a :class:`Place`."""


class KeeperMoment(Body):
    """A shot at a keeper, and what the keeper's page says about it."""

    time_us: TimeUs
    label: str
    """Of the event."""
    track_id: int | None
    """The keeper's track; null if no keeper was tracked."""
    keeper: str | None
    """Name as on the page."""
    outcome: str | None
    """Of the shot; null if unknown."""
    technique: str | None
    """That the pictures show; null if it cannot be told."""
    confidence: Share | None
    """Of the technique."""
    p_save: Share | None
    """Chance of a save if the shot is on target; null if its origin is unknown."""
    p_range: tuple[Share, Share] | None
    """Its 95 % interval."""
    note: str
    """Why there is no technique; empty if there is one."""
    page: str
    """Address of the moment on the keeper's page."""


class KeepersAnswer(Body):
    """``GET /api/bundles/{id}/keepers``: the keeper moments in order of time."""

    moments: list[KeeperMoment]
    pages: str
    """Address of the page that lists the keepers."""


class Place(Body):
    """A point of the picture on the pitch."""

    point_m: Point | None
    """Metres from the centre spot; null where the pitch is not known at that time."""


class BundleData(Body):
    """``GET /api/bundles/{id}?window=W``: everything the page needs to open a bundle, but for large parts."""

    id: str
    title: str
    analysed: bool
    video: VideoData
    duration_us: int
    """Length of the time axis: the video, or further if events lie beyond its end."""
    labels: list[LabelInfo]
    """To start from; a ``labels`` change in the journal replaces them."""
    thresholds: dict[str, float]
    """By label, that the model's events were found with; a label that is absent has 0."""
    events: EventColumns
    """The model's events, never altered."""
    candidates: EventColumns
    """Peaks of the model's curves below its thresholds."""
    entries: list[Entry]
    """The whole journal."""
    window: WindowAnswer
    """Whether this window may write."""
    teams: list[TeamInfo]
    shots: list[CameraShot]
    coverage: CoverageData | None
    """Null if no model has seen the video."""
    curves: CurvesInfo | None
    parts: Parts
    versions: list[Version]
    """Other versions to show beside this one."""
    notes: list[str]
    """Remarks for the user: a video that has changed, files that do not match their checksum."""


class ExportPost(Body):
    """``POST /api/bundles/{id}/export``: the corrected events in a format of other tools."""

    to: Name
    """Name of an :class:`ExportFormat`."""
    reviewed: bool = False
    """Only events that a person accepted; otherwise also unreviewed ones at or above the thresholds."""


class ExportAnswer(Body):
    """An exported file."""

    name: str
    url: str
    notes: list[str]
    """What the format could not hold."""


class ClipsPost(Body):
    """``POST /api/bundles/{id}/clips``: cut clips of the corrected events; answers a :class:`Job`."""

    labels: Annotated[list[Name], Field(max_length=1000)] = []
    """Of these labels only; empty for all."""
    players: Annotated[list[Name], Field(max_length=1000)] = []
    """Of these players (ids) only."""
    teams: Annotated[list[Name], Field(max_length=1000)] = []
    """Of these teams (ids) only."""
    min_confidence: Share = 0.0
    reviewed: bool = False
    """Only events that a person accepted."""
    lead_us: TimeUs | None = None
    """Time before each event; null: as its label says."""
    lag_us: TimeUs | None = None
    """Time after each event; null: as its label says."""
    each_player: bool = False
    """A folder for each player who has a name or number, with what the player does; not with ``players``."""
    merge: bool = True
    """One clip of clips that overlap or touch; otherwise one for each event."""
    clips: bool = True
    """A file for each clip; otherwise only the reel."""
    reel: bool = False
    """Also all clips joined into one video."""
    titles: bool = False
    """With label, time, player, team and confidence written into the picture."""
    cards: bool = False
    """With the same on a card of one second before each clip of the reel."""
    fast: bool = False
    """Copied from the key frame before, without encoding again; clips have no titles then."""


ANSWERS: tuple[object, ...] = (
    Session,
    BundleData,
    EntriesAnswer,
    EntryAnswer,
    WindowAnswer,
    Job,
    Place,
    KeepersAnswer,
    ExportAnswer,
    ErrorAnswer,
)
"""What the server sends, each with what it holds."""

REQUESTS: tuple[object, ...] = (EntryPost, WindowPost, ExportPost, ClipsPost)
"""What the page sends."""
