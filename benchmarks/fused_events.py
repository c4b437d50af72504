"""Measure events of play from pixels alone, from tracks alone, and fused; fit the fusion.

    python benchmarks/fused_events.py --bundles FOLDER [--fit] [--json benchmarks/results/fused_events.json]

FOLDER holds bundles that ``touchline analyze`` made of the simulated matches (``match_011.touchline`` to ``match_014``)
and of the broadcast clips (``wide_camera_848x478.touchline``, ``action_0-clip_0.touchline``, ...).

Simulated matches: the curves of the picture and the sound are those of the bundles; the tracks are exact ones made as
bad as the tracker's (``touchline.synthetic.track_errors``), because tracking 20 minutes takes hours here. ``--fit``
fits the weights on 011 and 012 and writes ``event-fusion.json``; thresholds are those of the best F1 there.
Everything else is reported on 013 and 014, whose labels decided only which labels are on.

The built-in picture spotter was trained on all four matches: "pixels, seen in training" flatters it. So its curves are
made as bad as on matches that it never saw, where its mAP@1 is 0.72: in spans of two seconds, a share of the time, they
are those of another moment (``LOST``, set so that 011 and 012 come to that). "Pixels" and "fused" are with such curves;
"unlike pictures" is the fusion with the curves of another moment throughout, which say as little as those on
real broadcasts. What is fitted is half of one and half of the other kind, with the tracker's errors once and twice.

An event is right within half a second of a true one with the same label, each true one once (mAP@1). Intervals are 95 %
bootstrap over blocks of half a minute. Broadcast clips are development clips: rules were looked at on them.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from touchline.analysis.play_events import PlaySpotter
from touchline.core.clock import US_PER_S
from touchline.core.events import Event, Scores, Timeline
from touchline.core.labels import PLAY, PLAY_OF_BALL_12
from touchline.core.sound import SoundReading
from touchline.formats.bundle import Bundle
from touchline.formats.sound import SOUND, read_sound
from touchline.metrics.bootstrap import over_groups
from touchline.models.folders import builtin_folder
from touchline.spotting.from_tracks.events import TrackEvents, find_track_events
from touchline.spotting.from_tracks.fusion import (
    LEAST_HELD_OUT,
    NAME,
    TRACKS_ALONE,
    Evidence,
    FusionModel,
    LabelFusion,
    fit_weights,
    fusion_to_json,
)
from touchline.spotting.from_tracks.labels import PARENT
from touchline.spotting.from_tracks.play import (
    Candidate,
    Sources,
    Witness,
    picture_candidates,
    play_events,
    track_candidates,
)
from touchline.spotting.peaks import find_events
from touchline.synthetic.track_errors import TrackErrors, degrade, lost_frames
from touchline.training.track_events.measure import Found
from touchline.training.track_events.measure import average_precision as area_under_envelope
from touchline.training.track_events.truth import MatchTruth, read_truth

FITTED_ON, REPORTED_ON = ("match_011", "match_012"), ("match_013", "match_014")
NEAR_US = US_PER_S // 2
BLOCK_US = 30 * US_PER_S
LEAST_EVENTS = 8
"""Fewest true events of a label in the matches reported on for a statement about it."""

ROUNDS = 1000
PASSES = ("PASS", "HEADER", "HIGH PASS", "CROSS", "THROW IN", "CORNER", "GOAL KICK", "FREE KICK", "KICK OFF", "SHOT")
"""Labels that count as "the ball is played" on broadcast clips, where the hand labels have kinds of their own."""
SOURCES = ("pixels, seen in training", "pixels", "tracks", "fused", "fused, unlike pictures")
LOST, LOST_SPAN_S = 0.27, 2.0
"""Share of the time whose picture scores are those of another moment, and the length of such spans."""

FACTORS = (1.0, 2.0)
"""Factors on the tracker's errors in what is fitted."""


@dataclass(frozen=True)
class Match:
    """A simulated match: what is known of it, and its true events by label, microseconds."""

    name: str
    found: TrackEvents
    sources: Sources
    truth: dict[str, list[int]]


@dataclass(frozen=True)
class Claim:
    """A claimed event, whether it is right, and the block of its match it lies in."""

    confidence: float
    right: bool
    block: str


