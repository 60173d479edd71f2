"""Stage a batch, merge it, set aside what is refused, account for all of it: one transaction.

The SQL is in ``sql/merge``: 1 to 6 are what a batch goes through, in this order; the others are for a first load (0,
7), the end of a run (8), and keys that somebody gave by hand (9).
"""

from __future__ import annotations

import json
import tempfile
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import adbc_driver_manager
import polars as pl

from gvrc.account import CHILD_TABLES
from gvrc.database import UnfitTableError, first_line, refused_key, sqlstate, tell_error
from gvrc.errors import GvrcError, RunStoppedError
from gvrc.faces import encode_record
from gvrc.identity import may_be_misspelt, may_be_one
from gvrc.log import log_event
from gvrc.lone import insert_lone
from gvrc.rules import check_accepted
from gvrc.stage import StagedBatch, Stager
from gvrc.staging import count_rows, record_lines, refused_rows, settled_issues
from gvrc.staging_tables import create_staging_tables
from gvrc.statements import statement_group

if TYPE_CHECKING:
    from gvrc.batches import Batch
    from gvrc.database import Database
    from gvrc.directory import Directory
    from gvrc.lone import LoneRecords
    from gvrc.settings import Settings

# A database's refusal of a value or a key: one record's fault, not the batch's.
RECORD_FAULTS = ("22", "23")
FEW_ROWS = 1_000  # staged records whose rows are deleted in 2 ms each time; to truncate took 4 to 9, and up to 77
DRY_RUN_IDS = "pg_temp.dry_run_ids"


@dataclass
class Outcome:
    """What a batch adds to the account of one file."""

    outcomes: Counter[str] = field(default_factory=Counter)
    rejects: Counter[str] = field(default_factory=Counter)
    issues: Counter[str] = field(default_factory=Counter)
    ward_match: Counter[str] = field(default_factory=Counter)
    tables: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))


def add_counts(outcomes: dict[int, Outcome], counted: pl.DataFrame, name: str) -> None:
    """Add an outcome that records and their rows had together, as ``count_rows`` counts them."""
    for file_no, records, *counts in counted.iter_rows():
        outcomes[file_no].outcomes[name] += records
        for table, rows in zip(CHILD_TABLES, counts, strict=True):
            if rows:
                outcomes[file_no].tables[table][name] += rows


class BrokenSchemaError(Exception):
    """Accepted rows that the rules should not have let through; ``broken`` has reason and detail by row_no."""

    def __init__(self, broken: dict[int, str]) -> None:
        super().__init__(f"{len(broken)} rows break the schema")
        self.broken = {row_no: ("schema_broken", detail) for row_no, detail in broken.items()}


def demand_whole(broken: dict[int, str]) -> None:
    """Raise BrokenSchemaError where a row breaks the schema."""
    if broken:
        raise BrokenSchemaError(broken)


class TouchedFacilitiesError(Exception):
    """Settled records, by row_no, of facilities that other records of the run speak of."""

    def __init__(self, row_nos: list[int]) -> None:
        super().__init__(f"{len(row_nos)} settled records are not the only ones of their facilities")
        self.row_nos = row_nos


