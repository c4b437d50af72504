"""GS-HOTA: known answers, and equality with ``trackeval``'s HOTA on similarities from the published formula."""

from __future__ import annotations

from itertools import chain

import numpy as np
import pytest

from touchline.metrics.tracking import FramePlaces, combine_gamestate, evaluate_gamestate

Frames = list[FramePlaces]


def frame(*rows: tuple[int, float, float, int]) -> FramePlaces:
    places = np.array([row[1:3] for row in rows], np.float64).reshape(-1, 2)
    return np.array([row[0] for row in rows], np.int64), places, np.array([row[3] for row in rows], np.int64)


def test_right_people_in_the_right_places_score_one() -> None:
    frames = [frame((1, 0, 0, 5), (2, 10, 3, 6)), frame((1, 1, 0, 5))]
    results = evaluate_gamestate(frames, frames).results()
    assert (results["GS-HOTA"], results["GS-DetA"], results["IDF1"]) == (1, 1, 1)


def test_another_identity_never_matches() -> None:
    truth, found = [frame((1, 0, 0, 5))], [frame((1, 0, 0, 6))]
    report = evaluate_gamestate(truth, found)
    assert (report.results()["GS-HOTA"], report.hota.fp[0], report.hota.fn[0]) == (0, 1, 1)


def test_five_metres_are_a_similarity_of_a_twentieth() -> None:
    truth = [frame((1, 0, 0, 5))]
    near, far = evaluate_gamestate(truth, [frame((1, 3, 3.99, 5))]), evaluate_gamestate(truth, [frame((1, 3, 4.01, 5))])
    assert (near.hota.tp.sum(), far.hota.tp.sum()) == (1, 0)
    half = 5 * np.sqrt(np.log(0.5) / np.log(0.05))
    assert evaluate_gamestate(truth, [frame((1, half * 0.999, 0, 5))]).hota.tp.sum() == 10


def test_sides_must_have_the_same_frames() -> None:
    with pytest.raises(ValueError, match="truth has 1 frames and predictions have 2"):
        evaluate_gamestate([frame()], [frame(), frame()])


def walk(rng: np.random.Generator, *, frames: int, people: int, grid: bool) -> tuple[Frames, Frames]:
    """People on a pitch, and predictions with noise, gaps, wrong identities and swapped ids."""
    place = rng.uniform(-20, 20, (people, 2))
    truth, found = [], []
    swap = rng.permutation(people)
    for _ in range(frames):
        place = place + rng.normal(0, 0.5, place.shape)
        shown, seen = rng.random(people) < 0.8, rng.random(people) < 0.8
        if rng.random() < 0.1:
            swap = rng.permutation(people)
        codes = np.arange(people) // 2
        wrong = np.where(rng.random(people) < 0.15, rng.integers(0, people, people), codes)
        noisy = place + rng.normal(0, 1.5, place.shape)
        places = (place.round(), noisy.round()) if grid else (place, noisy)
        truth.append((np.flatnonzero(shown).astype(np.int64) * 3 + 1, places[0][shown], codes[shown].astype(np.int64)))
        found.append((swap[seen].astype(np.int64), places[1][seen], wrong[seen].astype(np.int64)))
    return truth, found


def by_trackeval(truth: Frames, found: Frames) -> dict[str, float]:
    """HOTA and IDF1 of trackeval, from similarities written down from the formula."""
    metrics = pytest.importorskip("trackeval.metrics")
    similarities = []
    for (_, true_places, true_codes), (_, places, codes) in zip(truth, found, strict=True):
        square = ((true_places[:, None] - places[None]) ** 2).sum(axis=-1)
        similarities.append(np.exp(np.log(0.05) * square / 25) * (true_codes[:, None] == codes[None]))
    data = {"similarity_scores": similarities, "num_timesteps": len(truth)}
    for side, frames in (("gt", truth), ("tracker", found)):
        names = np.unique(np.concatenate([ids for ids, _, _ in frames]))
        data[f"{side}_ids"] = [np.searchsorted(names, ids) for ids, _, _ in frames]
        data[f"num_{side}_dets"] = sum(len(ids) for ids, _, _ in frames)
        data[f"num_{side}_ids"] = len(names)
    of_hota = metrics.HOTA().eval_sequence(data)
    of_identity = metrics.Identity({"THRESHOLD": 0.5, "PRINT_CONFIG": False}).eval_sequence(data)
    parts = ("HOTA", "DetA", "AssA", "DetRe", "DetPr", "AssRe", "AssPr", "LocA", "OWTA")
    return {**{f"GS-{part}": float(of_hota[part].mean()) for part in parts}, "IDF1": of_identity["IDF1"]}


@pytest.mark.parametrize("seed", range(12))
def test_scores_are_those_of_trackeval(seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth, found = walk(rng, frames=int(rng.integers(2, 30)), people=int(rng.integers(2, 9)), grid=False)
    wanted = by_trackeval(truth, found)
    results = evaluate_gamestate(truth, found).results()
    assert {name: results[name] for name in wanted} == pytest.approx(wanted, abs=1e-9)


def test_sequences_are_combined_from_their_counts() -> None:
    rng = np.random.default_rng(5)
    parts = [walk(rng, frames=12, people=6, grid=False) for _ in range(3)]
    total = combine_gamestate([evaluate_gamestate(*part) for part in parts])
    shifted = [
        [(ids + 100 * i, places, codes) for ids, places, codes in side] for i, part in enumerate(parts) for side in part
    ]
    together = evaluate_gamestate(list(chain(*shifted[::2])), list(chain(*shifted[1::2])))
    assert total.results()["GS-DetA"] == pytest.approx(together.results()["GS-DetA"])
    assert total.results()["GS-HOTA"] == pytest.approx(together.results()["GS-HOTA"])