def read_match(data: Path, bundles: Path, name: str, *, seed: int, factor: float = 1.0) -> Match:
    """Read a match, its tracks made as bad as the tracker's."""
    exact = read_truth(data / "simulated" / name)
    tracks, camera = degrade(
        exact.tracks, exact.camera, errors=TrackErrors().times(factor), random=np.random.default_rng(seed)
    )
    bundle = Bundle(bundles / f"{name}.touchline")
    found = find_track_events(tracks, camera=camera, model=PlaySpotter().model)
    sources = Sources(tracks, bundle.read_scores(), "pixels", heard(bundle))
    return Match(name, found, sources, true_events(exact))


def true_events(exact: MatchTruth) -> dict[str, list[int]]:
    """Return the times of the true events by label."""
    times: dict[str, list[int]] = {}
    for event in exact.events:
        times.setdefault(PLAY_OF_BALL_12.get(event.label, event.label), []).append(event.time_us)
    return times


def heard(bundle: Bundle) -> SoundReading | None:
    return read_sound(bundle.path) if (bundle.path / SOUND).is_file() else None


def judged(claims: Sequence[Event], truth: Sequence[int], *, match: str) -> list[Claim]:
    """Return the claims of one label, the surest first; each true event is found once."""
    left = list(truth)
    found = []
    for claim in sorted(claims, key=lambda one: (-one.confidence, one.start_us)):
        near = min(left, key=lambda time_us: abs(time_us - claim.start_us), default=None)
        right = near is not None and abs(near - claim.start_us) <= NEAR_US
        if right and near is not None:
            left.remove(near)
        found.append(Claim(claim.confidence, right, f"{match}-{claim.start_us // BLOCK_US}"))
    return found


def average_precision(claims: Sequence[Claim], truths: int) -> float:
    """Return the area under precision over recall."""
    if not truths or not claims:
        return 0.0
    ordered = sorted(claims, key=lambda one: -one.confidence)
    confidence = np.array([one.confidence for one in ordered])
    return area_under_envelope(Found(confidence, np.array([one.right for one in ordered], np.bool_), truths))


def best_threshold(claims: Sequence[Claim], truths: int) -> float:
    """Return the threshold of the best F1, halfway to the next claim below, from 0.05 to 0.95."""
    ordered = sorted(claims, key=lambda one: -one.confidence)
    hits = np.cumsum([one.right for one in ordered])
    f1 = 2 * hits / (np.arange(1, len(hits) + 1) + truths)
    last = int(f1.argmax())
    below = ordered[last + 1].confidence if last + 1 < len(ordered) else 0.0
    return round(float(np.clip((ordered[last].confidence + below) / 2, 0.05, 0.95)), 2)


def pixel_claims(match: Match) -> Timeline:
    """Return the picture spotter's peaks down to a low confidence."""
    picture = match.sources.picture
    assert picture is not None
    return find_events(picture, thresholds=dict.fromkeys(picture.labels, 0.05), distance_samples=8, sigma_samples=1.5)


def known_candidates(match: Match) -> list[Candidate]:
    """Return the candidates of the tracks: kinds of passes as such, and once more as the passes that they are."""
    kinds = [one for one in track_candidates(match.found) if one.label in PARENT]
    return kinds + [one for one in track_candidates(match.found, off=PARENT) if one.label not in PARENT]


def track_claims(match: Match) -> Timeline:
    """Return the candidates of the tracks alone."""
    known = known_candidates(match)
    return Timeline(tuple(Event(one.label, one.time_us, confidence=one.confidence) for one in known))


def fused_claims(match: Match, fusion: FusionModel) -> Timeline:
    return play_events(match.found, sources=match.sources, fusion=fusion)


def with_other_picture(match: Match, *, seed: int) -> Match:
    """Return a match with the picture's scores of another moment, which say nothing."""
    picture = match.sources.picture
    assert picture is not None
    away = int(np.random.default_rng(seed).integers(100, len(picture) - 100))
    rolled = Scores(np.roll(picture.values, away, axis=0), picture.times_us, picture.labels)
    return replace(match, sources=replace(match.sources, picture=rolled))


