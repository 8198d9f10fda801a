"""Templates: what a chat template could do and say, judged on its syntax tree."""
