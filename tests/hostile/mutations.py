"""Requests that go wrong in one or two places: the worked examples of every operation, with odd values in the fields that it takes.

Made from the registry, so that a new operation is attacked without being told of. The same number gives the same request.
`python -m tests.hostile.mutations 10000` sends that many to a service of its own, and prints what ends badly.
"""

from __future__ import annotations

import copy
import json
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlsplit

from service.web.endpoint import Endpoint
from service.web.fields import ArrayField, BooleanField, ChoiceField, ExpressionField, IntegerField, TextField
from service.web.registry import ENDPOINTS
from tests import servers
from tests.hostile import wire

FIRST = 1_000_000  # the first number of those that the suite does not send

Request = tuple[str, dict[str, Any]]

SCALARS: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2, 7, 0.5, -0.0, 1e308, -1e308, 5e-324, 1e-300, 1e16, 2**53 + 1, 2**63, 2**64, -(2**64), 10**25,
    "", " ", "x", "0", "1/3", "1/0", "0/0", "1e400", "NaN", "nan", "inf", "pi", "sqrt(2)", "i", "1+2i", "x+", "(", "\0", "\u0661", "²",
    "_", "." * 50,
    "x" * 200, "9^9^9^9", "1/x", "log(0)", "log(-1)", "exp(1e9)", "[1,2]", "[[1,2],[3,4]]", {"re": 1, "im": 2}, {"re": 1e308, "im": 1e308},
)  # fmt: skip
CONTAINERS: tuple[Any, ...] = (
    [], [[]], [[], []], {}, [{}], [None], [1], [0], [1, 2], [1, 2, 3], [[1]], [[0]], [[1, 2], [3, 4]], [[1, 2], [2, 4]], [[1, 2, 3],
    [4, 5, 6]],
    [[1], [2], [3]], [[0, 0], [0, 0]], [[1, 2], [3]], [1, [2]], [[[1, 2], [3, 4]], [[5, 6], [7, 8]]], [["1/3", "2"], ["x", "y"]], ["x",
    "y"],
    [[True, 1], [1, 2]], [["NaN", 1], [1, 1]], [[2**64, 1], [1, 1]], [[1e308, 1e308], [1e308, -1e308]], [[1e-308, 0], [0, 1e308]],
    [[5e-324, 1], [1, 5e-324]], [[{"re": 1, "im": 2}, 1], [1, {"re": 0, "im": 0}]],
    [[1 / (i + j + 1) for j in range(12)] for i in range(12)],
    {"x": 1}, {"x": "vector(n)"}, {"x": "vector(0)"}, {"x": "matrix(2,2)"}, {"x": [1, 2]}, {"x": None}, {"x": "pi/2"}, {"x": 1e308},
    {"": 1},
    {"x": {"shape": ["n"]}}, {"x": {"shape": [10**9, 10**9]}}, {"x": "vector(1000000000)"}, {"x": [0, 1]}, {"jvp": {"x": [1]}}, {"vjp": 1},
    {"base64": "", "shape": [1]}, {"base64": "AAAAAAAA+H8=", "shape": [1, 1]}, {"base64": "////", "shape": [1], "dtype": "O"},
    {"base64": 1},
)  # fmt: skip
EXPRESSIONS: tuple[str, ...] = (
    "x", "x'*A*x", "norm2(A*x-b)^2", "log(x)", "1/x", "abs(x)", "max(x,y)", "where(x>0,x,-x)", "sum(exp(x))", "tr(A)", "det(A)",
    "inv(A)", "A^-1",
    "A^100", "x^1000", "x^0.5", "0^0", "0^-1", "1/0", "sqrt(-1)", "gamma(-1)", "x[1]", "x[0]", "x[9]", "[x,y;1,2]", "[1,2;3]", "eye(n)",
    "zeros(100000,100000)", "kron(A,A)", "expm(A)", "logm(A)", "x''", "x./0", "x y", "x(y)", "x==y", "log(x,0)", "log(x,1)",
    "atan2(x,0)", "1e400",
    "sin(" * 300 + "x" + ")" * 300, "x" + "+x" * 2000, "^".join(["x"] * 30), "-" * 400 + "x", "(x+1)^100", "exp(exp(exp(exp(10))))",
    "((9^9)^9999)^9999", "4^(1/2)^(1/2)", "*".join(f"(1+x{i})" for i in range(16)),
    "log(" + "+".join(f"exp(x{i})" for i in range(40)) + ")",
    "sin(sin(sin(sin(sin(x)))))", "cos(exp(x))", "sum(x)/n", "prod(x)", "lambda_max(A)", "pinv(A)", "θ_1^2", "x\u0301", "x\u200b",
    "x;y", "x=1",
    "x.__class__", "f(x)", "d(x)", "@", "5!", "x%2", "'x'", "x\ny", "x #c",
)  # fmt: skip
ENTRIES: tuple[Any, ...] = (
    0, 1, -1, 2, 3, 0.5, -0.0, 1e308, -1e308, 5e-324, 1e-300, 1e-16, 1e16, 1e154, 2**53 + 1, 10**20, "1/3", "-2/7", "x", "sqrt(2)",
    {"re": 1, "im": 1},
)  # fmt: skip