def as_on_unseen(match: Match, *, seed: int) -> Match:
    """Return a match with the picture's scores as bad as on matches that the spotter never saw."""
    picture, other = match.sources.picture, with_other_picture(match, seed=seed).sources.picture
    assert picture is not None
    assert other is not None
    every_s = (1 - LOST) / LOST * LOST_SPAN_S
    random = np.random.default_rng(seed)
    lost = lost_frames(picture.times_us, every_s=every_s, lengths_s=(LOST_SPAN_S, LOST_SPAN_S), random=random)
    mixed = Scores(np.where(lost[:, None], other.values, picture.values), picture.times_us, picture.labels)
    return replace(match, sources=replace(match.sources, picture=mixed))


def evidence_of(match: Match) -> Iterator[tuple[str, int, Evidence]]:
    """Yield label, time and evidence of each candidate."""
    witness = Witness(match.found, match.sources)
    known = known_candidates(match)
    for one in (*known, *picture_candidates(known, match.found, match.sources)):
        yield one.label, one.time_us, witness.of(one)


def fitted(matches: Sequence[Match]) -> FusionModel:
    """Fit weights and thresholds of every label with enough true events; others keep the tracks' confidence, off."""
    copies = [kind(match, seed=n) for kind in (as_on_unseen, with_other_picture) for n, match in enumerate(matches)]
    evidence = [(match, list(evidence_of(match))) for match in copies]
    model: dict[str, LabelFusion] = {}
    for label in PLAY:
        model[label] = LabelFusion(TRACKS_ALONE, 1.0)
        mine = [[(time_us, one) for name, time_us, one in every if name == label] for _, every in evidence]
        right = [near_truth(some, match.truth.get(label, ())) for some, match in zip(mine, copies, strict=True)]
        truths = sum(len(match.truth.get(label, ())) for match in copies)
        if truths < len(copies) * LEAST_EVENTS // 2 or sum(map(sum, right)) < LEAST_EVENTS:
            continue
        weights = fit_weights([one for some in mine for _, one in some], [yes for some in right for yes in some])
        model[label] = LabelFusion(weights, 0.5)
        claims = [
            claim
            for match in copies
            for claim in claims_of(fused_claims(match, alone(label, model[label])), match, label)
        ]
        model[label] = LabelFusion(weights, best_threshold(claims, truths))
    finder = PlaySpotter().model
    return FusionModel(model, "" if finder is None else finder.sha256)


def alone(label: str, fusion: LabelFusion) -> FusionModel:
    """Return a model of one label, in which kinds of passes are passes unless it is one."""
    off = {} if label in PARENT else dict.fromkeys(PARENT, LabelFusion(TRACKS_ALONE, 1.0))
    return FusionModel({**off, label: fusion})


def near_truth(mine: Sequence[tuple[int, Evidence]], truth: Sequence[int]) -> list[bool]:
    """Return whether each candidate is right; of several near one true event the surest is."""
    left = list(truth)
    right = [False] * len(mine)
    for i in sorted(range(len(mine)), key=lambda i: (-mine[i][1].tracks, mine[i][0])):
        near = min(left, key=lambda time_us: abs(time_us - mine[i][0]), default=None)
        if near is not None and abs(near - mine[i][0]) <= NEAR_US:
            right[i] = True
            left.remove(near)
    return right


def claims_of(timeline: Timeline, match: Match, label: str) -> list[Claim]:
    mine = [event for event in timeline if event.label == label]
    return judged(mine, match.truth.get(label, ()), match=match.name)


def table(matches: Sequence[Match], fusion: FusionModel) -> dict[str, Any]:
    """Return average precision, and F1 at the thresholds, of each source by label."""
    unlike = [with_other_picture(match, seed=20 + number) for number, match in enumerate(matches)]
    unseen = [as_on_unseen(match, seed=40 + number) for number, match in enumerate(matches)]
    sources = {
        "pixels, seen in training": [pixel_claims(match) for match in matches],
        "pixels": [pixel_claims(match) for match in unseen],
        "tracks": [track_claims(match) for match in matches],
        "fused": [fused_claims(match, fusion) for match in unseen],
        "fused, unlike pictures": [fused_claims(match, fusion) for match in unlike],
    }
    found: dict[str, Any] = {}
    for label in PLAY:
        truths = sum(len(match.truth.get(label, ())) for match in matches)
        row: dict[str, Any] = {"true": truths}
        for name, timelines in sources.items():
            claims = [
                c for match, timeline in zip(matches, timelines, strict=True) for c in claims_of(timeline, match, label)
            ]
            if truths >= LEAST_EVENTS and claims:
                row[name] = {
                    "ap": interval(claims, matches, label),
                    **f1_at(claims, truths, limit(name, label, fusion)),
                }
        found[label] = row
    return found


