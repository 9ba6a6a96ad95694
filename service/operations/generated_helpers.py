"""What generated code defines first, where a language has no function for an operation: pairs of dialect and source."""

from __future__ import annotations

from collections.abc import Callable

from service.expression.codes import Spelling

Helpers = tuple[tuple[str, str], ...]

MODULES = {"numpy": "np", "jax": "jnp", "pytorch": "torch"}


def _python(source: Callable[[str], str], *dialects: str) -> Helpers:
    """The source for some of the dialects of Python, from the module of their array functions."""
    return tuple([(dialect, source(MODULES[dialect])) for dialect in dialects])


MATLAB_WHERE: Helpers = (
    (
        "matlab",
        """\
function result = where(condition, yes, no)
    result = no + zeros(size(condition + yes + no));
    yes = yes + zeros(size(result));
    condition = condition & true(size(result));
    result(condition) = yes(condition);
end""",
    ),
)

MATLAB_LOGSUMEXP: Helpers = (
    (
        "matlab",
        """\
function result = logsumexp(x)
    largest = max(x(:));
    result = largest + log(sum(exp(x(:) - largest)));
end""",
    ),
)

MATLAB_SOFTMAX: Helpers = (
    (
        "matlab",
        """\
function result = softmax(x)
    result = exp(x - max(x(:)));
    result = result / sum(result(:));
end""",
    ),
)

MATLAB_SOFTMAX_ROWS: Helpers = (
    (
        "matlab",
        """\
function result = softmax_rows(X)
    result = exp(X - max(X, [], 2));
    result = result ./ sum(result, 2);
end""",
    ),
)

# Eigenvalues.

EIGENPROJECTION: Helpers = (
    *_python(
        lambda module: (
            f"""\
def eigenprojection(A):
    w, R = {module}.linalg.eig(A)
    k = {module}.argmax(w.real)
    return {module}.outer(R[:, k], {module}.linalg.inv(R)[k]).real"""
        ),
        *MODULES,
    ),
    (
        "julia",
        """\
function eigenprojection(A)
    w, R = eigen(A)
    k = argmax(real(w))
    return real(R[:, k:k] * inv(R)[k:k, :])
end""",
    ),
    (
        "matlab",
        """\
function P = eigenprojection(A)
    [R, D] = eig(A);
    [~, k] = max(real(diag(D)));
    L = inv(R);
    P = real(R(:, k) * L(k, :));
end""",
    ),
)

POLAR: Helpers = (
    *_python(
        lambda module: (
            f"""\
def polar(A):
    U, _, Vt = {module}.linalg.svd(A, full_matrices=False)
    return U @ Vt"""
        ),
        *MODULES,
    ),
    (
        "julia",
        """\
function polar(A)
    F = svd(A)
    return F.U * F.Vt
end""",
    ),
    (
        "matlab",
        """\
function Q = polar(A)
    [U, ~, V] = svd(A, "econ");
    Q = U * V';
end""",
    ),
)

# Functions of matrices.

SQRTM: Helpers = (
    (
        "pytorch",
        '''\
def sqrtm(A):
    """The principal square root, by the iteration of Denman and Beavers (1976)."""
    Y, Z = A, torch.eye(len(A)).to(A)
    for _ in range(25):
        Y, Z = (Y + torch.linalg.inv(Z)) / 2, (Z + torch.linalg.inv(Y)) / 2
    return Y''',
    ),
)


def _logm(root: str, eye: str) -> Callable[[str], str]:
    return lambda module: (
        f'''\
def logm(A):
    """The principal logarithm: 1024 times that of the root of this order, by Gauss-Legendre quadrature."""
    for _ in range(10):
        A = {root}
    points = ((0.5, 4 / 9), (0.5 - 0.15**0.5, 5 / 18), (0.5 + 0.15**0.5, 5 / 18))
    I = {eye}
    return 1024 * sum(weight * {module}.linalg.solve(I + x * (A - I), A - I) for x, weight in points)'''
    )


LOGM: Helpers = (
    *_python(_logm("linalg.sqrtm(A).real", "jnp.eye(len(A))"), "jax"),
    *SQRTM,
    *_python(_logm("sqrtm(A)", "torch.eye(len(A)).to(A)"), "pytorch"),
)


