"""The events of play that geometry names, and which of them come from which others."""

from __future__ import annotations

PASSES = ("PASS", "HEADER", "HIGH PASS", "CROSS")
"""A pass and its kinds: a kind is scored in addition to the pass that it is."""

PARENT = dict.fromkeys(PASSES[1:], PASSES[0])
"""What a label is a kind of."""

RESTARTS = ("KICK OFF", "GOAL KICK", "FREE KICK", "CORNER", "THROW IN")
"""What brings the ball back into play."""

STOPS = ("OUT", "GOAL")
"""What takes the ball out of play."""

WINS = ("BALL PLAYER BLOCK", "PLAYER SUCCESSFUL TACKLE")
"""What wins the ball from the other team."""

TRACK_LABELS = ("PASS", "DRIVE", "SHOT", *STOPS, *RESTARTS[::-1], *PASSES[1:], *WINS)
"""All labels, in the order of a network's outputs."""

KICKS = (*PASSES, "SHOT", *RESTARTS)
"""Labels of moments at which somebody sends the ball away."""
