"""The folders that a run writes to."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from gvrc.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from gvrc.settings import Settings


LOG_FOLDERS = ("etl", "errors", "processing")
LET_WRITE = "Allow this user to write there, or set data_dir, logs_dir and reports_dir."


def make_directories(settings: Settings) -> None:
    """Make the folders that the guide names, where they are not there yet.

    Raises:
        UsageError: a folder cannot be made (no permission, or a file has its name), or not be written to.
    """
    folders = (
        *(settings.logs_dir / name for name in LOG_FOLDERS),
        *(settings.data_dir / name for name in ("raw", "processed", "validated", "rejected")),
        *(settings.reports_dir / name for name in ("quality", "statistics")),
    )
    for folder in folders:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(f"{folder}: the folder cannot be made: {error.strerror}. {LET_WRITE}") from error
    for folder in written_folders(settings):
        if not os.access(folder, os.W_OK | os.X_OK):
            raise UsageError(f"{folder}: this user may not write to the folder. {LET_WRITE}")


def written_folders(settings: Settings) -> list[Path]:
    """Name the folders that an import with these settings writes to; a file that is moved leaves its own."""
    data = ["rejected"]
    data += ["raw", "processed"] if settings.archive_processed else []
    data += ["validated"] if settings.keep_validated else []
    return [settings.logs_dir / name for name in LOG_FOLDERS] + [settings.data_dir / name for name in data]
