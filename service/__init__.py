"""Nabla: the mathematics of machine learning over HTTP, every answer with its proof."""
