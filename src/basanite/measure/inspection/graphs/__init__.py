"""What operators of computation graphs can reach beyond numbers."""
