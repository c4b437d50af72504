"""What a model file says about its model: inputs, outputs, labels, thresholds."""
