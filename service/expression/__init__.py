"""What an expression is.

Two interned graphs share one arena. A *node* (nodes.py) is an operation applied to nodes, as a person writes it: matrix
notation with rows and columns. A *tensor* (tensors.py) is the same function as labelled products of tensors, the form
in which derivatives of any order stay in the language. Operations (operation.py) know how to go from one to the other.
"""
