"""POST /v1/pca"""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from service.answers.lagrangian import principal_directions, stationary_check
from service.certificates import require
from service.errors import InputError
from service.learning import pca as learning
from service.scenes.components import biplot, scree
from service.web.calculus import StepsAnswer
from service.web.drawings import Drawing
from service.web.endpoint import Example, RequestSchema, ResponseSchema, endpoint
from service.web.fields import BooleanField, ChecksField, IntegerField, MatrixField
from service.web.linear_algebra import Answer
from service.web.values import NUMBER, array_of, nullable

NUMBERS = array_of(NUMBER)


class Request(RequestSchema):
    X = MatrixField(required=True, metadata={"description": "The data, an observation in each row, a variable in each column"})
    n_components = IntegerField(minimum=1, metadata={"description": "How many components to answer; left out, all min(n, p)"})
    standardize = BooleanField(
        load_default=False,
        metadata={"description": "Whether each column is divided by its standard deviation: components of the correlation matrix"},
    )
    standardise = BooleanField(metadata={"description": "Another spelling of standardize"})
    ddof = IntegerField(
        minimum=0,
        maximum=1,
        load_default=1,
        metadata={"description": "Variances are divided by n - ddof: 1 for the unbiased estimate, 0 for a whole population"},
    )
    whiten = BooleanField(load_default=False, metadata={"description": "Whether to answer the scores with unit variances too"})
    reconstruct = BooleanField(load_default=False, metadata={"description": "Whether to answer the data as the components give them back"})
    steps = BooleanField(
        load_default=False, metadata={"description": "Whether to tell why the components are eigenvectors, by Lagrange's method"}
    )


class Response(ResponseSchema):
    n_components = fields.Integer(required=True, metadata={"description": "k, the number of components answered"})
    observations = fields.Integer(required=True, metadata={"description": "n"})
    explained_variance = Answer(NUMBERS, "The variances along the components, decreasing: eigenvalues of the covariance matrix")
    explained_variance_ratio = Answer(NUMBERS, "Their shares of the total variance")
    cumulative_variance_ratio = Answer(NUMBERS, "The shares added up")
    standard_deviations = Answer(NUMBERS, "The square roots of the variances")
    total_variance = Answer(NUMBER, "The sum of all variances, of those left out too")
    singular_values = Answer(NUMBERS, "Of the centred data: sqrt(variance·(n - ddof))")
    components = Answer(
        array_of(NUMBERS),
        "k×p, a unit vector in each row. Sign: the first entry whose size is within a millionth of the largest is positive",
    )
    loadings = Answer(array_of(NUMBERS), "p×k, the same vectors as columns (R's rotation, MATLAB's coeff)")
    scaled_loadings = Answer(
        array_of(NUMBERS), "Those times the standard deviations; with standardize, the correlations with the variables"
    )
    mean = Answer(NUMBERS, "The mean of each column")
    scale = Answer(nullable(NUMBERS), "The standard deviation of each column, by which it was divided; null without standardize")
    covariance = Answer(
        nullable(array_of(NUMBERS)), "S, of the columns (their correlation matrix with standardize); null over the limit matrix-entries"
    )
    scores = Answer(array_of(NUMBERS), "n×k, the centred data in the coordinates of the components")
    reconstruction_error = Answer(NUMBER, "‖Xc - scores·components‖ in the Frobenius norm: what the components leave of the centred data")
    ddof = fields.Integer(required=True, metadata={"description": "Variances are divided by n - ddof"})
    error_bound = Answer(NUMBER, "Verified bound on the error of each variance, relative to the largest")
    component_error_bounds = Answer(
        array_of(nullable(NUMBER)),
        "For each component a bound on the sine of its angle to the true one; null where another variance is "
        "too near to tell the direction",
    )
    whitening = Answer(array_of(NUMBERS), "With whiten: p×k, the centred data times it are the whitened scores", required=False)
    whitened = Answer(array_of(NUMBERS), "With whiten: the scores, uncorrelated and of variance 1", required=False)
    reconstruction = Answer(array_of(NUMBERS), "With reconstruct: n×p, the data as the k components give them back", required=False)
    steps = StepsAnswer(metadata={"description": "The derivation, where it was asked for"})
    checks = ChecksField()


DATA = [[2.5, 2.4], [0.5, 0.7], [2.2, 2.9], [1.9, 2.2], [3.1, 3.0], [2.3, 2.7], [2.0, 1.6], [1.0, 1.1], [1.5, 1.6], [1.1, 0.9]]


def _all_components(request: dict[str, Any]) -> learning.PrincipalComponents:
    """The components that pictures show, whatever the number to answer."""
    return learning.pca(request["X"], None, _is_standardized(request), request["ddof"])


def _is_standardized(request: dict[str, Any]) -> bool:
    """Whether columns are standardised. Raises InputError where the two spellings contradict each other."""
    other = request.get("standardise")
    if other is not None and request["standardize"] and not other:
        raise InputError("standardize and standardise contradict each other", "send one of them", "/standardise")
    return bool(request["standardize"] or other)


@endpoint(
    family="learning",
    request=Request,
    response=Response,
    bare="scores",
    drawings={
        "biplot": Drawing(
            "biplot", lambda request: biplot(_all_components(request)), "the scores and loadings of the first two components"
        ),
        "scree": Drawing("scree", lambda request: scree(_all_components(request)), "the shares of the components in the variance"),
    },
    examples=[
        Example("Two variables", {"X": DATA}),
        Example("One component, and the data that it gives back", {"X": DATA, "n_components": 1, "reconstruct": True}),
        Example("Standardised and whitened", {"X": [[1, 200], [2, 100], [3, 400], [4, 300]], "standardize": True, "whiten": True}),
        Example("Why eigenvectors", {"X": [[1, 2], [2, 4.5], [3, 5.5]], "steps": True}),
        Example("Data that do not vary", {"X": [[1, 2], [1, 2]]}, refused="mathematics-refuses"),
    ],
)
def pca(request: dict[str, Any]) -> dict[str, Any]:
    """Principal component analysis.

    The directions in which the data vary most, by the singular values of the centred data; the variances with a verified bound, each
    direction with a bound on its angle. `steps` derives the eigenvalue equation: maximise w'*S*w where w'*w = 1.
    """
    found = learning.pca(
        request["X"],
        request.get("n_components"),
        _is_standardized(request),
        request["ddof"],
        request["whiten"],
        request["reconstruct"],
    )
    answer = found.to_json()
    if not request["steps"]:
        return answer
    checks = answer.pop("checks")
    answer["steps"] = principal_directions()
    if found.covariance is not None:
        checks = [*checks, *require([stationary_check(found.covariance, found.components[0], float(found.variances[0]))])]
    return answer | {"checks": checks}
