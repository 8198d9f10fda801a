"""Static inspection: an artifact in, findings out. Nothing is loaded or run."""
