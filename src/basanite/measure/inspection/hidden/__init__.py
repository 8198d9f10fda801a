"""Hidden text: what a person does not see and a model reads."""
