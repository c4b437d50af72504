"""Published checkpoints, converted once to safetensors by a restricted loader."""
