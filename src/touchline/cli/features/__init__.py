"""``touchline features``: extract, reduce and inspect video features."""
