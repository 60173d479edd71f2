"""Merge what is staged, round by round: find the facility of each record, write it and its children, account for all.

The SQL is in ``sql/merge``: 1 to 6 are what a batch goes through, in this order; the others are for a first load (0,
7), the end of a run (8), keys that somebody gave by hand (9), and tables with triggers (10).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import adbc_driver_manager

from gvrc.database_errors import first_line, refused_key, sqlstate
from gvrc.loading.watched import demand_lookup_names, write_watched
from gvrc.log import log_event
from gvrc.values.identity import may_be_misspelt, may_be_one

if TYPE_CHECKING:
    from gvrc.database import Database
    from gvrc.loading.directory import Directory
    from gvrc.loading.stage import StagedBatch
    from gvrc.loading.staging_tables import StagingTables
    from gvrc.settings import Settings

# A database's refusal of a value or a key: one record's fault, not the batch's.
RECORD_FAULTS = ("22", "23")
# RAISE EXCEPTION, by which a trigger of a managed database's application refuses a record; ours has no triggers.
REFUSED_BY_TRIGGER = "P0"
DRY_RUN_IDS = "pg_temp.dry_run_ids"


@dataclass(kw_only=True)
class Merger:
    """Merges the staged records of one run, in the transaction that is open; remembers what the run has met so far."""

    database: Database
    tables: StagingTables
    directory: Directory
    settings: Settings
    run_no: int
    rules: dict[int, int]  # by file_no, all that decides how its records come out
    default_status: str | None
    is_dry_run: bool
    is_first_load: bool = False
    has_refused: bool = False  # a record of the run went without its registration number
    children: set[str] = field(default_factory=set)  # their staging tables that the batch has rows in
    unmet: frozenset[str] = frozenset()  # statements that would meet nothing in the first round
    futile: set[int] = field(default_factory=set)  # facilities of the round that triggers leave as they are

    def merge(self, staged: StagedBatch) -> dict[int, tuple[str, str]]:
        """Merge a batch round by round; give the rows that were refused with reason and detail."""
        self.children = set(staged.filled)
        self.unmet = staged.unmet if self.is_first_load else frozenset()
        refused: dict[int, tuple[str, str]] = {}
        round_no = 1
        if self.settings.create_lookups:
            self.create_lookups(staged.lacking)
        while round_no <= self.last_round():
            refused |= self.merge_range(round_no, 0, 2**62)
            round_no += 1
        return refused

    def last_round(self) -> int:
        """Ask how many rounds the batch has; a round may postpone a record to a further one."""
        return int(self.database.rows("last_round")[0]["last_round"])

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

    def merge_range(self, round_no: int, first: int, last: int) -> dict[int, tuple[str, str]]:
        """Merge the rows of a round from first to last; what the database refuses is found by halving.

        What the rules did not foresee costs the record, not the batch: the database's own words become the reject.
        """
        try:
            with self.database.savepoint():
                return self.merge_once(round_no, first, last)
        except adbc_driver_manager.Error as error:
            if not self.is_fault_of_record(error):
                raise
            if self.pass_given_keys(error):
                return self.merge_range(round_no, first, last)
            rows = self.database.rows("rows_in_range", round_no, first, last)[0]
            if rows["first_row"] == rows["last_row"]:
                return {rows["first_row"]: ("refused_by_database", first_line(error))}
            return self.merge_range(round_no, first, rows["middle_row"]) | self.merge_range(
                round_no, rows["middle_row"] + 1, last
            )

    def is_fault_of_record(self, error: adbc_driver_manager.Error) -> bool:
        """Say whether the database refuses one record, for which the others need not stop."""
        faults = (*RECORD_FAULTS, REFUSED_BY_TRIGGER) if self.directory.is_managed else RECORD_FAULTS
        return sqlstate(error)[:2] in faults

    def merge_once(self, round_no: int, first: int, last: int) -> dict[int, tuple[str, str]]:
        """Merge the rows of a round from first to last; give those that no facility is sure for."""
        self.tables.empty_merging()
        refused = self.meet(round_no, first, last)
        met = {row["met_by"] for row in self.database.rows("ways_met")}
        has_new, has_met = "new" in met, bool(met - {"new"})
        if self.directory.is_watched:
            refused |= write_watched(self, has_new=has_new, has_met=has_met)
        else:
            self.write_facilities(has_new=has_new, has_met=has_met)
            self.write_children(has_new=has_new, has_met=has_met)
        self.write_account(has_new=has_new, has_met=has_met)
        if "superseded" in met:
            self.database.run("save_superseded", json.dumps(self.rules))
        self.database.check_constraints()
        return refused

    def meet(self, round_no: int, first: int, last: int) -> dict[int, tuple[str, str]]:
        """Find the facility of each row, or a new key for it."""
        database = self.database
        span = (round_no, first, last)
        unmet = self.unmet if round_no == 1 else frozenset()
        if "meet_by_content" not in unmet and database.run("meet_by_content", *span):
            database.run("claim_codes_again")
        self.run_unless_unmet("meet_by_code", unmet, span)
        if not self.is_first_load:  # nobody has edited yet what the run itself brings
            database.run("meet_by_former_code", *span)
        refused = self.settle_claimed_codes()
        has_codeless = database.run("generate_codes", *span) > 0
        if has_codeless:
            self.meet_by_generated_codes(span, heeds_keys=True)
        self.run_unless_unmet("meet_by_source_key", unmet, span)
        if self.settle_claimed_keys():
            self.meet_by_generated_codes(span, heeds_keys=False)
        if database.run("meet_by_registration_number", *span, self.directory.is_managed):
            self.settle_claimed_numbers()
        self.meet_by_names(span, has_codeless=has_codeless and "meet_by_name" not in unmet)
        self.postpone(round_no)
        refused |= self.refuse_ambiguous()
        for row_no in refused:
            database.run("forget_meeting", row_no, None)
            database.run("withdraw_record", row_no)
        database.run("claim_generated_codes")
        database.run("meet_new", *span, self.next_id("facilities"))
        database.run("analyze_merging")
        return refused

    def meet_by_generated_codes(self, span: tuple[int, int, int], *, heeds_keys: bool) -> None:
        """Meet facilities by codes of ours; where two places of one name lie apart, each by its own."""
        self.database.run("meet_by_generated_code", *span, heeds_keys)
        if self.database.run("part_generated_codes", *span):
            self.database.run("meet_by_generated_code", *span, heeds_keys)

    def meet_by_names(self, span: tuple[int, int, int], *, has_codeless: bool) -> None:
        """Meet facilities by name and place: by the name as it is first, then without its signs."""
        names = ["meet_generated_by_name", "meet_generated_by_spelling"]
        if has_codeless:
            names = ["meet_by_name", "meet_by_spelling", *names]
        if sum(self.database.run(name, *span) for name in names):
            self.database.run("forget_other_wards")
        if not self.is_first_load:  # nobody has edited yet what the run itself brings
            self.database.run("meet_by_former_name", *span, has_codeless)

    def postpone(self, round_no: int) -> None:
        """Leave to later rounds the records that met the facility of one before them, merged now or later."""
        postponed = 0
        if round_no < self.last_round():
            postponed = self.database.run("postpone_early_meetings", round_no)
        if postponed + self.database.run("postpone_second_meetings", round_no) > 0:
            self.database.run("forget_postponed_issues", round_no)

    def refuse_ambiguous(self) -> dict[int, tuple[str, str]]:
        """Refuse the records that met several facilities: which of them is meant, nobody can tell."""
        return {
            found["row_no"]: (
                "identity_ambiguous",
                f"By its {found['met_by']} it may be any of {found['codes']}. Give the record a code.",
            )
            for found in self.database.rows("find_ambiguous_meetings")
        }

    def run_unless_unmet(self, name: str, unmet: frozenset[str], span: tuple[int, int, int]) -> None:
        """Run a statement over a span of rows, unless it would meet nothing."""
        if name not in unmet:
            self.database.run(name, *span)

    def settle_claimed_codes(self) -> dict[int, tuple[str, str]]:
        """Give a record whose code is a quite different facility's one of ours, or refuse it, as the setting says.

        The code stays with the facility that has it, whose place and name are both others.
        """
        refused = {}
        for claim in self.database.rows("find_doubtful_meetings", "code"):
            if any(may_be_one(claim["claimant_name"], claim[name]) for name in ("bearer_name", "imported_name")):
                continue
            self.database.run("forget_meeting", claim["row_no"], None)
            if self.settings.code_claimed_twice == "reject":
                detail = f"The code {claim['facility_code']} is borne by another facility, in another place."
                refused[claim["row_no"]] = ("code_claimed_twice", detail)
            else:
                self.database.run("take_claimed_code", claim["row_no"])
                self.note_claimed_key(claim["row_no"], "facility_code", claim["facility_code"])
        return refused

    def settle_claimed_keys(self) -> bool:
        """Forget whom a record met by a source's key that is a quite different facility's; say whether there was one.

        Such a key says nothing: the record is met otherwise.
        """
        is_claimed = False
        for claim in self.database.rows("find_doubtful_keys"):
            names = (claim["bearer_name"], claim["imported_name"])
            if claim["has_other_code"] or not any(may_be_one(claim["claimant_name"], name) for name in names):
                # Whom a key fits besides, it does not fit for sure.
                facility_id = None if claim["has_other_code"] else claim["facility_id"]
                self.database.run("forget_meeting", claim["row_no"], facility_id)
                self.note_claimed_key(claim["row_no"], "source_key", claim["source_key"])
                is_claimed = True
        return is_claimed

    def settle_claimed_numbers(self) -> None:
        """Forget whom a record met by a number of a quite different facility: the branches of one body share theirs.

        Of the national list 121 pairs share a number in a constituency, and two of them a telling word, once misspelt.
        That the number is claimed twice is told where it is refused.
        """
        for claim in self.database.rows("find_doubtful_meetings", "registration number"):
            pairs = [(claim["claimant_name"], claim[name]) for name in ("bearer_name", "imported_name")]
            if not any(may_be_one(*names) or may_be_misspelt(*names) for names in pairs):
                self.database.run("forget_meeting", claim["row_no"], None)

    def note_claimed_key(self, row_no: int, field: str, value: str) -> None:
        """Record the issue that another facility bears a record's code or key."""
        kind = {"facility_code": "code_claimed_twice", "source_key": "source_key_claimed_twice"}[field]
        self.database.run("note_claimed_key", row_no, kind, field, value)

    def write_facilities(self, *, has_new: bool, has_met: bool) -> None:
        """Insert new facilities and update those that differ, both unique keys kept."""
        if self.settings.source_rank:  # of new facilities, too: who wrote their fields is remembered
            for name in ("find_ranked_fields", "withdraw_outranked_numbers", "note_outranked"):
                self.database.run(name)
        while self.database.run("refuse_claimed_numbers", self.settings.keep_manual_edits) > 0:
            self.has_refused = True
        if has_met:  # first: one that gives its number up may leave it to a new one
            self.update_facilities()
        if has_new:
            kind = "managed" if self.directory.is_managed else "fresh"
            self.database.run(f"insert_new_facilities_{kind}", self.directory.actor_id, self.default_status)

    def update_facilities(self) -> None:
        """Update the facilities that the batch met and that differ from what it says."""
        database = self.database
        database.run("fill_wanted_facilities", self.settings.keep_manual_edits)
        if self.directory.is_managed:
            database.run("follow_codes")
        else:
            database.run("keep_edited_types", self.settings.keep_manual_edits)
        database.run("note_kept_edits")
        if self.futile:
            database.run("take_what_triggers_left", json.dumps(sorted(self.futile)))
        database.run("find_differing_facilities")
        if not self.directory.is_managed:
            database.run("find_differing_types")
        database.run("release_numbers")
        database.run("update_facilities", self.directory.actor_id)
        if not self.directory.is_managed:
            database.run("update_facility_types")
        database.run("add_after_images")

    def write_children(self, *, has_new: bool, has_met: bool) -> None:
        """Insert and update contacts, coordinates, services, owners, GBV categories and infrastructure."""
        if has_new:
            self.insert_children("of_new")
        if has_met:
            self.write_children_of_met(is_watched=False)

    def write_children_of_met(self, *, is_watched: bool) -> None:
        """Write what differs of met facilities; where triggers are watched, all of new ones, too."""
        database, actor_id, keeps_edits = self.database, self.directory.actor_id, self.settings.keep_manual_edits
        self.insert_children("of_met", is_watched)
        if "staged_contacts" in self.children:
            database.run("note_kept_people")
        if keeps_edits:
            database.run("note_kept_points")
        database.run("update_coordinates", actor_id, keeps_edits, is_watched)
        database.run("update_infrastructure", actor_id, is_watched)

    def insert_children(self, of_whom: str, *is_watched: bool) -> None:
        """Insert the children of new facilities, or those that a met one has not; nothing where the batch has none."""
        actor_id = self.directory.actor_id
        self.database.run(f"insert_coordinates_{of_whom}", actor_id, self.next_id("facility_coordinates"), *is_watched)
        if "staged_services" in self.children:  # services name no user
            self.database.run(f"insert_services_{of_whom}", self.next_id("facility_services"), *is_watched)
        for children in ("contacts", "owners", "gbv_categories", "infrastructure"):
            if f"staged_{children}" in self.children:
                next_id = self.next_id(f"facility_{children}")
                self.database.run(f"insert_{children}_{of_whom}", actor_id, next_id, *is_watched)

    def write_account(self, *, has_new: bool, has_met: bool) -> None:
        """Write what became of the merged records: outcomes, lineage, images, issues, and which of them are settled."""
        self.count_outcomes(has_new=has_new, has_met=has_met)
        self.save_lineage(has_met=has_met)
        self.save_images(has_new=has_new, has_met=has_met)
        self.database.run("save_issues", self.run_no)
        self.database.run("close_landed_rejects", self.run_no)
        self.database.run("remember_run_facilities")
        if self.has_refused:
            self.database.run("remember_refused_numbers")
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
        for name in ("weigh_merged", "span_weighed", "weigh_facilities"):
            self.database.run(name)
        if has_met:
            self.database.run("unsettle")
        self.database.run("settle", json.dumps(self.rules))
