"""Figures of the README, each beside a named peer: `make bench`, or `python -m benchmarks NAME`."""
