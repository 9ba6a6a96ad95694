"""The `variables` of a request: what is not a scalar, and what is known of it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from service import limits
from service.errors import InvalidDeclaration, LimitExceeded
from service.expression.operation import is_function
from service.expression.shapes import SCALAR, Shape, Size, Sizes, describe, is_unknown
from service.language.complaints import quote
from service.language.sizes import NotASize, letters_of, parse_size
from service.language.tokens import is_name
from service.operations.leaves import Variable

KINDS: dict[str, tuple[int, tuple[str, ...]]] = {
    "scalar": (0, ()),
    "vector": (1, ()),
    "matrix": (2, ()),
    "square": (1, ("square",)),
    "symmetric": (1, ("symmetric",)),
    "spd": (1, ("spd",)),
    "diagonal": (1, ("diagonal",)),
    "orthogonal": (1, ("orthogonal",)),
}
"""How many sizes a kind takes, and its properties."""

PROPERTIES: dict[str, tuple[str, ...]] = {
    "square": (),
    "symmetric": ("symmetric",),
    "spd": ("spd", "symmetric"),
    "positive definite": ("spd", "symmetric"),
    "diagonal": ("diagonal", "symmetric"),
    "orthogonal": ("orthogonal",),
}
"""What a declared property says; all of them make a matrix square."""

_FIELDS = ("shape", "properties", "depends_on")
_KIND = re.compile(r"\s*([A-Za-z_ ]+?)\s*(?:\((.*)\)\s*)?", re.DOTALL)
_EXAMPLES = (
    '"vector(n)", "matrix(m,n)", "symmetric(n)", "spd(n)", "diagonal(n)", "square(n)", "scalar" '
    'or {"shape": ["m","n"], "properties": ["symmetric"]}'
)


@dataclass(frozen=True, slots=True)
class Declarations:
    """`variables` by name, `letters` of their sizes; `unknown` counts the sizes still to be found (`?1`, `?2`, ...)."""

    variables: Mapping[str, Variable] = field(default_factory=dict)
    letters: frozenset[str] = frozenset()
    unknown: int = 0


def declare(variables: object = None) -> Declarations:
    """The declarations of a request's `variables`.

    Raises InvalidDeclaration, pointing to the variable and naming what is allowed; LimitExceeded.
    """
    if variables is None:
        return Declarations()
    if not isinstance(variables, Mapping):
        hint = f'such as {{"x": "vector(n)"}}; a kind is {_EXAMPLES}'
        raise InvalidDeclaration("variables is an object of names and kinds", hint, "/variables")
    limits.check("variables", len(variables), "/variables")
    sizes = Sizes()
    declared: dict[str, Variable] = {}
    for name, kind in variables.items():
        pointer = f"/variables/{quote(str(name)).replace('~', '~0').replace('/', '~1')}"
        try:
            _check_name(name)
            declared[name] = _declaration(name, kind, sizes)
        except NotASize as error:
            raise InvalidDeclaration(f"{quote(name)}: {error.detail}", error.hint, pointer) from None
        except (InvalidDeclaration, LimitExceeded) as error:
            raise error.at(pointer) from None
    _check_dependencies(declared)
    letters = (letter for variable in declared.values() for size in variable.shape for letter in letters_of(size) if not is_unknown(letter))
    return Declarations(declared, frozenset(letters), sizes.fresh)


def _check_name(name: object) -> None:
    if not isinstance(name, str) or not is_name(name):
        raise InvalidDeclaration(f"{quote(str(name))} is no name", "a name is a letter followed by letters, digits and _")
    limits.check("name-length", len(name))
    if is_function(name):
        detail = f"{name} is a function of the language, and its name cannot be declared"
        raise InvalidDeclaration(detail, f"call the variable {name}_1, for example")


def _declaration(name: str, kind: object, sizes: Sizes) -> Variable:
    if isinstance(kind, str):
        return _from_text(name, kind, sizes)
    if isinstance(kind, Mapping):
        return _from_fields(name, kind)
    raise InvalidDeclaration(f"{name} is declared by a text or an object", f"a kind is {_EXAMPLES}")


def _from_text(name: str, text: str, sizes: Sizes) -> Variable:
    match = _KIND.fullmatch(text) if len(text) <= 1000 else None
    word = match[1].lower() if match else text
    if match is None or word not in KINDS:
        near = difflib.get_close_matches(word, KINDS, n=1) if len(word) <= 100 else []
        hint = f"a kind is {_EXAMPLES}"
        raise InvalidDeclaration(f"{quote(text)} is no kind of variable", f"did you mean {near[0]}? {hint}" if near else hint)
    count, properties = KINDS[word]
    if match[2] is None:
        found = tuple([sizes.unknown() for _ in range(count)])
    else:
        found = tuple([parse_size(part) for part in match[2].split(",")]) if match[2].strip() else ()
        if count == 1 and properties and len(found) == 2 and found[0] == found[1]:
            found = found[:1]
        if len(found) != count:
            example = f"{word}({', '.join('mn'[-count:])})" if count else word
            takes = ("no sizes", "one size", "two sizes")[count]
            raise InvalidDeclaration(f"{word} takes {takes}, not {len(found)}", f"write {example}")
    shape = SCALAR if not found else (found[0], found[0]) if properties else (found[0], 1) if count == 1 else found
    return _variable(name, shape, properties)


def _from_fields(name: str, fields: Mapping[object, object]) -> Variable:
    for key in fields:
        if key not in _FIELDS:
            near = difflib.get_close_matches(str(key)[:100], _FIELDS, n=1)
            hint = f"did you mean {near[0]}?" if near else f"the fields are {', '.join(_FIELDS)}"
            raise InvalidDeclaration(f"{quote(str(key))} is no field of a declaration", hint)
    lengths = fields.get("shape", [])
    if not isinstance(lengths, (list, tuple)) or len(lengths) > 2:
        hint = '["m","n"] for a matrix, ["n"] for a vector, [] for a scalar'
        raise InvalidDeclaration("a shape is a list of at most two sizes", hint, "/shape")
    rows, columns = (*[_size(length) for length in lengths], 1, 1)[:2]
    properties = tuple(_texts(fields.get("properties", []), "properties"))
    return _variable(name, (rows, columns), properties, tuple(dict.fromkeys(_texts(fields.get("depends_on", []), "depends_on"))))


def _size(length: object) -> Size:
    if isinstance(length, str) or (isinstance(length, int) and not isinstance(length, bool)):
        return parse_size(str(length) if isinstance(length, str) or abs(length) < 10**15 else "9" * 15)
    raise InvalidDeclaration("a size is a whole number or a letter", '"shape": ["m", 3]', "/shape")


def _texts(value: object, field_name: str) -> Iterable[str]:
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, (list, tuple)) or not all(isinstance(text, str) for text in texts):
        raise InvalidDeclaration(f"{field_name} is a list of texts", None, f"/{field_name}")
    return texts


def _variable(name: str, shape: Shape, properties: Iterable[str], depends_on: tuple[str, ...] = ()) -> Variable:
    known: set[str] = set()
    for text in properties:
        word = text.lower().replace("-", " ").replace("_", " ")
        if word not in PROPERTIES:
            near = difflib.get_close_matches(word[:100], PROPERTIES, n=1)
            hint = f"did you mean {near[0]}?" if near else f"the properties are {', '.join(PROPERTIES)}"
            raise InvalidDeclaration(f"{quote(text)} is no property", hint, "/properties")
        if shape[0] != shape[1]:
            detail = f"only a square matrix is {word}: {name} is {describe(shape)}"
            raise InvalidDeclaration(detail, 'a square matrix has "shape": ["n","n"]', "/properties")
        known.update(PROPERTIES[word])
    if "orthogonal" in known and len(known) > 1:
        (other, *_) = sorted(known - {"orthogonal"})
        raise InvalidDeclaration(f"{name} is declared orthogonal and {other}", "one of the two can be used at a time", "/properties")
    return Variable(name, shape, frozenset(known) if shape != SCALAR else frozenset(), depends_on)


def _check_dependencies(declared: Mapping[str, Variable]) -> None:
    for variable in declared.values():
        for name in variable.depends_on:
            pointer = f"/variables/{variable.name}/depends_on"
            hint = "a variable depends on scalars, by their names"
            if not is_name(name) or is_function(name) or name == variable.name:
                raise InvalidDeclaration(f"{variable.name} cannot depend on {quote(name)}", hint, pointer)
            if name in declared and declared[name].shape != SCALAR:
                raise InvalidDeclaration(f"{variable.name} depends on {name}, which is {describe(declared[name].shape)}", hint, pointer)
