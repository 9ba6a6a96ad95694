"""What is said about a step: one table of English sentences, by the code of the rule."""

from __future__ import annotations

import re

SENTENCES: dict[str, str] = {
    "constant-rule": "What does not depend on {variable} has the derivative 0.",
    "variable": "{before} = {after}.",
    "sum-rule": "A sum is differentiated term by term.",
    "constant-factor": "Constant factors stay as they are.",
    "linear-rules": "Sums are differentiated term by term, and constant factors stay as they are.",
    "product-rule": "In each term one factor is differentiated, and the others stay as they are.",
    "entry-by-entry": "An array is differentiated entry by entry.",
    "chain-rule": "The derivative of the outer function times that of the inner one: {identity}{where}.",
    "the-remaining-rules": "The rules that remain, all at once: {names}.",
    "at-once": "Several steps at once: {rules}.",
    "in-one-step": "The function is too large to be told rule by rule.",
    "collect-and-tidy": "Products are multiplied out, equal terms collected, and factors put in order.",
    "collect-the-change": "Every term is turned so that {change} stands last, and what stands before it is collected.",
    "read-off-the-gradient": "The gradient is the vector g for which the differential is g'*{change}.",
    "read-off-the-gradient-from-the-trace": "The gradient is the matrix G for which the differential is tr(G'*{change}).",
    "read-off-the-jacobian": "The Jacobian is the matrix J for which the differential is J*{change}.",
    "read-off-the-derivative": "The derivative holds the coefficient of each entry of {change} in each entry of the differential.",
    "sum-over-the-paths": "The derivative is the sum over all paths of the products of the local derivatives along them: {where}.",
    "sum-over-the-paths-of-jacobians": "The differential is the sum over all paths of what the Jacobians along them, one after the other, "
    "make of the change: {where}. The Jacobians: {identity}.",
    "local-derivatives": "Each local derivative is that of one operation by one of its arguments: {identity}.",
    "intermediate-values": "The intermediate values are put back: {where}.",
    "partial-derivatives": "The partial derivatives, one beside the other.",
    "taylor-s-formula": "The polynomial is {where}, with the derivatives by {variable} at the point.",
    "layout": "The result is arranged as {layout} has it.",
    "components": "{where}, written with indices: products of matrices are sums.",
    "kronecker-delta": "{before} is the Kronecker delta {after}: 1 where the indices agree, 0 elsewhere.",
    "contraction": "In a sum, a Kronecker delta keeps the one term in which its indices agree.",
    "trace-input": "{name} is an input: its value is given.",
    "trace-direction": "{name} is an input: its value is given, and {name}_dot is its part of the seed.",
    "trace-seed": "The sweep starts here: {result}.",
    "trace-forward": "{name} = {line}. {Rule}: {result}.",
    "trace-collected": "{name} = {line}. From what it is used in: {result}.",
    "trace-backward": "Back through {name} = {line}. {Rule}: {result}.",
    "lagrange-multiplier": "The variance along w is w'*S*w. That w has length 1 enters by a multiplier: lambda*(w'*w - 1) is 0 there.",
    "stationary-point": "At a maximum the gradient is zero: S*w = lambda*w. So w is an eigenvector of S, and lambda its eigenvalue.",
    "variance-of-a-direction": "With S*w = lambda*w and w'*w = 1 the variance w'*S*w is lambda: the largest eigenvalue gives the first "
    "component, the next one the best direction orthogonal to it, and so on.",
    "exchange-rows": "Row {row} and row {other} change places: the pivot must not be 0.",
    "exchange-rows-of-a-determinant": "Row {row} and row {other} change places, which changes the sign.",
    "subtract-a-multiple": "Row {row} minus {result} times row {other}: its entry in column {entry} becomes 0.",
    "scale-a-row": "Row {row} is divided by {result}: its pivot becomes 1.",
    "rank-of-the-echelon-form": "Row operations keep the rank; the rows that are not zero are independent, and there are {result}.",
    "determinant-of-a-triangle": "The determinant of a triangular matrix is the product of its diagonal: {result}.",
    "read-off-the-inverse": "The identity stands on the left now, and the inverse on the right.",
    "read-off-the-solution": "The columns of the pivots are those of the identity, and the solution stands on the right{where}.",
    "subtract-projections": "Vector {row} loses its projections on the vectors before: {identity}.",
    "dependent-vector": "Vector {row} is a combination of the vectors before: nothing is left of it, and it is left out.",
    "normalize": "Vector {row} is divided by its length {result}.",
    "triangular-factor": "R holds the products of the orthonormal vectors with the columns: A = Q*R.",
    "characteristic-polynomial": "The eigenvalues are the roots of the characteristic polynomial det(lambda*I - A).",
    "factor": "The polynomial is factored over the rational numbers.",
    "eigenvalues": "The roots of the factors are the eigenvalues{where}.",
    "shift": "The eigenvectors for the eigenvalue {result} are the solutions of (A - {entry}*I)*v = 0: elimination.",
    "eigenvectors": "The eigenvectors for the eigenvalue {result} are the combinations of the columns.",
    "diagonal-form": "With the eigenvectors as the columns of P and the eigenvalues in D, A = P*D*inv(P).",
    "jordan-form": "There are too few eigenvectors: with generalised ones in P, A = P*J*inv(P), where J is the Jordan form.",
    "matrix-notation": "That is entry {entry} of {result}.",
}
"""A rule that is not here is stated by its identity."""

DEFAULT = "{Rule}: {identity}{where}."


def code_of(rule: str) -> str:
    """The rule's name as a code: "Jacobi's formula" is jacobi-s-formula; several of them are several-rules."""
    if ", " in rule:
        return "several-rules"
    return re.sub(r"[^a-z0-9]+", "-", rule.lower()).strip("-")


def told(code: str, rule: str, **facts: str) -> str:
    """The sentence of this code about a rule."""
    return SENTENCES[code].format(Rule=rule[0].upper() + rule[1:], **facts)


def sentence(rule: str, **facts: str) -> str:
    """The sentence of a rule with its facts filled in."""
    return SENTENCES.get(code_of(rule), DEFAULT).format(Rule=rule[0].upper() + rule[1:], **facts)
