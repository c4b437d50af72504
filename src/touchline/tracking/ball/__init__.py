"""The ball: the most likely path through uncertain candidates."""
