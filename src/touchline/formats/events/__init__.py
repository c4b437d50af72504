"""Event formats: one module each, and the registry that conversion and bundles look them up in."""
