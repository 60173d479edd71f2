"""Taking changes back in the database: of a whole run (``operating/undo.py``), or of one file that failed late.

The SQL is ``sql/undo``, a file a step: 1 to 5 in this order (4 puts back what was deleted before it restores what was
updated), 7 for a file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import adbc_driver_manager

from gvrc.account import CHILD_TABLES
from gvrc.database_errors import sqlstate
from gvrc.errors import DatabaseUnavailableError
from gvrc.loading.overlapping import heed_other_runs

if TYPE_CHECKING:
    from gvrc.database import Database

RESTORED = (  # what an import updates
    "facilities",
    "facility_contacts",
    "facility_coordinates",
    "facility_services",
    "facility_owners",
    "facility_infrastructure",
)
DEACTIVATED = (  # what has is_active
    "facilities",
    "facility_contacts",
    "facility_coordinates",
    "facility_services",
    "facility_infrastructure",
)
ALL_KEYS = (-(2**31), 2**31 - 1)  # those of a dry run are negative
REFERRED_TO = ("23503", "23001")  # ON DELETE RESTRICT has a code of its own since PostgreSQL 18


def take_file_back(database: Database, run_no: int, file_no: int, *, is_managed: bool) -> list[dict[str, Any]]:
    """Take back what a file's earlier batches committed before it failed, as if it had not been read.

    Gives file_no, outcome and records of the earlier files whose records it had superseded: they count again. To be
    called before another file's records are merged, which would go with the facilities that this one inserted.
    """
    create_undo_tables(database)
    take_back(database, run_no, file_no, is_managed=is_managed)
    for name in ("forget_file_changes", "forget_file_rejects", "forget_file_issues"):
        database.run(name, run_no, file_no)
    database.run("forget_run_records", file_no)
    database.run("give_back_run_facilities", run_no, file_no)
    given_back = database.rows("outcomes_given_back", run_no, file_no)
    database.run("forget_former_of_file", run_no, file_no)
    database.run("drop_undo_changes")
    return given_back


def create_undo_tables(database: Database) -> None:
    """Make the temporary tables that the statements work on."""
    for name in ("create_undo_changes", "create_undone_imported", "create_image_of"):
        database.run(name)
    if any(column["table_name"] == "batch_changes" for column in database.rows("temporary_columns")):
        database.run("truncate_merging")
    else:
        database.run("create_batch_changes")


def take_back(
    database: Database, run_no: int, file_no: int | None, *, is_managed: bool, by_run_no: int | None = None
) -> None:
    """Take back the changes of a run, or of one file of it; ``by_run_no`` is the undo, which can be undone."""
    database.run("look_up_by_keys")
    database.run("unsettle_all")
    find_changes(database, run_no, file_no)
    if by_run_no:
        heed_other_runs(database, run_no, by_run_no)
    remove(database, *ALL_KEYS)  # first: a code or number that goes with it may return to who bore it before
    free_keys(database, is_managed=is_managed)
    put_back(database)
    restore(database, is_managed=is_managed)
    take_memory_back(database, run_no, file_no, by_run_no)
    database.run("look_up_as_before")


def find_changes(database: Database, run_no: int, file_no: int | None) -> None:
    """Find the changes to take back, one for each row, and the children that go with an inserted facility."""
    database.run("fill_undo_changes", run_no, file_no)
    database.run("fold_undo_changes")
    for name in ("index_undo_changes_by_row", "index_undo_changes_by_facility", "analyze_undo_changes"):
        database.run(name)
    database.run("drop_updates_of_inserted")
    database.run("add_children_of_inserted")


def remove(database: Database, first: int, last: int) -> None:
    """Delete what the run inserted; what something else refers to is found by halving, and switched off instead."""
    try:
        with database.savepoint():
            for table in (*CHILD_TABLES, "facilities"):
                database.run(f"delete_{table}", first, last)
            database.check_constraints()
            demand_done(database, "deleted", "insert", first, last)
    except adbc_driver_manager.Error as error:
        if sqlstate(error) not in REFERRED_TO:
            raise
        span = database.rows("undo_span", first, last)[0]
        if span["first_facility"] == span["last_facility"]:
            database.run("find_deactivated", first, last)
            for table in DEACTIVATED:
                database.run(f"deactivate_{table}", first, last)
            return
        remove(database, first, span["middle_facility"])
        remove(database, span["middle_facility"] + 1, last)


def free_keys(database: Database, *, is_managed: bool) -> None:
    """Take codes and numbers that return from who bears them, unless that one keeps them: then they do not return."""
    database.run("keep_later")
    while database.run("keep_borne_keys", is_managed) > 0:
        pass
    for name in ("find_restored", "release_former_codes", "release_former_numbers"):
        database.run(name)


def put_back(database: Database) -> None:
    """Insert what the run had deleted, facilities before their children.

    Whole rows are inserted, which no table with a generated column takes: without any, it is not asked to.
    """
    deleted = {row["table_name"] for row in database.rows("tables_deleted_from")}
    demand_whole_rows(database)
    for table in ("facilities", *CHILD_TABLES):
        if table in deleted:
            database.run(f"put_back_{table}")


def demand_whole_rows(database: Database) -> None:
    """Stop where a table takes no whole rows: the server would only name the column, and advise to repeat the command.

    Raises:
        DatabaseUnavailableError: a column is made by the database itself.
    """
    if generated := [row["column_name"] for row in database.rows("columns_that_take_no_value")]:
        raise DatabaseUnavailableError(
            f"Rows that were deleted cannot be put back as they were: {', '.join(generated)} is GENERATED by the "
            "database, and takes no value. Nothing was taken back. Import the files of the run again instead."
        )


def restore(database: Database, *, is_managed: bool) -> None:
    """Put updated columns back, but for those that something later changed."""
    database.run("release_later_primary_contacts")
    for table in RESTORED:
        database.run(f"restore_{table}")
    if not is_managed:
        database.run("restore_facility_types")
    database.run_all(("choose_primary_contacts", "add_restored_images"))
    demand_done(database, "restored", "update", *ALL_KEYS)


def take_memory_back(database: Database, run_no: int, file_no: int | None, by_run_no: int | None) -> None:
    """Take back what etl remembers of facilities: as they were imported, their codes, their lineage, their rejects."""
    undone = (run_no, file_no, by_run_no)
    database.run("forget_undone_facilities", *undone)
    for name in ("find_imported_before", "find_imported_corrected"):
        database.run(name, run_no, file_no)
    if by_run_no:
        database.run("keep_imported_of_undone", by_run_no)
    for name in ("remove_imported_of_undone", "put_back_imported", "put_back_codes"):
        database.run(name)
    for name in ("put_back_former_codes", "forget_undone_lineage", "put_back_lineage"):
        database.run(name, *undone)
    if file_no:
        database.run("reopen_rejects", run_no, file_no)


def demand_done(database: Database, verb: str, operation: str, first: int, last: int) -> None:
    """Stop where triggers keep what is to be taken back: else it would count as taken back.

    Raises:
        DatabaseUnavailableError: some rows are as they were.
    """
    if database.rows("live_triggers") and (undone := database.rows("not_taken_back", operation, first, last)):
        tables = ", ".join(f"{row['table_name']} ({row['rows']})" for row in undone)
        raise DatabaseUnavailableError(
            f"A trigger of the database keeps rows that are to be {verb}: {tables}. Nothing was taken back. "
            "Their owner switches it off for this: ALTER TABLE ... DISABLE TRIGGER ..."
        )
