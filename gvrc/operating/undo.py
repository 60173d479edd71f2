"""Taking a run back: what it inserted is deleted, what it updated is restored, unless something later changed it.

Undoing is itself a run, with an account and changes of its own, and can be undone. The SQL is that of
``loading/take_back.py``, and ``sql/undo/6_account.sql``.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from gvrc import ledger
from gvrc.account import FileAccount
from gvrc.errors import NO_SUCH_RUN, UsageError
from gvrc.loading.take_back import create_undo_tables, take_back
from gvrc.log import log_event
from gvrc.open_run import Options, open_run

if TYPE_CHECKING:
    from gvrc.account import RunAccount
    from gvrc.database import Database
    from gvrc.open_run import Run
    from gvrc.settings import Settings

IMPORT_AGAIN = "loaded since then; what they said too may be gone, so import them again, in this order"


def undo(run_id: str, settings: Settings, *, new_id: str | None = None, dry_run: bool = False) -> RunAccount:
    """Take a run back, all or nothing, and give the account of doing so.

    The account has one line: the facilities that the run changed (read), those taken back (updated), and those that
    something later changed in every field (unchanged).

    Raises:
        UsageError: there is no such run, or it was taken back already, or its changes are no longer kept; this is
            raised before a run of our own begins.
    """
    options = Options(kind="undo", dry_run=dry_run, run_id=new_id)
    with open_run(settings, options, lambda database: find_run(database, run_id)) as this_run:
        undone = find_run(this_run.database, run_id)
        file = FileAccount(path=f"run {run_id}", source="undo")
        this_run.account.files.append(file)
        with this_run.database.transaction():
            this_run.database.run("mark_undo", this_run.account.run_id, undone["run_no"])
            tell_edited(this_run, file, undone["run_no"])
            create_undo_tables(this_run.database)
            is_managed, by_run_no = this_run.is_managed, this_run.run_no
            take_back(this_run.database, undone["run_no"], None, is_managed=is_managed, by_run_no=by_run_no)
            conclude(this_run, file, undone["run_no"])
    return this_run.account


def find_run(database: Database, run_id: str) -> dict[str, Any]:
    """Find the run to undo."""
    found = database.rows("known_run", run_id)
    if not found:
        raise UsageError(NO_SUCH_RUN.format(run_id))
    for taken_back in database.rows("taken_back_runs"):
        if taken_back["run_no"] == found[0]["run_no"]:
            raise UsageError(f"The run {run_id} was taken back already, by the run {taken_back['undone_by']}.")
    if not found[0]["has_images"]:
        raise UsageError(
            f"What the run {run_id} changed is no longer kept (keep_changes_days): it cannot be taken back. "
            "Correct the source files and import them."
        )
    return found[0]


def tell_edited(this_run: Run, file: FileAccount, undone_run_no: int) -> None:
    """Report what is deleted although a person has changed it: an undo of the undo restores it as it is now."""
    for edited in this_run.database.rows("edited_inserts", undone_run_no):
        file.issues["edited_facility_taken_back"] += 1
        log_event("edited_facility_taken_back", "WARNING", facility_code=edited["facility_code"])


def conclude(this_run: Run, file: FileAccount, undone_run_no: int) -> None:
    """Keep the undo's own changes, fill its account, and note in the same transaction that it was done.

    If a kill could come between the undo and its status, the directory would lack a run that counts as loaded.
    """
    database = this_run.database
    database.run("save_undo_changes", this_run.run_no)
    counts = database.rows("undo_account")[0]
    file.status = "succeeded"
    file.read, file.updated = counts["read"], counts["updated"]
    file.unchanged = file.read - file.updated
    file.issues += Counter({"facility_removed": counts["removed"], "changed_since": counts["kept"]})
    tell_kept(database)
    ledger.save_accounts(this_run, [1])
    database.run("finish_run", this_run.account.run_id, "succeeded", None, None)
    database.run("decide_open_rejects", json.dumps(database.rows("taken_back_runs")))
    log_event("run_taken_back", run_no=undone_run_no, **counts)
    tell_files_since(this_run, file)


def tell_kept(database: Database) -> None:
    """Report what something later changed, and stays."""
    for kept in database.rows("undo_kept"):
        table, code, fields = kept["table_name"], kept["facility_code"], kept["fields"]
        log_event("later_change_kept", "WARNING", table=table, facility_code=code, fields=fields)


def tell_files_since(this_run: Run, file: FileAccount) -> None:
    """Name the files that must be imported again: what they said of a facility that is gone, is gone with it.

    The next import of a folder would read them again, but a file that was loaded may have been moved out of it. All are
    named: the first of them alone would leave an older list with the last word.
    """
    taken_back = this_run.database.rows("taken_back_runs")
    for root in (run["run_no"] for run in taken_back if run["since_run_no"] == this_run.run_no):
        since = this_run.database.rows("files_loaded_since", root, this_run.run_no, json.dumps(taken_back))
        if since:
            paths = ", ".join(row["path"] for row in since)
            file.notes.append(f"{IMPORT_AGAIN}: {paths}")
            log_event("files_to_import_again", "WARNING", files=paths)
