"""Heads over feature streams: pooling, NetVLAD, CALF, long context, and their fusion."""
