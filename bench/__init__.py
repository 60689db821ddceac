"""Benchmarks and the breaking of queries, run by hand: `make bench`, `python -m bench.mutate_queries`."""
