"""Zip archives, read without unpacking and without believing them."""
