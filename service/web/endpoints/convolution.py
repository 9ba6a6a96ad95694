"""POST /v1/convolution"""

from __future__ import annotations

from typing import Any

from service.answers.symbolic_sums import symbolic_convolution
from service.linalg import convolution as linalg
from service.linalg.matrices import read_symbolic_vector
from service.web.endpoint import Example, RequestSchema, ResponseSchema, endpoint
from service.web.fields import ChecksField, ChoiceField, IntegerField, VariablesField, VectorField
from service.web.linear_algebra import ARITHMETIC, ENTRY, MATRIX, NUMBER, Answer, LatexAnswer, WidestArithmeticAnswer, array_of, nullable


class Request(RequestSchema):
    kernel = VectorField(
        read=read_symbolic_vector, required=True, metadata={"description": "The sequence to convolve with, a list of entries"}
    )
    signal = VectorField(
        read=read_symbolic_vector,
        metadata={"description": "The other sequence; left out, only the matrix for signals of `length` entries is answered"},
    )
    length = IntegerField(
        minimum=1, metadata={"description": "The number of entries of the signal; follows from `signal` when that is sent"}
    )
    mode = ChoiceField(
        linalg.MODES,
        "full",
        metadata={
            "description": "full: every place where the two overlap, k + n - 1 entries. same: the middle n, from number (k - 1)//2. "
            "valid: where the kernel lies inside the signal, n - k + 1. circular: the signal repeats, n"
        },
    )
    variables = VariablesField(metadata={"description": "Declarations of the names in expressions; what is not declared is a scalar"})
    arithmetic = ChoiceField(("float", "exact"), metadata={"description": ARITHMETIC})


class Response(ResponseSchema):
    convolution = Answer(nullable(array_of(ENTRY)), "y[i] = Σ_j kernel[j]·signal[i - j]; null when no signal was sent")
    latex = LatexAnswer("The convolution")
    matrix = Answer(
        nullable(MATRIX), "The Toeplitz (circular: circulant) matrix T with convolution = T·signal; null beyond the limit matrix-entries"
    )
    shape = Answer(array_of({"type": "integer"}), "The shape of the matrix")
    mode = Answer({"type": "string", "enum": list(linalg.MODES)}, "The places that were kept")
    arithmetic = WidestArithmeticAnswer()
    error_bounds = Answer(
        nullable(array_of(NUMBER)),
        "Verified bounds on the absolute errors of `convolution`, the rounding of decimals included; null when exact",
    )
    checks = ChecksField()


@endpoint(
    family="linear algebra",
    request=Request,
    response=Response,
    bare="convolution",
    examples=[
        Example("The matrix of a kernel", {"kernel": [1, 2, 3], "length": 4, "mode": "full"}),
        Example("Two sequences", {"kernel": [1, 0.5], "signal": [1, 2, 3], "mode": "same"}),
        Example("Exactly", {"kernel": ["1/2", "1/3"], "signal": [1, 2, 3]}),
        Example("Of expressions", {"kernel": ["a", "b"], "signal": ["x", "y"]}),
        Example("A kernel that does not fit in", {"kernel": [1, 2, 3], "signal": [1, 2], "mode": "valid"}, refused="shape-mismatch"),
    ],
)
def convolution(request: dict[str, Any]) -> dict[str, Any]:
    """Discrete convolution of two sequences, and the Toeplitz matrix that does it.

    Of whole numbers exactly, as a product of polynomials; of decimals in extended precision, with a bound for each entry.
    """
    signal, length, arithmetic = (request.get(name) for name in ("signal", "length", "arithmetic"))
    kernel = request["kernel"]
    if signal is not None and arithmetic is None and "symbolic" in (kernel.kind, signal.kind):
        return symbolic_convolution(kernel, signal, request["mode"], request.get("variables"))
    return linalg.convolution(kernel, signal, length, request["mode"], arithmetic).to_json()
