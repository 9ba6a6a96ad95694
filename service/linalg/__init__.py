"""Arrays → answer + checks.

matrix, matrices, exact_numbers       what was sent: `Matrix`, and how JSON arrays become one
rank, inverse, determinant, solve,    one operation each: a function from matrices to a frozen answer with `to_json()`
  svd, least_squares, subspaces,
  independence, projection,
  change_of_basis, matrix_equation
general_solution                      all solutions of a system of any shape; coordinates are one
sylvester                             AX + XB = C through eigenvalues, with a verified bound
lu, orthogonal_fit, numerical_rank    float factorizations that several operations stand on
balls, with_digits                    as many correct digits as asked, by ball arithmetic (Arb)
bounds, condition                     how far a float answer can be from the truth
surds, exact_tables                   exact fields beyond the rationals: square roots, i; matrices over any of them
exact, dependencies, singular         python-flint: what is affordable, linear relations, why there is no inverse
"""
