"""Media files in: decoding, sampling in time, sound, diagnosis (PyAV)."""
