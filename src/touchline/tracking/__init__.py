"""Players, officials and the ball: found, followed through a shot, put into teams and onto the pitch."""
