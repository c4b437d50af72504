"""Measure the accuracy and the cost of the sound curves.

    python benchmarks/sound.py [--scenes 40] [--json benchmarks/results/sound.json]

The data are synthetic scenes of two minutes with seeds from 1000 on, on which nothing was fitted, and, if available,
the sound of the simulated matches 013 and 014 (011 and 012 were used to choose the cues). A whistle counts as found
within 0.5 s of its middle, a swell of the crowd within 1 s of its onset on scenes and 2 s on matches, whose ground
truth is the time of the shot; shots within 3 s of each other are one swell. Intervals are Wilson's 95 % intervals.
Times are CPU seconds of one thread for 45 minutes of sound after decoding.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from touchline.core.sound import CURVE_RATE_HZ
from touchline.listening.crowd import ONSET_WITHIN_S, crowd_curves, crowd_level
from touchline.listening.curves import listen
from touchline.listening.frames import RATE_HZ, sound_frames
from touchline.listening.logmel import PATCH_050, PATCH_096, stream_patches
from touchline.listening.model import load_sound_model
from touchline.listening.whistle import DEFAULT_THRESHOLD, whistle_curve
from touchline.studies.sound_fit import loud_truth, onset_truth, whistle_truth
from touchline.synthetic.sound_scenes import SceneSettings, make_scene

FIRST_SEED = 1_000
SNR_BINS_DB = ((-10, -4), (-4, 0), (0, 4), (4, 8), (8, 18))
GAIN_BINS_DB = ((5, 8), (8, 12), (12, 20))
MATCHES = Path(__file__).parent.parent.parent / "shared/data/simulated"
HALF_S = 2_700
LOW_THRESHOLD = 0.15
"""Lower than the usual threshold: the matches' whistles sweep over kilohertz under a roar, unlike any real whistle."""


def wilson(hits: int, of: int) -> list[float | None]:
    """Return a share and its 95 % interval; None if there are no cases."""
    if not of:
        return [None, 0.0, 1.0]
    share, z = hits / of, 1.96
    middle = (share + z * z / (2 * of)) / (1 + z * z / of)
    half = z * np.sqrt(share * (1 - share) / of + z * z / (4 * of * of)) / (1 + z * z / of)
    return [round(share, 3), round(float(middle - half), 3), round(float(middle + half), 3)]


def pair(found_s: Sequence[float], true_s: Sequence[float], *, within_s: float) -> list[tuple[int, int]]:
    """Match found with true times, nearest first, each used once; return the pairs."""
    near = sorted(
        (abs(f - t), i, k) for i, f in enumerate(found_s) for k, t in enumerate(true_s) if abs(f - t) <= within_s
    )
    pairs: list[tuple[int, int]] = []
    for _, i, k in near:
        if all(i != a and k != b for a, b in pairs):
            pairs.append((i, k))
    return pairs


def calibration(predicted: np.ndarray, true: np.ndarray) -> dict[str, Any]:
    """Return the observed share by predicted probability, the expected calibration error and the Brier score."""
    bins = np.minimum((predicted * 10).astype(int), 9)
    rows = [
        [round(float(predicted[bins == b].mean()), 3), round(float(true[bins == b].mean()), 3), int((bins == b).sum())]
        for b in range(10)
        if (bins == b).any()
    ]
    error = sum(count * abs(mean - share) for mean, share, count in rows) / max(len(predicted), 1)
    return {"error": round(error, 4), "brier": round(float(((predicted - true) ** 2).mean()), 4), "bins": rows}


def average_precision(predicted: np.ndarray, true: np.ndarray) -> float:
    """Return the area under the precision-recall curve."""
    hits = np.cumsum(true[np.argsort(-predicted, kind="stable")])
    precision = hits / np.arange(1, len(hits) + 1)
    return round(float((precision * np.diff(hits, prepend=0)).sum() / max(hits[-1], 1)), 3)


