"""Many matches: a plan, workers that share it without a server, and what has become of each match."""
