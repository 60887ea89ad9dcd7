"""What holds for all tests."""

from hypothesis import settings

# The time of an example tells of the machine, not of the code.
settings.register_profile("landscape", deadline=None)
settings.load_profile("landscape")
