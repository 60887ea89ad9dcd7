"""`python -m lamp`: the command line."""

from lamp.cli import main

if __name__ == "__main__":  # workers import this file, too
    main()
