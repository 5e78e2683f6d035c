"""One verb per file: parse options, call the core, show the result."""