def limit(source: str, label: str, fusion: FusionModel) -> float:
    """Return the threshold of a source."""
    if source.startswith("fused"):
        return fusion.labels[label].threshold
    return {"PASS": 0.4, "DRIVE": 0.6}.get(label, 0.5) if source.startswith("pixels") else 0.5


def interval(claims: Sequence[Claim], matches: Sequence[Match], label: str) -> dict[str, float]:
    """Return average precision with the interval over blocks of half a minute."""
    truths = [f"{match.name}-{time_us // BLOCK_US}" for match in matches for time_us in match.truth.get(label, ())]
    blocks = [claim.block for claim in claims] + truths
    count = len(claims)

    def measure(rows: np.ndarray) -> float:
        mine = [claims[int(row)] for row in rows if row < count]
        return average_precision(mine, int((rows >= count).sum()))

    found = over_groups(measure, blocks, rounds=ROUNDS)
    return {name: round(value, 3) for name, value in found.to_json().items()}


def f1_at(claims: Sequence[Claim], truths: int, threshold: float) -> dict[str, float]:
    """Return precision, recall and F1 of the claims from a threshold up."""
    sure = [claim for claim in claims if claim.confidence >= threshold]
    hits = sum(claim.right for claim in sure)
    precision, recall = hits / max(1, len(sure)), hits / max(1, truths)
    return {
        "precision": round(precision, 3),
        "recall": round(recall, 3),
        "f1": round(2 * hits / max(1, len(sure) + truths), 3),
    }


def reliability(matches: Sequence[Match], fusion: FusionModel) -> list[dict[str, float]]:
    """Return, for each fifth of the confidence, how many claims there are and how many are right."""
    every = [
        claim
        for match in matches
        for label in PLAY
        if fusion.labels[label].threshold < 1
        for claim in claims_of(fused_claims(match, fusion), match, label)
    ]
    rows = []
    for low in (0.0, 0.2, 0.4, 0.6, 0.8):
        inside = [claim for claim in every if low <= claim.confidence < low + 0.2]
        if inside:
            said = float(np.mean([claim.confidence for claim in inside]))
            share = float(np.mean([claim.right for claim in inside]))
            rows.append({"from": low, "claims": len(inside), "said": round(said, 3), "right": round(share, 3)})
    return rows


def clip_name(path: str) -> str:
    return Path(path).with_suffix("").as_posix().removeprefix("fouls/").replace("/", "-")


def on_clips(data: Path, bundles: Path, fusion: FusionModel) -> dict[str, Any]:
    """Return what each source claims on the hand-labelled broadcast clips: played balls within half a second."""
    labels: Mapping[str, Any] = json.loads((data / "broadcast" / "hand_labels.json").read_text(encoding="utf-8"))
    rows: dict[str, Any] = {}
    total = {name: [0, 0, 0, 0] for name in ("pixels", "tracks", "fused")}
    for path, known in labels.items():
        bundle = Bundle(bundles / f"{clip_name(path)}.touchline")
        if not bundle.path.is_dir():
            continue
        truth = [round(event["t"] * 1e6) for event in known["events"] if event["pass_like"] and event["view"] == "live"]
        spans = [(shot["start"] * 1e6, shot["end"] * 1e6) for shot in known["shots"] if shot["kind"] == "wide"]
        rows[clip_name(path)] = {"true": len(truth)}
        for name, times in clip_claims(bundle, fusion).items():
            hits = sum(claim.right for claim in judged([Event("PASS", t) for t in times], truth, match=path))
            outside = sum(not any(start <= t < end for start, end in spans) for t in times)
            rows[clip_name(path)][name] = {"claimed": len(times), "right": hits, "outside wide shots": outside}
            total[name] = [a + b for a, b in zip(total[name], (len(truth), len(times), hits, outside), strict=True)]
    summary = {
        name: {
            "true": true,
            "claimed": claimed,
            "right": right,
            "outside wide shots": outside,
            "f1": round(2 * right / max(1, true + claimed), 3),
        }
        for name, (true, claimed, right, outside) in total.items()
    }
    return {"clips": rows, "all": summary}


