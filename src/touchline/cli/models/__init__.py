"""``touchline models``: list, show, import and export models."""
