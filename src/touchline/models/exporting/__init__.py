"""Models for other runtimes: ONNX graphs and the files beside them."""
