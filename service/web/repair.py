"""Text that was meant as JSON, rewritten as JSON: what Python, NumPy, MATLAB and word processors write where JSON is due.

Only for hints: the result is shown to the person who sent the text, and never used in its place. A text that could mean
two things is left alone. Reading takes linear time and a bounded depth.
"""

from __future__ import annotations

import json
import re

LONGEST = 2_000  # characters: more than a hint can show
DEEPEST = 40  # brackets inside brackets
ARRAYS = {"array", "asarray", "matrix", "mat", "tensor", "list", "tuple", "Array", "float64", "float32", "int64", "int32"}
CONSTANTS = {"True": "true", "False": "false", "None": "null", "TRUE": "true", "FALSE": "false", "NULL": "null"}
CONSTANTS |= {text: text for text in ("true", "false", "null")}
NOT_FINITE = {"nan", "inf", "infinity"}
TYPOGRAPHIC = str.maketrans({"“": '"', "”": '"', "„": '"', "‟": '"', "«": '"', "»": '"', "‘": "'", "’": "'", "\N{NO-BREAK SPACE}": " "})
CLOSING = {"[": "]", "(": ")", "{": "}"}
TOKEN = re.compile(
    r"""(?P<blank>[ \t\r\n]+|\#[^\n]*+|//[^\n]*+|/\*(?:(?!\*/).)*+\*/)
      | (?P<text>"(?:[^"\\]|\\.)*+"|'(?:[^'\\]|\\.)*+')
      | (?P<number>[+-]?(?:[0-9][0-9_]*+\.?[0-9]*+|\.[0-9]++)(?:[eE][+-]?[0-9]++)?+)
      | (?P<name>[^\W\d][\w.]*+)
      | (?P<mark>[][(){}:,;=/])
      | (?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
Token = tuple[str, str]  # its kind, its text


class _Unclear(Exception):
    """The text cannot be rewritten, or not in one way only."""


def repaired(text: str) -> str | None:
    """The text as JSON; None when what was meant is not clear."""
    if len(text) > LONGEST:
        return None
    try:
        return _Reader(text.translate(TYPOGRAPHIC)).whole()
    except _Unclear:
        return None


class _Reader:
    """One pass over the tokens; `place` is the next one."""

    def __init__(self, text: str) -> None:
        self.tokens: list[Token] = [(found.lastgroup or "", found[0]) for found in TOKEN.finditer(text)]
        self.place = 0
        self.is_quoted = any(kind == "text" for kind, _ in self.tokens)

    def whole(self) -> str:
        value = self.value(0)
        self.skip()
        if self.place < len(self.tokens):
            raise _Unclear
        return value

    def skip(self) -> bool:
        """Passes blanks and comments; whether there were any."""
        start = self.place
        while self.place < len(self.tokens) and self.tokens[self.place][0] == "blank":
            self.place += 1
        return self.place > start

    def peek(self) -> Token:
        self.skip()
        return self.tokens[self.place] if self.place < len(self.tokens) else ("end", "")

    def take(self, mark: str) -> bool:
        """Whether the next token is this mark; passes it then."""
        found = self.peek() == ("mark", mark)
        self.place += found
        return found

    def value(self, depth: int) -> str:
        kind, text = self.peek()
        if depth > DEEPEST or kind in ("end", "other"):
            raise _Unclear
        self.place += 1
        if kind == "text":
            return _string(text)
        if kind == "number":
            return self.number(text)
        if kind == "name":
            return self.named(text, depth)
        if text in ("[", "("):
            return self.sequence(text, depth + 1)
        if text == "{":
            return self.pairs("}", depth + 1)
        raise _Unclear

    def number(self, text: str) -> str:
        """A number; a fraction of whole numbers is the text of an exact one."""
        if self.place + 1 < len(self.tokens) and self.tokens[self.place] == ("mark", "/"):
            kind, below = self.tokens[self.place + 1]
            if kind == "number" and (text.lstrip("+-") + below).isdecimal():
                self.place += 2
                return json.dumps(f"{text}/{below}")
        return _number(text)

    def named(self, name: str, depth: int) -> str:
        """True, None, array(...), dict(...); any other bare name is taken for a text."""
        last = name.rpartition(".")[2]
        if last.lower() in NOT_FINITE:
            raise _Unclear
        if self.place < len(self.tokens) and self.tokens[self.place] == ("mark", "("):
            self.place += 1
            if name == "dict":
                return self.pairs(")", depth + 1)
            if last not in ARRAYS:
                raise _Unclear
            value = self.value(depth + 1)
            self.options()
            return value
        return CONSTANTS.get(name) or json.dumps(name, ensure_ascii=False)

    def options(self) -> None:
        """Passes `, dtype=float64)`."""
        while not self.take(")"):
            if not self.take(","):
                raise _Unclear
            if self.peek()[0] == "name":
                self.place += 1
                if not self.take("=") or self.peek()[0] not in ("name", "text", "number"):
                    raise _Unclear
                self.place += 1

    def sequence(self, opening: str, depth: int) -> str:
        """A list, a tuple, or rows of MATLAB with blanks between the entries and semicolons between the rows."""
        closing, commas = CLOSING[opening], 0
        rows: list[list[str]] = [[]]
        while not self.take(closing):
            if self.take(";"):
                rows.append([])
                continue
            rows[-1].append(self.value(depth))
            separated = self.skip()
            if self.take(","):
                commas += 1
            elif not separated and self.peek() not in (("mark", closing), ("mark", ";"), ("mark", "[")):
                raise _Unclear
        if opening == "(" and not commas and len(rows) == 1 and len(rows[0]) == 1:
            return rows[0][0]  # brackets around one value
        lists = ["[" + ", ".join(row) + "]" for row in rows if row]
        return lists[0] if len(rows) == 1 and lists else "[" + ", ".join(lists) + "]"

    def pairs(self, closing: str, depth: int) -> str:
        """The members of an object; of dict(a=1), too."""
        members = []
        while not self.take(closing):
            kind, name = self.peek()
            if kind not in ("text", "name"):
                raise _Unclear
            self.place += 1
            if not self.take(":") and not self.take("="):
                raise _Unclear
            key = _string(name) if kind == "text" else json.dumps(name, ensure_ascii=False)
            members.append(f"{key}: {self.member(closing, depth)}")
            if not self.take(",") and self.peek() != ("mark", closing) and self.peek()[0] != "text":  # a forgotten comma
                raise _Unclear
        return "{" + ", ".join(members) + "}"

    def member(self, closing: str, depth: int) -> str:
        """The value of a member. In a text that has lost all its quotes (to PowerShell), it may be all up to the next comma."""
        start = self.place
        try:
            value = self.value(depth)
            if self.peek() in (("mark", ","), ("mark", closing)) or self.peek()[0] == "text":
                return value
            raise _Unclear
        except _Unclear:
            if self.is_quoted:
                raise
        words: list[str] = []
        self.place, inside = start, 0
        while self.place < len(self.tokens):
            text = self.tokens[self.place][1]
            if (text in ("{", "}", "[", "]", "'", '"', ":") and text != closing) or text.lower() in NOT_FINITE:
                break
            if not inside and text in (",", closing):
                return json.dumps("".join(words).strip(), ensure_ascii=False)
            inside += (text == "(") - (text == ")")
            words.append(text)
            self.place += 1
        raise _Unclear


def _string(text: str) -> str:
    """A quoted text as JSON has it."""
    if text[0] == '"':
        return text
    return json.dumps(text[1:-1].replace("\\'", "'"), ensure_ascii=False)


def _number(text: str) -> str:
    """`1.`, `.5`, `+1`, `007` and `1_000` as JSON writes them."""
    sign, digits = "-" * text.startswith("-"), text.lstrip("+-").replace("_", "")
    digits = re.sub(r"^0+(?=[0-9])", "", digits)
    digits = re.sub(r"^(?=\.)", "0", digits)
    return sign + re.sub(r"\.(?![0-9])", ".0", digits)
