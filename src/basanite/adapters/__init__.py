"""Drivers for the outer world: files, HTTP targets, models, sandbox, clock."""
