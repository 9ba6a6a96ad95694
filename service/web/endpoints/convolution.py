"""POST /v1/convolution"""

from __future__ import annotations

from typing import Any

from service.answers.symbolic_sums import symbolic_convolution
from service.certificates import require
from service.errors import InputError, ShapeMismatch
from service.linalg import convolution as linalg
from service.linalg import convolution_2d
from service.linalg.matrices import read_symbolic_vector_or_matrix
from service.linalg.matrix import as_sent
from service.web.endpoint import Example, ResponseSchema, endpoint
from service.web.fields import BooleanField, ChecksField, ChoiceField, IntegerField, RequestField, VariablesField
from service.web.linear_algebra import VECTOR_OR_MATRIX, Answer, LatexAnswer, RightHandSideField, TakesExpressions, WidestArithmeticAnswer
from service.web.values import MATRIX, NUMBER, array_of, nullable, record


class ShapeField(RequestField):
    """Rows and columns."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> tuple[int, int]:
        sizes = [size for size in value if isinstance(size, int) and not isinstance(size, bool)] if isinstance(value, list) else []
        if not isinstance(value, list) or len(value) != 2 or len(sizes) != 2 or min(sizes) < 1:
            raise self.wrong(value, "two whole numbers from 1, the rows and the columns")
        return sizes[0], sizes[1]

    def json_schema(self) -> dict[str, Any]:
        return {"type": "array", "items": {"type": "integer", "minimum": 1}, "minItems": 2, "maxItems": 2}


class Request(TakesExpressions):
    kernel = RightHandSideField(
        read=read_symbolic_vector_or_matrix,
        required=True,
        metadata={"description": "What to convolve with: a list of entries, or a list of rows in two dimensions"},
    )
    signal = RightHandSideField(
        read=read_symbolic_vector_or_matrix,
        metadata={"description": "The other sequence or matrix; left out, only the matrix T is answered, for the size that is sent"},
    )
    length = IntegerField(
        minimum=1, metadata={"description": "The number of entries of the signal; follows from `signal` when that is sent"}
    )
    signal_shape = ShapeField(metadata={"description": "In two dimensions: the rows and columns of the signal, when it is not sent"})
    mode = ChoiceField(
        linalg.MODES,
        "full",
        metadata={
            "description": "full: every place where the two overlap, k + n - 1 entries. same: the middle n, from number (k - 1)//2. "
            "valid: where the kernel lies inside the signal, n - k + 1. circular: the signal repeats, n"
        },
    )
    jacobians = BooleanField(
        load_default=False, metadata={"description": "Whether to answer the Jacobians of the convolution by the signal and by the kernel"}
    )
    adjoint = RightHandSideField(
        metadata={"description": "Numbers w in the shape of the convolution: to answer T'·w too, in the shape of the signal"}
    )
    variables = VariablesField(metadata={"description": "Declarations of the names in expressions; what is not declared is a scalar"})


class Response(ResponseSchema):
    convolution = Answer(nullable(VECTOR_OR_MATRIX), "y[i] = Σ_j kernel[j]·signal[i - j], along both axes; null when no signal was sent")
    latex = LatexAnswer("The convolution")
    matrix = Answer(
        nullable(MATRIX),
        "The Toeplitz (circular: circulant) matrix T with convolution = T·signal; in two dimensions block Toeplitz: columns stacked, "
        "vec(convolution) = T·vec(signal). null beyond the limit matrix-entries",
    )
    shape = Answer(array_of({"type": "integer"}), "The shape of the matrix")
    output_shape = Answer(array_of({"type": "integer"}), "In two dimensions: the shape of the convolution", required=False)
    jacobians = Answer(
        record("ConvolutionJacobians", {"signal": MATRIX, "kernel": MATRIX}, ("signal", "kernel")),
        "With jacobians: ∂vec(y)/∂vec(signal) = T, and ∂vec(y)/∂vec(kernel), as signal and kernel",
        required=False,
    )
    adjoint = Answer(VECTOR_OR_MATRIX, "With adjoint: T'·w, the correlation of w with the kernel", required=False)
    mode = Answer({"type": "string", "enum": list(linalg.MODES)}, "The places that were kept")
    arithmetic = WidestArithmeticAnswer()
    error_bounds = Answer(
        nullable({"anyOf": [array_of(NUMBER), array_of(array_of(NUMBER))]}),
        "Verified bounds on the absolute errors of `convolution`, the rounding of decimals included; null when exact",
    )
    checks = ChecksField()


@endpoint(
    family="linear algebra",
    request=Request,
    response=Response,
    bare=("convolution", "matrix"),
    examples=[
        Example("The matrix of a kernel", {"kernel": [1, 2, 3], "length": 4, "mode": "full"}),
        Example("Two sequences", {"kernel": [1, 0.5], "signal": [1, 2, 3], "mode": "same"}),
        Example("Exactly", {"kernel": ["1/2", "1/3"], "signal": [1, 2, 3]}),
        Example("Of expressions", {"kernel": ["a", "b"], "signal": ["x", "y"]}),
        Example("In two dimensions", {"kernel": [[1, 0], [0, -1]], "signal": [[1, 2, 3], [4, 5, 6], [7, 8, 9]], "mode": "valid"}),
        Example(
            "Jacobians, and the adjoint that backpropagation applies",
            {"kernel": [1, -1], "signal": [2, 5, 4], "mode": "valid", "jacobians": True, "adjoint": [1, 3]},
        ),
        Example("A kernel that does not fit in", {"kernel": [1, 2, 3], "signal": [1, 2], "mode": "valid"}, refused="shape-mismatch"),
    ],
)
def convolution(request: dict[str, Any]) -> dict[str, Any]:
    """Discrete convolution of two sequences or matrices, and the (block) Toeplitz matrix that does it.

    Of whole numbers exactly, as a product of polynomials; of decimals in extended precision, with a bound for each entry. On request
    the Jacobians by both factors, and the adjoint applied.
    """
    kernel, signal, mode = request["kernel"], request.get("signal"), request["mode"]
    arithmetic, length, shape = (request.get(name) for name in ("arithmetic", "length", "signal_shape"))
    if signal is not None and arithmetic is None and "symbolic" in (kernel.kind, signal.kind):
        if request["jacobians"] or "adjoint" in request:
            raise InputError("Jacobians and adjoint are of numbers", "the matrix is the Jacobian by the signal", "/jacobians")
        return symbolic_convolution(kernel, signal, mode, request.get("variables"))
    flat = kernel.shape[1] == 1 and shape is None and (signal is None or signal.shape[1] == 1)
    if not flat and (length is not None or (signal is not None and signal.is_vector) or kernel.is_vector):
        field = "length" if length is not None else "kernel" if kernel.is_vector else "signal"
        raise ShapeMismatch("one of the two is a sequence, and the other a matrix", "send two lists, or two lists of rows", f"/{field}")
    if flat:
        answer = linalg.convolution(kernel, signal, length, mode, arithmetic).to_json()
    else:
        answer = convolution_2d.convolution_2d(kernel, signal, shape, mode, arithmetic)
    checks = list(answer.pop("checks"))
    if request["jacobians"]:
        if signal is None:
            raise InputError("the Jacobian by the kernel needs the signal", 'send "signal"', "/signal")
        answer["jacobians"], more = convolution_2d.jacobians(kernel, signal, mode, answer["arithmetic"])
        checks += more
    if "adjoint" in request:
        size = signal.shape if signal is not None else shape or (length or 0, 1)
        found, _, more = convolution_2d.adjoint(kernel, size, request["adjoint"], mode, arithmetic)
        answer["adjoint"] = as_sent(request["adjoint"], found) if flat else found
        checks += more
    return answer | {"checks": require(checks)}
