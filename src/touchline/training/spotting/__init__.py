"""Training of event spotters that see frames."""
