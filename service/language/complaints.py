"""The errors of the parser: what is wrong, where, and what would be right."""

from __future__ import annotations

from collections.abc import Container

from service.errors import ExpressionSyntaxError, Span, UnknownName
from service.expression.operation import Operation, function, is_function
from service.language import hints
from service.language.names import CONSTANTS
from service.language.tokens import END, NAME, NUMBER, Token

LONGEST_QUOTE = 30
OPERAND_DUE = "a number, a name or an opening bracket is due"


def quote(text: str) -> str:
    """A piece of the request as it may stand in a message: bounded."""
    return text if len(text) <= LONGEST_QUOTE else f"{text[:LONGEST_QUOTE]}..."


def _error(detail: str, hint: str | None, start: int, end: int) -> ExpressionSyntaxError:
    return ExpressionSyntaxError(detail, hint=hint, span=Span(start, end))


def find_function(tokens: list[Token], position: int, declared: Container[str]) -> Operation:
    """The function called by the name at this place; raises UnknownName with what it may have meant."""
    name = tokens[position]
    try:
        return function(name.text)
    except UnknownName as error:
        error.span = Span(name.start, name.end)
        error.detail = f"there is no function called {quote(name.text)}"
        product = f"{quote(name.text)}*(...)"
        if name.text in declared:
            error.detail = f"{quote(name.text)} is a variable, not a function"
            indices = "1,2" if tokens[position + 3 : position + 4] and tokens[position + 3].text == "," else "1"
            error.hint = f"a product is written {product}, an entry {quote(name.text)}[{indices}]"
        elif name.text in CONSTANTS:
            error.detail = f"{name.text} is a constant, not a function"
            error.hint = f"{'exp(x) or e^x' if name.text == 'e' else product}"
        elif name.text in hints.FUNCTIONS:
            error.hint = hints.FUNCTIONS[name.text]
        elif name.text.lower() != name.text and is_function(name.text.lower()):
            error.hint = f"did you mean {name.text.lower()}?"
        elif name.text.startswith("arc") and is_function("a" + name.text[3:]):
            error.hint = f"did you mean a{name.text[3:]}?"
        elif len(name.text) <= 2 or any(token.text == name.text for token in (*tokens[:position], *tokens[position + 1 :])):
            error.hint = f"a product is written {product}"
        raise


def bare_function(tokens: list[Token], position: int) -> ExpressionSyntaxError:
    """A function's name without its bracket."""
    name, after = tokens[position], tokens[position + 1]
    argument = after.text if after.kind in (NAME, NUMBER) else "x"
    hint = f"write {name.text}({quote(argument)})"
    if after.text in ("^", "**") and tokens[position + 2].kind == NUMBER:
        hint = f"write {name.text}(x)^{quote(tokens[position + 2].text)}"
    elif after.text == "[":
        hint = f"arguments stand in round brackets: {name.text}(x)"
    elif after.kind == END or after.text in ("*", "/", "+", "-", ")", ",", "'"):
        hint += f"; a variable needs another name, such as {name.text}_1"
    return _error(f"{name.text} is a function and needs its argument in brackets", hint, name.start, name.end)


def missing_operand(tokens: list[Token], position: int) -> ExpressionSyntaxError:
    """Something else where a number, a name or an opening bracket is due."""
    token = tokens[position]
    before = tokens[position - 1] if position else None
    if before is None:
        if token.kind == END:
            return _error("the expression is empty", "write a function, such as x^2 + 3*x", 0, 0)
        return _error(f"the expression begins with {token.text}", _hint_for_start(token.text), token.start, token.end)
    if token.kind == END:
        if before.text in ("(", "["):
            return never_closed(before)
        return _error(f"something is missing after {before.text}", OPERAND_DUE, before.start, before.end)
    if (before.text, token.text) in (("(", ")"), ("[", "]")):
        return _error("there is nothing between the brackets", OPERAND_DUE, before.start, token.end)
    if (before.text, token.text) in (("(", "]"), ("[", ")")):
        return closes_nothing(token, before)
    hint = hints.PAIRS.get((before.text, token.text), OPERAND_DUE)
    return _error(f"something is missing between {before.text} and {token.text}", hint, before.start, token.end)


def _hint_for_start(symbol: str) -> str:
    if symbol == "'":
        return "an expression has no quotation marks; the transpose comes after: A'"
    if symbol == "=":
        return "send the expression alone"
    return OPERAND_DUE


