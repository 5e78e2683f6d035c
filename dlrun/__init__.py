"""Deep learning experiments from one YAML file."""
