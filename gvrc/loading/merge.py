"""Merge what is staged, round by round: write the facility of each record and its children, account for all.

The SQL is in ``sql/merge``. 1 to 6 are what a batch goes through, in this order (of 1 see ``meet.py``; 4 is a file for
each kind of what belongs to a facility, 5 for each part of the account). The others are for a first load (0, 7), the
end of a run (8), keys that were given by hand (9), tables with triggers (10), superseded records that count again
before the batch is merged (11), and names that a lookup table lacks (``lookups.sql``).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import adbc_driver_manager

from gvrc.database_errors import first_line, refused_key, sqlstate
from gvrc.loading.meet import last_round, meet
from gvrc.loading.watched import demand_lookup_names, write_watched
from gvrc.log import log_event
from gvrc.structs import Struct

if TYPE_CHECKING:
    from collections.abc import Collection

    from gvrc.database import Database
    from gvrc.loading.directory import Directory
    from gvrc.loading.meet import Span
    from gvrc.loading.stage import StagedBatch
    from gvrc.loading.staging import Refused
    from gvrc.loading.staging_tables import StagingTables
    from gvrc.settings import Settings

# A database's refusal of a value or a key: one record's fault, not the batch's.
RECORD_FAULTS = ("22", "23")
# RAISE EXCEPTION, by which a trigger of a managed database's application refuses a record; ours has no triggers.
REFUSED_BY_TRIGGER = "P0"
DRY_RUN_IDS = "pg_temp.dry_run_ids"


class Merger(Struct, kw_only=True):
    """Merges the staged records of one run, in the transaction that is open; what it remembers is of the whole run."""

    database: Database
    tables: StagingTables
    directory: Directory
    settings: Settings
    run_no: int
    rules: dict[int, int]  # by file_no, all that decides how its records come out
    default_status: str | None
    is_dry_run: bool
    is_first_load: bool = False
    has_refused: bool = False  # a record of the run went without its code or registration number

    def merge(self, staged: StagedBatch) -> Refused:
        """Merge a batch round by round; give the rows that were refused with reason and detail."""
        refused: Refused = {}
        round_no = 1
        if self.settings.create_lookups:
            self.create_lookups(staged.lacking)
        while round_no <= last_round(self.database):
            refused |= self.merge_range(staged, (round_no, 0, 2**62))
            round_no += 1
        return refused

    def create_lookups(self, lacking: set[str]) -> None:
        """Insert the lookup names that the batch needs and the database lacks."""
        for lookup in sorted(lacking):
            # A status may be wanted that no record states: that of a new facility for which nobody stated one.
            default = (self.default_status,) if lookup == "operational_statuses" else ()
            self.create_lookup(lookup, *default)
        if any(lookup in self.directory.triggers for lookup in lacking):
            demand_lookup_names(self.database)

    def create_lookup(self, lookup: str, *default: str | None) -> None:
        """Insert the names that one lookup table lacks."""
        try:
            with self.database.savepoint():
                self.database.run(f"create_missing_{lookup}", self.next_id(lookup), *default)
        except adbc_driver_manager.Error as error:
            if not self.pass_given_keys(error):
                if self.is_fault_of_record(error):
                    demand_lookup_names(self.database, lookup, first_line(error))
                raise
            self.create_lookup(lookup, *default)

    def pass_given_keys(self, error: adbc_driver_manager.Error) -> bool:
        """Where a key of a sequence's was given by hand, lead the sequence past those that follow it; say so.

        It is no record's fault: where an application wrote its own keys, every record would be refused.
        """
        found = self.database.rows("table_of_key", refused_key(error))
        tables = [row["table_name"] for row in found if row["table_name"] in self.directory.sequences]
        if self.is_dry_run or not tables:
            return False
        passed = self.database.rows("pass_given_keys", tables[0], self.directory.sequences[tables[0]])[0]["passed"]
        if passed:
            log_event("given_keys_passed", "WARNING", table=tables[0], keys=passed)
        return bool(passed)

    def next_id(self, table: str) -> str:
        """Name the sequence that gives a table's keys; in a dry run one of our own."""
        return DRY_RUN_IDS if self.is_dry_run else self.directory.sequences[table]

    def merge_range(self, staged: StagedBatch, span: Span) -> Refused:
        """Merge a span of rows; what the database refuses is found by halving.

        What the rules did not foresee costs the record, not the batch: the database's own words become the reject.
        """
        try:
            with self.database.savepoint():
                return self.merge_once(staged, span)
        except adbc_driver_manager.Error as error:
            if not self.is_fault_of_record(error):
                raise
            if self.pass_given_keys(error):
                return self.merge_range(staged, span)
            rows = self.database.rows("rows_in_range", *span)[0]
            if rows["first_row"] == rows["last_row"]:
                return {rows["first_row"]: ("refused_by_database", first_line(error))}
            round_no, first, last = span
            refused = self.merge_range(staged, (round_no, first, rows["middle_row"]))
            return refused | self.merge_range(staged, (round_no, rows["middle_row"] + 1, last))

    def is_fault_of_record(self, error: adbc_driver_manager.Error) -> bool:
        """Say whether the database refuses one record, for which the others need not stop."""
        faults = (*RECORD_FAULTS, REFUSED_BY_TRIGGER) if self.directory.is_managed else RECORD_FAULTS
        return sqlstate(error)[:2] in faults

    def merge_once(self, staged: StagedBatch, span: Span) -> Refused:
        """Merge a span of rows; give those that no facility is sure for."""
        self.tables.empty_merging()
        refused = meet(self, staged, span)
        if staged.has_answers:
            self.database.run("leave_overtaken_rejects", self.run_no)
        met = {row["met_by"] for row in self.database.rows("ways_met")}
        has_new, has_met = "new" in met, bool(met - {"new"})
        if self.directory.is_watched:
            refused |= write_watched(self, staged.filled, has_new=has_new, has_met=has_met)
        else:
            self.write_facilities(has_new=has_new, has_met=has_met)
            self.write_children(staged.filled, has_new=has_new, has_met=has_met)
        self.write_account(has_new=has_new, has_met=has_met)
        if "superseded" in met:
            self.database.run("save_superseded", json.dumps(self.rules))
        self.database.check_constraints()
        return refused

    def write_facilities(self, *, has_new: bool, has_met: bool, futile: Collection[int] = ()) -> None:
        """Insert new facilities and update those that differ, both unique keys kept; ``futile`` are for triggers."""
        if self.settings.source_rank:  # of new facilities, too: who wrote their fields is remembered
            for name in ("find_ranked_fields", "withdraw_outranked_numbers", "note_outranked"):
                self.database.run(name)
        while self.database.run("refuse_claimed_numbers", self.settings.keep_manual_edits) > 0:
            self.has_refused = True
        if has_met:  # first: one that gives its number up may leave it to a new one
            self.update_facilities(futile)
        if has_new:
            kind = "managed" if self.directory.is_managed else "fresh"
            self.database.run(f"insert_new_facilities_{kind}", self.directory.actor_id, self.default_status)

    def update_facilities(self, futile: Collection[int]) -> None:
        """Update the facilities that the batch met and that differ from what it says, but not as triggers undo it."""
        database = self.database
        database.run("fill_wanted_facilities", self.settings.keep_manual_edits)
        if self.directory.is_managed:
            database.run("follow_codes")
        else:
            database.run("keep_edited_types", self.settings.keep_manual_edits)
        database.run("note_kept_edits")
        database.run("note_kept_wards")
        if futile:
            database.run("take_what_triggers_left", json.dumps(sorted(futile)))
        database.run("find_differing_facilities")
        if not self.directory.is_managed:
            database.run("find_differing_types")
        database.run("release_numbers")
        database.run("update_facilities", self.directory.actor_id)
        if not self.directory.is_managed:
            database.run("update_facility_types")
        database.run("add_after_images")

    def write_children(self, children: Collection[str], *, has_new: bool, has_met: bool) -> None:
        """Insert and update contacts, coordinates, services, owners, GBV categories and infrastructure.

        ``children`` are the staging tables that the batch has rows in: what it has none of is not looked for.
        """
        if has_new:
            self.insert_children(children, "of_new")
        if has_met:
            self.write_children_of_met(children, is_watched=False)

    def write_children_of_met(self, children: Collection[str], *, is_watched: bool) -> None:
        """Write what differs of met facilities; where triggers are watched, all of new ones, too."""
        database, actor_id, keeps_edits = self.database, self.directory.actor_id, self.settings.keep_manual_edits
        has_contacts = "staged_contacts" in children
        says_of_contacts = has_contacts or "staged_ended_contacts" in children
        if says_of_contacts:
            database.run("switch_contacts", actor_id, is_watched)
        if has_contacts and database.run("find_unrepeated_contacts", self.run_no) > 0:
            database.run("replace_primary_contacts", actor_id)
            database.run("note_contacts_not_repeated")
        self.insert_children(children, "of_met", is_watched)
        if says_of_contacts:
            database.run("release_primary_contacts", actor_id)
            database.run("give_primary_contacts", actor_id)
        self.note_kept_children(children)
        if keeps_edits:
            database.run("note_kept_points")
        database.run("update_coordinates", actor_id, keeps_edits, is_watched)
        database.run("update_infrastructure", actor_id, is_watched)

    def note_kept_children(self, children: Collection[str]) -> None:
        """Note what stays of met facilities though the batch says otherwise, or no longer says it."""
        if "staged_contacts" in children:
            self.database.run("note_contacts_out_of_use")
            self.database.run("note_kept_people")
        if "staged_services" in children:
            self.database.run("note_services_not_repeated", self.run_no)
        if "staged_owners" in children:
            self.database.run("note_owners_not_repeated", self.run_no)

    def insert_children(self, children: Collection[str], of_whom: str, *is_watched: bool) -> None:
        """Insert the children of new facilities, or those that a met one has not; nothing where the batch has none."""
        actor_id = self.directory.actor_id
        self.database.run(f"insert_coordinates_{of_whom}", actor_id, self.next_id("facility_coordinates"), *is_watched)
        if "staged_services" in children:  # services name no user
            self.database.run(f"insert_services_{of_whom}", self.next_id("facility_services"), *is_watched)
        for kind in ("contacts", "owners", "gbv_categories", "infrastructure"):
            if f"staged_{kind}" in children:
                next_id = self.next_id(f"facility_{kind}")
                self.database.run(f"insert_{kind}_{of_whom}", actor_id, next_id, *is_watched)

    def write_account(self, *, has_new: bool, has_met: bool) -> None:
        """Write what became of the merged records: outcomes, lineage, images, issues, and which of them are settled."""
        self.count_outcomes(has_new=has_new, has_met=has_met)
        self.save_lineage(has_met=has_met)
        self.save_images(has_new=has_new, has_met=has_met)
        self.database.run("save_issues", self.run_no)
        self.database.run("close_landed_rejects", self.run_no)
        self.database.run("remember_run_facilities")
        if self.has_refused:
            self.database.run("remember_refused_claims")
        self.settle(has_met=has_met)

    def count_outcomes(self, *, has_new: bool, has_met: bool) -> None:
        """Count records and rows by what became of them; what earlier records of the run lose by it is kept first."""
        self.database.run("note_generated_codes")
        if has_met:
            self.database.run("note_superseded_conflicts")
            self.database.run("repeat_superseded_conflicts")
            self.database.run("keep_overtaken_lineage", self.run_no)
        self.database.run("count_outcomes" if has_met else "count_outcomes_of_new")
        if has_new:
            self.database.run("count_rows_of_new")
        if has_met:
            self.database.run("count_rows_of_met", self.run_no)

    def save_lineage(self, *, has_met: bool) -> None:
        """Write which record the values came from, in the place of the one that it supersedes or follows."""
        if has_met:
            self.database.run("mark_superseded")
            self.database.run("remember_superseded")
            self.database.run("forget_former_lineage", self.run_no)
        self.database.run("save_lineage", self.run_no)

    def save_images(self, *, has_new: bool, has_met: bool) -> None:
        """Write what the import left, and what it changed: by these edits are known, and a run is taken back."""
        if has_met:
            self.database.run("update_imported", self.run_no)
            self.database.run("save_changes", self.run_no)
        self.database.run("save_imported", self.run_no)
        self.database.run("save_generated_codes", self.run_no)
        if has_new:
            self.database.run("save_changes_of_new", self.run_no)

    def settle(self, *, has_met: bool) -> None:
        """Weigh the merged facilities, and remember those that are settled."""
        for name in ("find_merged_to_weigh", "find_spans_to_weigh", "weigh_facilities"):
            self.database.run(name)
        if has_met:
            self.database.run("unsettle")
        self.database.run("settle", json.dumps(self.rules))
