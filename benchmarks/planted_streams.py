"""Compare every head and fusion on planted feature streams by tight and loose average-mAP.

    python benchmarks/planted_streams.py [--json benchmarks/results/planted_streams.json] [--cpu-s 60] [--out FOLDER]
    python benchmarks/planted_streams.py --tracks --json benchmarks/results/planted_tracks.json

The data are generated (see touchline/synthetic/planted_streams.py): in each recording some events can only be seen,
some only heard, some need both, and some look alike and differ by a cue one to two and a half minutes earlier. Every
row is trained for the same CPU time on one thread, on the same recordings. The best round, the suppression, the
calibration, and beforehand (``--choose``) the learning rate of each kind of head are chosen on the validation
recordings. The test recordings are measured once, with bootstrap intervals over recordings. Finished rows are kept in
the folder and not computed again. With ``--tracks`` the sound stream is extracted from synthetic sound tracks, of fewer
and shorter recordings.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from touchline.formats.features.stream_sets import StreamSet
from touchline.formats.files.atomic import write_json_atomic
from touchline.synthetic.planted_streams import KIND_OF, PICTURE, SOUND, PlantedSettings, make_planted_set
from touchline.synthetic.planted_tracks import TrackSettings
from touchline.training.streams.heads import measure_head, train_head
from touchline.training.streams.measure import interval
from touchline.training.streams.settings import StreamHeadRecipe, StreamOptimizer

WINDOW = 16
"""Window length in samples, one per second: NetVLAD++ is published with 15."""
HEADS: dict[str, tuple[str, dict[str, Any]]] = {
    "max": ("pooling", {"pool": "max", "window": WINDOW}),
    "max++": ("pooling", {"pool": "max++", "window": WINDOW}),
    "NetVLAD": ("pooling", {"pool": "netvlad", "window": WINDOW}),
    "NetRVLAD": ("pooling", {"pool": "netrvlad", "window": WINDOW}),
    "NetVLAD++": ("pooling", {"pool": "netvlad++", "window": WINDOW}),
    "NetRVLAD++": ("pooling", {"pool": "netrvlad++", "window": WINDOW}),
    "CALF": ("calf", {"chunk": 160, "receptive_field": 40}),
    "context": ("context", {"window": 480, "layers": 1, "inner": 48}),
}
THOROUGH = ("NetVLAD++", "CALF", "context")
LEARNING_RATES = {"pooling": 8e-3, "calf": 2e-3, "context": 5e-3}
"""Chosen on the validation recordings among a few values each (``--choose`` tries more)."""
BATCHES = {"pooling": 6, "calf": 2, "context": 6}
"""Windows per step. CALF's steps are the most expensive; smaller ones get it further in the same time."""
TRIED_RATES = (1e-3, 2e-3, 4e-3, 8e-3)
RESAMPLES = 100
TRACKS: dict[str, Any] = {"tracks": TrackSettings(), "recordings": (48, 6, 18), "minutes": 20.0}
"""Number of recordings with sound tracks: each takes about 10 s of CPU time."""
STREAMS = {"picture": [PICTURE], "sound": [SOUND]}


def rows() -> list[tuple[str, str, bool]]:
    """Return (head, streams or fusion, whether streams are dropped in training) of every row."""
    found = [(head, "early", True) for head in HEADS]
    for head in THOROUGH:
        found += [(head, way, True) for way in ("picture", "sound", "middle", "late")]
    return [*found, ("context", "middle", False)]


def settings(head: str, way: str, *, dropped: bool, cpu_s: float, base_lr: float | None = None) -> StreamHeadRecipe:
    kind, arguments = HEADS[head]
    optimizer = StreamOptimizer(
        cpu_s=cpu_s,
        steps=1_000_000,
        base_lr=base_lr or LEARNING_RATES[kind],
        rounds=3,
        samples=480,
        batch=BATCHES[kind],
    )
    return StreamHeadRecipe.model_validate(
        {
            "planted": PlantedSettings(),
            "streams": STREAMS.get(way, [PICTURE, SOUND]),
            "head": kind,
            "head_arguments": arguments,
            "fusion": way if way not in STREAMS else "early",
            "modality_dropout": 0.2 if dropped else 0.0,
            "optimizer": optimizer,
        }
    )


def name_of(head: str, way: str, dropped: bool) -> str:
    return f"{head}, {way}" + ("" if dropped else ", never dropped")


def make_row(data: StreamSet, head: str, way: str, *, dropped: bool, cpu_s: float) -> dict[str, Any]:
    started_s = time.process_time()
    network, config = train_head(data, settings(head, way, dropped=dropped, cpu_s=cpu_s))
    test = data.part("test")
    row = {
        "head": head,
        "way": way,
        "dropped": dropped,
        "parameters": sum(parameter.numel() for parameter in network.parameters()),
        "spent": config.measured["spent"],
        "valid_tight": config.measured["valid_tight"],
        "suppression": config.suppression.model_dump(),
        "test": measure_head(network, config, test, resamples=RESAMPLES),
    }
    if way in ("early", "middle", "late") and head in THOROUGH:
        for gone in (SOUND, PICTURE):
            without = measure_head(network, config, test, without=(gone,), resamples=2)
            row[f"without_{gone}"] = {metric: without[metric]["value"] for metric in ("tight", "loose")}
    row["whole_cpu_s"] = time.process_time() - started_s
    return row


