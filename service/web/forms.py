"""The forms of an answer: one table of media types, their short names for `?format=`, and what writes each.

Every operation that declares a bare answer has all of them, and pictures besides where there are any. JSON and MessagePack hold
the whole answer; the others hold the bare one, or the member that `?member=` names.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from service import limits
from service.web import formulas, mathml, packed, writing
from service.web.array_files import CSV, NPY, TSV, write_npy
from service.web.drawings import SVG
from service.web.endpoint import Endpoint
from service.web.packed import MSGPACK
from service.web.problems import NotAcceptable
from service.web.rows import NoSuchForm, write_rows

JSON, TEXT, LATEX, MATHML = "application/json", "text/plain", "application/x-latex", "application/mathml+xml"


@dataclass(frozen=True)
class Kind:
    """One row: the name for `?format=`, what the form holds, whether of the whole answer or of its bare member."""

    media_type: str
    name: str
    holds: str
    whole: bool = False
    other_names: tuple[str, ...] = ()
    is_binary: bool = False


KINDS = (
    Kind(JSON, "json", "the whole answer, with its checks", whole=True),
    Kind(TEXT, "text", "the bare answer: a number, an expression, a vector line by line, a matrix with tabs between the entries"),
    Kind(CSV, "csv", "the same as lines of cells, with commas"),
    Kind(TSV, "tsv", "the same as lines of cells, with tabs"),
    Kind(NPY, "npy", "an array of numbers, as `numpy.load` reads it", is_binary=True),
    Kind(MSGPACK, "msgpack", "the whole answer, arrays of numbers as {shape, dtype, data}", True, packed.OTHER_NAMES, True),
    Kind(LATEX, "latex", "the bare answer as an equation in LaTeX (amsmath)", other_names=("text/x-latex", "application/x-tex")),
    Kind(MATHML, "mathml", "the same in presentation MathML (MathML Core), with `alttext`"),
    Kind(SVG, "svg", "a picture of the answer"),
)
BY_TYPE = {kind.media_type: kind for kind in KINDS} | {other: kind for kind in KINDS for other in kind.other_names}
BY_NAME = {kind.name: kind for kind in KINDS}


def offered(endpoint: Endpoint, of_member: bool = False) -> tuple[Kind, ...]:
    """What the answer of `endpoint`, or a member of it, can be asked for as; the first is the one for whoever has no wish."""
    bare = bool(endpoint.bare or of_member)
    return tuple(kind for kind in KINDS if (endpoint.drawings if kind.media_type == SVG else kind.whole or bare))


@dataclass(frozen=True)
class Form:
    """What an answer is to look like: its media type; the `member` that it holds, None for the bare answer; of JSON whether arrays
    of numbers are {shape, dtype, base64}; of a picture its name, None for the first that there is."""

    media_type: str = JSON
    member: str | None = None
    base64: bool = False
    picture: str | None = None

    @property
    def is_plain(self) -> bool:
        return self == PLAIN

    def write(self, endpoint: Endpoint, answer: dict[str, Any]) -> bytes:
        """The answer as bytes. Raises NotAcceptable when it has no such form, UndefinedAtPoint for what is not finite."""
        kind = BY_TYPE[self.media_type]
        if kind.media_type == JSON:
            return writing.to_json(answer, base64=self.base64)
        if kind.media_type == MSGPACK:
            return packed.pack(answer)
        member = self.member or _bare(endpoint, answer, formula=kind.media_type in (LATEX, MATHML))
        value = writing.checked(answer.get(member), member)
        try:
            return WRITERS[kind.media_type](_Bare(endpoint, member, value, answer, self.member is None))
        except NoSuchForm as error:
            raise NotAcceptable(
                f"{member} cannot be had as {self.media_type} here: {error}",
                hint=_instead(endpoint, answer),
                facts={"available": [JSON, MSGPACK, TEXT]},
            ) from None


PLAIN = Form()


@dataclass(frozen=True)
class _Bare:
    """The member that is written, `main` when it is the one that the endpoint calls its bare answer."""

    endpoint: Endpoint
    member: str
    value: Any
    answer: dict[str, Any]
    main: bool

    @property
    def equations(self) -> list[formulas.Equation]:
        left = self.endpoint.left(self.answer) if self.main else None
        equations = formulas.equations(self.value, left, is_words=self.endpoint.is_words(self.member))
        limits.check("formula-characters", sum(len(each.left) + len(each.right) for each in equations))
        return equations


def _bare(endpoint: Endpoint, answer: dict[str, Any], formula: bool) -> str:
    """The first of the endpoint's bare members that the answer has; a formula shows an expression rather than its value."""
    there = [member for member in endpoint.bare if answer.get(member) is not None] or list(endpoint.bare)
    expressions = [member for member in there if member in ("result", "results")] if formula else []
    return (expressions or there)[0]


def _instead(endpoint: Endpoint, answer: dict[str, Any]) -> str:
    if "value" in endpoint.bare and "value" not in answer:
        return 'give the point, such as at={"x": 1}, and the answer has a value'
    return "?member= names another member of the answer; JSON holds all of it"


def _text(bare: _Bare) -> bytes:
    """Rows with tabs, nothing quoted; JSON on one line for what is no table."""
    try:
        return write_rows(bare.value, b"\t", quoted=False)
    except NoSuchForm:
        return writing.to_json(bare.value)


WRITERS: dict[str, Callable[[_Bare], bytes]] = {
    TEXT: _text,
    CSV: lambda bare: write_rows(bare.value, b","),
    TSV: lambda bare: write_rows(bare.value, b"\t"),
    NPY: lambda bare: write_npy(bare.value),
    LATEX: lambda bare: formulas.latex(bare.equations).encode() + b"\n",
    MATHML: lambda bare: mathml.of_equations(bare.equations).encode() + b"\n",
}
