"""After the last batch: which facilities of the run lie far from the others of their ward, or may double another one.

They are compared with the directory as the run leaves it, not as it found it: so a first run and its repetition say the
same, and so do one file and the same records in two files.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from gvrc import ledger
from gvrc.log import log_records

if TYPE_CHECKING:
    from gvrc.open_run import Run


def note_far_facilities(this_run: Run) -> None:
    """Record the issue far_from_ward.

    With ``boundaries``, and in a ward whose centroid the reference has, the resolver has measured already.
    """
    if this_run.settings.boundaries is None:
        note(this_run, "note_far_facilities", this_run.settings.places.far_km)


def note_possible_doubles(this_run: Run) -> None:
    """Record the issue possible_double."""
    note(this_run, "note_possible_doubles")


def note(this_run: Run, statement: str, *parameters: float) -> None:
    """Record the issues that a statement finds, and count them in the accounts of the files that speak for them."""
    with this_run.database.transaction():
        found = this_run.database.read(statement, this_run.run_no, *parameters)
        for file_no, kind, count in found.group_by("file_no", "kind").len().iter_rows():
            this_run.account.files[file_no - 1].issues[kind] += count
        ledger.save_accounts(this_run, found["file_no"].unique().to_list())
    log_records(found.with_columns(outcome=pl.lit("issue")), this_run.account.paths())
