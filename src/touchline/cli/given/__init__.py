"""What the arguments of a command line name: files, everything in folders, and the lines of list files."""
