"""At the end of a run: registration numbers that were refused to a record, and that no facility bears any more.

Two records may claim one number, and the facility that has it may give it up later in the run. The next run would give
it to the other one, so this run must do that; otherwise running again would change something.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from gvrc.load import FileOutcomes
from gvrc.loading.watched import write_watched

if TYPE_CHECKING:
    from gvrc.loading.merge import Merger

CLAIMED_TWICE = "registration_number_claimed_twice"


def give_freed_numbers(merger: Merger) -> dict[int, FileOutcomes]:
    """Give out the freed numbers inside the open transaction; give what that changes in the account, by file_no.

    A facility that is given one may give up another, which was refused to a third: hence the loop.
    """
    outcomes: dict[int, FileOutcomes] = defaultdict(FileOutcomes)
    while give_once(merger, outcomes):
        pass
    return outcomes


def give_once(merger: Merger, outcomes: dict[int, FileOutcomes]) -> bool:
    """Merge the claims to freed numbers; say whether a number was given.

    A record that was counted as unchanged then counts as updated, and its issue goes.
    """
    if not stage_claims(merger):  # the usual case
        return False
    if merger.directory.is_watched:
        write_watched(merger, None, has_new=False, has_met=True)
    else:
        merger.write_facilities(has_new=False, has_met=True)
    given = merger.database.rows("given_numbers")
    for row in given:
        outcomes[row["file_no"]].issues[CLAIMED_TWICE] -= row["records"]
        if row["outcome"] == "unchanged":
            outcomes[row["file_no"]].records.update(unchanged=-row["records"], updated=row["records"])
    write_given(merger)
    return bool(given)


def stage_claims(merger: Merger) -> int:
    """Stage, for each claimant, a record that says nothing but the number; count them."""
    merger.tables.empty()
    merger.tables.empty_merging()
    claims = merger.database.run("stage_freed_numbers")
    if claims:
        merger.tables.fill(claims)
        merger.database.run("meet_refused")
    return claims


def write_given(merger: Merger) -> None:
    """Write images and outcomes of the facilities that were given a number; they are no longer settled."""
    for name in ("update_imported", "save_changes", "forget_given_issues"):
        merger.database.run(name, merger.run_no)
    for name in ("mark_given_numbers", "unsettle"):
        merger.database.run(name)
    merger.database.check_constraints()
