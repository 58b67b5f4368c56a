"""Mutated problem and answer files, graded under limits: `python -m tests.fuzz --count 10000 --seed 1`."""
