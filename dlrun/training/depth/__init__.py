"""Evaluation in depth: thresholds, calibration, importance of columns, worst rows, groups of rows."""
