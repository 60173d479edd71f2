"""One batch of a run: loaded and accounted for in one transaction, and tried again if what stopped it is transient."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from gvrc import ledger
from gvrc.keep import keep_validated
from gvrc.log import log_event, log_records
from gvrc.resilience import retry_transient
from gvrc.run_lock import take_lock_again
from gvrc.structs import Struct, field

if TYPE_CHECKING:
    from collections.abc import Callable

    from gvrc.account import FileAccount
    from gvrc.batches import Batch
    from gvrc.database import Database
    from gvrc.load import FileOutcomes, Loader
    from gvrc.open_run import Run


def commit_batch(this_run: Run, loader: Loader, batch: Batch) -> None:
    """Load one batch in one transaction, and tell what came of it."""
    started = time.perf_counter()
    commit_accounts(this_run, loader, lambda: merge_batch(this_run, loader, batch))
    seconds = time.perf_counter() - started
    if this_run.metrics:
        this_run.metrics.record_batch(seconds, batch.size)
    if batch.size:  # else it only ends files, or gives out what was freed
        log_event("batch_merged", records=batch.size, seconds=round(seconds, 3))
        tell_records(this_run, batch)


def commit_accounts(this_run: Run, loader: Loader, write: Callable[[], dict[int, FileAccount]]) -> None:
    """Do what ``write`` does in one transaction; the accounts that it gives count once that is committed.

    After a transient error it is tried again. Not in a dry run, which is one transaction: a part of it that failed
    cannot be repeated alone.
    """
    if this_run.options.dry_run:
        accounts = write()
    else:
        attempt = Attempt()
        accounts = retry_transient(
            lambda: this_run.breaker.call(lambda: commit_once(this_run.database, attempt, write)),
            this_run.settings,
            lambda: revive(this_run, loader),
        )
    for file_no, account in accounts.items():
        this_run.account.files[file_no - 1] = account


class Attempt(Struct):
    """The last try at a transaction that got as far as its commit: the accounts, if that commit was done."""

    transaction_id: str = ""
    accounts: dict[int, FileAccount] = field(default_factory=dict)


def commit_once(
    database: Database, attempt: Attempt, write: Callable[[], dict[int, FileAccount]]
) -> dict[int, FileAccount]:
    """Do a transaction, unless an earlier attempt, whose commit was not answered, has done it.

    Done twice, it would find its records unchanged, or its file taken back already.
    """
    if attempt.transaction_id and database.rows("transaction_status", attempt.transaction_id)[0]["is_committed"]:
        return attempt.accounts
    with database.transaction():
        accounts = write()
        attempt.accounts, attempt.transaction_id = accounts, database.rows("transaction_id")[0]["transaction_id"]
    return accounts


def merge_batch(this_run: Run, loader: Loader, batch: Batch) -> dict[int, FileAccount]:
    """Load one batch and write its account, inside the open transaction; give the accounts of its files."""
    outcomes = load_outcomes(loader, batch)
    accounts = ledger.add_outcomes(this_run, batch, outcomes)
    ledger.save_accounts(this_run, accounts, accounts)
    return accounts


def load_outcomes(loader: Loader, batch: Batch) -> dict[int, FileOutcomes]:
    """Load one batch; the last one has no records: it gives out the codes and numbers that were freed."""
    if batch.is_last:
        from gvrc.loading.freed import give_out_freed

        return give_out_freed(loader.merger)
    return loader.load_batch(batch) if batch.size else {}


def revive(this_run: Run, loader: Loader) -> None:
    """Before a further attempt, connect, lock and make the staging tables again if the connection was lost."""
    if this_run.database.is_alive():
        loader.tables.mark_filled()
    else:
        this_run.database.reconnect(this_run.url)
        take_lock_again(this_run.database)
        loader.prepare_again()


def tell_records(this_run: Run, batch: Batch) -> None:
    """After a commit, log the rejects and issues; write what landed to ``data/validated/``, if that is wanted."""
    log_records(batch.told, this_run.account.paths())
    if this_run.settings.keep_validated and not this_run.options.dry_run:
        keep_validated(batch.landed, this_run.settings, this_run.account)