def _frechet(module: str) -> str:
    block = "np.block([[X, np.kron(np.eye(2**depth), E)], [0 * X, X]])".replace("np.", f"{module}.")
    if module == "torch":
        block = "torch.cat([torch.cat([X, torch.kron(torch.eye(2**depth).to(E), E.contiguous())], 1), torch.cat([0 * X, X], 1)])"
    return f'''\
def frechet(f, A, *directions):
    """The derivative of a matrix function at A along directions, the upper right block of f([A, E; 0, A]).

    Leading axes of the directions stand side by side. (Higham, Functions of Matrices, chapter 3.)
    """
    n = len(A)
    found = []
    for chosen in itertools.product(*[E.reshape(-1, n, n) for E in directions]):
        X = A
        for depth, E in enumerate(chosen):
            X = {block}
        found.append(f(X)[:n, -n:])
    leading = [size for E in directions for size in E.shape[:-2]]
    return {module}.stack(found).reshape(*leading, n, n)'''


FRECHET: Helpers = (
    *_python(_frechet, *MODULES),
    (
        "julia",
        """\
function frechet(f, A, directions...)
    n = size(A, 1)
    function along(chosen)
        X = A
        for (depth, E) in enumerate(chosen)
            X = [X kron(Matrix{Float64}(I, 2^(depth - 1), 2^(depth - 1)), E); zero(X) X]
        end
        return f(X)[1:n, end-n+1:end]
    end
    flat = [eachslice(reshape(E, :, n, n); dims=1) for E in directions]
    found = stack(vec([along(chosen) for chosen in Iterators.product(flat...)]))
    leading = [length for E in directions for length in size(E)[1:end-2]]
    return reshape(permutedims(found, (3, 1, 2)), leading..., n, n)
end""",
    ),
    (
        "matlab",
        """\
function L = frechet(f, A, varargin)
    n = size(A, 1);
    leading = [];
    counts = ones(1, numel(varargin));
    for k = 1:numel(varargin)
        lengths = size(varargin{k});
        leading = [leading, lengths(1:end-2)];
        varargin{k} = reshape(varargin{k}, [], n, n);
        counts(k) = size(varargin{k}, 1);
    end
    L = zeros([prod(counts), n, n]);
    for place = 1:prod(counts)
        X = A;
        rest = place - 1;
        for k = 1:numel(varargin)
            E = reshape(varargin{k}(mod(rest, counts(k)) + 1, :, :), n, n);
            rest = floor(rest / counts(k));
            X = [X, kron(eye(2^(k - 1)), E); zeros(size(X)), X];
        end
        F = f(X);
        L(place, :, :) = F(1:n, end-n+1:end);
    end
    L = reshape(L, [leading, n, n]);
end""",
    ),
)


_ONE_BY_ONE = {
    "numpy": ("np.reshape({0}, (1, 1))", ", np.eye(1)", "[0, 0]"),
    "jax": ("jnp.reshape({0}, (1, 1))", ", jnp.eye(1)", "[0, 0]"),
    "pytorch": ("torch.reshape({0}, (1, 1))", ", torch.eye(1, **like)", "[0, 0]"),
    "julia": ("fill({0}, 1, 1)", ", ones(1, 1)", "[1, 1]"),
    "matlab": ("{0}", ", 1", ""),
}
"""A scalar as a matrix of one entry, such a matrix that is 1, and how its entry is taken."""
_UNNAMED = {"julia": "X -> ", "matlab": "@(X) "}


def frechet_spelling(function: Spelling, order: int, scalar: bool = False) -> Spelling:
    """`frechet(f, A, E, ...)` for the matrix function of this spelling; of a scalar, its derivative of this order."""
    directions = "".join([f", {{{place}}}" for place in range(1, order + 1)])
    spelled = {}
    for dialect, (argument, one, entry) in _ONE_BY_ONE.items():
        f = getattr(function, dialect)
        if "{0}" in f:
            f = _UNNAMED.get(dialect, "lambda X: ") + f.replace("{0}", "X")
        elif dialect == "matlab":
            f = f"@{f}"
        spelled[dialect] = f"frechet({f}, {argument + one * order if scalar else '{0}' + directions})" + (entry if scalar else "")
    return Spelling(**spelled, helpers=(*function.helpers, *FRECHET))
