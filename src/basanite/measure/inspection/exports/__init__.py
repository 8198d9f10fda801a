"""Exported programs: what the operators and the code in them would do."""
