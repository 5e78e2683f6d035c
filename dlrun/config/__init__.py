"""YAML text to a frozen, validated Config that remembers file, line and column."""
