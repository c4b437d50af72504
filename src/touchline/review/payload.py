"""The answer that opens a bundle in the page."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import orjson

from touchline.core.events import Coverage
from touchline.formats.bundle import ACTIONS, TRACKS
from touchline.formats.events.own_events import event_ids
from touchline.formats.sound import SOUND
from touchline.media.shown.loudness import STEP_US
from touchline.media.shown.thumbnails import Sprites
from touchline.render.colour_names import team_title
from touchline.render.drawing import COLOURS
from touchline.report.sections import sound, tracks
from touchline.review.columns import event_columns
from touchline.review.contents import Contents
from touchline.review.desk import Desk
from touchline.review.footage import Footage
from touchline.review.keepers import has_keepers
from touchline.review.schema import (
    CameraShot,
    CoverageData,
    CurvesInfo,
    GapData,
    Parts,
    TeamInfo,
    ThumbsInfo,
    VideoData,
    WaveInfo,
    WindowAnswer,
)

_NO_VIDEO = "the video was not found"


def bundle_document(desk: Desk, footage: Footage, *, window: WindowAnswer) -> dict[str, Any]:
    """Return the answer to the request for a bundle, a :class:`~touchline.review.schema.BundleData` for orjson."""
    contents, item = desk.contents, desk.item
    model, candidates, versions = _events_json(contents)
    return {
        "id": item.id,
        "title": item.title,
        "analysed": contents.analysed,
        "video": _video(contents, footage).model_dump(mode="json"),
        "duration_us": contents.duration_us,
        "labels": [label.model_dump(mode="json") for label in desk.labels],
        "thresholds": contents.bundle.thresholds,
        "events": orjson.Fragment(model),
        "candidates": orjson.Fragment(candidates),
        "entries": desk.entries(),
        "window": window.model_dump(mode="json"),
        "teams": [team.model_dump(mode="json") for team in _teams(contents)],
        "shots": _shots(contents),
        "coverage": _coverage(contents.coverage).model_dump(mode="json") if contents.analysed else None,
        "curves": None if (curves := _curves(contents)) is None else curves.model_dump(mode="json"),
        "parts": _parts(contents).model_dump(mode="json"),
        "versions": orjson.Fragment(versions),
        "notes": contents.notes,
    }


@lru_cache(maxsize=4)
def _events_json(contents: Contents) -> tuple[bytes, bytes, bytes]:
    """Return the columns of the model's events, of the candidates and of the other versions, as JSON."""
    found, reported = contents.found, contents.reported
    own = [name for name in found if name in reported]
    others = [name for name in found if name not in reported]
    versions = [
        {
            "id": f"v{number}",
            "title": version.title,
            "kind": version.kind,
            "events": event_columns(version.timeline.events, event_ids(version.timeline)),
        }
        for number, version in enumerate(contents.item.versions)
    ]
    model, candidates = (event_columns([found[name] for name in names], names) for names in (own, others))
    return orjson.dumps(model), orjson.dumps(candidates), orjson.dumps(versions)


@lru_cache(maxsize=12)
def report_part(contents: Contents, name: str) -> bytes | None:
    """Return the tracks, actions or sound of a bundle as the report holds them, as JSON; None if there are none.

    The values behind them are large, and are not kept.
    """
    if name == "actions":
        whole = report_part(contents, "tracks")
        return None if whole is None else orjson.dumps(orjson.loads(whole)["actions"])
    section = sound.SECTION if name == "sound" else tracks.SECTION
    data = section.data(contents.fresh_values())[name]
    return None if data is None else orjson.dumps(data)


def _video(contents: Contents, footage: Footage) -> VideoData:
    info, playback, base = contents.shown, contents.playback, f"/media/{contents.item.id}"
    layout = footage.layout
    return VideoData(
        name=contents.item.title,
        width=info.width,
        height=info.height,
        fps=info.fps,
        duration_us=info.duration_us,
        codec=info.codec,
        has_audio=info.has_audio,
        src=None if playback is None else f"{base}/video",
        src_start_us=0 if playback is None else playback.start_us,
        mime="" if playback is None else playback.mime,
        playable="no" if playback is None else playback.playable,
        why_not=_NO_VIDEO if playback is None else playback.why_not,
        proxy=footage.proxy_info(),
        frames=f"/api/bundles/{contents.item.id}/frames",
        thumbs=None if layout is None else ThumbsInfo(src=f"{base}/thumbs/{{n}}.jpg", **_laid_out(layout)),
        wave=WaveInfo(src=f"{base}/wave", step_us=STEP_US) if info.has_audio else None,
    )


def _laid_out(layout: Sprites) -> dict[str, Any]:
    names = ("count", "columns", "rows", "width", "height")
    return {"step_us": float(layout.step_us), **{name: getattr(layout, name) for name in names}}


def _teams(contents: Contents) -> list[TeamInfo]:
    """Return the teams of events and tracks, in the colours of their kits if these are known."""
    tracking = {} if contents.manifest is None else contents.manifest.tracking
    kits, counted = tracking.get("kits", {}), tracking.get("teams") or {}
    return [
        TeamInfo(
            id=team,
            name=team_title(team, kits) if team in COLOURS else team,
            colour=kits.get(team, _drawn_colour(team)),
        )
        for team in sorted({*counted, *contents.teams})
    ]


def _drawn_colour(team: str) -> str | None:
    """Return the colour that a team is drawn in elsewhere."""
    return "#{:02x}{:02x}{:02x}".format(*COLOURS[team]) if team in COLOURS else None


def _shots(contents: Contents) -> list[dict[str, Any]]:
    shots = () if contents.manifest is None else contents.manifest.tracking.get("shots", ())
    return [{name: shot[name] for name in CameraShot.model_fields} for shot in shots]


def _coverage(coverage: Coverage) -> CoverageData:
    return CoverageData(
        duration_us=coverage.duration_us,
        lost_us=coverage.lost_us,
        gaps=[GapData(start_us=gap.start_us, end_us=gap.end_us, reason=gap.reason) for gap in coverage.gaps],
        repairs=list(coverage.repairs),
    )


def _curves(contents: Contents) -> CurvesInfo | None:
    curves = contents.curves
    if curves is None or contents.values is None or contents.values.scores is None:
        return None
    return CurvesInfo(
        src=f"/api/bundles/{contents.item.id}/curves",
        labels=list(contents.values.scores.labels),
        samples=curves.levels.shape[1],
        start_us=curves.start_us,
        step_us=curves.step_us,
    )


def _parts(contents: Contents) -> Parts:
    base = f"/api/bundles/{contents.item.id}"
    files = {} if contents.manifest is None else contents.manifest.files
    return Parts(
        tracks=f"{base}/tracks" if TRACKS in files else None,
        actions=f"{base}/actions" if TRACKS in files and ACTIONS in files else None,
        sound=f"{base}/sound" if SOUND in files else None,
        keepers=f"{base}/keepers" if has_keepers(contents.bundle) else None,
        place=f"{base}/place" if TRACKS in files else None,
    )
