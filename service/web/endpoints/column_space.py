"""POST /v1/column-space"""

from __future__ import annotations

from typing import Any

from service.answers.exact_constants import with_constants
from service.linalg.subspaces import SPACES, subspaces
from service.web.endpoint import Example, endpoint
from service.web.fields import ChoiceField
from service.web.subspaces import SubspaceAnswer, SubspaceRequest


class Request(SubspaceRequest):
    lines = ChoiceField(("columns", "rows"), "columns", metadata={"description": "columns: the column space. rows: the row space"})


@endpoint(
    family="linear algebra",
    direct=True,
    request=Request,
    response=SubspaceAnswer,
    bare="basis",
    examples=[
        Example("Exactly: the pivot columns", {"matrix": [[1, 2, 0], [2, 4, 1]], "arithmetic": "exact"}),
        Example("An orthonormal basis", {"matrix": [[1.5, 3], [2, 4.5], [0, 0.5]]}),
        Example("The row space", {"matrix": [[1, 2, 0], [2, 4, 1]], "arithmetic": "exact", "lines": "rows"}),
    ],
)
def column_space(request: dict[str, Any]) -> dict[str, Any]:
    """Column space of a matrix: all A·x; or its row space.

    In exact arithmetic the pivot columns of A (the non-zero rows of its reduced echelon form for the row space), in floats an
    orthonormal basis. `all` adds the other fundamental subspaces.
    """
    space = SPACES[0] if request["lines"] == "columns" else SPACES[1]
    matrix = with_constants(request["matrix"], "/matrix")
    spaces = SPACES if request["all"] else (space,)
    return subspaces(matrix, spaces, request.get("arithmetic"), request.get("tolerance")).to_json(space)
