"""Named inner functions and an outer one: which depends on which, and what they are put together."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from service.answers.task import all_variables
from service.calculus.substitute import substitute
from service.errors import InputError, InvalidDeclaration, NablaError, ShapeMismatch
from service.expression.nodes import Node, in_order
from service.expression.operation import is_function
from service.expression.shapes import describe, is_unknown
from service.language import Declarations, Parsed, declare, parse
from service.language.tokens import NAME, is_name, tokenize
from service.operations.leaves import Variable


@dataclass(frozen=True)
class Composition:
    """`inner` by name, in the order of the request; `whole` are the same with all other inner functions put in; `base` are
    the variables that are no inner function."""

    inner: Mapping[str, Parsed]
    outer: Parsed
    whole: Mapping[str, Node]
    base: Mapping[str, Variable]

    def substituted(self, node: Node) -> Node:
        """The expression with every inner function put in."""
        return substitute(node, self.whole)

    def composed(self, node: Node) -> Parsed:
        """As `substituted`, with the variables that are left."""
        whole = self.substituted(node)
        names = {held.parameter.name: held for held in in_order([whole]) if isinstance(held.parameter, Variable)}
        variables = {name: names[name] for name in self.base_names() if name in names}
        return replace(self.outer, node=whole, variables=variables, declared=self.base, decimals=self.decimals())

    def decimals(self) -> bool:
        return any(parsed.decimals for parsed in (*self.inner.values(), self.outer))

    def base_names(self) -> list[str]:
        """The variables that occur and are no inner function, in order of appearance."""
        occurring = [name for parsed in (*self.inner.values(), self.outer) for name in parsed.variables]
        return [name for name in dict.fromkeys(occurring) if name not in self.inner]

    def depends(self, name: str, on: Collection[str]) -> bool:
        """Whether an inner function depends on one of the variables, directly or through others."""
        found = [held.parameter for held in in_order([self.whole[name]]) if isinstance(held.parameter, Variable)]
        return any(declared.name in on or any(other in on for other in declared.depends_on) for declared in found)


def read_composition(request: Mapping[str, Any]) -> Composition:
    """The functions of a request: `inner` maps names to expressions, `outer` is made of them.

    An inner function gives its name its shape; what it is made of is read before it. Raises InputError for a circle,
    ShapeMismatch where a name was declared with another shape, and what the language raises.
    """
    sources: Mapping[str, object] = request["inner"]
    _check_names(sources)
    declarations = declare(request.get("variables"))
    read: dict[str, Parsed] = {}
    whole: dict[str, Node] = {}
    for name in _in_order_of_need(sources):
        pointer = f"/inner/{name}"
        parsed = parse(sources[name], declarations, pointer)
        _check_declared(name, parsed, declarations)
        read[name], whole[name] = parsed, substitute(parsed.node, whole)
        declarations = Declarations({**parsed.declared, name: Variable(name, parsed.node.shape)}, parsed.sizes)
    outer = parse(request["outer"], declarations, "/outer")
    inner = {name: read[name] for name in sources}
    base = {name: declared for parsed in (*inner.values(), outer) for name, declared in all_variables(parsed).items() if name not in inner}
    return Composition(inner, outer, whole, base)


def _check_names(sources: Mapping[str, object]) -> None:
    if not sources:
        raise InputError("there is no inner function", hint='"inner": {"u": "x^2"}', pointer="/inner")
    for name in sources:
        if not is_name(name) or is_function(name):
            raise InvalidDeclaration(
                f"{name[:40]} cannot be the name of an inner function",
                hint="a name is a letter followed by letters, digits and _, and no function of the language",
                pointer="/inner",
            )


def _check_declared(name: str, parsed: Parsed, declarations: Declarations) -> None:
    declared = declarations.variables.get(name)
    if declared is None or declared.shape == parsed.node.shape or any(is_unknown(size) for size in declared.shape):
        return
    raise ShapeMismatch(
        f"{name} is declared as {describe(declared.shape)}, and its function is {describe(parsed.node.shape)}",
        hint=f"leave {name} out of variables: its function tells its shape",
        pointer=f"/inner/{name}",
    )


def _in_order_of_need(sources: Mapping[str, object]) -> list[str]:
    """The names, each after those that its expression holds. Raises InputError naming the circle where there is one."""
    needs = {name: [held for held in _names_in(source, f"/inner/{name}") if held in sources] for name, source in sources.items()}
    ordered: list[str] = []
    done: set[str] = set()
    for start in sources:
        path = [start]
        while path:
            name = path[-1]
            missing = next((held for held in needs[name] if held not in done), None)
            if missing is None:
                path.pop()
                if name not in done:
                    done.add(name)
                    ordered.append(name)
            elif missing in path:
                circle = [*path[path.index(missing) :], missing]
                raise InputError(
                    f"the inner functions go round in a circle: {' needs '.join(circle[:8])}",
                    hint="an inner function is made of variables, and of other inner functions that do not need it",
                    pointer=f"/inner/{name}",
                )
            else:
                path.append(missing)
    return ordered


def _names_in(source: object, pointer: str) -> list[str]:
    """The names in an expression, or in a list or list of lists of them, in order of appearance."""
    names: list[str] = []
    waiting = [source]
    while waiting:
        entry = waiting.pop(0)
        if isinstance(entry, list):
            waiting = entry + waiting
        elif isinstance(entry, str):
            try:
                names += [token.text for token in tokenize(entry) if token.kind == NAME]
            except NablaError as error:
                raise error.at(pointer) from None
    return list(dict.fromkeys(names))
