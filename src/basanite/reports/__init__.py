"""Driver: views of an Assessment in the formats others read."""
