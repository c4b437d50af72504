"""``touchline evaluate``: official metrics of predictions against truth."""