def mutated(number: int) -> Request:
    """The request of this number."""
    random = Random(number)
    endpoint = random.choice(list(ENDPOINTS.values()))
    request = copy.deepcopy(dict(random.choice(endpoint.examples).request))
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        name = random.choice(list(endpoint.request.fields))
        if random.random() < 0.08:
            request.pop(name, None)
        elif name in request and random.random() < 0.3:
            request[name] = _bent(random, request[name])
        else:
            request[name] = _value(random, endpoint, name)
    return endpoint.name, request


def _value(random: Random, endpoint: Endpoint, name: str) -> Any:
    """A value for the field: mostly of its kind, and odd."""
    field = endpoint.request.fields[name]
    if random.random() < 0.75:
        if isinstance(field, ExpressionField):
            return random.choice(EXPRESSIONS)
        if isinstance(field, ChoiceField):
            return random.choice(field.choices)
        if isinstance(field, BooleanField):
            return random.random() < 0.5
        if isinstance(field, IntegerField):
            return random.choice((0, 1, 2, 3, 5, 10, 40, 100))
        if isinstance(field, ArrayField) and field.takes_files:
            return _array(random, field.depth or 2)
    return copy.deepcopy(random.choice((*SCALARS, *CONTAINERS)))


def _array(random: Random, depth: int) -> list[Any]:
    rows, columns = random.randint(1, 5), random.randint(1, 5)
    rows = columns if random.random() < 0.5 else rows
    pool = random.choice(((0, 1, -1, 2, 3), (1e308, -1e308, 5e-324, 1e-300, 0, 1, 1e200, -1e-200), ENTRIES))
    array = [[random.choice(pool) for _ in range(columns)] for _ in range(rows)]
    return array if depth == 2 else array[0]


def _bent(random: Random, value: Any) -> Any:
    """The value with something odd somewhere inside."""
    if isinstance(value, list) and value and random.random() < 0.85:
        place = random.randrange(len(value))
        bent = [*value[:place], _bent(random, value[place]), *value[place + 1 :]]
        return bent + bent[:1] if random.random() < 0.2 else bent[1:] if random.random() < 0.15 else bent
    if isinstance(value, dict) and value and random.random() < 0.85:
        key = random.choice(list(value))
        return {**value, key: _bent(random, value[key])}
    if isinstance(value, str) and value and random.random() < 0.6:
        place = random.randrange(len(value))
        piece = random.choice(("(", ")", "^", "/", "*", "'", "0", "9", "1e300", "+", "-", ",", "[", "]", "x", "@", "log", ""))
        return value[:place] + piece + value[place + random.randint(0, 1) :]
    return copy.deepcopy(random.choice(ENTRIES if isinstance(value, (int, float)) and random.random() < 0.8 else SCALARS))


def with_text(text: str) -> list[Request]:
    """Requests that put the text where each operation takes one, one place a request; and into names of fields and variables."""
    found: list[Request] = []
    for endpoint in ENDPOINTS.values():
        base = dict(next(example for example in endpoint.examples if example.refused is None).request)
        for name, field in endpoint.request.fields.items():
            if isinstance(field, (ExpressionField, TextField)) and name in base:
                found.append((endpoint.name, {**base, name: text}))
            elif name == "matrix" and name in base:
                found.append((endpoint.name, {**base, name: [[text, 1], [1, 2]]}))
        found.append((endpoint.name, {**base, text: 1}))
    found += [
        ("gradient", {"expression": "x", "variables": {text: "vector(n)"}}),
        ("gradient", {"expression": "x", "variables": {"x": text}}),
        ("gradient", {"expression": "x", "wrt": text}),
        ("evaluate", {"expression": "x", "at": {"x": text}}),
        ("evaluate", {"expression": "x", "at": {"x": 1, text: 1}}),
    ]
    return found


