"""What is asked of a function: its Taylor polynomial, critical points, convexity, minimum, roots, whether it is linear."""
