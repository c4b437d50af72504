"""Measure what the playing hand does to the strokes of tennis players, and how well it is estimated.

    python benchmarks/handedness.py --work /tmp/handedness

Each of the five players is held out in turn; as left-handed players serve the same sequences seen in a mirror. The
networks of strokes are smaller than the built-in model's (two members of 600 steps instead of six of 1500), so that
this takes minutes; the member that tells the hand is the built-in model's. Writes ``results/handedness.json``.
``--write`` then trains that member on all five players and puts it into the built-in model, whose other tensors stay.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import torch

from touchline.core.arrays import Floats64, Indices
from touchline.metrics.bootstrap import over_groups
from touchline.models.networks.skeleton_net import VIEWS, SkeletonNet
from touchline.models.store import load_model, save_model
from touchline.recognition.handedness import MOST_LOG_ODDS, estimate_hand, mirrored
from touchline.training.recipe import check_settings, read_recipe
from touchline.training.recognition.skeleton_hand import train_hand
from touchline.training.recognition.skeleton_settings import SkeletonRecipe
from touchline.training.recognition.skeleton_trial import SkeletonTrial, read_skeleton_trial
from touchline.training.recognition.skeletons import new_network, train_one

ROOT = Path(__file__).parent.parent
RESULT = ROOT / "benchmarks" / "results" / "handedness.json"
BUILTIN = ROOT / "src" / "touchline" / "models" / "builtin" / "tennis-strokes.safetensors"
COUNTS = (1, 3, 5, 10, 20, 40)
DRAWS = 500
ROUNDS = 2000
STEPS = 600


def recipe(data: Path) -> SkeletonRecipe:
    source = ROOT / "recipes" / "skeletons.yaml"
    read = read_recipe(source, overrides=[f"data_root={data}"])
    return check_settings(SkeletonRecipe, read.settings, source=source)


def smaller(settings: SkeletonRecipe) -> SkeletonRecipe:
    network = {**settings.network, "views": list(VIEWS)}
    optimizer = settings.optimizer.model_copy(update={"steps": STEPS})
    return settings.model_copy(update={"network": network, "optimizer": optimizer})


class HeldOut:
    """What networks that saw none of a player say of that player's sequences, as they are and mirrored.

    Attributes:
        plain, mirror: float64 (n, classes), probabilities.
        log_odds: float64 (n,), of the right hand, for the sequences as they are; mirrored ones have the opposite.

    """

    def __init__(self, trial: SkeletonTrial, settings: SkeletonRecipe, *, work: Path) -> None:
        shape = (len(trial.truth), len(trial.labels))
        self.plain, self.mirror, self.log_odds = np.zeros(shape), np.zeros(shape), np.zeros(shape[0])
        for name, fold in trial.folds.items():
            network = train_one(trial.data, trial.truth, fold.train, settings=settings, out=work / name)
            seen = trial.data.sequences[fold.test]
            other = mirrored(seen, mirror=tuple(settings.mirror))
            self.plain[fold.test], self.mirror[fold.test] = probabilities(network, seen), probabilities(network, other)
            with torch.inference_mode():
                self.log_odds[fold.test] = network.right_handed(torch.from_numpy(seen))[:, 0].double().numpy()
            print(name, "done", flush=True)


@torch.inference_mode()
def probabilities(network: SkeletonNet, sequences: np.ndarray) -> Floats64:
    return np.asarray(network(torch.from_numpy(sequences)).softmax(dim=1).numpy(), np.float64)


def strokes(values: Floats64, trial: SkeletonTrial) -> dict[str, Any]:
    """Accuracy with its interval over players, and the recall of each stroke."""
    right = values.argmax(axis=1) == trial.truth
    accuracy = over_groups(lambda rows: float(right[rows].mean()), trial.data.groups, rounds=ROUNDS)
    recall = {label: float(right[trial.truth == k].mean()) for k, label in enumerate(trial.labels)}
    players = {str(g): float(right[trial.data.groups == g].mean()) for g in np.unique(trial.data.groups)}
    return {"accuracy": accuracy.to_json(), "by_player": players, "recall": recall}


def players(held: HeldOut, trial: SkeletonTrial) -> dict[str, Any]:
    """The hand of every player from all sequences of that player."""
    found = {}
    for name in np.unique(trial.data.groups):
        said = estimate_hand(held.log_odds[trial.data.groups == name])
        found[str(name)] = said.to_json()
    return found


def by_count(evidence: Floats64, trial: SkeletonTrial) -> dict[str, Any]:
    """How often the hand is right, wrong and unknown, from N sequences of a player drawn at random."""
    random = np.random.default_rng(0)
    rows = {}
    for count in COUNTS:
        shares = []
        for name in np.unique(trial.data.groups):
            own = np.flatnonzero(trial.data.groups == name)
            said = [estimate_hand(evidence[random.choice(own, count, replace=False)]).hand for _ in range(DRAWS)]
            shares.append([np.mean([s == hand for s in said]) for hand in ("right", "left", None)])
        right, wrong, unknown = (float(v) for v in np.mean(shares, axis=0))
        worst = float(np.max(shares, axis=0)[1])
        rows[str(count)] = {"right": right, "wrong": wrong, "unknown": unknown, "wrong_of_the_worst_player": worst}
    return rows


def confidence_of_strokes(held: HeldOut) -> Floats64:
    """The evidence of the networks of strokes themselves: how much surer they are of a sequence than mirrored."""
    return np.asarray(np.log(held.plain.max(axis=1)) - np.log(held.mirror.max(axis=1)))


def entropy(values: Floats64) -> Floats64:
    return np.asarray(-(values * np.log(values)).sum(axis=1))


def likelier(evidence: Floats64, trial: SkeletonTrial) -> dict[str, float]:
    """How often a sum of N sequences has the right sign, whatever its size."""
    random = np.random.default_rng(0)
    found = {}
    for count in COUNTS:
        shares = []
        for name in np.unique(trial.data.groups):
            own = np.flatnonzero(trial.data.groups == name)
            shares.append(np.mean([evidence[random.choice(own, count, replace=False)].sum() > 0 for _ in range(DRAWS)]))
        found[str(count)] = float(np.mean(shares))
    return found


def measure(data: Path, work: Path) -> dict[str, Any]:
    settings = smaller(recipe(data))
    trial = read_skeleton_trial(settings)
    held = HeldOut(trial, settings, work=work)
    hands = {name: said["hand"] for name, said in players(held, trial).items()}
    hand = np.array([hands[name] for name in trial.data.groups.tolist()])
    # A mirrored player whose hand is found is mirrored back: what the networks see are the sequences as they were.
    after_left = np.where((hand == "right")[:, None], held.plain, held.mirror)
    after_right = np.where((hand != "left")[:, None], held.plain, held.mirror)
    return {
        "networks_of_strokes": {"members": len(VIEWS), "steps": STEPS},
        "hand": {"steps": settings.hand.steps, "batch": settings.hand.batch},
        "sequences": len(trial.truth),
        "players": len(trial.folds),
        "right_handed_before": strokes(held.plain, trial),
        "right_handed_after": strokes(after_right, trial),
        "left_handed_before": strokes(held.mirror, trial),
        "left_handed_after": strokes(after_left, trial),
        "left_forehands_called_backhands_before": called_backhands(held.mirror, trial),
        "left_forehands_called_backhands_after": called_backhands(after_left, trial),
        "hand_of_each_player": players(held, trial),
        "one_sequence_likelier_right": float((held.log_odds > 0).mean()),
        "by_sequences_of_a_player": by_count(held.log_odds, trial),
        "likelier_hand_right": {
            "member_for_the_hand": likelier(np.clip(held.log_odds, -MOST_LOG_ODDS, MOST_LOG_ODDS), trial),
            "member_for_the_hand_uncut": likelier(held.log_odds, trial),
            "confidence_of_the_strokes": likelier(confidence_of_strokes(held), trial),
            "entropy_of_the_strokes": likelier(entropy(held.mirror) - entropy(held.plain), trial),
        },
    }


def called_backhands(values: Floats64, trial: SkeletonTrial) -> float:
    fore, back = trial.labels.index("forehand"), trial.labels.index("backhand")
    return float((values[trial.truth == fore].argmax(axis=1) == back).mean())


def write(data: Path, work: Path) -> None:
    """Put the member that tells the hand, trained on all players, into the built-in model."""
    settings = recipe(data)
    trial = read_skeleton_trial(settings)
    everyone: Indices = np.arange(len(trial.truth))
    stored = load_model(str(BUILTIN), task="skeleton")
    network = new_network(settings)
    missing = network.load_state_dict(stored.network.state_dict(), strict=False).missing_keys
    assert all(name.startswith("hand.") for name in missing), missing
    train_hand(network, trial.data, trial.truth, everyone, settings=settings, out=work / "all")
    config = stored.config.model_copy(update={"handed": settings.handed, "network": network.settings})
    save_model(BUILTIN.with_suffix(""), network.eval(), config, half=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--work", type=Path, required=True, help="folder of checkpoints; a stopped run goes on there")
    parser.add_argument("--write", action="store_true", help="also put the member into the built-in model")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    result = measure(arguments.data, arguments.work)
    RESULT.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=1))
    if arguments.write:
        write(arguments.data, arguments.work)


if __name__ == "__main__":
    main()
