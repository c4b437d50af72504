"""What each player is doing: clips named by networks, along tracks and alone, and movement told by metres."""
