"""Models fitted to data, on `service.linalg`.

design       what was observed, as a design matrix with named columns
ols          least squares, weighted or not: in floats with bounds, or in rationals
inference    what follows from a fit: errors, tests, intervals, criteria
"""
