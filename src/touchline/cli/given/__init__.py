"""What comes from outside: the files that a command line names, and texts of strangers on their way to the terminal."""
