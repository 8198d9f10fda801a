"""Map: what a system is made of."""
