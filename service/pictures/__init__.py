"""Pictures as SVG, by Matplotlib, which nothing else imports. It is heavy: `service.web.drawings` loads a module of this package when
its first picture is asked for, and never before.

style            colours for light and dark, and a figure as the same bytes every time
plane            what a 2×2 matrix does to the unit circle and square
curve            functions of one variable
contour          a function of two variables and its gradient
convergence      what is left of value and gradient, step by step
scree            shares of the variance
biplot           scores and loadings
network          a network with the shapes of its weights
graph            an expression as values and operations, laid out by igraph
singular_values  singular values and their tolerance
"""
