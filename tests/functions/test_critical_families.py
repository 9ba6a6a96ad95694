"""Critical points with parameters, lines and surfaces of them, and points that repeat; wrong ones refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from service.errors import Undecided, UndefinedAtPoint
from service.expression.arena import fresh_arena
from service.functions.critical_points import critical_points
from service.functions.families import Families, Kind
from service.functions.family_answers import FamilyAnswers, inverted_points
from service.functions.function import Function, Question
from service.functions.inverted import Inverted
from service.functions.stationary import Gradient
from tests.functions.asking import ask


def told(entry: dict[str, Any]) -> tuple[Any, ...]:
    """Point, kind or cases, conditions."""
    kind = {case["kind"]: case["when"] for case in entry["cases"]} if "cases" in entry else entry["kind"]
    return tuple(entry["point"].values()), kind, entry["provided"]


WITH_PARAMETERS: list[tuple[str, Any, list[Any], list[str]]] = [
    ("a*x^2 + b*x + c", "x", [(("-b/(2*a)",), {"local minimum": ["a > 0"], "local maximum": ["a < 0"]}, [])], ["a != 0"]),
    # the pitchfork, S. Strogatz: Nonlinear Dynamics and Chaos, section 3.4
    (
        "x^4/4 - r*x^2/2",
        "x",
        [
            (("0",), {"local minimum": ["r < 0"], "local maximum": ["r > 0"]}, []),
            (("sqrt(r)",), "local minimum", ["r > 0"]),
            (("-sqrt(r)",), "local minimum", ["r > 0"]),
        ],
        ["r != 0"],
    ),
    # the folium of Descartes
    (
        "x^3 + y^3 - 3*a*x*y",
        ["x", "y"],
        [(("0", "0"), "saddle point", []), (("a", "a"), {"local minimum": ["a > 0"], "local maximum": ["a < 0"]}, [])],
        ["a != 0"],
    ),
    (
        "x^2*y - a*y",
        ["x", "y"],
        [(("sqrt(a)", "0"), "saddle point", ["a > 0"]), (("-sqrt(a)", "0"), "saddle point", ["a > 0"])],
        ["a != 0"],
    ),
    # Rosenbrock's function
    (
        "(a - x)^2 + b*(y - x^2)^2",
        ["x", "y"],
        [(("a", "a^2"), {"local minimum": ["b > 0"], "saddle point": ["b < 0"]}, [])],
        ["b != 0"],
    ),
    # the mean of a normal distribution, the estimate of a share, of a rate
    ("exp(-(x - m)^2/(2*s^2))", "x", [(("m",), "local maximum", [])], ["s != 0"]),
    (
        "k*log(p) + (n - k)*log(1 - p)",
        "p",
        [(("k/n",), {"local minimum": ["k - n > 0"], "local maximum": ["k - n < 0"]}, ["k*n > 0", "n*(k - n) < 0"])],
        ["n != 0", "k != 0", "k - n != 0"],
    ),
    ("log(x) - a*x + b", "x", [(("1/a",), "local maximum", ["a > 0"])], ["a != 0"]),
    ("x*exp(-a*x)", "x", [(("1/a",), {"local minimum": ["a < 0"], "local maximum": ["a > 0"]}, [])], ["a != 0"]),
    (
        "a*x + b/x",
        "x",
        [(("sqrt(a*b)/a",), "local minimum", ["a*b > 0"]), (("-sqrt(a*b)/a",), "local maximum", ["a*b > 0"])],
        ["a != 0", "b != 0"],
    ),
    ("x^4 - 4*a*x", "x", [(("cbrt(a)",), "local minimum", [])], ["a != 0"]),
    # by the inverse of an exponential, of a logarithm
    ("exp(x) - a*x", "x", [(("log(a)",), "local minimum", ["a > 0"])], []),
    ("x*log(x) - a*x", "x", [(("exp(a - 1)",), "local minimum", [])], []),
    ("exp(a*x + b) - x", "x", [(("(log(1/a) - b)/a",), "local minimum", ["a > 0"])], ["a != 0"]),
    (
        "a*exp(-b*x) + c*x",
        "x",
        [(("-log(c/(a*b))/b",), {"local minimum": ["a > 0"], "local maximum": ["a < 0"]}, ["a*b*c > 0"])],
        ["b != 0", "a != 0"],
    ),
    (
        "a*exp(x) + b*exp(-x)",
        "x",
        [
            (("log(-sqrt(a*b)/a)",), "local maximum", ["a*b > 0", "a < 0"]),
            (("log(sqrt(a*b)/a)",), "local minimum", ["a*b > 0", "a > 0"]),
        ],
        ["a != 0", "b != 0"],
    ),
    ("exp(2*x) - 3*a*exp(x) + 2*a^2*x", "x", [], ["a != 0"]),
    ("x*sqrt(a - x)", "x", [(("2*a/3",), "local maximum", ["a > 0"])], []),
]


@pytest.mark.parametrize(("expression", "wrt", "points", "provided"), WITH_PARAMETERS)
def test_parameters(expression: str, wrt: Any, points: list[Any], provided: list[str]) -> None:
    found = ask(critical_points, expression=expression, wrt=wrt)
    assert [told(point) for point in found["points"]] == points
    assert found["provided"] == provided
    assert found["complete"]


def test_roots_of_high_order() -> None:
    _, right, left = ask(critical_points, expression="2*a*x^4 + 2*x^6*y^2 + y^3/2", wrt=["x", "y"])["points"]
    assert told(right) == (("(-1536*a)^(1/14)/2", "-(-1536*a)^(3/7)/24"), "saddle point", ["a < 0"])
    assert left["point"]["x"] == "-(-1536*a)^(1/14)/2"


def test_curves_that_touch() -> None:
    """Near the origin points of one family nearly lie on the other."""
    found = ask(critical_points, expression="(x^5*y + y^5)^2")
    assert [each["equations"] for each in found["families"]] == [["y = 0"], ["x^5 + y^4 = 0"]]


def test_a_quadratic_form_of_two() -> None:
    (point,) = ask(critical_points, expression="a*x^2 + 2*b*x*y + c*y^2", wrt=["x", "y"])["points"]
    assert told(point)[1] == {
        "local minimum": ["a > 0", "a*c - b^2 > 0"],
        "local maximum": ["a < 0", "a*c - b^2 > 0"],
        "saddle point": ["a*c - b^2 < 0"],
    }


def test_what_is_left_out_is_told() -> None:
    found = ask(critical_points, expression="a*x^2 + b*x + c", wrt="x")
    assert found["special_cases"] == [{"when": "a = 0", "points": [], "families": [], "complete": True, "provided": ["b != 0"]}]
    (case,) = ask(critical_points, expression="x^2*y - a*y", wrt=["x", "y"])["special_cases"]
    assert (case["when"], case["families"][0]["equations"]) == ("a = 0", ["x = 0"])


def test_vectors() -> None:
    (point,) = ask(critical_points, expression="a*norm2(x)^2 + b*sum(x)", variables={"x": "vector(2)"}, wrt="x")["points"]
    assert point["point"] == {"x": ["-b/(2*a)", "-b/(2*a)"]}


@pytest.mark.parametrize("expression", ["x^4 + a*x^2 + b*x", "x^6 + a*x + b*x^2"])
def test_what_has_no_closed_form_is_undecided(expression: str) -> None:
    with fresh_arena(), pytest.raises(Undecided):
        critical_points({"expression": expression, "wrt": "x"})


def test_a_parameter_where_only_a_search_helps_needs_a_value() -> None:
    with fresh_arena(), pytest.raises(UndefinedAtPoint):
        critical_points({"expression": "x*sin(a*x)", "wrt": "x"})


FAMILIES: list[tuple[str, list[tuple[int, list[str], str]], int]] = [
    ("(x - y)^2", [(1, ["x - y = 0"], "local minimum")], 0),
    ("x^2*y^2", [(1, ["y = 0"], "local minimum"), (1, ["x = 0"], "local minimum")], 0),
    ("(x^2 + y^2 - 1)^2", [(1, ["x^2 + y^2 - 1 = 0"], "local minimum")], 1),
    ("-(x*y - 1)^2", [(1, ["x*y - 1 = 0"], "local maximum")], 1),
    ("x*y*z", [(1, [f"{a} = 0", f"{b} = 0"], "saddle point") for a, b in ("yz", "xz", "xy")], 0),
    ("(x + y + z)^2", [(2, ["x + y + z = 0"], "local minimum")], 0),
    ("(x + y)^3", [(1, ["x + y = 0"], "degenerate")], 0),
    ("(x^2 + y^2)^2", [], 1),
    ("3 + 0*x", [(1, [], "degenerate")], 0),
]


@pytest.mark.parametrize(("expression", "families", "points"), FAMILIES)
def test_lines_and_surfaces(expression: str, families: list[Any], points: int) -> None:
    found = ask(critical_points, expression=expression)
    assert [(each["dimension"], each["equations"], each["kind"]) for each in found["families"]] == families
    assert len(found["points"]) == points
    assert all(each["degenerate"] for each in found["families"])


def test_a_curve_that_may_have_no_real_points_is_undecided() -> None:
    with fresh_arena(), pytest.raises(Undecided):
        critical_points({"expression": "(x^2 + x*y + y^2)^2"})


def test_a_singular_quadratic_form() -> None:
    request = {"expression": "x'*Q*x", "variables": {"x": "vector(2)", "Q": "matrix(2,2)"}, "wrt": "x", "at": {"Q": [[1, 1], [1, 1]]}}
    (family,) = ask(critical_points, **request)["families"]
    assert (family["point"], family["free"], family["value"], family["global"]) == ({"x": ["x[1]", "-x[1]"]}, ["x[1]"], "0", True)


PERIODIC: list[tuple[str, list[tuple[str, str]]]] = [
    ("sin(x)", [("pi/2 + 2*k*pi", "local maximum"), ("3*pi/2 + 2*k*pi", "local minimum")]),
    ("sin(x)^2", [("k*pi", "local minimum"), ("pi/2 + k*pi", "local maximum")]),
    ("x + 2*sin(x)", [("2*pi/3 + 2*k*pi", "local maximum"), ("4*pi/3 + 2*k*pi", "local minimum")]),
    ("sin(pi*x/2)", [("1 + 4*k", "local maximum"), ("3 + 4*k", "local minimum")]),
    ("exp(cos(3*x))", [("2*k*pi/3", "local maximum"), ("pi/3 + 2*k*pi/3", "local minimum")]),
]


@pytest.mark.parametrize(("expression", "families"), PERIODIC)
def test_points_that_repeat(expression: str, families: list[tuple[str, str]]) -> None:
    found = ask(critical_points, expression=expression, within={"x": [0, 1]})
    assert [(each["point"]["x"], each["kind"]) for each in found["families"]] == families


WAVES: list[tuple[str, list[tuple[str, str, bool]]]] = [  # with double zeros, which no search proves
    ("x - sin(x)", [("2*k*pi", "inflection point", True)]),
    ("x - cos(x)", [("3*pi/2 + 2*k*pi", "inflection point", True)]),
    (
        "cos(x)^3",
        [
            ("2*k*pi", "local maximum", False),
            ("pi/2 + k*pi", "inflection point", True),
            ("pi + 2*k*pi", "local minimum", False),
        ],
    ),
    ("sin(x)^4", [("k*pi", "local minimum", True), ("pi/2 + k*pi", "local maximum", False)]),
    ("1/(2 + cos(x))", [("2*k*pi", "local minimum", False), ("pi + 2*k*pi", "local maximum", False)]),
    ("exp(sin(2*x))", [("pi/4 + k*pi", "local maximum", False), ("3*pi/4 + k*pi", "local minimum", False)]),
]


@pytest.mark.parametrize(("expression", "families"), WAVES)
def test_polynomials_of_sines_are_solved_exactly(expression: str, families: list[tuple[str, str, bool]]) -> None:
    found = ask(critical_points, expression=expression, within={"x": [0, 7]})
    assert [(each["point"]["x"], each["kind"], each["degenerate"]) for each in found["families"]] == families
    assert (found["method"], found["complete"]) == ("exact", True)
    places = [point["numeric"]["x"] for point in found["points"]]
    assert places == sorted(places)
    assert all(0 <= place <= 7 for place in places)


def test_a_gradient_without_zeros() -> None:
    found = ask(critical_points, expression="tan(x)", within={"x": [-1, 1]})
    assert (found["points"], found["families"], found["complete"]) == ([], [], True)


def test_two_periods() -> None:
    found = ask(critical_points, expression="sin(x)*cos(y)", within={"x": [0, 1], "y": [0, 1]})
    assert found["period"] == {"x": "2*pi", "y": "2*pi"}
    assert len(found["families"]) == 8
    assert "period" not in ask(critical_points, expression="x*sin(x)")


@pytest.mark.parametrize("wrong", ["point", "missing", "kind"])
def test_a_wrong_answer_is_refused(wrong: str) -> None:
    """A point that is none, one left out, a kind that does not hold: each fails a check."""
    with fresh_arena():
        gradient = Gradient(Function(Question({"expression": "x^3 + y^3 - 3*a*x*y", "wrt": ["x", "y"]})))
        solving = Families(gradient)
        found = solving.found()
        families = list(found.families)
        if wrong == "missing":
            families = families[1:]
        if wrong == "kind":
            families[0] = replace(families[0], kinds=(Kind("local minimum"),))
        telling = FamilyAnswers(gradient, solving.radicals, replace(found, families=families))
        shown = [telling.to_json(family) for family in families]
        if wrong == "point":
            shown[1]["point"]["x"] = "a + 1/1000"
        checks = telling.checks(shown)
    failed = {check.name for check in checks if not check.passed}
    assert {"point": "gradient", "missing": "all-solutions", "kind": "kinds"}[wrong] in failed


@pytest.mark.parametrize("wrong", ["point", "missing", "kind"])
def test_a_wrong_inverse_is_refused(wrong: str) -> None:
    with fresh_arena():
        question = Question({"expression": "a*exp(x) + b*exp(-x)", "wrt": "x"})
        found = Inverted(Function(question))
        _, nodes = inverted_points(question, found)
        if wrong == "missing":
            found.roots, nodes = found.roots[1:], nodes[1:]
        if wrong == "kind":
            found.roots[0] = replace(found.roots[0], cases=(("local minimum", None),))
        if wrong == "point":
            nodes = nodes[::-1]
        failed = {check.name for check in found.checks(nodes) if not check.passed}
    assert {"point": "all-solutions", "missing": "all-solutions", "kind": "kinds"}[wrong] in failed
