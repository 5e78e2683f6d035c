"""What is wrong with a run, and what to try next: the rules, one family a file, from evidence that was gathered.

`judge.py` puts the rules in order. A rule is a function from an `Evidence` to a `Verdict`, or None; its thresholds
stand at the top of its file with where they come from. `tests/diagnosis` measures how often they are right.
"""
