"""Pickles, read symbolically: what would happen on loading, found without loading."""
