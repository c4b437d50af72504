"""Training of heads over feature streams."""
