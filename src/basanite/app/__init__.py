"""Use cases, and the only wiring."""
