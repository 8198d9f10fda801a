"""Behaviour under test: a model or a target in, measurements out."""
