"""A first config for a table that nobody has looked at yet: `dlrun init`."""
