"""Label sets: the name, labels, file names and scoring of each, defined once.

To add a set, add it to :data:`LABEL_SETS`: evaluation, conversion, training and recipes read it from there.
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
    """A set of labels with its file names and scoring rules.

    Attributes:
        name: name used by options and recipes.
        title: description of its label files, to complete "... have no class for".
        labels: in the order of results, recipes and model outputs (unless ``output_order`` differs).
        fps: frame rate that times are rounded to for scoring.
        metric: default metric: ``"loose"``, ``"tight"`` or ``"atN"``.
        file_names: names of its label files, the preferred one first; empty for a set without files.
        decided_by_file: whether the file name alone identifies the set, even if the file holds labels of no known set.
        classes: scored classes if they differ from the labels; a label counts for the first class its text contains.
        aliases: labels of other sets, each with the corresponding label of this set.
        further_labels: other labels that its files may hold, written unchanged.
        output_order: labels in the order of the published heads' outputs; empty if equal to ``labels``.
        whole_seconds: whether its files hold a clock in whole seconds, without milliseconds and visibility.

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
            raise ValueError(f"label set {self.name!r}: aliases map to {sorted(strangers)}, which are not its labels")

    @property
    def scored(self) -> tuple[str, ...]:
        """The scored classes: ``classes`` if there are any, otherwise the labels."""
        return self.classes or self.labels

    @property
    def outputs(self) -> tuple[str, ...]:
        """The labels in the order of the published heads' outputs."""
        return self.output_order or self.labels

    def class_of(self, label: str) -> str | None:
        """Return the class that a label is scored as; None if it is not scored."""
        if not self.classes:
            return label if label in self.labels else None
        return next((name for name in self.classes if name in label), None)

    def spelling_of(self, label: str) -> str | None:
        """Return a label of any set in the spelling of this set's files; None if they have no such label."""
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

PLAY = (
    "PASS",
    "DRIVE",
    "HEADER",
    "HIGH PASS",
    "CROSS",
    "SHOT",
    "GOAL",
    "OUT",
    "THROW IN",
    "CORNER",
    "GOAL KICK",
    "FREE KICK",
    "KICK OFF",
    "BALL BLOCK",
    "TACKLE",
)
"""Events of play that are named from tracks and ball."""

PLAY_OF_BALL_12 = {"BALL PLAYER BLOCK": "BALL BLOCK", "PLAYER SUCCESSFUL TACKLE": "TACKLE"}
"""Ball-12 label -> the same event's label in :data:`PLAY`."""
BALL_12_OF_PLAY = {new: old for old, new in PLAY_OF_BALL_12.items()}

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
"""Action classes of lRomul's pre-training, in which the three cards are one class."""

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
"""Version 1 label, or class of its evaluator -> version 2 label; the evaluator's ``card`` is any of three."""
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
    LabelSet(
        name="ball-12",
        title="ball labels",
        labels=BALL_12,
        fps=BALL_FPS,
        metric="at1",
        file_names=("Labels-ball.json",),
        aliases=BALL_12_OF_PLAY,
    ),
    LabelSet(
        name="play",
        title="events of play",
        labels=PLAY,
        fps=BALL_FPS,
        metric="at1",
        file_names=("Labels-ball.json",),
        aliases=PLAY_OF_BALL_12,
    ),
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
"""All label sets by name; in a folder with files of several sets, the first set is preferred."""


def label_files() -> tuple[str, ...]:
    """Return the names of all label files, preferred ones first."""
    return tuple(dict.fromkeys(name for known in LABEL_SETS.values() for name in known.file_names))


def sets_of_file(file_name: str) -> tuple[LabelSet, ...]:
    """Return the label sets that a file with this name may hold."""
    return tuple(known for known in LABEL_SETS.values() if file_name in known.file_names)


def guess_label_set(labels: Collection[str], *, file_name: str) -> LabelSet | None:
    """Return the set that a label file holds, by its name and labels; None if it is not a known set."""
    decided = [known for known in sets_of_file(file_name) if known.decided_by_file]
    for known in decided:
        if known.classes:
            return known
    for known in LABEL_SETS.values():
        if labels and known.file_names and not known.classes and set(labels) <= set(known.labels):
            return known
    return next((known for known in decided if set(labels) & set(known.labels)), None)


def labels_named(value: object) -> object:
    """Return the labels of a set given by name, as in recipes; any other value is returned unchanged.

    Raises:
        ValueError: no label set has this name.

    """
    if not isinstance(value, str):
        return value
    if value not in LABEL_SETS:
        raise ValueError(f"unknown label set {value!r}; choose from {sorted(LABEL_SETS)}")
    return list(LABEL_SETS[value].labels)
