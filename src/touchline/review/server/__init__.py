"""The web server of the review tool: the guard, the routes, and how it is run."""
