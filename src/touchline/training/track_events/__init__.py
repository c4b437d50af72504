"""Training of the model that names events of play from tracks."""
