"""A season in one place: tables over many bundles, questions to them, and a page."""
