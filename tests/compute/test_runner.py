"""A handler runs in one place, which changes neither its result nor its errors."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from service.compute import runner
from service.errors import MathematicsRefuses, SingularMatrix


def test_the_result_passes_through() -> None:
    assert runner.run("rank", lambda: {"rank": 2}) == {"rank": 2}


def test_an_error_passes_through() -> None:
    def fail() -> None:
        raise SingularMatrix("no inverse")

    with pytest.raises(SingularMatrix, match="no inverse"):
        runner.run("inverse", fail)


def test_numpy_does_not_warn_of_what_is_checked_later() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert runner.run("evaluate", lambda: float(np.log(np.array([0.0]))[0])) == -np.inf


def test_an_exact_number_beyond_doubles_is_refused_and_no_defect() -> None:
    with pytest.raises(MathematicsRefuses, match="beyond the range of doubles"):
        runner.run("trace", lambda: 10**400 / 3)
