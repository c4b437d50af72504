"""Training models: ``train``, with or without corrections, and ``distill``."""
