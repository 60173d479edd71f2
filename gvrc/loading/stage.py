"""Transformed records -> a batch as it is staged: parted, numbered, in the lookup names and lengths of the database.

It asks nothing of the database, so it is done while the server merges the batch before. ``gvrc/load.py`` copies.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import polars as pl

from gvrc.enrich import use_lookup_names
from gvrc.loading.brought import BroughtKeys
from gvrc.loading.directory import required_status
from gvrc.loading.staging import (
    CHILD_LOOKUPS,
    add_rounds,
    add_ward_risk,
    child_issues,
    fit_texts,
    number_contacts,
    staged_contacts,
    staged_ended_contacts,
    staged_gbv_categories,
    staged_infrastructure,
    staged_owners,
    staged_records,
    staged_rejects,
    staged_services,
    without_doubles,
)
from gvrc.reading.raw import PackedTexts
from gvrc.rules import collect_issues
from gvrc.structs import Struct, field

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gvrc.loading.directory import Directory
    from gvrc.loading.lone import LoneRecords, Unfolder
    from gvrc.settings import Settings

CHILD_NAMES = {"service_name", "owner_name"}
# By what a record's children are told apart that may have become the same default.
CHILD_KEYS = {
    "staged_gbv_categories": ("row_no", "gbv_category"),
    "staged_infrastructure": ("row_no", "infrastructure_type"),
}
CHILD_TEXTS = {  # what has a length
    "staged_contacts": {
        "contact_value": "facility_contacts.contact_value",
        "contact_person_name": "facility_contacts.contact_person_name",
    },
    "staged_services": {"service_name": "facility_services.service_name"},
}


class StagedBatch(Struct):
    """A batch in the form of the staging tables."""

    accepted: pl.DataFrame
    rejected: pl.DataFrame = field(default_factory=pl.DataFrame)
    records: pl.DataFrame = field(default_factory=pl.DataFrame)
    children: dict[str, pl.DataFrame] = field(default_factory=dict)  # by staging table
    issues: pl.DataFrame = field(default_factory=pl.DataFrame)
    lacking: set[str] = field(default_factory=set)  # lookup tables that lack a name of the batch
    needless: frozenset[str] = frozenset()  # statements that would meet nothing, in a first load
    lone: LoneRecords | None = None  # of a first load; records, children and issues are then those of the others
    texts: PackedTexts = field(default_factory=PackedTexts)  # of what may still be refused

    @property
    def filled(self) -> list[str]:
        """Name the tables of children that the batch has rows in."""
        return sorted(table for table, rows in self.children.items() if not rows.is_empty())

    @property
    def has_answers(self) -> bool:
        """Say whether the batch has a reject that is run again."""
        return self.records["answers"].null_count() < len(self.records)

    def take_lone_out(self, row_nos: pl.Series, unfolder: Unfolder) -> None:
        """Unfold lone records; where a value of theirs does not fit its column, all stay, and the merge will say so."""
        is_lone = pl.col("row_no").is_in(row_nos.implode())
        with suppress(pl.exceptions.PolarsError):
            self.lone = unfolder.unfold(self.records.filter(is_lone), self.children, self.issues)
            self.records = self.records.filter(is_lone.not_())
            self.children = {table: rows.filter(is_lone.not_()) for table, rows in self.children.items()}
            self.issues = self.issues.filter(is_lone.not_())

    def note_lacking(self, lookup: str, names: pl.Series, present: Iterable[str]) -> None:
        """Remember a lookup table that lacks one of the names: nearly every batch spares itself the question."""
        if not set(names.unique()) <= set(present):
            self.lacking.add(lookup)


class Stager:
    """Stages batches for one database, by the settings of one run."""

    def __init__(self, directory: Directory, settings: Settings) -> None:
        self.directory = directory
        self.settings = settings
        self.default_status = required_status(directory, settings)
        self.brought: BroughtKeys | None = None  # of a first load
        self.unfolder: Unfolder | None = None  # the same, where lone records need not be merged

    def begin_first_load(self, unfolder: Unfolder | None) -> None:
        """Remember from now on what the batches bring; with an unfolder, take the lone records out of each."""
        self.brought, self.unfolder = BroughtKeys(), unfolder

    def stage(self, records: pl.DataFrame, texts: PackedTexts) -> StagedBatch:
        """Part records into accepted ones, numbered in their order, and rejected ones, and unfold their children."""
        rejected = records.filter(pl.col("reject_reason").is_not_null()).pipe(texts.unpack).pipe(staged_rejects)
        accepted = (
            (records if rejected.is_empty() else records.filter(pl.col("reject_reason").is_null()))
            .pipe(
                use_lookup_names,
                self.directory.lookup_names,
                self.settings.lookup_defaults,
                may_create=self.settings.create_lookups,
            )
            .pipe(add_ward_risk, self.directory.wards_at_risk)
            .with_row_index("row_no")
            .with_columns(pl.col("row_no").cast(pl.Int64))
            .pipe(add_rounds)
        )
        batch = self.unfold(accepted, rejected)
        batch.texts = texts
        if self.brought:
            self.brought.add_rejects(rejected)
            lone, batch.needless = self.brought.compare(batch.records)
            if self.unfolder and not lone.is_empty() and not batch.lacking:
                batch.take_lone_out(lone, self.unfolder)
        return batch

    def unfold(self, accepted: pl.DataFrame, rejected: pl.DataFrame) -> StagedBatch:
        """Unfold the children of accepted records, and collect what there is to say of both."""
        defaults = self.settings.lookup_defaults
        batch = StagedBatch(accepted, rejected)
        issues = [collect_issues(accepted)]
        statuses = pl.concat([accepted["operational_status"], pl.Series([self.default_status], dtype=pl.String)])
        batch.note_lacking("operational_statuses", statuses.drop_nulls(), self.present_names("operational_statuses"))
        unfolded = {
            "staged_contacts": staged_contacts(accepted),
            "staged_services": staged_services(accepted, defaults.get("service_categories")),
            "staged_owners": staged_owners(accepted, defaults.get("owner_types")),
            "staged_gbv_categories": staged_gbv_categories(accepted),
            "staged_infrastructure": staged_infrastructure(accepted),
        }
        for table, rows in unfolded.items():
            batch.children[table], found = self.fit_children(batch, table, rows) if len(rows) else (rows, [])
            issues += found
        batch.children["staged_contacts"] = number_contacts(batch.children["staged_contacts"])
        batch.children["staged_ended_contacts"] = staged_ended_contacts(accepted, self.present_names("contact_types"))
        batch.records = staged_records(accepted, batch.children)
        batch.issues = pl.concat(issues)
        return batch

    def present_names(self, lookup: str) -> dict[str, str]:
        """Give the names that a lookup table of the database has, by ours and by themselves."""
        names = self.directory.lookup_names.get(lookup, {})
        return {name: name for name in names.values()} | names

    def fit_children(
        self, batch: StagedBatch, table: str, rows: pl.DataFrame
    ) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
        """Bring children into the database's lookup names and lengths; give what that cost as issues."""
        issues = []
        for column, lookup in CHILD_LOOKUPS[table].items():
            rows, missing = self.with_lookup_names(batch, rows, column, lookup)
            issues.append(missing)
            if table in CHILD_KEYS and not missing.is_empty():
                rows = rows.unique(CHILD_KEYS[table], keep="first", maintain_order=True)
        for column, place in CHILD_TEXTS.get(table, {}).items():
            rows, cut = fit_texts(rows, column, self.directory.demands.lengths[place])
            issues.append(cut)
            if column == "service_name" and not cut.is_empty():
                rows = without_doubles(rows)
        return rows, issues

    def with_lookup_names(
        self, batch: StagedBatch, rows: pl.DataFrame, column: str, lookup: str
    ) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Write a child's lookup name as the database does.

        Without leave to create one it is the default and an issue; without a default the child is left out. One that
        has no lookup name, because nobody stated it and there is no default, is left out and an issue under its own.
        """
        present = self.present_names(lookup)
        batch.note_lacking(lookup, rows[column].drop_nulls(), present)
        is_unknown = pl.col(column).is_in(list(present)).not_() & (not self.settings.create_lookups)
        is_missing = pl.col(column).is_null() | is_unknown
        default = self.directory.lookup_names.get(lookup, {}).get(self.settings.lookup_defaults.get(lookup, ""))
        fitting = rows.with_columns(
            pl.when(is_unknown)
            .then(pl.lit(default, pl.String))
            .otherwise(pl.col(column).replace(present))
            .alias(column)
        )
        missing = rows.filter(is_missing).with_columns(pl.coalesce(column, *CHILD_NAMES & set(rows.columns)))
        return fitting.drop_nulls(column), child_issues(missing, "lookup_missing", column)
