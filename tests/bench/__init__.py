"""Measurements, one in each module, found by being there; nothing here runs in the tests, and no test is timed."""
