"""After the last batch: which of the facilities that a run met lie far from the others of their ward.

The warning compares with the directory as the run leaves it, not as it was found: a first run and its repetition say
the same, and so do one file and the same records in two.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from gvrc import ledger
from gvrc.log import log_records

if TYPE_CHECKING:
    from gvrc.open_run import Run

KIND = "far_from_ward"


def note_far_facilities(this_run: Run) -> None:
    """Record the issue far_from_ward, and count it in the accounts of the files that speak for the facilities.

    With ``boundaries``, and in a ward whose centroid the reference has, the resolver has measured already.
    """
    if this_run.settings.boundaries is not None:
        return
    with this_run.database.transaction():
        far = this_run.database.read("note_far_facilities", this_run.run_no, this_run.settings.places.far_km)
        for file_no, count in far.group_by("file_no").len().iter_rows():
            this_run.account.files[file_no - 1].issues[KIND] += count
        ledger.save_accounts(this_run, far["file_no"].unique().to_list())
    log_records(far.with_columns(outcome=pl.lit("issue")), this_run.account.paths())