def clip_claims(bundle: Bundle, fusion: FusionModel) -> dict[str, list[int]]:
    """Return the times at which each source says that the ball is played, without two within half a second."""
    tracks, picture = bundle.read_tracks(), bundle.read_scores()
    found = find_track_events(tracks, camera=bundle.read_camera(), model=PlaySpotter().model)
    fused = play_events(found, sources=Sources(tracks, picture, "pixels", heard(bundle)), fusion=fusion)
    sure = {
        "pixels": [
            event
            for event in find_events(
                picture, thresholds={"PASS": 0.4, "DRIVE": 2.0}, distance_samples=8, sigma_samples=1.5
            )
        ],
        "tracks": [
            Event(one.label, one.time_us, confidence=one.confidence)
            for one in track_candidates(found)
            if one.confidence >= 0.5
        ],
        "fused": [event for event in fused if event.confidence >= fusion.labels[event.label].threshold],
    }
    return {name: apart([event for event in events if event.label in PASSES]) for name, events in sure.items()}


def apart(events: Sequence[Event]) -> list[int]:
    """Return the times of events, the surest of those within half a second of each other."""
    kept: list[int] = []
    for event in sorted(events, key=lambda one: -one.confidence):
        if all(abs(event.start_us - other) > NEAR_US for other in kept):
            kept.append(event.start_us)
    return sorted(kept)


def write_model(fusion: FusionModel, found: Mapping[str, Any]) -> FusionModel:
    """Store the model with what the matches reported on say.

    A label whose average precision is under the limit is off. One that reaches it only with a picture model that is
    trusted is held below its threshold where that is not: all but PASS, which was right on the development clips.
    """
    labels = {}
    for label, one in fusion.labels.items():
        known, unlike = (found[label].get(name, {}).get("ap", {}).get("value") for name in SOURCES[3:])
        if label in PARENT and found[label].get("fused", {}).get("ap", {}).get("low", 0.0) < LEAST_HELD_OUT:
            one = LabelFusion(one.weights, 1.0)
        holds = known is not None and known >= LEAST_HELD_OUT and one.threshold < 1
        needs = label != "PASS" and (unlike is None or unlike < LEAST_HELD_OUT)
        labels[label] = LabelFusion(one.weights, one.threshold if holds else 1.0, known, needs_picture=holds and needs)
    model = FusionModel(labels, fusion.fitted_with)
    document = fusion_to_json(
        model, about="fitted by benchmarks/fused_events.py --fit on simulated matches 011 and 012"
    )
    path = builtin_folder() / f"{NAME}.json"
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    return model


def main() -> None:
    """Fit if asked to, measure, and print or write the results."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--bundles", type=Path, required=True)
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    data, bundles = arguments.data, arguments.bundles
    reported = [read_match(data, bundles, name, seed=number) for number, name in enumerate(REPORTED_ON)]
    fusion = PlaySpotter().fusion
    if arguments.fit:
        copies = enumerate((name, factor) for name in FITTED_ON for factor in FACTORS)
        fusion = fitted(
            [read_match(data, bundles, name, seed=10 + number, factor=factor) for number, (name, factor) in copies]
        )
    found = table(reported, fusion)
    if arguments.fit:
        fusion = write_model(fusion, found)
        found = table(reported, fusion)
    results = {
        "fitted on": FITTED_ON,
        "reported on": REPORTED_ON,
        "labels": found,
        "off": fusion.off,
        "reliability": reliability([as_on_unseen(match, seed=40 + n) for n, match in enumerate(reported)], fusion),
        "development clips": on_clips(data, bundles, fusion),
    }
    text = json.dumps(results, indent=1) + "\n"
    print(text)
    if arguments.json is not None:
        arguments.json.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
