"""The tests of grader; `tests.bench` measures, `tests.fuzz` mutates."""
