"""Configuration of strangers (JSON, YAML, TOML) as plain values that remember their lines."""
