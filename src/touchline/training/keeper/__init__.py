"""Training of keeper pose and expected saves."""
