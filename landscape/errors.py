"""What can go wrong with a user's input, said so that the user can act on it."""


class LandscapeError(Exception):
    """An error with a message (what was expected, what came) and a hint (what to do).

    Example:
        >>> error = LandscapeError("no such file: run.h5", hint="compute it first")
        >>> str(error), error.hint
        ('no such file: run.h5', 'compute it first')
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class ProblemError(LandscapeError):
    """The user's model, loss or data does not do what a problem must do."""


class SurfaceFileError(LandscapeError):
    """A surface file is missing, damaged, locked, or of another format."""


class SettingsMismatchError(LandscapeError):
    """A file holds the result of other settings than those asked for."""
