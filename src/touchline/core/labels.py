"""The label sets of the field: what each is called, its labels, its files, and how it is scored. Each is written once.

To add one, add it to :data:`LABEL_SETS`: evaluation, conversion, training and recipes know it from there.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

BALL_FPS = 25.0
SOCCERNET_FPS = 2.0

OWN_GOAL = "soccer-ball-own"
"""A label of SoccerNet's first version; later versions count own goals as goals."""

_NONE: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class LabelSet:
    """Labels that belong together, and everything that is known of them.

    Attributes:
        name: what options and recipes call it.
        title: its label files in words, to complete "... have no class for".
        labels: in the order of results, of recipes, and of a model's outputs unless ``output_order`` differs.
        fps: frames per second that times are rounded to for scoring.
        metric: scored by default: ``"loose"``, ``"tight"`` or ``"atN"``.
        file_names: its label files, the preferred name first; empty for a set without files.
        decided_by_file: a file of this name holds this set, even where it also holds labels of no set.
        classes: what is scored where that is not the labels; a label counts for the first class its text contains.
        aliases: labels of other sets, each with the label of this set that stands for it.
        further_labels: labels that its files may hold and that are written as they are.
        output_order: the labels in the order of the published heads' outputs; empty where that is ``labels``.
        whole_seconds: its files hold a clock in whole seconds, and neither milliseconds nor visibility.

    """

    name: str
    title: str
    labels: tuple[str, ...]
    fps: float
    metric: str
    file_names: tuple[str, ...] = ()
    decided_by_file: bool = False
    classes: tuple[str, ...] = ()
    aliases: Mapping[str, str] = field(default_factory=lambda: _NONE)
    further_labels: tuple[str, ...] = ()
    output_order: tuple[str, ...] = ()
    whole_seconds: bool = False

    def __post_init__(self) -> None:
        if not self.name or not self.labels or len(set(self.labels)) != len(self.labels):
            raise ValueError(f"label set {self.name!r} must have a name and distinct labels, not {self.labels}")
        if not self.fps > 0:
            raise ValueError(f"label set {self.name!r}: fps={self.fps} must be above 0")
        if self.output_order and sorted(self.output_order) != sorted(self.labels):
            raise ValueError(f"label set {self.name!r}: output_order {self.output_order} is not an order of its labels")
        strangers = set(self.aliases.values()) - set(self.labels) - set(self.further_labels)
        if strangers:
            raise ValueError(f"label set {self.name!r}: aliases stand for {sorted(strangers)}, no labels of it")

    @property
    def scored(self) -> tuple[str, ...]:
        """What is scored: the classes, or the labels where it has no classes of its own."""
        return self.classes or self.labels

    @property
    def outputs(self) -> tuple[str, ...]:
        """The labels in the order of the published heads' outputs."""
        return self.output_order or self.labels

    def class_of(self, label: str) -> str | None:
        """What a label is scored as, None where it is not scored."""
        if not self.classes:
            return label if label in self.labels else None
        return next((name for name in self.classes if name in label), None)

    def spelling_of(self, label: str) -> str | None:
        """A label of any set as the files of this set spell it, None where they have no label for it."""
        if label in self.labels or label in self.classes or label in self.further_labels:
            return label
        return self.aliases.get(label)


BALL_2 = ("PASS", "DRIVE")

BALL_12 = (
    "PASS",
    "DRIVE",
    "HEADER",
    "HIGH PASS",
    "OUT",
    "CROSS",
    "THROW IN",
    "SHOT",
    "BALL PLAYER BLOCK",
    "PLAYER SUCCESSFUL TACKLE",
    "FREE KICK",
    "GOAL",
)

SOCCERNET_V1 = ("soccer-ball", "y-card", "subs")

SOCCERNET_V2 = (
    "Penalty",
    "Kick-off",
    "Goal",
    "Substitution",
    "Offside",
    "Shots on target",
    "Shots off target",
    "Clearance",
    "Ball out of play",
    "Throw-in",
    "Foul",
    "Indirect free-kick",
    "Direct free-kick",
    "Corner",
    "Yellow card",
    "Red card",
    "Yellow->red card",
)

CARD = "Card"
ACTION_15 = (*SOCCERNET_V2[:14], CARD)
"""lRomul's action pre-training classes: the three cards are one."""

V2_OF_V1 = {
    "soccer-ball": "Goal",
    OWN_GOAL: "Goal",
    "y-card": "Yellow card",
    "r-card": "Red card",
    "yr-card": "Yellow->red card",
    "substitution-in": "Substitution",
    "soccer": "Goal",
    "subs": "Substitution",
}
"""Label of version 1, or class of its evaluator -> of version 2; the evaluator's ``card`` is any of three."""
V1_OF_V2 = {new: old for old, new in reversed(V2_OF_V1.items())}

_KNOWN = (
    LabelSet(
        name="soccernet-v2",
        title="labels of version 2",
        labels=SOCCERNET_V2,
        fps=SOCCERNET_FPS,
        metric="loose",
        file_names=("Labels-v2.json",),
        decided_by_file=True,
        aliases=V2_OF_V1,
    ),
    LabelSet("ball-2", "ball labels", BALL_2, BALL_FPS, "at1", file_names=("Labels-ball.json",)),
    LabelSet("ball-12", "ball labels", BALL_12, BALL_FPS, "at1", file_names=("Labels-ball.json",)),
    LabelSet(
        name="soccernet-v1",
        title="labels of version 1",
        labels=SOCCERNET_V1,
        fps=SOCCERNET_FPS,
        metric="loose",
        file_names=("Labels.json",),
        decided_by_file=True,
        classes=("card", "subs", "soccer"),
        aliases=V1_OF_V2,
        further_labels=tuple(label for label in V2_OF_V1 if label not in SOCCERNET_V1),
        output_order=("y-card", "subs", "soccer-ball"),
        whole_seconds=True,
    ),
    LabelSet("action-15", "action labels", ACTION_15, BALL_FPS, "at1"),
)

LABEL_SETS: Mapping[str, LabelSet] = MappingProxyType({known.name: known for known in _KNOWN})
"""Every label set by name; where a folder holds files of several, those of the first are preferred."""


def label_files() -> tuple[str, ...]:
    """The names of all label files, the preferred first."""
    return tuple(dict.fromkeys(name for known in LABEL_SETS.values() for name in known.file_names))


def sets_of_file(file_name: str) -> tuple[LabelSet, ...]:
    """The label sets that a file of this name may hold."""
    return tuple(known for known in LABEL_SETS.values() if file_name in known.file_names)


def guess_label_set(labels: Collection[str], *, file_name: str) -> LabelSet | None:
    """The set that a label file holds, by its name and the labels in it; None where it is none that is known."""
    decided = [known for known in sets_of_file(file_name) if known.decided_by_file]
    for known in decided:
        if known.classes:
            return known
    for known in LABEL_SETS.values():
        if labels and known.file_names and not known.classes and set(labels) <= set(known.labels):
            return known
    return next((known for known in decided if set(labels) & set(known.labels)), None)


def labels_named(value: object) -> object:
    """The labels of the set that a text names, as recipes have it; anything but a text as it is.

    Raises:
        ValueError: no label set has that name.

    """
    if not isinstance(value, str):
        return value
    if value not in LABEL_SETS:
        raise ValueError(f"no label set is called {value!r}; there are {sorted(LABEL_SETS)}")
    return list(LABEL_SETS[value].labels)
