"""A recogniser from a few example clips in class folders: frozen features, a linear head, and an honest accuracy."""
