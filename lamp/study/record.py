"""`study.json`: whose a folder is, and what was finished in it, file by file."""

import hashlib
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from lamp.checkpoint import damage_errors, read_info, write_info
from lamp.experiments import Task
from lamp.study.settings import StudySettings
from landscape.errors import SettingsMismatchError

RECORD = "study.json"


class Record(BaseModel):
    """What `study.json` holds: whose the folder is, and what was finished in it.

    Args:
        settings: Of the study.
        images: SHA-256 of the images.
        found: What came out, in a sentence; empty until it is finished.
        failed: Points of surfaces that could not be evaluated.
        files: SHA-256 of every file, by its path from the folder; none until it is finished.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    settings: dict[str, Any]
    images: str
    found: str = ""
    failed: int = 0
    files: dict[str, str] = {}


def claim(settings: StudySettings, task: Task, out: Path) -> Record:
    """Write settings into a new folder, or check that an old one holds the same; return its record.

    Raises:
        SettingsMismatchError: Naming the first setting that differs, with both values.
        ValueError: If the record is damaged.
    """
    path = out / RECORD
    wanted = Record(settings=settings.model_dump(mode="json"), images=task.digest)
    if not path.exists():
        write_info(path, wanted.model_dump())
        return wanted
    remedy = "remove it: all that is there is kept, and checked before it is used"
    with damage_errors(path, remedy):
        stored = Record.model_validate(read_info(path, remedy))
    hint = "choose another --out, or delete that folder"
    for key in {**wanted.settings, **stored.settings}:
        old, new = (words(record.settings.get(key)) for record in (stored, wanted))
        if old != new:
            option = "--" + key.replace("_", "-")
            raise SettingsMismatchError(
                f"{out} holds a study with {option} {old}, not {new}", hint=hint
            )
    if stored.images != wanted.images:
        raise SettingsMismatchError(f"{out} holds a study of other images", hint=hint)
    return stored


def digests(out: Path) -> dict[str, str]:
    """Return the SHA-256 of every file of a study but its record, by path from its folder."""
    found = {}
    for path in sorted(out.rglob("*")):
        ours = path.is_file() and path.suffix != ".lock" and not path.name.startswith(".")
        if ours and path != out / RECORD:
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            found[path.relative_to(out).as_posix()] = digest
    return found


def words(value: Any) -> str:
    """Write a setting as on the command line."""
    if value is None:
        return "none"
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)
