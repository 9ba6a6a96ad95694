"""What is known of how a function bends, and how composition carries it on."""

from __future__ import annotations

from dataclasses import dataclass

CONSTANT, AFFINE, CONVEX, CONCAVE, UNKNOWN = "constant", "affine", "convex", "concave", "unknown"
OPPOSITE = {CONSTANT: CONSTANT, AFFINE: AFFINE, CONVEX: CONCAVE, CONCAVE: CONVEX, UNKNOWN: UNKNOWN}


@dataclass(frozen=True)
class Curvature:
    """`sign` 1: nowhere below 0; -1: nowhere above; 0: not known. `log_convex`: positive, with a convex logarithm;
    `squares`: a sum of squares of affine functions."""

    shape: str
    sign: int = 0
    log_convex: bool = False
    squares: bool = False

    @property
    def flat(self) -> bool:
        return self.shape in (CONSTANT, AFFINE)


NOTHING = Curvature(UNKNOWN)


def composed(outer: str, rises: int, inner: str) -> str:
    """The curvature of a convex or concave function of something."""
    if inner in (CONSTANT, AFFINE):
        return outer
    if rises and inner in (CONVEX, CONCAVE):
        moved = inner if rises > 0 else OPPOSITE[inner]
        return outer if moved == outer else UNKNOWN
    return UNKNOWN
