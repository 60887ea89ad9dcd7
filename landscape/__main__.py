"""`python -m landscape`: the command line."""

import os
import sys

if __name__ == "__main__":  # workers import this file, too
    # Python puts the current folder first, where a torch.py would hide the library.
    if sys.path[0] == os.getcwd():  # noqa: PTH109, as Python itself writes it
        sys.path.append(sys.path.pop(0))
    from landscape.cli import main

    main()
