"""Files to types and back, one converter a file."""
