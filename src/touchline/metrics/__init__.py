"""Official metrics in NumPy, each equal to its reference."""
