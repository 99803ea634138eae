"""Benchmarks on real parts: `python -m tests.bench` runs all of them and prints, `python -m tests.bench NAME` one."""
