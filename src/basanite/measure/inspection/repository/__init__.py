"""What a model's repository tells a loader to import, call or run."""
