"""Figures of the README, each beside a named peer: `make bench`, or `python -m benchmarks NAME`."""

import os

# Before NumPy is imported: one BLAS thread here as in the service, or two processes fight for the cores.
for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"
