"""Models fitted to data, on `service.linalg`.

model        what a request asks of a model, and what a model is; models lists them all
design       what was observed, as a design matrix with named columns
ols          least squares, weighted or not: in floats with bounds, or in rationals
inference    what follows from a fit: errors, tests, intervals, criteria
"""