def scenes(count: int) -> dict[str, Any]:
    """Return the results on synthetic scenes."""
    model = load_sound_model()
    curves: dict[str, list[np.ndarray]] = {name: [] for name in ("whistle", "loud", "onset")}
    truths: dict[str, list[np.ndarray]] = {name: [] for name in curves}
    whistles: list[tuple[float, bool]] = []
    swells: list[tuple[float, bool]] = []
    sure: list[tuple[float, bool]] = []
    errors_s: dict[str, list[float]] = {"whistle": [], "swell": []}
    sure_swells: list[tuple[float, bool]] = []
    for seed in range(FIRST_SEED, FIRST_SEED + count):
        scene = make_scene(seed, settings=SceneSettings(seconds=120.0))
        frames = sound_frames([scene.sound])
        level = crowd_level(frames)
        loud, onset = crowd_curves(level, model=model)
        for name, curve, truth in (
            ("whistle", whistle_curve(frames, model=model), whistle_truth(scene.whistles, len(frames))),
            ("loud", loud, loud_truth(scene.swells, len(level))),
            ("onset", onset, onset_truth(scene.swells, len(level), within_s=ONSET_WITHIN_S)),
        ):
            curves[name].append(curve)
            truths[name].append(truth)
        reading = listen([scene.sound], model=model)
        middles = [(one.start_us + one.end_us) / 2e6 for one in reading.whistles]
        pairs = pair(middles, [(w.start_s + w.end_s) / 2 for w in scene.whistles], within_s=0.5)
        hit = {k for _, k in pairs}
        whistles += [(w.snr_db, k in hit) for k, w in enumerate(scene.whistles)]
        sure += [(one.confidence, any(i == a for a, _ in pairs)) for i, one in enumerate(reading.whistles)]
        errors_s["whistle"] += [reading.whistles[i].start_us / 1e6 - scene.whistles[k].start_s for i, k in pairs]
        pairs = pair([s.time_us / 1e6 for s in reading.swells], [s.onset_s for s in scene.swells], within_s=1.0)
        hit = {k for _, k in pairs}
        swells += [(s.gain_db, k in hit) for k, s in enumerate(scene.swells)]
        sure_swells += [(one.confidence, any(i == a for a, _ in pairs)) for i, one in enumerate(reading.swells)]
        errors_s["swell"] += [reading.swells[i].time_us / 1e6 - scene.swells[k].onset_s for i, k in pairs]
    predicted = {name: np.concatenate(values) for name, values in curves.items()}
    true = {name: np.concatenate(values) for name, values in truths.items()}
    return {
        "minutes": 2 * count,
        "whistles": {
            "precision": wilson(sum(right for _, right in sure), len(sure)),
            "false_an_hour": round(sum(not right for _, right in sure) / (count / 30), 1),
            "recall": wilson(sum(ok for _, ok in whistles), len(whistles)),
            "recall_by_snr_db": by_range(whistles, SNR_BINS_DB),
            "start_error_s": spread(errors_s["whistle"]),
            "confidence": calibration(np.array([c for c, _ in sure]), np.array([float(r) for _, r in sure])),
        },
        "swells": {
            "precision": wilson(sum(right for _, right in sure_swells), len(sure_swells)),
            "false_an_hour": round(sum(not right for _, right in sure_swells) / (count / 30), 1),
            "recall": wilson(sum(ok for _, ok in swells), len(swells)),
            "recall_by_gain_db": by_range(swells, GAIN_BINS_DB),
            "onset_error_s": spread(errors_s["swell"]),
            "confidence": calibration(
                np.array([c for c, _ in sure_swells]), np.array([float(r) for _, r in sure_swells])
            ),
        },
        "curves": {
            name: {
                "average_precision": average_precision(predicted[name], true[name]),
                "share": round(float(true[name].mean()), 4),
                **calibration(predicted[name], true[name]),
            }
            for name in predicted
        },
    }


def by_range(results: Sequence[tuple[float, bool]], ranges: Sequence[tuple[float, float]]) -> dict[str, Any]:
    """Return recall, its interval and the number of cases by range of levels."""
    rows = {}
    for low, high in ranges:
        inside = [ok for level, ok in results if low <= level < high]
        rows[f"{low} to {high}"] = [*wilson(sum(inside), len(inside)), len(inside)]
    return rows


def spread(errors: Sequence[float]) -> dict[str, float]:
    """Return the median error and the 90th percentile of the absolute error."""
    if not errors:
        return {}
    return {"median": round(float(np.median(errors)), 3), "p90": round(float(np.percentile(np.abs(errors), 90)), 3)}


