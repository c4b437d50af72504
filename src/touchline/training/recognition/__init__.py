"""Training and distillation of recognisers of clips and joint sequences."""
