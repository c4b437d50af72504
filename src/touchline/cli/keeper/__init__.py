"""``touchline keeper``: goalkeeper technique."""
