"""The main job: trainings x landscapes x statistics x report, resumable."""

from typing import TYPE_CHECKING, Any

from lamp.study.settings import PRESETS, Run, StudySettings

if TYPE_CHECKING:
    from lamp.study.run import run_study

__all__ = ["PRESETS", "Run", "StudySettings", "run_study"]


def __getattr__(name: str) -> Any:
    """Load the runner, and with it torch, when it is first used."""
    if name != "run_study":
        raise AttributeError(f"module 'lamp.study' has no attribute {name!r}")
    from lamp.study.run import run_study

    return run_study
