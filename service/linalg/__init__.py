"""Arrays → answer + checks.

matrix, matrices, exact_numbers       what was sent: `Matrix`, and how JSON arrays become one
rank, inverse, determinant, solve,    one operation each: a function from matrices to a frozen answer with `to_json()`
  svd, least_squares, subspaces,
  independence, projection,
  change_of_basis, matrix_equation,
  qr, cholesky, orthonormalize,
  pseudoinverse, norm, low_rank,
  inner_product, trace, convolution,
  lu_factors, conditioning,
  fundamental_subspaces
general_solution                      all solutions of a system of any shape; coordinates are one
sylvester                             AX + XB = C through eigenvalues, with a verified bound
lu, orthogonal_fit, numerical_rank    float factorizations that several operations stand on
eigen, eigen_exact, diagonalize,      eigenvalues and what follows from them
  definiteness, matrix_functions,
  interpolation
eigen_floats, spectrum,               LAPACK's with verified bounds; the exact spectrum of a rational matrix, its Jordan form and
  exact_spectrum, number_field,         eigenvectors over number fields, its roots in closed form
  closed_forms
balls, with_digits                    as many correct digits as asked, by ball arithmetic (Arb)
bounds, condition, factor_bounds      how far a float answer can be from the truth
gram, orthogonalize, elimination      exact inner products, Gram and Schmidt, Gauss; modular compares products modulo a prime
surds, exact_tables, square_roots     exact fields beyond the rationals: square roots, i; matrices over any of them; roots as texts
exact, dependencies, singular         python-flint: what is affordable, linear relations, why there is no inverse
"""
