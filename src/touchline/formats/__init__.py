"""Files and the values they hold: one module a format, a folder a kind of data."""
