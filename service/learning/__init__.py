"""Models fitted to data, on `service.linalg`.

model        what a request asks of a model, and what a model is; models lists them all
design       what was observed, as a design matrix with named columns
linear_fit   least squares, weighted, penalised or not: in floats with bounds, or by exact_fit in rationals
inference    what follows from a fit: errors, tests, intervals, criteria
diagnostics  leverage, scaled residuals, influence, analysis of variance, robust errors; prediction is at new points
ols          least squares and polynomials as answers
ridge        with a quadratic penalty; lasso and elastic net are in lasso, what all three share in penalized

sample, families, generalized_linear, maximum, separation, profile   what logistic, multinomial and poisson stand on
expression_model, nonlinear_search, nonlinear_polish, nonlinear_answer   what nonlinear stands on
"""
