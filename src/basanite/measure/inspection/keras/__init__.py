"""What Keras would build from a configuration, judged without building it."""
