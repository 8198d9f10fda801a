"""Weights: the tensors of a model file, and sketches by which copies of them are recognised."""
