"""Which points to evaluate next: all of a grid, or as many as its estimates need; numpy only."""
