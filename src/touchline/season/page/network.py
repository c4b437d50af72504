"""Pass networks: who passed to whom in a team, drawn at the mean places of its players."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from touchline.core.geometry.pitch import STANDARD

MOST_NODES, MOST_EDGES = 16, 40
_LEAST_APART_M = 4.5
_STEPS = 60
_LONGEST_NAME = 13
_LABEL_EDGE_M = 44.0
"""Names of players near a goal line are moved in, so that they stay in the picture."""

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Node:
    """A player of a network.

    Attributes:
        name: as shown.
        x_m, y_m: mean place, metres, the team attacking to the right; y to the left of the attack.
        passes: passes that he played or received.

    """

    name: str
    x_m: float
    y_m: float
    passes: int


def network(pairs: Mapping[Pair, int], places: Mapping[str, tuple[float, float]], names: Mapping[str, str]) -> Any:
    """Return the values of the drawing of a pass network; None if nobody is connected.

    Args:
        pairs: completed passes by (from, to).
        places: mean place of each person, metres.
        names: name of each person, as shown.

    """
    involved: Counter[str] = Counter()
    for (start, end), count in pairs.items():
        if start in places and end in places and start != end:
            involved[start] += count
            involved[end] += count
    chosen = [who for who, _ in sorted(involved.items(), key=lambda one: (-one[1], one[0]))[:MOST_NODES]]
    edges = _edges(pairs, chosen)
    if not edges:
        return None
    apart = _apart([places[who] for who in chosen])
    nodes = {who: Node(names[who], *place, involved[who]) for who, place in zip(chosen, apart, strict=True)}
    most, busiest = max(edges.values()), max(involved.values())
    return {
        "edges": [_edge(pair, count, nodes, pairs, most=most) for pair, count in sorted(edges.items(), key=_by_count)],
        "nodes": [_node(node, busiest=busiest) for node in nodes.values()],
        "pairs": _top_pairs(pairs, nodes),
        "left_out": max(len(involved) - MOST_NODES, 0),
    }


def _edges(pairs: Mapping[Pair, int], chosen: Sequence[str]) -> dict[Pair, int]:
    """Return passes between two players in both directions, the most frequent ones."""
    known = set(chosen)
    both: Counter[Pair] = Counter()
    for (start, end), count in pairs.items():
        if start in known and end in known and start != end:
            both[(min(start, end), max(start, end))] += count
    return dict(sorted(both.items(), key=lambda one: (-one[1], one[0]))[:MOST_EDGES])


def _by_count(one: tuple[Pair, int]) -> tuple[int, Pair]:
    return one[1], one[0]


def _edge(pair: Pair, count: int, nodes: Mapping[str, Node], pairs: Mapping[Pair, int], *, most: int) -> dict[str, Any]:
    first, second = (nodes[who] for who in pair)
    there, back = pairs.get(pair, 0), pairs.get((pair[1], pair[0]), 0)
    strength = count / most
    return {
        "x1": first.x_m,
        "y1": -first.y_m,
        "x2": second.x_m,
        "y2": -second.y_m,
        "width": 0.25 + 1.5 * strength,
        "opacity": 0.25 + 0.6 * strength,
        "title": f"{first.name} to {second.name}: {there}; back: {back}",
    }


def _node(node: Node, *, busiest: int) -> dict[str, Any]:
    share = node.passes / busiest
    return {
        "x": node.x_m,
        "y": -node.y_m,
        "radius": 1.1 + 1.3 * share**0.5,
        "name": short_name(node.name),
        "label_x": min(max(node.x_m, -_LABEL_EDGE_M), _LABEL_EDGE_M),
        "title": f"{node.name}: {node.passes} passes played or received",
    }


def short_name(name: str) -> str:
    """Return a name that fits under its dot: the last word of a long one, with the number before it."""
    if len(name) <= _LONGEST_NAME:
        return name
    words = name.split()
    number = f"{words[0]} " if words[0].isdecimal() and len(words) > 1 else ""
    short = number + words[-1]
    return short if len(short) <= _LONGEST_NAME else short[: _LONGEST_NAME - 1] + "…"


def _top_pairs(pairs: Mapping[Pair, int], nodes: Mapping[str, Node]) -> list[tuple[str, str, int]]:
    known = [(count, pair) for pair, count in pairs.items() if pair[0] in nodes and pair[1] in nodes]
    best = sorted(known, key=lambda one: (-one[0], one[1]))[:5]
    return [(nodes[start].name, nodes[end].name, count) for count, (start, end) in best]


def _apart(places: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return places pushed apart as far as their names need, and kept on the pitch."""
    moved = [list(place) for place in places]
    for _ in range(_STEPS):
        still = True
        for i, first in enumerate(moved):
            for second in moved[i + 1 :]:
                along, across = second[0] - first[0], second[1] - first[1]
                distance = (along**2 + across**2) ** 0.5
                if distance < _LEAST_APART_M:
                    still = False
                    push = (_LEAST_APART_M - distance) / 2
                    unit = (along / distance, across / distance) if distance > 1e-6 else (0.0, 1.0)
                    for place, sign in ((first, -1), (second, 1)):
                        place[0] += sign * push * unit[0]
                        place[1] += sign * push * unit[1]
        if still:
            break
    half = (STANDARD.length_m / 2, STANDARD.width_m / 2)
    return [(min(max(x, -half[0]), half[0]), min(max(y, -half[1]), half[1])) for x, y in moved]
