"""What rebuilding a skops file would import, make and call."""
