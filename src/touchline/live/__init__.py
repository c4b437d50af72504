"""Streams and growing files, analysed while they play."""
