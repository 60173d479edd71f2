"""What is kept of a run's data outside the database: accepted records as Parquet, and loaded files, moved away."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from gvrc.files import hash_file
from gvrc.log import log_event
from gvrc.written import FOR_USER_AND_GROUP, told_if_unwritten, whole_file

if TYPE_CHECKING:
    import polars as pl

    from gvrc.account import FileAccount, RunAccount
    from gvrc.settings import Settings


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


def archive_processed(account: RunAccount, settings: Settings) -> None:
    """Move the files of ``data/raw/`` that were loaded whole to ``data/processed/<date>/``.

    A file of the same name that was moved there before is not overwritten: the beginning of its hash goes before the
    new one's name. A file that replaced a loaded one during the run stays where it is: nobody has read it yet.
    """
    raw = (settings.data_dir / "raw").resolve()
    folder = settings.data_dir / "processed" / f"{account.started_at:%Y-%m-%d}"
    for file in account.files:
        path = Path(file.path)
        if file.status not in ("succeeded", "unchanged") or raw not in path.resolve().parents:
            continue
        if was_replaced(path, file):
            log_event("file_replaced", "WARNING", file=file.path, hint="it stays where it is for the next run")
            continue
        with told_if_unwritten(
            account, folder / path.name, f"{file.path} stays where it is; it will not be read again."
        ):
            move_aside(path, folder, file)


def was_replaced(path: Path, file: FileAccount) -> bool:
    """Say whether something else has come under a file's name since it was read."""
    return path.is_file() and hash_file(path)[0] != file.sha256


def move_aside(path: Path, folder: Path, file: FileAccount) -> None:
    """Move one file to a folder, under a name that is free there."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / path.name
    if target.exists():
        target = folder / f"{(file.sha256 or '')[:8]}-{path.name}"
    path.rename(target)
    log_event("file_archived", file=file.path, moved_to=str(target))
