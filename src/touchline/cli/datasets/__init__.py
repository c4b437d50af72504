"""``touchline data``: what public data sets hold, how to obtain them, and whether they arrived whole."""
