"""Those who evaluate a grid of losses, each in a file of its own with one function `prepare`."""
