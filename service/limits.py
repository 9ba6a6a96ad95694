"""LIMITS: every limit in one table, read by the code, by `GET /v1/limits` and by the documentation.

`configure` sets values once, at start (service/settings.py reads them from the environment as `LIMIT_<NAME>`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from service.errors import LimitExceeded


@dataclass(frozen=True)
class Limit:
    """`name` in kebab-case, `default` in `unit`; `help` completes the sentence "the largest allowed ..."."""

    name: str
    default: int
    unit: str
    help: str


LIMITS: tuple[Limit, ...] = (
    Limit("body-bytes", 48_000_000, "bytes", "size of a request body"),
    Limit("decompressed-bytes", 48_000_000, "bytes", "size of a request body once it is decompressed"),
    Limit("compression-ratio", 300, "times", "size of a decompressed body over 4 MB, compared with what was sent"),
    Limit("form-parts", 100, "parts", "number of parts in a multipart body"),
    Limit("batch-items", 500, "items", "number of items in a batch"),
    Limit("batch-bytes", 64_000_000, "bytes", "size of the answers of a batch, before the last one"),
    Limit("json-depth", 64, "levels", "nesting of a JSON body"),
    Limit("json-arrays", 300_000, "arrays and objects", "number of arrays and objects in a JSON body"),
    Limit("query-length", 8_000, "characters", "length of a query string"),
    Limit("header-seconds", 10, "seconds", "time for the head of a request to arrive"),
    Limit("body-seconds", 30, "seconds", "time for a request to arrive, beside a second for each 20 kB of it"),
    Limit("send-seconds", 30, "seconds", "time for an answer to be taken, beside a second for each 20 kB of it"),
    Limit("expression-length", 100_000, "characters", "length of one expression"),
    Limit("expression-depth", 1_000, "levels", "nesting of an expression"),
    Limit("expression-nodes", 40_000, "nodes", "number of operations and names in one expression"),
    Limit("derivation-nodes", 400_000, "nodes", "number of nodes that one derivation may build"),
    Limit("answer-characters", 2_000_000, "characters", "length of one printed expression"),
    Limit("entries-characters", 100_000, "characters", "length of all components of one result, written one by one"),
    Limit("index-letters", 52, "letters", "number of letters in one einsum"),
    Limit("name-length", 100, "characters", "length of one name in an expression"),
    Limit("number-digits", 400, "digits", "length of one number in an expression"),
    Limit("variables", 2_000, "names", "number of variables in one request"),
    Limit("inner-functions", 100, "functions", "number of inner functions in one request"),
    Limit("graph-parts", 300, "values", "number of values in a computation graph that is shown"),
    Limit("picture-parts", 60, "values", "number of values in a computation graph that is drawn"),
    Limit("picture-layers", 16, "layers", "number of layers of a network that is drawn"),
    Limit("picture-work", 2_000_000, "steps", "work of the values that one picture shows"),
    Limit("formula-entries", 10_000, "entries", "size of an array that is written as a formula"),
    Limit("formula-characters", 500_000, "characters", "length of an answer that is a formula"),
    Limit("mathml-characters", 50_000, "characters", "length of a formula in LaTeX that is turned into MathML"),
    Limit("mathml-depth", 150, "levels", "nesting of a formula that is turned into MathML"),
    Limit("paths", 64, "paths", "number of paths through a computation graph that are told"),
    Limit("points", 1_000, "points", "number of points in one request"),
    Limit("matrix-entries", 2_200_000, "entries", "size of one array"),
    Limit("formed-entries", 10_000, "entries", "size of a derivative that is formed although only a product with it was asked for"),
    Limit("cubic-size", 1_500, "rows or columns", "size of a matrix for operations whose cost grows as n^3"),
    Limit("fit-entries", 20_000_000, "numbers", "number of values that an iterative fit computes at each step"),
    Limit("network-layers", 100, "layers", "depth of a network"),
    Limit(
        "convolution-products", 100_000_000, "products", "number of products in one convolution of floats, or one pass through a network"
    ),
    Limit("exact-size", 120, "rows or columns", "size of a matrix in exact arithmetic"),
    Limit("surd-size", 48, "rows or columns times terms", "size of an exact matrix with square roots or complex numbers (two terms each)"),
    Limit("surd-work", 30_000, "bits", "number of entries of such a matrix, times their longest part, times terms"),
    Limit("exact-entries", 50_000, "entries", "size of an array for exact sums over all its entries"),
    Limit("exact-digits", 1_000, "digits", "length of one exact number in an array"),
    Limit("function-size", 40, "rows or columns", "size of a matrix whose roots and logarithms are verified, or given with digits"),
    Limit("symbolic-size", 8, "rows or columns", "size of a matrix of expressions in determinants, inverses and systems"),
    Limit("symbolic-spectrum-size", 4, "rows or columns", "size of a matrix of expressions for its eigenvalues"),
    Limit("symbolic-layers", 32, "layers", "depth of a network of symbols"),
    Limit("symbolic-degree", 200, "powers", "degree of the polynomials in a matrix of expressions"),
    Limit("symbolic-terms", 20_000, "terms", "number of terms that a symbolic answer may come to"),
    Limit("steps-size", 8, "rows or columns", "size of a matrix on which an operation is told in steps"),
    Limit("steps-digits", 100, "digits", "length of a number in steps on a matrix"),
    Limit("digits-work", 300, "millions", "product of the cube of the size and the digits, and of a factor for matrix functions"),
    Limit("unknowns", 500, "unknowns", "number of unknowns of a function to be minimised or solved"),
    Limit("constraints", 60, "constraints", "number of constraints or conditions in one request; a vector of inequalities is one"),
    Limit("iterations", 100_000, "iterations", "number of iterations of one request"),
    Limit("taylor-order", 40, "orders", "order of a Taylor polynomial"),
    Limit("digits", 1_000, "digits", "number of digits to ask for"),
    Limit("answer-bytes", 64_000_000, "bytes", "size of an answer"),
    Limit("request-milliseconds", 10_000, "milliseconds", "time of one request, from its arrival; deadline_ms in a request lowers it"),
    Limit("requests-in-flight", 48, "requests", "number of requests that one worker computes, or lets wait for it, at once"),
    Limit("fast-computations", 2, "computations", "number of computations in their first slice at once, in one worker"),
    Limit("slow-computations", 8, "computations", "number of computations past their first slice that run at once, in one worker"),
    Limit("client-computations", 16, "computations", "number of one client's computations past their first slice, in one worker"),
    Limit("slice-milliseconds", 50, "milliseconds", "processor time of a computation before it makes way for others"),
    Limit(
        "cpu-budget",
        60,
        "seconds",
        "processor time past first slices that a client may owe to one worker; half a second is forgiven a second",
    ),
    Limit("compute-megabytes", 2_048, "megabytes", "address space of one computation"),
    Limit("exact-answer-digits", 10_000_000, "digits", "total length that the numbers of an exact answer may come to"),
)

_values: dict[str, int] = {limit.name: limit.default for limit in LIMITS}
_by_name: dict[str, Limit] = {limit.name: limit for limit in LIMITS}


def configure(values: Mapping[str, int]) -> None:
    """Replace limits by name; called once at start."""
    for name, value in values.items():
        if name not in _by_name:
            raise KeyError(name)
        _values[name] = value


def limit(name: str) -> int:
    """The value in force of the limit called `name`."""
    return _values[name]


def environment() -> dict[str, str]:
    """The limits in force, as another process takes them over."""
    return {f"LIMIT_{name.replace('-', '_').upper()}": str(value) for name, value in _values.items()}


def check(name: str, value: int, pointer: str = "") -> None:
    """Raises LimitExceeded, naming the limit, when `value` is over it."""
    allowed = _values[name]
    if value > allowed:
        entry = _by_name[name]
        raise LimitExceeded(
            f"{value} {entry.unit} is over the limit {name}: the largest allowed {entry.help} is {allowed} {entry.unit}",
            hint="GET /v1/limits lists every limit",
            pointer=pointer,
            facts={"limit": name, "allowed": allowed, "value": value},
        )
