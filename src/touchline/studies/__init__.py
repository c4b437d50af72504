"""Published results computed again, with what differs and why."""
