"""People: followed from picture to picture, joined, put into teams."""
