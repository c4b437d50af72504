"""``touchline spot --scores``: events from saved scores."""
