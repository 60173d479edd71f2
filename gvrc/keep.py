"""What is kept of a run's data outside the database: accepted records as Parquet, and loaded files, moved away."""

from __future__ import annotations

import errno
from glob import escape
from io import BytesIO
from shutil import copy2
from typing import TYPE_CHECKING

from gvrc.files import came_since, hash_file, shown_file, state_of
from gvrc.log import log_event
from gvrc.written import FOR_USER_AND_GROUP, told_if_unwritten, whole_file

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import polars as pl

    from gvrc.account import FileAccount, RunAccount
    from gvrc.settings import Settings

SECONDS_OF_A_CLOCK = 1.0  # a file system may take its times from a slower clock


def keep_validated(accepted: pl.DataFrame, settings: Settings, account: RunAccount) -> None:
    """Write the records of a batch that landed to ``data/validated/<run>/``, a file a batch."""
    if accepted.is_empty():
        return
    folder = settings.data_dir / "validated" / account.run_id
    written = BytesIO()  # polars has an error of its own for a full disk
    accepted.drop("row_no", "round").write_parquet(written)
    with told_if_unwritten(account, folder, "It lacks records that were loaded."):
        number = sum(1 for _ in folder.glob("*.parquet")) + 1
        with whole_file(folder / f"batch_{number:05}.parquet", mode=FOR_USER_AND_GROUP) as path:
            path.write_bytes(written.getvalue())


def archive_processed(account: RunAccount, paths: Iterable[Path], settings: Settings) -> None:
    """Move the files of ``data/raw/`` that were loaded whole to ``data/processed/<date>/``.

    ``paths`` are those of the account, which itself has them as they are shown: a name may hold what no log can.

    A file of the same name that was moved there before is not overwritten: the beginning of its hash goes before the
    new one's name. A file that replaced a loaded one during the run stays where it is: nobody has read it yet.
    """
    raw = (settings.data_dir / "raw").resolve()
    folder = settings.data_dir / "processed" / f"{account.started_at:%Y-%m-%d}"
    for file, path in zip(account.files, paths, strict=True):
        if file.status not in ("succeeded", "unchanged") or raw not in path.resolve().parents:
            continue
        if not path.exists():
            log_event("file_gone", "WARNING", file=file.path, hint="another importer, or a person, has moved it")
            continue
        if was_replaced(path, file):
            log_event("file_replaced", "WARNING", file=file.path, hint="it stays where it is for the next run")
            continue
        with told_if_unwritten(
            account, shown_file(folder / path.name), f"{file.path} stays where it is; it will not be read again."
        ):
            move_aside(path, folder, file)


def folders_since(moment: float, settings: Settings) -> list[Path]:
    """Give the folders of ``data/processed/`` into which a file was moved since a moment (seconds since 1970)."""
    folders = (settings.data_dir / "processed").glob("*/")
    return [folder for folder in folders if came_since(moment - SECONDS_OF_A_CLOCK, [folder])]


def archived_since(moment: float, path: Path, folders: Iterable[Path], settings: Settings) -> Path | None:
    """Give where a file of ``data/raw/`` lies that is gone, if another importer has moved it since a moment.

    One that was moved before is another file of that name. A link that leads nowhere was not moved; one that leads to
    itself cannot even be followed.
    """
    if path.exists() or path.is_symlink():
        return None
    if (settings.data_dir / "raw").resolve() not in path.resolve().parents:
        return None
    first = [folder / path.name for folder in folders if (folder / path.name).exists()]
    further = [file for named in first for file in named.parent.glob(f"????????-{escape(path.name)}")]
    since = [file for file in (*first, *further) if came_since(moment - SECONDS_OF_A_CLOCK, [file])]
    return max(since, key=lambda file: file.stat().st_ctime, default=None)


def was_replaced(path: Path, file: FileAccount) -> bool:
    """Say whether something else has come under a file's name since it was read."""
    return path.is_file() and hash_file(path)[0] != file.sha256


def move_aside(path: Path, folder: Path, file: FileAccount) -> None:
    """Move one file to a folder, under a name that is free there."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / path.name
    if target.exists():
        target = folder / f"{(file.sha256 or '')[:8]}-{path.name}"
    try:
        path.rename(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        move_to_another_disk(path, target)
    log_event("file_archived", file=file.path, moved_to=shown_file(target))


def move_to_another_disk(path: Path, target: Path) -> None:
    """Copy a file with its times and permissions, and delete it once the copy is whole.

    Raises:
        OSError: there is no room, or something else came under its name meanwhile, which nobody has read yet.
    """
    state = state_of(path)
    with whole_file(target) as copy:
        copy2(path, copy)
        if state_of(path) != state:
            raise OSError(errno.EBUSY, "it was changed just then")
    path.unlink()
