"""Event spotting as a ladder: frames -> features -> scores -> events -> file."""
