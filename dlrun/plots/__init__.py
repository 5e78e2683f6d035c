"""One plot per file, drawn from a run folder's files."""
