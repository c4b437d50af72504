"""The keeper table: estimates drawn towards the average as they must be, intervals that hold, names that match."""

from __future__ import annotations

import numpy as np
import pytest

from touchline.core.errors import InputError
from touchline.goalkeeping.keeper_names import find_keeper, one_spelling, words_of
from touchline.goalkeeping.keeper_table import keeper_table

KEEPERS = ("Łukasz Fabiański", "David de Gea Quintana", "Ben Foster", "Ben Hamer", "Hannes Þór Halldórsson")


def made(
    *, spread: float, keepers: int, shots: int, seed: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    effect = rng.normal(0, spread, keepers)
    who = np.repeat(np.arange(keepers), shots)
    p = rng.uniform(0.3, 0.9, keepers * shots)
    saved = rng.random(len(p)) < 1 / (1 + np.exp(-(np.log(p / (1 - p)) + effect[who])))
    return who, p, saved, effect


def test_few_shots_are_drawn_to_the_average_and_many_are_not() -> None:
    who = ["few"] * 3 + ["many"] * 300 + ["bad"] * 300
    saved = [1] * 3 + [1, 1, 1, 1, 1, 0] * 50 + [1, 0] * 150
    table = keeper_table(who, saved, np.full(len(who), 2 / 3))
    rows = {row.keeper: row for row in table.rows}
    assert [row.keeper for row in table.rows][-1] == "bad"
    assert rows["few"].raw == pytest.approx(33.3, abs=0.1) and 0 < rows["few"].above < 15
    assert rows["few"].low < 0 < rows["few"].high
    assert rows["many"].above == pytest.approx(rows["many"].raw, abs=2) and rows["many"].low > 0
    assert rows["many"].better > 0.99 > 0.01 > rows["bad"].better
    assert table.better_than("many", "bad") > 0.99
    assert table.better_than("bad", "many") == pytest.approx(1 - table.better_than("many", "bad"))


def test_keepers_who_do_not_differ_are_told_so() -> None:
    who, p, saved, _ = made(spread=0.0, keepers=30, shots=15, seed=1)
    table = keeper_table([str(k) for k in who], saved, p)
    assert table.spread_low < 0.1
    assert all(row.low < 0 < row.high for row in table.rows)
    assert max(abs(row.above) for row in table.rows) < max(abs(row.raw) for row in table.rows) / 3


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    held = []
    for seed in range(12):
        who, p, saved, effect = made(spread=0.5, keepers=30, shots=20, seed=seed)
        for row in keeper_table([str(k) for k in who], saved, p).rows:
            mine = who == int(row.keeper)
            q = p[mine]
            truth = 100 * (1 / (1 + np.exp(-(np.log(q / (1 - q)) + effect[int(row.keeper)]))) - q).mean()
            held.append(row.low <= truth <= row.high)
    assert 0.90 < np.mean(held) < 0.99


def test_what_is_no_table_is_refused() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        keeper_table(["a"], [1, 0], [0.5, 0.5])
    with pytest.raises(ValueError, match="outside 0 to 1"):
        keeper_table(["a"], [1], [1.5])
    assert keeper_table(["a", "a"], [1, 0], [1.0, 0.0]).rows[0].shots == 2


def test_names_are_found_without_accents_and_second_names() -> None:
    assert words_of("Łukasz Fabiański") == ("lukasz", "fabianski")
    assert find_keeper("fabianski", KEEPERS) == "Łukasz Fabiański"
    assert find_keeper("De Gea", KEEPERS) == "David de Gea Quintana"
    assert find_keeper("Thor Halldorsson", KEEPERS) == "Hannes Þór Halldórsson"
    with pytest.raises(InputError, match="may be Ben Foster or Ben Hamer"):
        find_keeper("Ben", KEEPERS)
    with pytest.raises(InputError, match="is it Ben Foster"):
        find_keeper("Ben Froster", KEEPERS)
    with pytest.raises(InputError, match="not among the 5"):
        find_keeper("", KEEPERS)


def test_spellings_of_one_keeper_are_one() -> None:
    names = ["David de Gea", "David de Gea Quintana", "Ben Foster", "Foster", "Ben"]
    found = one_spelling(names)
    assert found["David de Gea"] == found["David de Gea Quintana"] == "David de Gea Quintana"
    assert found["Ben Foster"] == "Ben Foster" and found["Foster"] == "Foster" and found["Ben"] == "Ben"
    two = one_spelling(["Jan Oblak", "Jan A Oblak", "Jan B Oblak"])
    assert two["Jan Oblak"] == "Jan Oblak"
