"""The report page and the keeper pages, made from a bundle."""
