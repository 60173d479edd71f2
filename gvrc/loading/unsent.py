"""After the last batch: which facilities a source sent before, and has left out of its files now.

They stay in the directory as they are, for nobody said that they have closed. But perhaps they have, or were merged
into another one, or renamed where no code tells it; or the file was cut short in a way that no reader can see.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import polars as pl

from gvrc.files import SPOOL
from gvrc.ledger import IN_PART
from gvrc.log import log_event, log_records
from gvrc.masking import mask_contacts

if TYPE_CHECKING:
    from gvrc.account import FileAccount, RunAccount
    from gvrc.listed_files import ListedFile
    from gvrc.open_run import Run

SHOWN_CODES = 5
ADVICE = "They stay in the directory as they are: ask whether they have closed"


def note_unsent(this_run: Run, files: list[ListedFile]) -> None:
    """Note at the last file of each source how many facilities it left out; the log of records names each."""
    sent = whole_deliveries(this_run.account, files)
    if not sent:
        return
    met = sum(file.inserted + file.updated + file.unchanged for file in this_run.account.files if is_whole(file))
    named = json.dumps([{"file_no": file.file_no, "source": file.source.name, "path": file.shown} for file in sent])
    unsent = this_run.database.read("unsent_facilities", this_run.run_no, named, met)
    last = {file.source.name: file.file_no for file in sent}
    told = unsent.with_columns(file_no=pl.col("source").replace_strict(last, return_dtype=pl.Int64))
    for (file_no,), facilities in told.group_by("file_no", maintain_order=True):
        add_note(this_run.account.files[int(str(file_no)) - 1], facilities["facility_code"].to_list())
    log_records(told.with_columns(outcome=pl.lit("unsent")), this_run.account.paths())


def whole_deliveries(account: RunAccount, files: list[ListedFile]) -> list[ListedFile]:
    """Give the files of the sources of which the run has read each file to its end: of others a part may be missing.

    Records from standard input, rejects, and those of a face come as they are at hand: they are no delivery.
    """
    in_part = {file.source for file in account.files if not is_whole(file)}
    return [file for file in files if file.source.name not in in_part and SPOOL not in str(file.path)]


def is_whole(file: FileAccount) -> bool:
    """Say whether this run has read the file, to its end."""
    return file.status == "succeeded" and not any(note.startswith(IN_PART) for note in file.notes)


def add_note(file: FileAccount, codes: list[str]) -> None:
    """Note facilities that were left out, by the first codes, and log the note."""
    shown = ", ".join(map(mask_contacts, codes[:SHOWN_CODES])) + (", ..." if len(codes) > SHOWN_CODES else "")
    counted = f"{len(codes):,} {'facility' if len(codes) == 1 else 'facilities'}"
    note = f"left out, although {file.source} sent them before: {counted} ({shown}). {ADVICE}"
    file.notes.append(note)
    log_event("file_noted", "WARNING", file=file.path, note=note)
