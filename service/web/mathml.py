"""LaTeX as the printers write it → presentation MathML, restricted to MathML Core, which browsers show without a script.

latex2mathml converts; what it writes beyond Core is mended here: names of functions and variables of several letters are one
identifier, upright letters say so, products and function applications have their invisible operators, which screen readers speak.
`alttext` holds the LaTeX, and so does an annotation, from where it can be copied.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import unescape
from itertools import pairwise
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from latex2mathml.converter import convert_to_element

from service import limits
from service.web.formulas import Equation, latex

NAMESPACE = "http://www.w3.org/1998/Math/MathML"
TIMES, APPLY, SEPARATOR = "\u2062", "\u2061", "\u2063"
UPRIGHT = re.compile(r"\\mathrm\{([A-Za-z])\}")
FIRST_UPRIGHT = 0xE000  # letters of the private use area carry upright letters through the converter, which drops their style
BOLD = str.maketrans(
    {chr(ord("0") + k): chr(0x1D7CE + k) for k in range(10)}
    | {chr(ord("A") + k): chr(0x1D400 + k) for k in range(26)}
    | {chr(ord("a") + k): chr(0x1D41A + k) for k in range(26)}
)
CORE_ATTRIBUTES = {
    "mo": {"form", "fence", "separator", "lspace", "rspace", "stretchy", "symmetric", "maxsize", "minsize", "largeop", "movablelimits"},
    "mi": {"mathvariant"}, "mspace": {"width", "height", "depth"}, "mfrac": {"linethickness"}, "mtd": {"columnspan", "rowspan"},
    "mover": {"accent"}, "munder": {"accentunder"}, "munderover": {"accent", "accentunder"}, "math": {"display", "alttext"},
}  # fmt: skip
FENCES = frozenset("()[]{}|‖")
OPERANDS = frozenset({"mi", "mn", "mrow", "msup", "msub", "msubsup", "mfrac", "msqrt", "mroot", "mover", "mtext"})
INDEXED = frozenset({"msub", "msubsup"})


def of_latex(source: str) -> str:
    """One formula as a `math` element."""
    return _document([_converted(source)], source)


def of_equations(equations: Sequence[Equation]) -> str:
    """One equation, or several one below the other with their equality signs aligned."""
    if len(equations) == 1:
        return of_latex(latex(equations))
    table = Element("mtable")
    for left, right in equations:
        row = SubElement(table, "mtr")
        SubElement(row, "mtd", style="text-align: right").append(_converted(left))
        SubElement(SubElement(row, "mtd"), "mo").text = "="
        SubElement(row, "mtd", style="text-align: left").append(_converted(right))
    return _document([table], latex(equations))


def _document(content: list[Element], source: str) -> str:
    math = Element("math", {"xmlns": NAMESPACE, "display": "block", "alttext": source})
    semantics = SubElement(math, "semantics")
    if len(content) != 1:
        raise ValueError("a formula is one element")
    semantics.append(content[0])
    SubElement(semantics, "annotation", encoding="application/x-tex").text = source
    return ElementTree.tostring(math, encoding="unicode")


def _converted(source: str) -> Element:
    """The `mrow` of a formula. Raises LimitExceeded for a long or deep one."""
    limits.check("mathml-characters", len(source))
    limits.check("mathml-depth", _depth(source))
    marked = UPRIGHT.sub(lambda found: chr(FIRST_UPRIGHT + ord(found[1])), source)
    root = convert_to_element(marked)
    for element in root.iter():
        element.text = unescape(element.text) if element.text else element.text  # the converter writes operators as entities
    row = root if root.tag == "mrow" else root[0] if len(root) == 1 else _row(list(root))
    _mend(row)
    return row


def _depth(source: str) -> int:
    """How deep braces and delimiters are nested."""
    depth = deepest = 0
    for mark in re.findall(r"[{}]|\\left|\\right", source):
        depth += 1 if mark in ("{", r"\left") else -1
        deepest = max(deepest, depth)
    return deepest


def _row(children: list[Element]) -> Element:
    row = Element("mrow")
    row.extend(children)
    return row


def _mend(element: Element, in_index: bool = False) -> None:
    """Makes the element and all in it MathML Core."""
    for place, child in enumerate(element):
        _mend(child, in_index or (element.tag in INDEXED and place == 1))
    _mend_letters(element)
    core = CORE_ATTRIBUTES.get(element.tag, set())
    for name in [name for name in element.attrib if name not in core]:
        del element.attrib[name]
    if element.tag in ("mrow", "mtd", "math"):
        _fence_tables(element)
        _join_names(element)
        _fill_in(element, SEPARATOR if in_index else TIMES)


def _fence_tables(row: Element) -> None:
    """Brackets about a table are as high as it is, wherever they stand in the row."""
    for left, right in pairwise(row):
        for fence, form, table in ((left, "prefix", right), (right, "postfix", left)):
            if table.tag == "mtable" and fence.tag == "mo" and fence.text in FENCES:
                fence.attrib |= {"form": form, "fence": "true", "stretchy": "true"}


def _mend_letters(element: Element) -> None:
    text = element.text or ""
    if element.attrib.get("mathvariant") == "bold":
        element.text = text.translate(BOLD)
        del element.attrib["mathvariant"]
    elif text and 0 <= ord(text[0]) - FIRST_UPRIGHT < 128:
        element.tag, element.text = "mi", chr(ord(text[0]) - FIRST_UPRIGHT)
        element.set("mathvariant", "normal")
    elif element.tag == "mo" and text.isalpha() and text.isascii():  # the name of a function
        element.tag = "mi"
        element.attrib.clear()


def _join_names(row: Element) -> None:
    """Upright letters in a row are one name."""
    previous: Element | None = None
    for child in list(row):
        letter = child.tag == "mi" and child.get("mathvariant") == "normal"
        if letter and previous is not None:
            previous.text = f"{previous.text}{child.text}"
            row.remove(child)
        else:
            previous = child if letter else None
    for child in row:
        if child.tag == "mi" and len(child.text or "") > 1 and "mathvariant" in child.attrib:
            del child.attrib["mathvariant"]  # a name of several letters is upright by itself


def _fill_in(row: Element, product: str) -> None:
    """The operators that are not seen: between factors, and between a function's name and its argument."""
    children = list(row)
    for left, right in reversed(list(pairwise(children))):
        if left.tag not in OPERANDS or right.tag not in OPERANDS or "mtext" in (left.tag, right.tag) or _is_prefix(left):
            continue
        operator = Element("mo")
        operator.text = APPLY if _is_function(left) else product
        row.insert(list(row).index(right), operator)


def _is_prefix(element: Element) -> bool:
    """Whether it is an operator on what follows, alone or with an exponent or an index: ∇, ∂, the d of a differential."""
    base = _base(element)
    return base.tag == "mo" or base.text in ("∂", "∇") or (base.text == "d" and base.get("mathvariant") == "normal")


def _is_function(element: Element) -> bool:
    """Whether it is the name of a function, alone or with an exponent or an index."""
    base = _base(element)
    return base.tag == "mi" and len(base.text or "") > 1


def _base(element: Element) -> Element:
    while element.tag in ("msup", "msub", "msubsup") and len(element):
        element = element[0]
    return element
