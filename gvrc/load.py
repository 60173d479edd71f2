"""Copy a batch, have it merged, set aside what is refused, account for it: one transaction."""

from __future__ import annotations

import tempfile
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import adbc_driver_manager
import polars as pl

from gvrc.account import CHILD_TABLES
from gvrc.database import UnfitTableError
from gvrc.database_errors import tell_error
from gvrc.errors import GvrcError, RunStoppedError
from gvrc.faces import encode_record
from gvrc.loading.lone import Unfolder, insert_lone
from gvrc.loading.merge import Merger
from gvrc.loading.reinstated import Reinstating
from gvrc.loading.schema import check_accepted
from gvrc.loading.stage import StagedBatch, Stager
from gvrc.loading.staging import count_rows, record_lines, refused_rows, settled_issues
from gvrc.loading.staging_tables import StagingTables
from gvrc.log import log_event
from gvrc.statements import statement_group
from gvrc.structs import Struct, field

if TYPE_CHECKING:
    from gvrc.batches import Batch
    from gvrc.database import Database
    from gvrc.extract import SourceFile
    from gvrc.loading.directory import Directory
    from gvrc.loading.lone import LoneRecords
    from gvrc.loading.staging import Refused
    from gvrc.settings import ConfigManager, Settings


class FileOutcomes(Struct):
    """What a batch adds to the account of one file."""

    records: Counter[str] = field(default_factory=Counter)  # by outcome, as are the rows of tables
    rejects: Counter[str] = field(default_factory=Counter)
    corrected: Counter[str] = field(default_factory=Counter)
    issues: Counter[str] = field(default_factory=Counter)
    ward_match: Counter[str] = field(default_factory=Counter)
    tables: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))


def add_counts(outcomes: dict[int, FileOutcomes], counted: pl.DataFrame, name: str) -> None:
    """Add an outcome that records and their rows had together, as ``count_rows`` counts them."""
    for file_no, records, *counts in counted.iter_rows():
        outcomes[file_no].records[name] += records
        for table, rows in zip(CHILD_TABLES, counts, strict=True):
            if rows:
                outcomes[file_no].tables[table][name] += rows


def add_values(outcomes: dict[int, FileOutcomes], counter: str, values: pl.DataFrame) -> None:
    """Count the values of a column (the second one), by file_no (the first), in a counter of the outcomes."""
    for file_no, value, count in values.group_by(values.columns).len().iter_rows():
        getattr(outcomes[file_no], counter)[value] += count


class BrokenSchemaError(Exception):
    """Rows were accepted that the rules should not have let through; ``broken`` has reason and detail by row_no."""

    def __init__(self, broken: dict[int, str]) -> None:
        super().__init__(f"{len(broken)} rows break the schema")
        self.broken = {row_no: ("schema_broken", detail) for row_no, detail in broken.items()}


