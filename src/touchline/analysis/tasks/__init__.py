"""The tasks of one analysis: each is one class with the same protocol."""