def choose(data: StreamSet, *, cpu_s: float) -> dict[str, dict[str, float]]:
    """Return the tight average-mAP on the validation recordings by head and learning rate."""
    found: dict[str, dict[str, float]] = {}
    for head in THOROUGH:
        for rate in TRIED_RATES:
            _, config = train_head(data, settings(head, "early", dropped=True, cpu_s=cpu_s, base_lr=rate))
            found.setdefault(head, {})[str(rate)] = config.measured["valid_tight"]
            print(head, rate, round(config.measured["valid_tight"], 3), flush=True)
    return found


def by_kind(labels: dict[str, float]) -> dict[str, float]:
    """Return the average precision by the kind of evidence an event needs."""
    kinds = dict.fromkeys(KIND_OF.values())
    return {kind: float(np.mean([v for label, v in labels.items() if KIND_OF[label] == kind])) for kind in kinds}


def difference(first: dict[str, Any], second: dict[str, Any], metric: str) -> dict[str, float]:
    """Return the gain of the first row over the second, with a paired bootstrap interval over recordings."""
    draws = np.array(first["test"][f"{metric}_draws"]) - np.array(second["test"][f"{metric}_draws"])
    found = interval(first["test"][metric]["value"] - second["test"][metric]["value"], draws)
    return {"value": found.value, "low": found.low, "high": found.high}


def compare(made: dict[str, dict[str, Any]]) -> dict[str, dict[str, dict[str, float]]]:
    """Return the main differences: fusions against the best single stream, and heads under one fusion."""
    pairs: list[tuple[str, str]] = []
    for head in THOROUGH:
        single = [f"{head}, {way}" for way in STREAMS if f"{head}, {way}" in made]
        if single:
            best = max(single, key=lambda name: made[name]["test"]["tight"]["value"])
            pairs += [(f"{head}, {way}", best) for way in ("early", "middle", "late")]
    for way in ("early", "middle", "late"):
        pairs += [(f"context, {way}", f"{other}, {way}") for other in ("NetVLAD++", "CALF")]
    pairs += [(f"{pool}++, early", f"{pool}, early") for pool in ("max", "NetVLAD", "NetRVLAD")]
    return {
        f"{a} - {b}": {metric: difference(made[a], made[b], metric) for metric in ("tight", "loose")}
        for a, b in pairs
        if a in made and b in made
    }


def show(made: dict[str, dict[str, Any]]) -> None:
    print(f"{'':28}{'tight':>22}{'loose':>22}   seen heard both context (tight)")
    for name, row in made.items():
        cells = ""
        for metric in ("tight", "loose"):
            one = row["test"][metric]
            cells += f"   {one['value']:.3f} [{one['low']:.3f}, {one['high']:.3f}]"
        kinds = by_kind(row["test"]["tight_labels"])
        print(f"{name:28}{cells}   " + "  ".join(f"{value:.2f}" for value in kinds.values()))
        for gone in (SOUND, PICTURE):
            if f"without_{gone}" in row:
                one = row[f"without_{gone}"]
                print(f"  without {gone:18}   {one['tight']:.3f}{'':19}{one['loose']:.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cpu-s", type=float, default=60.0, help="CPU seconds of training for each row")
    parser.add_argument("--seed", type=int, default=0, help="seed of the planted set")
    parser.add_argument("--tracks", action="store_true", help="extract the sound stream from sound tracks")
    parser.add_argument("--out", type=Path, default=None, help="folder for finished rows (default: a temporary one)")
    parser.add_argument("--shard", default="0/1", help="i/n: only every n-th row, starting at the i-th")
    parser.add_argument("--only", nargs="*", default=list(HEADS), help="heads or rows, such as 'CALF' or 'CALF, early'")
    parser.add_argument(
        "--choose", action="store_true", help="only compare learning rates on the validation recordings"
    )
    parser.add_argument("--json", type=Path, default=None)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as temporary:
        out = arguments.out or Path(temporary)
        planted = PlantedSettings(seed=arguments.seed, **(TRACKS if arguments.tracks else {}))
        data = make_planted_set(out / "streams", planted)
        if arguments.choose:
            write_json_atomic(out / "rates.json", choose(data, cpu_s=arguments.cpu_s))
            return
        shard, shards = map(int, arguments.shard.split("/"))
        wanted = [row for row in rows() if {row[0], name_of(*row)} & set(arguments.only)]
        for head, way, dropped in wanted[shard::shards]:
            path = out / f"{name_of(head, way, dropped).replace(', ', '_').replace(' ', '-')}.json"
            if not path.exists():
                write_json_atomic(path, make_row(data, head, way, dropped=dropped, cpu_s=arguments.cpu_s))
                print(path.stem, flush=True)
        found = [json.loads(path.read_text()) for path in out.glob("*_*.json")]
        order = [name_of(*row) for row in rows()]
        made = {name_of(row["head"], row["way"], row["dropped"]): row for row in found}
        made = {name: made[name] for name in order if name in made}
    show(made)
    differences = compare(made)
    for name, one in differences.items():
        cells = [f"{m} {d['value']:+.3f} [{d['low']:+.3f}, {d['high']:+.3f}]" for m, d in one.items()]
        print(f"{name:44}", "  ".join(cells))
    if arguments.json:
        for row in made.values():
            for metric in ("tight", "loose"):
                row["test"].pop(f"{metric}_draws")
        result = {"settings": planted.model_dump(), "cpu_s": arguments.cpu_s, "torch": torch.__version__}
        result |= {"learning_rates": LEARNING_RATES, "rows": made, "differences": differences}
        arguments.json.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
