"""The straight line from a Config to a finished run."""
