"""The nouns of assurance, the rules between them, and the ports. Frozen values, no I/O."""
