"""What a dry run, or the dry run of an undo, would change: rows by table, and the first fields, old -> new."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvrc.masking import HIDDEN, mask

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gvrc.open_run import Run

# Fields that hold what people wrote, perhaps about survivors: a plan says that they change, not what they say.
FREE_TEXTS = ("description", "service_description")


def plan_lines(this_run: Run) -> Iterator[str]:
    """Say what a dry run would change: how many rows of which tables, and the first fields, old -> new."""
    yield from planned_rows(this_run)
    for change in this_run.database.rows("first_changes", this_run.run_no):
        is_free = change["field"] in FREE_TEXTS
        before, after = (HIDDEN if is_free else mask(str(change[name]))[:60] for name in ("before", "after"))
        yield f"{mask(change['facility_code'])} {change['table_name']}.{change['field']}: {before} -> {after}"


def planned_rows(this_run: Run) -> Iterator[str]:
    """Count the rows that a dry run would write; of an undo, by their images.

    Of an import the account has them: what a new facility brings with it leaves no images.
    """
    if this_run.options.kind == "undo":
        for counted in this_run.database.rows("count_changes", this_run.run_no):
            yield f"{counted['table_name']}: {counted['operation']} {counted['rows']}"
        return
    for table, outcomes in this_run.account.tables().items():
        for operation, outcome in (("insert", "inserted"), ("update", "updated")):
            if outcomes[outcome]:
                yield f"{table}: {operation} {outcomes[outcome]}"
