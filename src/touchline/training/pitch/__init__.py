"""Training of the pitch finder."""
