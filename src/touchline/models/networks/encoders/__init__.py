"""Encoders of pictures with published ImageNet weights, and recognisers of clips on top of them."""
