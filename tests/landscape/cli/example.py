"""A problem that is trained and evaluated in a second."""

from pathlib import Path

EXAMPLE = str(Path(__file__).parents[3] / "examples" / "digits_classifier.py")
QUICK = ["--set", "epochs=1", "--max-samples", "64", "--steps", "5", "--workers", "1"]
