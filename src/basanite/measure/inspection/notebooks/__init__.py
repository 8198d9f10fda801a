"""What a notebook has a browser, a shell or Python do."""
