"""The review tool: a local web server that shows bundles and takes a person's corrections; it runs no models."""
