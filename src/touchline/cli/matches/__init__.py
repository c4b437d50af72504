"""Commands for many matches."""