def matches(names: Sequence[str], *, threshold: float) -> dict[str, Any]:
    """Return the results on simulated matches, with whistles at or above a confidence."""
    from touchline.media.sound.reading import stream_audio

    total = {"whistles": [0, 0, 0], "swells": [0, 0, 0]}
    for name in names:
        truth = json.loads((MATCHES / name / "audio.json").read_text())
        reading = listen(stream_audio(MATCHES / name / "video.mp4"), threshold=threshold)
        middles = [(one.start_us + one.end_us) / 2e6 for one in reading.whistles]
        known = [one["start_s"] + one["duration_s"] / 2 for one in truth["whistles"]]
        shots = [t for i, t in enumerate(truth["crowd_swells_s"]) if not i or t - truth["crowd_swells_s"][i - 1] > 3]
        rises = [one.time_us / 1e6 for one in reading.swells]
        for kind, found, true, within_s in (("whistles", middles, known, 0.5), ("swells", rises, shots, 2.0)):
            hits = len(pair(found, true, within_s=within_s))
            total[kind] = [a + b for a, b in zip(total[kind], (hits, len(found), len(true)), strict=True)]
    return {
        kind: {"precision": [*wilson(hits, found), found], "recall": [*wilson(hits, true), true]}
        for kind, (hits, found, true) in total.items()
    }


def cpu_seconds(work: Callable[[], Any]) -> float:
    """Return the CPU seconds of some work, scaled from part of a half to all of it."""
    started_s = time.process_time()
    work()
    return time.process_time() - started_s


def costs(minutes: float) -> dict[str, float]:
    """Return the CPU seconds for a half, estimated from some minutes of a scene."""
    import torch

    from touchline.models.networks.vggish import VGGish

    torch.set_num_threads(1)
    sound = make_scene(1, settings=SceneSettings(seconds=60 * minutes)).sound
    chunks = [sound[i : i + 10 * RATE_HZ] for i in range(0, len(sound), 10 * RATE_HZ)]
    scale = HALF_S / (60 * minutes)
    network = VGGish(embedding=False).eval().to(memory_format=torch.channels_last)
    half = VGGish(embedding=False).eval().to(memory_format=torch.channels_last).to(torch.bfloat16)
    batch = torch.randn(16, 46, 64)

    def run(model: VGGish, given: torch.Tensor) -> None:
        with torch.inference_mode():
            for _ in range(8):
                model(given, tap="conv4")

    run(network, batch)
    run(half, batch.bfloat16())
    patches = HALF_S * 2 / (8 * 16)
    return {
        "curves, whistles, crowd": scale * cpu_seconds(lambda: listen(chunks)),
        "log-mel 0.5 s": scale * cpu_seconds(lambda: list(stream_patches(chunks, spec=PATCH_050))),
        "log-mel 0.96 s": scale * cpu_seconds(lambda: list(stream_patches(chunks, spec=PATCH_096))),
        "VGGish to 512 numbers, float32": patches * cpu_seconds(lambda: run(network, batch)),
        "VGGish to 512 numbers, bfloat16": patches * cpu_seconds(lambda: run(half, batch.bfloat16())),
    }


def show(result: dict[str, Any]) -> None:
    made = result["scenes"]
    print(f"{made['minutes']} minutes of synthetic scenes; value [95 % interval]")
    for kind, levels in (("whistles", "recall_by_snr_db"), ("swells", "recall_by_gain_db")):
        row = made[kind]
        print(f"{kind}: precision {row['precision']}, recall {row['recall']}")
        for level, value in row[levels].items():
            print(f"   {level:>9} dB: recall {value[:3]} of {value[3]}")
    for name, curve in made["curves"].items():
        print(
            f"curve {name}: AP {curve['average_precision']}, calibration error {curve['error']}, Brier {curve['brier']}"
        )
    for names, found in result["matches"].items():
        print(names, json.dumps(found))
    for name, seconds in result["cpu_seconds_a_half"].items():
        print(f"{name:34}{seconds:8.2f} CPU-s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenes", type=int, default=30, help="number of scenes of two minutes each")
    parser.add_argument("--minutes", type=float, default=10.0, help="minutes of sound for measuring the cost")
    parser.add_argument("--json", type=Path, help="file for the results")
    chosen = parser.parse_args()
    result: dict[str, Any] = {
        "model_sha256": load_sound_model().sha256,
        "curve_rate_hz": CURVE_RATE_HZ,
        "scenes": scenes(chosen.scenes),
        "matches": {},
        "cpu_seconds_a_half": {name: round(value, 2) for name, value in costs(chosen.minutes).items()},
    }
    for names in (("match_011", "match_012"), ("match_013", "match_014")):
        if all((MATCHES / name / "video.mp4").is_file() for name in names):
            for threshold in (DEFAULT_THRESHOLD, LOW_THRESHOLD):
                result["matches"][f"{' '.join(names)}, whistles from {threshold}"] = matches(names, threshold=threshold)
    show(result)
    if chosen.json:
        chosen.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