class Loader:
    """Loads the batches of one run over one connection; remembers the run, its staging tables and the directory."""

    def __init__(  # noqa: PLR0913 - the run, and what it found
        self,
        database: Database,
        directory: Directory,
        run_no: int,
        settings: Settings,
        rules: dict[int, int],
        *,
        is_dry_run: bool = False,
    ) -> None:
        self.database = database
        self.directory = directory
        self.run_no = run_no
        self.settings = settings
        self.rules = rules
        self.is_dry_run = is_dry_run
        self.checker = ThreadPoolExecutor(1)
        self.stager = Stager(directory, settings)
        self.staged: set[str] = set()  # tables of children that the batch has rows in
        self.filled: set[str] = set()  # which temporary tables may hold rows: those of staging, of merging
        self.rows_staged = 0  # since they were made or truncated
        self.landed = self.told = pl.DataFrame()  # of the last batch: what landed, and the lines for logs/processing
        self.is_first_load = False
        self.alone: pl.DataFrame | None = None  # how many lone records of the last batch were inserted
        self.unmet: frozenset[str] = frozenset()  # statements that would meet nothing in the first round
        self.has_refused = False  # a record of the run went without its registration number

    def begin_first_load(self, *, must_merge: bool) -> None:
        """Take it that the directory is empty: only what the run itself brings can be met.

        In a dry run no key is taken.
        """
        self.is_first_load = True
        self.stager.begin_first_load()
        if not (self.is_dry_run or must_merge):
            self.stager.set_lone_apart(self.run_no, self.rules)

    def prepare_again(self) -> None:
        """After a lost connection: make the staging tables, and remember what the run has met so far.

        While the connection was lost, another importer may have had the lock.
        """
        self.is_first_load = False
        self.has_refused = True  # perhaps
        self.filled, self.rows_staged = set(), 0
        create_staging_tables(self.database, self.settings.source_rank)
        for name in statement_group("staging/restore.sql"):
            self.database.run(name, self.run_no)

    def load_batch(self, batch: Batch) -> dict[int, Outcome]:
        """Load a batch inside the transaction that is open; say what became of its records, by file_no."""
        self.empty_filled()
        if batch.settled.is_empty():
            return self.load(batch.staged)
        try:
            with self.database.savepoint(TouchedFacilitiesError):
                outcomes = self.load(batch.staged)
                self.add_settled(batch.settled, outcomes)
        except TouchedFacilitiesError as error:
            batch.bring_back(error.row_nos)
            batch.staged = self.stager.stage(batch.records, batch.texts)
            return self.load_batch(batch)
        return outcomes

    def add_settled(self, settled: pl.DataFrame, outcomes: dict[int, Outcome]) -> None:
        """Count the records that need no merge as what they are: unchanged, or superseded.

        Raises:
            TouchedFacilitiesError: the run has another record of one of the facilities.
        """
        self.stage_settled(settled)
        add_counts(outcomes, count_rows(settled.filter(pl.col("is_superseded").not_())), "unchanged")
        add_counts(outcomes, count_rows(settled.filter("is_superseded")), "superseded")
        for file_no, ward_match, count in settled.group_by("file_no", "ward_match").len().iter_rows():
            outcomes[file_no].ward_match[ward_match] += count
        issues = settled_issues(settled)
        for file_no, kind, count in issues.group_by("file_no", "kind").len().iter_rows():
            outcomes[file_no].issues[kind] += count
        self.told = pl.concat([self.told, issues], how="diagonal")

    def stage_settled(self, settled: pl.DataFrame) -> None:
        """Have the run remember settled records, as the merge would.

        Raises:
            TouchedFacilitiesError: the run has another record of one of the facilities.
        """
        columns = ("row_no", "facility_id", "file_no", "record_number", "source", "source_key", "content_hash")
        has_superseded = settled["is_superseded"].any()
        self.fill_staging(len(settled))
        self.database.copy("staged_settled", settled.select(*columns, "refused_number", "is_superseded"))
        touched = self.database.rows("touched_facilities")
        if has_superseded:
            touched += self.database.rows("touched_superseded")
        if touched:
            raise TouchedFacilitiesError([row["row_no"] for row in touched])
        self.database.run("remember_settled")
        if settled["refused_number"].null_count() < len(settled):
            self.has_refused = True
            self.database.run("remember_settled_refused")
        if has_superseded:
            self.database.run("remember_settled_superseded")

    def load(self, staged: StagedBatch | None) -> dict[int, Outcome]:
        """Load what is staged inside the transaction that is open; say what became of the records, by file_no."""
        self.landed = self.told = pl.DataFrame()
        if staged is None:
            return defaultdict(Outcome)
        accepted, rejected, texts = staged.accepted, staged.rejected, staged.texts
        # The schema is looked at while the server merges: where a row breaks it, pandera's import takes as long.
        checked = self.checker.submit(check_accepted, accepted, self.directory.demands)
        try:
            with self.database.savepoint(BrokenSchemaError):
                try:
                    refused = self.merge(staged)
                finally:  # where the database stumbled over such a row, too
                    demand_whole(checked.result())
        except BrokenSchemaError as error:
            rejected = pl.concat([rejected, refused_rows(accepted, error.broken, texts)])
            accepted = accepted.filter(pl.col("row_no").is_in(list(error.broken)).not_())
            staged = self.stager.unfold(accepted, rejected)
            refused = self.merge(staged)
        if refused:
            rejected = pl.concat([rejected, refused_rows(accepted, refused, texts)])
        if not rejected.is_empty():
            self.save_rejects(rejected)
        landed = accepted.filter(pl.col("row_no").is_in(list(refused)).not_()) if refused else accepted
        if self.settings.keep_validated:  # else a batch would take memory until the next one is merged
            self.landed = texts.unpack(landed)
        issues = pl.concat([staged.issues, staged.lone.issues]) if staged.lone else staged.issues
        return self.outcomes(landed, rejected, issues)

    def save_rejects(self, rejected: pl.DataFrame) -> None:
        """Set aside what was refused."""
        self.fill_staging(len(rejected))
        self.database.copy("staged_rejects", rejected)
        self.database.run("close_other_reasons", self.run_no)
        self.database.run("save_rejects", self.run_no)

    def empty_filled(self) -> None:
        """Empty the tables that hold rows of the batch before; new ones are left alone."""
        emptying = self.emptying()
        for tables in sorted(self.filled):
            self.database.run(f"{emptying}_{tables}")
        self.filled = set()
        self.rows_staged = 0 if emptying == "truncate" else self.rows_staged

    def emptying(self) -> str:
        """Say how tables are emptied: to truncate one costs a new file, to delete rows leaves them to be read over."""
        return "delete" if self.rows_staged <= FEW_ROWS else "truncate"

    def empty_merging(self) -> None:
        """Empty the tables of a round."""
        if "merging" in self.filled:
            self.database.run(f"{self.emptying()}_merging")
        self.filled.add("merging")

    def fill_staging(self, rows: int) -> None:
        """Remember that rows are staged."""
        self.filled.add("staging")
        self.rows_staged += rows

    def mark_filled(self) -> None:
        """Take it that all hold rows: what takes a file back fills some, a transaction that is rolled back others."""
        self.filled = {"staging", "merging"}

    def merge(self, staged: StagedBatch) -> dict[int, tuple[str, str]]:
        """Copy and merge a batch; give reason and detail of the rows that were refused."""
        self.alone = None
        self.unmet = staged.unmet if self.is_first_load else frozenset()
        if staged.lone and not (self.is_first_load and self.insert_lone(staged.lone)):
            staged = self.stager.unfold(staged.accepted, staged.rejected)
        if staged.records.is_empty():
            return {}
        self.copy(staged)
        return self.merge_rounds(staged.lacking)

    def insert_lone(self, lone: LoneRecords) -> bool:
        """Insert the lone records of a batch; say so, or that the database refuses one of them.

        A table that somebody gave other types is for the merge, which casts row by row.
        """
        try:
            with self.database.savepoint(Exception):
                is_done = insert_lone(self.database, lone, self.directory)
                self.database.check_constraints()
        except UnfitTableError as error:
            log_event("lone_records_merged", "WARNING", error=error)
            return False
        except adbc_driver_manager.Error as error:
            if sqlstate(error)[:2] not in RECORD_FAULTS:
                raise
            return False
        self.alone = lone.counted if is_done else None
        return is_done

    def copy(self, staged: StagedBatch) -> None:
        """Copy a batch into the staging tables, children in the order of their facilities."""
        self.staged = set(staged.filled)
        self.fill_staging(len(staged.records))
        self.database.copy("staged_records", staged.records)
        for table in staged.filled:
            self.database.copy(table, staged.children[table])
        self.database.copy("staged_issues", staged.issues)
        for name in ("analyze_staged_records", "analyze_staged_services"):
            self.database.run(name)

    def merge_rounds(self, lacking: set[str]) -> dict[int, tuple[str, str]]:
        """Merge round by round; give the rows that were refused with reason and detail."""
        refused: dict[int, tuple[str, str]] = {}
        round_no = 1
        if self.settings.create_lookups:
            self.create_lookups(lacking)
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
            default = (self.stager.default_status,) if lookup == "operational_statuses" else ()
            self.create_lookup(lookup, *default)

    def create_lookup(self, lookup: str, *default: str | None) -> None:
        """Insert the names that one lookup table lacks."""
        try:
            with self.database.savepoint():
                self.database.run(f"create_missing_{lookup}", self.next_id(lookup), *default)
        except adbc_driver_manager.Error as error:
            if not self.pass_given_keys(error):
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
            if sqlstate(error)[:2] not in RECORD_FAULTS:
                raise
            if self.pass_given_keys(error):
                return self.merge_range(round_no, first, last)
            rows = self.database.rows("rows_in_range", round_no, first, last)[0]
            if rows["first_row"] == rows["last_row"]:
                return {rows["first_row"]: ("refused_by_database", first_line(error))}
            return self.merge_range(round_no, first, rows["middle_row"]) | self.merge_range(
                round_no, rows["middle_row"] + 1, last
            )

    def merge_once(self, round_no: int, first: int, last: int) -> dict[int, tuple[str, str]]:
        """Merge the rows of a round from first to last; give those that no facility is sure for."""
        self.empty_merging()
        refused = self.meet(round_no, first, last)
        met = {row["met_by"] for row in self.database.rows("ways_met")}
        has_new, has_met = "new" in met, bool(met - {"new"})
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
        for ambiguous in database.rows("find_ambiguous_meetings"):
            refused[ambiguous["row_no"]] = (
                "identity_ambiguous",
                f"By its {ambiguous['met_by']} it may be any of {ambiguous['codes']}. Give the record a code.",
            )
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

    def postpone(self, round_no: int) -> None:
        """Leave to later rounds the records that met the facility of one before them, merged now or later."""
        postponed = 0
        if round_no < self.last_round():
            postponed = self.database.run("postpone_early_meetings", round_no)
        if postponed + self.database.run("postpone_second_meetings", round_no) > 0:
            self.database.run("forget_postponed_issues", round_no)

    def run_unless_unmet(self, name: str, unmet: frozenset[str], span: tuple[int, int, int]) -> None:
        """Run a statement over a span of rows, unless it would meet nothing."""
        if name not in unmet:
            self.database.run(name, *span)

    def settle_claimed_codes(self) -> dict[int, tuple[str, str]]:
        """A code that belongs to a quite different facility: the record gets one of ours, or is refused by setting.

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
        """A source's own key that belongs to a quite different facility says nothing: the record is met otherwise.

        Says whether there was one.
        """
        is_claimed = False
        for claim in self.database.rows("find_doubtful_keys"):
            if claim["has_other_code"] or not may_be_one(claim["claimant_name"], claim["bearer_name"]):
                # Whom a key fits besides, it does not fit for sure.
                facility_id = None if claim["has_other_code"] else claim["facility_id"]
                self.database.run("forget_meeting", claim["row_no"], facility_id)
                self.note_claimed_key(claim["row_no"], "source_key", claim["source_key"])
                is_claimed = True
        return is_claimed

    def settle_claimed_numbers(self) -> None:
        """A number of a quite different facility says nothing: the branches of one body share its number.

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
            self.database.run(f"insert_new_facilities_{kind}", self.directory.actor_id, self.stager.default_status)

    def update_facilities(self) -> None:
        """Update the facilities that the batch met and that differ from what it says."""
        database = self.database
        database.run("fill_wanted_facilities", self.settings.keep_manual_edits)
        if self.directory.is_managed:
            database.run("follow_codes")
        else:
            database.run("keep_edited_types", self.settings.keep_manual_edits)
        database.run("note_kept_edits")
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
            self.insert_children("of_met")
            if "staged_contacts" in self.staged:
                self.database.run("note_kept_people")
            if self.settings.keep_manual_edits:
                self.database.run("note_kept_points")
            self.database.run("update_coordinates", self.directory.actor_id, self.settings.keep_manual_edits)
            self.database.run("update_infrastructure", self.directory.actor_id)

    def insert_children(self, of_whom: str) -> None:
        """Insert the children of new facilities, or those that a met one has not; nothing where the batch has none."""
        actor_id = self.directory.actor_id
        self.database.run(f"insert_coordinates_{of_whom}", actor_id, self.next_id("facility_coordinates"))
        if "staged_services" in self.staged:  # services name no user
            self.database.run(f"insert_services_{of_whom}", self.next_id("facility_services"))
        for children in ("contacts", "owners", "gbv_categories", "infrastructure"):
            if f"staged_{children}" in self.staged:
                self.database.run(f"insert_{children}_{of_whom}", actor_id, self.next_id(f"facility_{children}"))

    def write_account(self, *, has_new: bool, has_met: bool) -> None:
        """Write outcomes, lineage, images and issues of what was merged."""
        database, run_no = self.database, self.run_no
        database.run("note_generated_codes")
        if has_met:
            database.run("note_superseded_conflicts")
            database.run("repeat_superseded_conflicts")
            database.run("keep_overtaken_lineage", run_no)
        database.run("count_outcomes" if has_met else "count_outcomes_of_new")
        if has_new:
            database.run("count_rows_of_new")
        if has_met:
            database.run("count_rows_of_met", run_no)
            database.run("mark_superseded")
            database.run("remember_superseded")
            database.run("forget_former_lineage", run_no)
        database.run("save_lineage", run_no)
        if has_met:
            database.run("update_imported", run_no)
            database.run("save_changes", run_no)
        database.run("save_imported", run_no)
        database.run("save_generated_codes", run_no)
        if has_new:
            database.run("save_changes_of_new", run_no)
        database.run("save_issues", run_no)
        database.run("close_landed_rejects", run_no)
        database.run("remember_run_facilities")
        if self.has_refused:
            database.run("remember_refused_numbers")
        for name in ("weigh_merged", "span_weighed", "weigh_facilities"):
            database.run(name)
        if has_met:
            database.run("unsettle")
        database.run("settle", json.dumps(self.rules))

    def outcomes(self, landed: pl.DataFrame, rejected: pl.DataFrame, staged_issues: pl.DataFrame) -> dict[int, Outcome]:
        """Put together what became of the batch, by file_no."""
        outcomes: dict[int, Outcome] = defaultdict(Outcome)
        if self.alone is not None:
            add_counts(outcomes, self.alone, "inserted")
        for row in self.database.rows("batch_outcomes"):
            outcomes[row["file_no"]].outcomes[row["outcome"]] += row["records"]
        for row in self.database.rows("batch_tables"):
            outcomes[row["file_no"]].tables[row["table_name"]][row["outcome"]] += row["rows"]
        for file_no, reason, count in rejected.group_by("file_no", "reason").len().iter_rows():
            outcomes[file_no].rejects[reason] += count
        for file_no, method, count in landed.group_by("file_no", "ward_match").len().iter_rows():
            outcomes[file_no].ward_match[method] += count
        columns = ["file_no", "record_number", "facility_code", "kind", "field"]
        issues = pl.concat(
            [
                staged_issues.join(landed, on="row_no", validate="m:1").select(columns),
                self.database.read("issues_of_merge").select(columns),
            ]
        )
        for file_no, kind, count in issues.group_by("file_no", "kind").len().iter_rows():
            outcomes[file_no].issues[kind] += count
        self.told = record_lines(rejected, issues)
        return outcomes


