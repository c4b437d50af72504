"""Sets of labelled clips and joint sequences, and predictions for them."""
