"""Measurements, against a floor in the same run where there is one. `make bench` writes RESULTS.md."""
