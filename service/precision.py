"""The working precision of ball arithmetic (Arb, through python-flint).

A ball is a midpoint of any precision with a radius that the true value cannot leave. (Johansson, Arb: Efficient
Arbitrary-Precision Midpoint-Radius Interval Arithmetic, IEEE Trans. Computers 66, 2017.)
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import flint

_one_precision_at_a_time = threading.Lock()


@contextmanager
def precision(bits: int) -> Iterator[None]:
    """Compute with balls of so many bits. The precision belongs to the whole process, so one thread at a time computes;
    it is not to be nested."""
    with _one_precision_at_a_time:
        saved = flint.ctx.prec
        flint.ctx.prec = bits
        try:
            yield
        finally:
            flint.ctx.prec = saved
