"""Runs that are good or broken on purpose, and how often `dlrun diagnose` says what they are."""
