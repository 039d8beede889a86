"""Trained networks at run time, through ONNX Runtime or numpy; no torch."""
