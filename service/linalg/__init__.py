"""Arrays → answer + checks.

matrix, matrices, exact_numbers       what was sent: `Matrix`, and how JSON arrays become one
rank, inverse, determinant, solve,    one operation each: a function from matrices to a frozen answer with `to_json()`
  svd, least_squares
lu, orthogonal_fit, numerical_rank    float factorizations that several operations stand on
balls, with_digits                    as many correct digits as asked, by ball arithmetic (Arb)
bounds, condition                     how far a float answer can be from the truth
exact, dependencies, singular         python-flint: what is affordable, linear relations, why there is no inverse
"""
