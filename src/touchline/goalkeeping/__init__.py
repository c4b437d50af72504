"""Goalkeepers: poses made comparable, techniques, expected saves, and what a keeper could do better."""
