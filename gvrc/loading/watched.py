"""Writing to tables that have triggers, and checking what those left (``sql/merge/10_triggers.sql``).

A trigger of an application may silently drop a write, or make something else of it. If it drops a facility, the record
is refused. If it drops something that belongs to a facility, or changes a value, that is an issue. A write that changes
nothing is rolled back, with all that the triggers wrote elsewhere because of it: so running again changes nothing, and
where a trigger makes something else of a value, a changed record does not add a second row of it. Tables without
triggers, such as those of our own directory, are not checked.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gvrc.errors import DatabaseUnavailableError

if TYPE_CHECKING:
    from collections.abc import Collection

    from gvrc.database import Database
    from gvrc.loading.merge import Merger
    from gvrc.loading.staging import Refused

REFUSED = "refused_by_database"


class FutileWritesError(Exception):
    """Writes that came to nothing: the rows of ``unwritten_facilities`` and of ``futile_rows``."""

    def __init__(self, facilities: list[dict[str, Any]], rows: list[dict[str, Any]]) -> None:
        super().__init__(f"{len(facilities) + len(rows)} writes came to nothing")
        self.facilities = facilities
        self.rows = rows


def write_watched(merger: Merger, children: Collection[str] | None, *, has_new: bool, has_met: bool) -> Refused:
    """Write facilities and what belongs to them; give the rows that a trigger refuses, with reason and detail.

    ``children`` are as in ``Merger.write_children``; where there are None, facilities alone are written.
    """
    refused: Refused = {}
    futile: set[int] = set()  # facilities that triggers leave as they are
    while True:
        try:
            # On any error roll back to this savepoint: left standing, it would hide the outer one of the same name.
            with merger.database.savepoint(Exception):
                write_once(merger, children, futile, has_new=has_new, has_met=has_met)
        except FutileWritesError as error:
            futile.update(write["facility_id"] for write in error.facilities if not write["reason"])
            refused |= withdraw_refused(merger.database, error.facilities)
            if error.rows:
                merger.database.run("withdraw_futile_rows", json.dumps([as_json(row) for row in error.rows]))
        else:
            return refused


def write_once(
    merger: Merger, children: Collection[str] | None, futile: set[int], *, has_new: bool, has_met: bool
) -> None:
    """Write, check what the triggers left, and remember that.

    Raises:
        FutileWritesError: something came to nothing.
    """
    database = merger.database
    merger.write_facilities(has_new=has_new, has_met=has_met, futile=futile)
    demand_written(database)
    if children is not None:
        merger.write_children_of_met(children, is_watched=True)
        database.check_constraints()  # there are triggers that wait for it
        for name in ("look_at_rows_again", "add_after_images"):
            database.run(name)
        demand_written(database)
        database.run("note_changed_rows")
        database.run("forget_changes_of_new")
    if has_new:
        database.run("note_changed_new_facilities")
    if has_met:
        database.run("take_what_triggers_left", None)


def demand_written(database: Database) -> None:
    """Go on only if all that was written is there.

    Raises:
        FutileWritesError: something came to nothing.
    """
    facilities, rows = database.rows("unwritten_facilities"), database.rows("futile_rows")
    if facilities or rows:
        raise FutileWritesError(facilities, rows)


def withdraw_refused(database: Database, unwritten: list[dict[str, Any]]) -> Refused:
    """Take refused records out of the round; give them with reason and detail."""
    reasons = {write["row_no"]: write["reason"] for write in unwritten if write["reason"]}
    if reasons:
        database.run("withdraw_refused_records", json.dumps(list(reasons)))
    return {row_no: (REFUSED, f"facilities: a trigger of the database {reason}.") for row_no, reason in reasons.items()}


def as_json(row: dict[str, Any]) -> dict[str, Any]:
    """Unpack a row's images."""
    return row | {name: json.loads(row[name]) for name in ("said", "present") if row[name]}


def demand_lookup_names(database: Database, lookup: str | None = None, refusal: str = "") -> None:
    """Stop where a trigger or a constraint keeps a lookup name out: what belongs to facilities would be left out, too.

    Of one lookup table, or of all; ``refusal`` is what the database said of it.

    Raises:
        DatabaseUnavailableError: a name that was to be inserted is not there.
    """
    reason = "the database refuses" if refusal else "a trigger of the database drops or changes"
    for row in database.rows("uncreated_lookup_names"):
        if lookup in (None, row["table_name"]):
            raise DatabaseUnavailableError(
                f"{row['table_name']}: {reason} the name {row['name']!r} that the files need. "
                f"{sentence(refusal)}Add it there by hand, or set create_lookups: false."
            )


def sentence(said: str) -> str:
    """Begin a server's words with a capital letter, as a sentence."""
    return said and f"{said[0].upper()}{said[1:]} "
