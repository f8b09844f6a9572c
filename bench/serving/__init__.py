"""One job, done by several systems with the same simulated model; see `bench/service.py`."""