def side_by_side(text: str, tokens: list[Token], position: int, operation: Operation | None) -> ExpressionSyntaxError:
    """Two operands with nothing between them, where no product is understood."""
    left, right = tokens[position - 1], tokens[position]
    if right.text == "=" and tokens[position + 1].text in "<>" and tokens[position + 1].text:
        return _error(f"={tokens[position + 1].text} is no comparison", f"write {tokens[position + 1].text}=", right.start, right.end + 1)
    if right.text == "=":
        equation = "write == for a comparison; of an equation, send one side, or the difference of both"
        return _error("an expression has no =", equation, right.start, right.end)
    if left.text in hints.WORDS or right.text in hints.WORDS:
        word = left if left.text in hints.WORDS else right
        return _error(f"{word.text} is no operator", hints.WORDS[word.text], word.start, word.end)
    first, second = quote(left.text), quote(right.text)
    if left.text in (")", "]", "'", ".T"):
        first = quote(_operand_before(text, tokens, position))
    if right.kind == NAME and tokens[position + 1].text == "(":
        second += "(...)"
    elif right.text in ("(", "["):
        second += "...]" if right.text == "[" else "...)"
    hint: str | None = f"a product is written {first}*{second}"
    if left.kind == NUMBER and right.kind == NUMBER:
        if right.text.startswith(".") or ("." in left.text and left.end == right.start):
            hint = "a number has one decimal point"
        elif operation is not None and operation.name == "literal":
            hint = f"entries are separated by commas: [{first}, {second}]"
    elif is_foreign_number(left, right):
        hint = f"numbers are decimal; {hint}"
    elif operation is not None and operation.name == "literal" and left.end != right.start:
        hint = f"{hint}; entries are separated by commas: [{first}, {second}]"
    elif left.kind == NAME and right.text == "[":
        hint = None
    return _error(f"there is no operator between {quote(left.text)} and {quote(right.text)}", hint, left.start, right.end)


def is_foreign_number(left: Token, right: Token) -> bool:
    """`0x1F` and `0b01` are no products of zero."""
    return left.text == "0" and right.kind == NAME and right.start == left.end


def _operand_before(text: str, tokens: list[Token], position: int) -> str:
    """The text of the operand that ends just before this place."""
    depth = 0
    for index in range(position - 1, -1, -1):
        token = tokens[index].text
        if token in (")", "]"):
            depth += 1
        elif token in ("(", "["):
            depth -= 1
        if depth == 0 and token not in ("'", ".T", "[") and not (token == "(" and index and tokens[index - 1].kind == NAME):
            return text[tokens[index].start : tokens[position - 1].end]
    return tokens[position - 1].text


def never_closed(opening: Token) -> ExpressionSyntaxError:
    closing = ")" if opening.text == "(" else "]"
    return _error(f"the bracket {opening.text} is never closed", f"a {closing} is missing", opening.start, opening.end)


def closes_nothing(token: Token, opening: Token | None) -> ExpressionSyntaxError:
    if opening is None or opening.text not in ("(", "["):
        hint = f"leave it out, or open it with {'(' if token.text == ')' else '['}"
        return _error(f"the bracket {token.text} closes nothing", hint, token.start, token.end)
    expected = ")" if opening.text == "(" else "]"
    return _error(f"the bracket {opening.text} is closed by {token.text}", f"write {expected}", opening.start, token.end)


def misplaced_separator(token: Token, opening: Token | None) -> ExpressionSyntaxError:
    if token.text == ";":
        in_call = opening is not None and opening.text == "("
        hint = "arguments are separated by commas" if in_call else "rows of a matrix stand in brackets: [1, 2; 3, 4]"
    else:
        hint = "entries of a vector stand in square brackets, [x, y]; the decimal sign is a point"
    return _error(f"there is a {token.text} outside of a literal and of a function's brackets", hint, token.start, token.end)


def ragged(row: int, found: int, expected: int, span: Span) -> ExpressionSyntaxError:
    return ExpressionSyntaxError(
        f"row {row} of the literal has {found} {'entry' if found == 1 else 'entries'}, the row before has {expected}",
        hint="the rows of a matrix are equally long",
        span=span,
    )


def wrong_count(operation: Operation, found: int, span: Span, arity: tuple[int, int | None] | None = None) -> ExpressionSyntaxError:
    """Too few or too many arguments; `arity` is the operation's own unless the text says otherwise."""
    least, most = arity or operation.arity
    wanted = f"{least}" if least == most else f"at least {least}" if most is None else f"{least} to {most}"
    detail = f"{operation.name} takes {wanted} {'argument' if wanted.endswith(' 1') or wanted == '1' else 'arguments'}, not {found}"
    return ExpressionSyntaxError(detail, hint=f"write {operation.usage()}", span=span)


def bad_index(token: Token) -> ExpressionSyntaxError:
    if token.kind == END:
        return _error("the bracket [ is never closed", "a ] is missing", token.start, token.end)
    hint = "places are whole numbers and count from 1: x[1], A[1,2]"
    return _error(f"{quote(token.text)} is no place in an array", hint, token.start, token.end)


def chained_comparison(token: Token) -> ExpressionSyntaxError:
    return _error("comparisons are not chained", "a < b < c is written where(a < b, b < c, 0)", token.start, token.end)


def unknown_name(name: str, hint: str, span: Span) -> UnknownName:
    return UnknownName(f"{quote(name)} is not declared", hint=hint, span=span)
