"""What loading calls in Python source look like."""
