"""Events named from tracks and ball."""
