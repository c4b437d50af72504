"""Feature streams of pictures and sound: extraction, reduction, and sets of games."""
