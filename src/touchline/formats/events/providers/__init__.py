"""Event data of StatsBomb, Wyscout, Opta and others, read through the optional package kloppy."""