class DatabaseLoader:
    """The guide's face: facilities in a list, in batches, into the database; the pipeline does the same for files."""

    def __init__(self, settings: Settings | None = None) -> None:
        from gvrc.settings import ConfigManager

        self.settings = settings or ConfigManager().settings

    def load_facilities(self, facilities: list[dict[str, Any]]) -> dict[str, Any]:
        """Load raw records, or what another face made of them, as it stands.

        Gives success_count, error_count and errors: [{batch_start, batch_size, error}].
        """
        size = self.settings.batch_size
        result: dict[str, Any] = {"success_count": 0, "error_count": 0, "errors": []}
        for start in range(0, len(facilities), size):
            batch = facilities[start : start + size]
            errors, failed = self.load_list(batch)
            result["error_count"] += failed
            result["success_count"] += len(batch) - failed
            result["errors"] += [{"batch_start": start, "batch_size": len(batch), "error": error} for error in errors]
        return result

    def load_list(self, facilities: list[dict[str, Any]]) -> tuple[list[str], int]:
        """Load a list as a source file is loaded; give what went wrong and how many records did not land."""
        from gvrc.files import SPOOL
        from gvrc.pipeline import Options, run

        with tempfile.TemporaryDirectory(prefix=SPOOL) as folder:
            path = Path(folder) / "facilities.json"
            path.write_bytes(b"[" + b",".join(map(encode_record, facilities)) + b"]")
            try:
                account = run([str(path)], self.settings, Options(force=True))
            except (GvrcError, adbc_driver_manager.Error) as error:
                return [tell_error(error)], len(facilities) - count_landed(error)
        (file,) = account.files
        if file.error:
            return [file.error], len(facilities)
        return [f"{reason}: {count} records" for reason, count in file.rejects.items()], file.rejected


def count_landed(error: Exception) -> int:
    """Count the records that were committed before a run was stopped."""
    files = error.account.files if isinstance(error, RunStoppedError) else []
    return sum(file.inserted + file.updated + file.unchanged + file.superseded for file in files)
