"""7z archives: their headers, and the blocks that their files lie in."""
