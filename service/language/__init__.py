"""Text → expression: tokens, programs in postfix order, names and shapes.

declare(variables)            what a request says of its variables
parse(source, declarations)   one expression
parse_together(sources, ...)  several over the same variables
parse_each(sources, ...)      as that, each with the variables of all
parse_number(text)            a constant, such as "pi/2"
"""

from service.language.declarations import Declarations, declare
from service.language.reading import Parsed, parse, parse_each, parse_number, parse_together

__all__ = ["Declarations", "Parsed", "declare", "parse", "parse_each", "parse_number", "parse_together"]
