"""Nodes → text: the language itself, LaTeX, and functions in five dialects. Each operation holds its own forms; this package writes."""
