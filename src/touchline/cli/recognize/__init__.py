"""``touchline recognize``: label clips, or each tracked player over time."""
