"""Files that fail while they are read: they are reported, and taken back if batches of theirs were committed before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvrc import ledger
from gvrc.account import FileAccount
from gvrc.loading.commit import commit_accounts
from gvrc.loading.take_back import take_file_back
from gvrc.log import log_event

if TYPE_CHECKING:
    from gvrc.batches import Batch
    from gvrc.load import Loader
    from gvrc.open_run import Run


def fail_files(this_run: Run, loader: Loader, batch: Batch) -> None:
    """Before a batch is loaded, mark the files that failed since the one before as failed, and take them back."""
    for file_no, error in batch.failed.items():
        ledger.fail_file(this_run.account.files[file_no - 1], error)
        take_failed_back(this_run, loader, file_no)


def take_failed_back(this_run: Run, loader: Loader, file_no: int) -> None:
    """Take back a file that failed after some of its batches were committed: it is loaded whole or not at all."""
    file = this_run.account.files[file_no - 1]
    if not file.read:
        commit_accounts(this_run, loader, lambda: save_failed(this_run, file_no))
        return
    emptied = FileAccount(path=file.path, sha256=file.sha256, source=file.source)
    emptied.status, emptied.error = file.status, file.error
    this_run.account.files[file_no - 1] = emptied
    commit_accounts(this_run, loader, lambda: give_back(this_run, file_no))
    loader.tables.mark_filled()
    log_event("failed_file_taken_back", "WARNING", file=file.path)


def save_failed(this_run: Run, file_no: int) -> dict[int, FileAccount]:
    """Write the account of a file of which nothing was committed; no other account changes."""
    ledger.save_accounts(this_run, [file_no])
    return {}


def give_back(this_run: Run, file_no: int) -> dict[int, FileAccount]:
    """Take a file back inside the open transaction; give the accounts of the earlier files.

    Records of those that its own had superseded count again as they did before.
    """
    given_back = take_file_back(this_run.database, this_run.run_no, file_no, is_managed=this_run.is_managed)
    accounts = ledger.give_back_outcomes(this_run, given_back)
    ledger.save_accounts(this_run, [file_no, *accounts], accounts)
    return accounts
