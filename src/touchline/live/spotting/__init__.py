"""Events of a stream while it runs: what may still change, and what is final."""
