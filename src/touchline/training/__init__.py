"""Training: configuration, data, losses, the loop."""
