"""dlrun against hand-written Keras scripts: `python -m tests.benchmarks --help`. Run by hand, never by pytest."""
