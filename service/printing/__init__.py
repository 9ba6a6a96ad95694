"""Nodes → text: the language itself, LaTeX, NumPy. Each operation holds its own forms; this package walks."""
