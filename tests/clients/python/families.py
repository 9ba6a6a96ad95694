"""One call of each family with the generated client, and a mistake; prints what came back as JSON, a line each.

Runs as `python families.py http://127.0.0.1:8000` beside the generated package `nabla`.
"""

from __future__ import annotations

import json
import sys

from nabla import Client
from nabla.api.calculus import gradient
from nabla.api.functions import critical_points
from nabla.api.learning import regression
from nabla.api.linear_algebra import inverse
from nabla.api.service import limits
from nabla.models import (
    CriticalPointsAnswer,
    CriticalPointsRequest,
    GradientAnswer,
    GradientRequest,
    InverseAnswer,
    InverseRequest,
    Problem,
    RegressionAnswer,
    RegressionRequest,
    Result,
)

client = Client(base_url=sys.argv[1])

# calculus: a symbolic gradient, and its value
declared = {"A": "matrix(n,n)", "x": {"shape": ["n"]}}
asked = GradientRequest.from_dict({"expression": "x'*A*x", "variables": declared, "wrt": "x", "at": {"A": [[2, 1], [0, 3]], "x": [1, 2]}})
answer = gradient.sync(client=client, body=asked)
assert isinstance(answer, GradientAnswer)
assert isinstance(answer.result, Result)
assert all(check.passed for check in answer.checks)
print(json.dumps({"operation": answer.operation, "text": answer.result.text, "value": answer.value}))

# functions: critical points
critical = critical_points.sync(client=client, body=CriticalPointsRequest(expression="x^2 - y^2", wrt=["x", "y"]))
assert isinstance(critical, CriticalPointsAnswer)
print(json.dumps({"kinds": [point.kind for point in critical.points]}))

# linear algebra: an exact inverse
exact = inverse.sync(client=client, body=InverseRequest(matrix=[["3/5", "1/3"], ["1/3", 1]], arithmetic="exact"))
assert isinstance(exact, InverseAnswer)
print(json.dumps({"inverse": exact.inverse, "first": exact.inverse[0][0]}))

# learning: a straight line
line = regression.sync(client=client, body=RegressionRequest(model="ols", X=[[1], [2], [3], [4]], y=[3, 5, 7, 9.5]))
assert isinstance(line, RegressionAnswer)
assert isinstance(line.coefficients, list)
print(json.dumps({"slope": line.coefficients[0], "intercept": line.intercept}))

# the service itself
stated = limits.sync(client=client)
assert stated is not None
assert not isinstance(stated, Problem)
print(json.dumps({"limits": len(stated.limits) > 10}))

# a mistake is a typed problem
mistake = inverse.sync_detailed(client=client, body=InverseRequest(matrix=[[1, 2], [2, 4]]))
assert isinstance(mistake.parsed, Problem)
print(json.dumps({"status": mistake.status_code.value, "code": mistake.parsed.code}))
