"""The kit as a folder: wholly there or not at all, and never over something else."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from payback.errors import BadQuestionError
from payback.operate.access.request import AccessKit


def write_kit(kit: AccessKit, folder: Path) -> None:
    """Write the kit into a new folder.

    Raises:
        BadQuestionError: Something stands there already, or the place cannot be written.
    """
    if folder.is_symlink() or folder.exists():
        raise BadQuestionError(str(folder), "something there already", "a new folder; nothing is overwritten")
    try:
        part = Path(tempfile.mkdtemp(dir=folder.absolute().parent, prefix=f".{folder.name}."))
    except OSError as error:
        raise BadQuestionError(str(folder), error.strerror or "an error", "a place that can be written") from error
    try:
        _fill(kit, part)
        part.chmod(0o755)
        part.rename(folder)
    except OSError as error:
        raise BadQuestionError(str(folder), error.strerror or "an error", "a place that can be written") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _fill(kit: AccessKit, folder: Path) -> None:
    for file in kit.files:
        path = folder / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file.content, encoding="utf-8")
        path.chmod(file.mode)
