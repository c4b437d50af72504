"""What every converter needs of a file: atomic writes, checksums, lines and columns of text."""
