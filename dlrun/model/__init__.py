"""From a config's specs to Keras objects."""
