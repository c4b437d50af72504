"""Train the temporal head of the built-in two-stage ball spotter again on chosen matches; its encoder stays as it is.

    python benchmarks/two_stage_head.py MATCHES... --out FILE.safetensors

For ``dense_spotters.py``, whose other models learn from three matches while the built-in head learnt from four. All
settings but the matches are those of recipes/spotting-simulated.yaml: 1,000 steps on one thread.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import torch

from touchline.models.store import load_model, save_model
from touchline.training.spotting.ball_spotter import load_match
from touchline.training.spotting.ball_temporal import TemporalSettings, VectorSequence, encode_match, train_head
from touchline.training.spotting.ball_truth import event_targets

SETTINGS = TemporalSettings(steps=1000)


def sequence_of(folder: Path, built_in: Any, *, cache: Path) -> VectorSequence:
    """Return the encoder's vectors of a match, and what the head learns from them."""
    match = load_match(folder, built_in.config.frame, cache=cache)
    vectors = encode_match(built_in.network, match.luma, device="cpu").numpy()
    targets = event_targets(
        match.truth.timeline,
        labels=built_in.config.labels,
        frames=len(match.truth),
        fps=built_in.config.frame.fps,
        radius=SETTINGS.target_radius,
    )
    return VectorSequence(vectors, targets, match.truth.states())


def main() -> None:
    """Train the head and write the model."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    built_in = load_model("ball-spotter", task="spot")
    cache = arguments.out.parent / "two-stage-cache"
    sequences = [sequence_of(folder, built_in, cache=cache) for folder in arguments.folders]
    train_head(built_in.network, sequences, settings=SETTINGS)
    measured = {"head trained on": [folder.name for folder in arguments.folders], "steps": SETTINGS.steps}
    config = built_in.config.model_copy(update={"name": arguments.out.stem, "measured": measured})
    save_model(arguments.out, built_in.network, config)


if __name__ == "__main__":
    main()
