"""A Keras model's description back to a config: read as data, without Keras and without running any of it."""
