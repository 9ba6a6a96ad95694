"""What pictures show, as numbers and texts; `service/pictures` draws it, and is not loaded before one is asked for.

numbers            how numbers are written in titles, labels and descriptions
plane              a 2×2 matrix: the unit circle and square, and where it takes them
singular_values    singular values with the tolerance below which they count as zero
sections           functions of one or two coordinates, all else held
curve              a function of one variable with its derivative, or with its Taylor polynomials
convergence        what is left of the value and of the gradient of a minimisation
contour            a function of two variables with its gradient field
regression         a linear regression: fit with bands, residuals, quantiles, leverage
components         principal components: their shares of the variance; scores and loadings
network            the layers of a network with their shapes
graph              an expression as values and operations, with the local derivatives on the edges
"""
