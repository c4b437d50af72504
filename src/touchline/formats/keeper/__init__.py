"""Tables of goalkeepers, their poses and the shots they faced."""
