"""The label sets of the field, each written once."""

from __future__ import annotations

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

LABEL_SETS: dict[str, tuple[str, ...]] = {
    "ball-2": BALL_2,
    "ball-12": BALL_12,
    "soccernet-v1": SOCCERNET_V1,
    "soccernet-v2": SOCCERNET_V2,
    "action-15": ACTION_15,
}