# What blows up in an engine that does not look first: towers of powers, products and sums that expand, nests, sizes.
BOMBS: tuple[str, ...] = (
    "9^9^9^9", "((9^9)^9999)^9999", "x^x^x^x^x^x^x^x^x^x^x^x", "(x+y)^100000", "*".join(f"(1+x{i})" for i in range(60)),
    "+".join(f"1/(x{i}+k)" for i in range(60)), "log(" + "+".join(f"exp(x{i})" for i in range(120)) + ")", "sin(" * 900 + "x" + ")" * 900,
    "x" + "*x" * 9_000, "x" + "+sin(x*" * 300 + "1" + ")" * 300, "tan(tan(tan(tan(tan(tan(x))))))", "max(" * 60 + "x" + ",y)" * 60,
    "exp(exp(exp(exp(exp(x)))))", "ones(100000,100000)", "kron(kron(ones(200,200),ones(200,200)),x)", "det(" + "A+" * 400 + "A)",
    "expm(" * 40 + "A" + ")" * 40, "inv(" * 200 + "A" + ")" * 200, "A^100000", "1e308*x^300+1e-308*x^299", "gamma(" * 30 + "x" + ")" * 30,
    "sum(" * 500 + "x" + ")" * 500, "[" + "x," * 20_000 + "x]", "commutation(200,200)*x", "x" + "''" * 4_000, "(" * 990 + "x" + ")" * 990,
)  # fmt: skip


def bombs(deadline: int) -> list[Request]:
    """Each bomb for some of the operations on expressions, each of these under several, to be answered within `deadline` milliseconds."""
    found: list[Request] = []
    taking = [endpoint for endpoint in ENDPOINTS.values() if "expression" in endpoint.request.fields]
    for number, bomb in enumerate(BOMBS):
        for endpoint in taking[number % 4 :: 4]:
            base = dict(next(example for example in endpoint.examples if example.refused is None).request)
            declared = {"variables": {"A": "matrix(n,n)"}} if "A" in bomb else {"variables": {}}
            left = {name: value for name, value in base.items() if name not in ("at", "wrt", "about", "within", "product")}
            found.append((endpoint.name, {**left, **declared, "expression": bomb, "deadline_ms": deadline}))
    return found


# What an entry is replaced by: by its place, row and column alike.
EXTREMES: tuple[tuple[Any, ...], ...] = (
    (1e308, -1e308), (5e-324,), (1e308, 5e-324, 1e-308), (0,), (1e200, 1e-200), (1.7976931348623157e308,), (1, 1e16, 1e-16), (-0.0, 1e-320),
    (10**40, 1), ("1e-300", "1e300"), (2**53 + 1, 2**53), (1e154, 1e155, -1e154, 3), ({"re": 1e200, "im": -1e200}, 1),
)  # fmt: skip


def extremes() -> list[Request]:
    """Every operation on arrays, its arrays filled with numbers at the ends of what doubles hold."""
    found: list[Request] = []
    for endpoint in ENDPOINTS.values():
        base = dict(next(example for example in endpoint.examples if example.refused is None).request)
        arrays = [name for name, field in endpoint.request.fields.items() if isinstance(field, ArrayField) and name in base]
        for pattern in EXTREMES if arrays else ():
            found.append((endpoint.name, {**base, **{name: _filled(base[name], pattern) for name in arrays}}))
    return found


def _filled(value: Any, pattern: tuple[Any, ...], place: int = 0) -> Any:
    if isinstance(value, list):
        return [_filled(item, pattern, place + i) for i, item in enumerate(value)]
    return pattern[place % len(pattern)]


def main(count: int) -> int:
    """How many of so many requests ended badly."""
    ended: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder, servers.service(Path(folder), WEB_CONCURRENCY="2", LOG_LEVEL="error") as base:
        place = urlsplit(base)
        address = str(place.hostname), int(place.port or 80)

        def outcome(number: int) -> str:
            operation, request = mutated(number)
            try:
                answer = wire.ask(address, operation, request)
                answer.check()
            except (AssertionError, OSError, ValueError) as error:
                sys.stdout.write(f"{type(error).__name__} {str(error)[:300]}: {operation} {json.dumps(request)[:2000]}\n")
                return "badly"
            return str(answer.status)

        with ThreadPoolExecutor(4) as pool:
            ended.update(pool.map(outcome, range(FIRST, FIRST + count)))
    sys.stdout.write(f"{count} requests: {dict(sorted(ended.items()))}\n")
    return ended["badly"]


if __name__ == "__main__":
    sys.exit(bool(main(int(sys.argv[1]))))
