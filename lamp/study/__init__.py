"""The main job: trainings x landscapes x statistics x report, resumable."""

from typing import TYPE_CHECKING, Any

from lamp.study.settings import PRESETS, StudySettings

if TYPE_CHECKING:
    from lamp.study.run import Results, run_study

__all__ = ["PRESETS", "Results", "StudySettings", "run_study"]


def __getattr__(name: str) -> Any:
    """Load the runner, and with it torch, when it is first used."""
    if name not in {"Results", "run_study"}:
        raise AttributeError(f"module 'lamp.study' has no attribute {name!r}")
    from lamp.study import run

    return getattr(run, name)
