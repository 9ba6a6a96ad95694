"""POST /v1/null-space"""

from __future__ import annotations

from typing import Any

from service.answers.exact_constants import with_constants
from service.linalg.subspaces import SPACES, subspaces
from service.web.endpoint import Example, endpoint
from service.web.fields import ChoiceField
from service.web.subspaces import SubspaceAnswer, SubspaceRequest


class Request(SubspaceRequest):
    side = ChoiceField(
        ("right", "left"), "right", metadata={"description": "right: the x with A·x = 0. left: the y with y'·A = 0, the null space of A'"}
    )


@endpoint(
    family="linear algebra",
    direct=True,
    request=Request,
    response=SubspaceAnswer,
    bare="basis",
    examples=[
        Example("An orthonormal basis", {"matrix": [[1, 2, 3], [2, 4, 6]]}),
        Example("Exactly, as it is taught: one vector for each free variable", {"matrix": [[1, 2, 3], [2, 4, 7]], "arithmetic": "exact"}),
        Example("All four fundamental subspaces", {"matrix": [[1, 2], [2, 4], [0, 1]], "arithmetic": "exact", "all": True}),
    ],
)
def null_space(request: dict[str, Any]) -> dict[str, Any]:
    """Null space of a matrix: all x with A·x = 0.

    In exact arithmetic the special solutions (each free variable 1 in turn), in floats an orthonormal basis. `all` adds the
    column space, the row space and the left null space. The rank is exact for whole and rational entries; of decimals it is
    undecided, an error, when the singular values leave no gap.
    """
    space = SPACES[2] if request["side"] == "right" else SPACES[3]
    matrix = with_constants(request["matrix"], "/matrix")
    spaces = SPACES if request["all"] else (space,)
    return subspaces(matrix, spaces, request.get("arithmetic"), request.get("tolerance")).to_json(space)
