"""The values everything speaks, and the clock: no I/O, no torch."""
