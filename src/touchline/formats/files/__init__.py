"""What several formats share: atomic writes, checksums, JSON, CSV, arrays and lines of text, with one set of errors."""
