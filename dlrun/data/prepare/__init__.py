"""One table step per file."""
