"""Training of the people and ball detector."""
