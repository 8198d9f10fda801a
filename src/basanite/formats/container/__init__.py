"""Containers: archives and compressed files, walked to the files inside them without unpacking."""
