"""Scores, baselines and reports from arrays in original units."""
