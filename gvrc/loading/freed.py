"""At the end of a run: codes and registration numbers that were refused to a record, and that nobody bears any more.

Two records may claim one code or number, and the facility that has it may give it up later in the run. The next run
would give it to the other one, so this run must do that; otherwise running again would change something.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from gvrc.load import FileOutcomes
from gvrc.loading.watched import write_watched

if TYPE_CHECKING:
    from gvrc.loading.merge import Merger


def give_out_freed(merger: Merger) -> dict[int, FileOutcomes]:
    """Give out what was freed inside the open transaction; give what that changes in the account, by file_no.

    A facility that is given a code or number may give up another one, which was refused to a third: hence the loop.
    """
    outcomes: dict[int, FileOutcomes] = defaultdict(FileOutcomes)
    while give_once(merger, outcomes):
        pass
    return outcomes


def give_once(merger: Merger, outcomes: dict[int, FileOutcomes]) -> bool:
    """Merge the claims to what was freed; say whether anything was given.

    A record that was counted as unchanged then counts as updated, and its issues go.
    """
    if not stage_claims(merger):  # the usual case
        return False
    if merger.directory.is_watched:
        write_watched(merger, None, has_new=False, has_met=True)
    else:
        merger.write_facilities(has_new=False, has_met=True)
    given = merger.database.rows("given")
    for row in given:
        outcomes[row["file_no"]].issues["registration_number_claimed_twice"] -= row["numbers"]
        if row["outcome"] == "unchanged":
            outcomes[row["file_no"]].records.update(unchanged=-row["records"], updated=row["records"])
    write_given(merger, outcomes)
    return bool(given)


def stage_claims(merger: Merger) -> int:
    """Stage, for each claimant, a record that says nothing but what it claims; count them."""
    merger.tables.empty()
    merger.tables.empty_merging()
    claims = merger.database.run("stage_freed")
    if claims:
        merger.tables.fill(claims)
        merger.database.run("meet_refused")
    return claims


def write_given(merger: Merger, outcomes: dict[int, FileOutcomes]) -> None:
    """Write images and outcomes of the facilities that were given something; they are no longer settled."""
    database = merger.database
    for name in ("update_imported", "save_changes"):
        database.run(name, merger.run_no)
    for issue in database.rows("forget_given_issues", merger.run_no):
        outcomes[issue["file_no"]].issues[issue["kind"]] -= issue["issues"]
    for name in ("mark_given", "unsettle"):
        database.run(name)
    database.check_constraints()
