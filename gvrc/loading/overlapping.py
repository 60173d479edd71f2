"""What a run is taken back to if others wrote the same fields: runs are taken back and brought back in any order.

A field gets the value of the latest run that wrote it and still stands, or what was there before all of them. What the
undone run overwrote is not right if the run before it was taken back, too: the value of that one would stand again, and
nobody would know. The SQL is ``sql/undo/overlapping.sql``.
"""

from __future__ import annotations

import json
from functools import cache
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

from gvrc.structs import Struct

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gvrc.database import Database

SOMETHING_LATER: dict[str, Any] = {}  # an object, which no column can have as its value: what stands there stays


class Written(NamedTuple):
    """What one run wrote to one field."""

    run_no: int
    before: Any
    after: Any


class UndoHistory(Struct, frozen=True):
    """Which runs were taken back, now and at any time before."""

    undos: tuple[tuple[int, int], ...]  # (run_no, run_no of the run that it took back), the latest first

    def taken_back(self, until_run_no: int) -> frozenset[int]:
        """Give the runs that were taken back when a run began; an undo that was taken back itself takes nothing."""
        taken_back: set[int] = set()
        for run_no, undone_run_no in self.undos:
            if run_no < until_run_no and run_no not in taken_back:
                taken_back.add(undone_run_no)
        return frozenset(taken_back)

    def import_of(self, run_no: int) -> int:
        """Give the import that an undo, or the undo of its undo, takes back or brings back in the end."""
        undone = dict(self.undos)
        while run_no in undone:
            run_no = undone[run_no]
        return run_no


def heed_other_runs(database: Database, run_no: int, by_run_no: int) -> None:
    """Correct what is to be put back by what other runs wrote that stands, lost rows included."""
    history = UndoHistory(tuple((row["run_no"], row["undoes_run_no"]) for row in database.rows("undo_runs")))
    own_run_no = history.import_of(run_no)
    corrector = Corrector(history, run_no, own_run_no, by_run_no)
    if own_run_no != run_no:
        database.run("add_updates_of_import", own_run_no)
        is_away = own_run_no in corrector.before
        database.run("add_lost_rows", own_run_no, is_away)
        if not is_away:
            database.run("add_rows_of_import", own_run_no)
    rows = database.rows("changes_of_other_runs", own_run_no)
    if rows:
        corrected = [corrector.correct(list(group)) for _, group in groupby(rows, row_of)]
        database.run("correct_undo_changes", json.dumps(corrected))
        database.run("forget_rows_of_taken_back", json.dumps(corrected))
    database.run("forget_empty_updates")


def row_of(change: dict[str, Any]) -> tuple[str, int]:
    """Say which row of the directory was changed."""
    return change["table_name"], change["row_id"]


class Corrector:
    """Corrects what is to be put back of a row, by what its fields come to before and after a run is taken back."""

    def __init__(self, history: UndoHistory, run_no: int, own_run_no: int, by_run_no: int) -> None:
        self.run_no = run_no
        self.taken_back = cache(history.taken_back)
        self.before = self.taken_back(by_run_no)  # the runs that are taken back before this undo, and
        self.after = self.before ^ {own_run_no}  # after it

    def correct(self, changes: list[dict[str, Any]]) -> dict[str, Any]:
        """Give what is to be put back of a row, given all that imports changed of it, in their order."""
        undone = json.loads(changes[0]["undone"])
        corrected = {"change_id": undone["change_id"], "before": {}, "after": {}, "is_gone": False}
        if undone["operation"] == "delete":
            corrected["before"] = self.correct_image(undone["before"], changes)
            corrected["is_gone"] = any(
                change["operation"] == "insert" and change["run_no"] in self.after for change in changes
            )
            return corrected
        for field, writings in writings_by_field(changes):
            present, former = (self.value(writings, taken_back) for taken_back in (self.before, self.after))
            is_own = field in undone["before"]
            if present == former:
                corrected["after"] |= {field: SOMETHING_LATER} if is_own else {}
            elif is_own or undone["imported"].get(field, present) == present:  # else it is a person's edit
                corrected["after"][field] = present
                if not is_own or undone["before"][field] != former:
                    corrected["before"][field] = former
        return corrected

    def correct_image(self, image: dict[str, Any], changes: list[dict[str, Any]]) -> dict[str, Any]:
        """Give the fields of a deleted row that imports have come to mean otherwise since; a person's edit stays."""
        then = self.taken_back(self.run_no)
        return {
            field: latest
            for field, writings in writings_by_field(changes)
            if image.get(field) == self.value(writings, then) != (latest := self.value(writings, self.after))
        }

    def value(self, writings: list[Written], taken_back: frozenset[int]) -> Any:  # noqa: ANN401 - of any column
        """Give the latest value that stands; what a person wrote in between is never taken back."""
        follows: list[bool] = []
        for place, writing in enumerate(writings):
            found = latest_of(writings[:place], follows, self.taken_back(writing.run_no))
            follows.append(place > 0 and found == writing.before)
        return latest_of(writings, follows, taken_back)


def latest_of(writings: list[Written], follows: list[bool], taken_back: frozenset[int]) -> Any:  # noqa: ANN401 - of any column
    """Walk back to a run that stands, or to a value that no run had left; None where there is nothing."""
    for writing, is_following in zip(reversed(writings), reversed(follows), strict=True):
        if writing.run_no not in taken_back:
            return writing.after
        if not is_following:
            return writing.before
    return None


def writings_by_field(changes: Iterable[dict[str, Any]]) -> Iterator[tuple[str, list[Written]]]:
    """Give what was written to each field of a row, in the order of the runs."""
    fields: dict[str, list[Written]] = {}
    for change in changes:
        if change["operation"] == "update":
            before, after = json.loads(change["before"]), json.loads(change["after"])
            for field in before:
                fields.setdefault(field, []).append(Written(change["run_no"], before[field], after.get(field)))
    yield from fields.items()