class TouchedFacilitiesError(Exception):
    """Settled records, by row_no, of facilities that other records of the run are about, too."""

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
        files: list[SourceFile],
        is_dry_run: bool = False,
    ) -> None:
        self.database = database
        self.directory = directory
        self.settings = settings
        self.checker = ThreadPoolExecutor(1)
        self.stager = Stager(directory, settings)
        self.tables = StagingTables(database, settings.source_rank)
        self.merger = Merger(
            database=database,
            tables=self.tables,
            directory=directory,
            settings=settings,
            run_no=run_no,
            rules=rules,
            default_status=self.stager.default_status,
            is_dry_run=is_dry_run,
        )
        self.reinstating = Reinstating(database, run_no, files, salvage=settings.salvage)

    def begin_first_load(self, *, must_merge: bool) -> None:
        """Go by it that the directory is empty: only what the run itself brings can be met.

        Even lone records are merged in a dry run, which takes no key, and where it is remembered who wrote a field.
        """
        merger = self.merger
        merger.is_first_load = True
        if must_merge or merger.is_dry_run or self.settings.source_rank:
            self.stager.begin_first_load(None)
        else:
            unfolder = Unfolder(self.directory, merger.run_no, merger.rules, merger.default_status)
            self.stager.begin_first_load(unfolder)

    def prepare_again(self) -> None:
        """After a lost connection, make the staging tables again, and recall what the run has met so far.

        While the connection was lost, another importer may have had the lock.
        """
        self.merger.is_first_load = False
        self.merger.has_refused = True  # perhaps
        self.tables.make_again()
        for name in statement_group("staging/restore.sql"):
            self.database.run(name, self.merger.run_no)

    def load_batch(self, batch: Batch) -> dict[int, FileOutcomes]:
        """Load a batch inside the open transaction; give what became of its records, by file_no."""
        self.tables.empty()
        self.reinstating.reinstate([batch.staged.accepted if batch.staged else pl.DataFrame(), batch.settled])
        if batch.settled.is_empty():
            return self.load_staged(batch)
        try:
            with self.database.savepoint(TouchedFacilitiesError):
                self.stage_settled(batch.settled)
                outcomes = self.load_staged(batch)
                self.add_settled(batch, outcomes)
        except TouchedFacilitiesError as error:
            batch.bring_back(error.row_nos)
            batch.staged = self.stager.stage(batch.records, batch.texts)
            return self.load_batch(batch)
        return outcomes

    def add_settled(self, batch: Batch, outcomes: dict[int, FileOutcomes]) -> None:
        """Count the records that need no merge as unchanged, or as superseded.

        Raises:
            TouchedFacilitiesError: the run has another record of one of the facilities.
        """
        settled = batch.settled
        self.remember_settled(settled)
        add_counts(outcomes, count_rows(settled.filter(pl.col("is_superseded").not_())), "unchanged")
        add_counts(outcomes, count_rows(settled.filter("is_superseded")), "superseded")
        add_values(outcomes, "ward_match", settled.select("file_no", "ward_match"))
        issues = settled_issues(settled)
        add_values(outcomes, "issues", issues.select("file_no", "kind"))
        batch.told = pl.concat([batch.told, issues], how="diagonal")

    def stage_settled(self, settled: pl.DataFrame) -> None:
        """Copy settled records beside those that are merged, for the merge to know who is in the file."""
        columns = ("row_no", "facility_id", "file_no", "record_number", "source", "source_key", "content_hash")
        self.tables.fill(len(settled))
        self.database.copy("staged_settled", settled.select(*columns, "refused_number", "is_superseded"))

    def remember_settled(self, settled: pl.DataFrame) -> None:
        """Have the run remember settled records, as the merge would.

        Raises:
            TouchedFacilitiesError: the run has another record of one of the facilities.
        """
        has_superseded = settled["is_superseded"].any()
        touched = self.database.rows("touched_facilities", self.merger.run_no)
        if has_superseded:
            touched += self.database.rows("touched_superseded")
        if touched:
            raise TouchedFacilitiesError([row["row_no"] for row in touched])
        self.database.run("remember_settled")
        if settled["refused_number"].null_count() < len(settled):
            self.merger.has_refused = True
            self.database.run("remember_settled_refused")
        if has_superseded:
            self.database.run("remember_settled_superseded")

    def load_staged(self, batch: Batch) -> dict[int, FileOutcomes]:
        """Load what is staged inside the open transaction; give what became of the records, by file_no."""
        batch.landed = batch.told = pl.DataFrame()
        if batch.staged is None:
            return defaultdict(FileOutcomes)
        accepted, rejected, texts = batch.staged.accepted, batch.staged.rejected, batch.staged.texts
        try:
            merged, refused = self.merge_checked(batch.staged)
        except BrokenSchemaError as error:
            rejected = pl.concat([rejected, refused_rows(accepted, error.broken, texts)])
            accepted = accepted.filter(pl.col("row_no").is_in(list(error.broken)).not_())
            merged, refused = self.merge(self.stager.unfold(accepted, rejected))
        if refused:
            rejected = pl.concat([rejected, refused_rows(accepted, refused, texts)])
        if not rejected.is_empty():
            self.save_rejects(rejected)
        landed = accepted.filter(pl.col("row_no").is_in(list(refused)).not_()) if refused else accepted
        if self.settings.keep_validated:  # else a batch would take memory until the next one is merged
            batch.landed = texts.unpack(landed)
        issues = self.issues_of(landed, merged)
        batch.told = record_lines(rejected, issues)
        return self.outcomes(merged, landed, rejected, issues)

    def merge_checked(self, staged: StagedBatch) -> tuple[StagedBatch, Refused]:
        """Merge a batch while its schema is checked: if a row breaks it, importing pandera takes as long as the merge.

        Raises:
            BrokenSchemaError: rows break it, and perhaps the database refused one of them; nothing was merged.
        """
        checked = self.checker.submit(check_accepted, staged.accepted, self.directory.demands)
        with self.database.savepoint(BrokenSchemaError):
            try:
                return self.merge(staged)
            finally:
                if broken := checked.result():
                    raise BrokenSchemaError(broken)

    def save_rejects(self, rejected: pl.DataFrame) -> None:
        """Set aside what was refused."""
        self.tables.fill(len(rejected))
        self.database.copy("staged_rejects", rejected)
        self.database.run("find_corrected_rejects", self.merger.run_no)
        self.database.run("close_other_reasons", self.merger.run_no)
        self.database.run("save_rejects", self.merger.run_no)

    def merge(self, staged: StagedBatch) -> tuple[StagedBatch, Refused]:
        """Copy and merge a batch; give it as it was merged, and reason and detail of the rows that were refused.

        Lone records that had to be merged, too, are then among the others.
        """
        if staged.lone and not (self.merger.is_first_load and self.insert_lone_if_possible(staged.lone)):
            staged = self.stager.unfold(staged.accepted, staged.rejected)
        if staged.records.is_empty():
            return staged, {}
        self.copy(staged)
        return staged, self.merger.merge(staged)

    def insert_lone_if_possible(self, lone: LoneRecords) -> bool:
        """Insert the lone records of a batch; say whether that was done, or the merge has to do it.

        The merge has to where the database refuses one of them, and where somebody gave a table other types: the merge
        casts row by row.
        """
        try:
            with self.database.savepoint(Exception):
                is_done = insert_lone(self.database, lone, self.directory)
                self.database.check_constraints()
        except UnfitTableError as error:
            log_event("lone_records_merged", "WARNING", error=error)
            return False
        except adbc_driver_manager.Error as error:
            if not self.merger.is_fault_of_record(error):
                raise
            return False
        return is_done

    def copy(self, staged: StagedBatch) -> None:
        """Copy a batch into the staging tables, children in the order of their facilities."""
        self.tables.fill(len(staged.records))
        self.database.copy("staged_records", staged.records)
        for table in staged.filled:
            self.database.copy(table, staged.children[table])
        self.database.copy("staged_issues", staged.issues)
        for name in ("analyze_staged_records", "analyze_staged_services"):
            self.database.run(name)

    def outcomes(
        self, merged: StagedBatch, landed: pl.DataFrame, rejected: pl.DataFrame, issues: pl.DataFrame
    ) -> dict[int, FileOutcomes]:
        """Put together what became of the batch, by file_no."""
        outcomes: dict[int, FileOutcomes] = defaultdict(FileOutcomes)
        if merged.lone:
            add_counts(outcomes, merged.lone.counted, "inserted")
        for row in self.database.rows("batch_outcomes"):
            outcomes[row["file_no"]].records[row["outcome"]] += row["records"]
        for row in self.database.rows("batch_tables"):
            outcomes[row["file_no"]].tables[row["table_name"]][row["outcome"]] += row["rows"]
        add_values(outcomes, "rejects", rejected.select("file_no", "reason"))
        for row in self.database.rows("corrected_rejects") if len(rejected) else []:
            outcomes[row["file_no"]].corrected[row["corrected_by"]] += row["records"]
        add_values(outcomes, "ward_match", landed.select("file_no", "ward_match"))
        add_values(outcomes, "issues", issues.select("file_no", "kind"))
        return outcomes

    def issues_of(self, landed: pl.DataFrame, merged: StagedBatch) -> pl.DataFrame:
        """Give the issues of what landed: those that it was staged with, and those that the merge found."""
        columns = ("file_no", "record_number", "facility_code", "kind", "field")
        staged = pl.concat([merged.issues, merged.lone.issues]) if merged.lone else merged.issues
        staged = staged.join(landed, on="row_no", validate="m:1").select(columns)
        return pl.concat([staged, self.database.read("issues_of_merge").select(columns)])


class DatabaseLoader:
    """The guide's face: facilities in a list, in batches, into the database; the pipeline does the same for files."""

    def __init__(self, settings: Settings | ConfigManager | None = None) -> None:
        from gvrc.settings import ConfigManager

        given = settings or ConfigManager()
        self.settings = given.settings if isinstance(given, ConfigManager) else given

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
