"""Readers of untrusted bytes: bytes in, facts out. Nothing is loaded, imported or run."""
