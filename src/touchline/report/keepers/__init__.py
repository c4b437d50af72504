"""The keeper pages: one for each goalkeeper, with a card for every moment, and a list of them all."""
