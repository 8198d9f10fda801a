"""What is known of callables in pickles, and how a stream of events is judged."""
