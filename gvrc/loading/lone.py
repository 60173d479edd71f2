"""Records of a first load that share no key with any other: their facilities are new, whatever else the run brings.

So nothing has to be looked up for them. They are not staged and merged but copied straight to where the statements of
``sql/merge`` would have written them, which takes half the time. ``gvrc/loading/brought.py`` finds them;
``tests/identity/test_lone_records.py`` checks that both ways leave the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from gvrc.loading.staging import CHILD_LOOKUPS, CHILDREN, count_rows
from gvrc.structs import Struct

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from gvrc.database import Database
    from gvrc.loading.directory import Directory

# The columns that no default fills, except the keys, which the database gives.
FACILITIES = (
    *("facility_no", "facility_name", "facility_code", "registration_number", "facility_type", "address_line_1"),
    *("is_active", "description", "website_url", "operational_status_id", "ward_id", "created_by", "updated_by"),
)
IMPORTED_FACILITIES = (
    *("facility_no", "run_no", "facility_name", "facility_code", "registration_number", "facility_type"),
    *("operational_status_id", "ward_id", "is_active", "address_line_1", "description", "website_url"),
    *("official_name", "facility_level", "opening", "sub_county_name", "constituency_id", "county_id", "place_level"),
    *("ward_match", "ward_score", "ward_candidates", "quality_score", "recorded_on"),
)
FACILITY_SOURCE = ("facility_no", "source", "content_hash", "source_key", "run_no", "file_no", "record_number")
ISSUES = ("facility_no", "run_no", "file_no", "record_number", "kind", "field", "raw_value")
COORDINATES = ("facility_no", "source", "latitude", "longitude", "collected_on")
COUNTS = ("coordinates", *CHILDREN)
SETTLED_FACILITIES = ("facility_no", "rules", "facility_code", "ward_match", "issues", *COUNTS)
ACTORS = ("created_by", "updated_by")
TYPES = pl.Schema(
    {
        **dict.fromkeys(("ward_id", "constituency_id", "county_id", "file_no"), pl.Int32),
        **dict.fromkeys(COUNTS, pl.Int16),
    }
)
KEYED = ("facility_id",)
DATED = ("facility_id", "updated_at")  # updated_at has no default


class LoneChild(NamedTuple):
    """What the rows of a child table take from the staged ones, beside the keys of lookup tables."""

    columns: tuple[str | pl.Expr, ...]
    keys: tuple[str, ...] = DATED


CHILDREN_OF_LONE = {
    "contacts": LoneChild(
        ("contact_value", "contact_person_name", (pl.col("position") == 0).alias("is_primary"), *ACTORS)
    ),
    "services": LoneChild(("service_name",)),
    "owners": LoneChild(("owner_name", *ACTORS)),
    "gbv_categories": LoneChild(("created_by",), KEYED),
    "infrastructure": LoneChild((pl.col("capacity").cast(pl.Int32), *ACTORS)),
}


class LoneTable(NamedTuple):
    """Rows for a table; ``facility_no`` numbers the facilities of the batch, in place of the columns of ``keys``."""

    name: str
    rows: pl.DataFrame
    keys: tuple[str, ...] = KEYED


class LoneRecords(Struct, frozen=True, kw_only=True):
    """The lone records of a batch, unfolded to rows."""

    size: int
    counted: pl.DataFrame  # by file: the records, and the rows that they give to each of CHILD_TABLES
    tables: list[LoneTable]
    issues: pl.DataFrame  # as they were staged
    met: LoneTable
    coordinates: LoneTable
    settled: LoneTable


class Unfolder:
    """Unfolds lone records for one directory; remembers the run."""

    def __init__(self, directory: Directory, run_no: int, rules: dict[int, int], default_status: str | None) -> None:
        self.directory = directory
        self.run_no = run_no
        self.rules = rules
        self.default_status = default_status

    def unfold(self, lone: pl.DataFrame, children: dict[str, pl.DataFrame], issues: pl.DataFrame) -> LoneRecords:
        """Unfold lone records as they were staged, among the children and issues of the whole batch.

        Raises:
            polars.exceptions.PolarsError: a value does not fit its column.
        """
        records = self.complete(lone)
        of = records.select("row_no", "facility_no", "run_no", "file_no", "record_number", *ACTORS)
        issues = issues.join(of, on="row_no", how="inner", validate="m:1", maintain_order="left")
        tables = [
            LoneTable("facilities", records.select(FACILITIES), DATED),
            LoneTable("etl.imported_facilities", records.select(IMPORTED_FACILITIES)),
            *self.unfold_children(of, children),
            LoneTable("etl.facility_source", records.select(FACILITY_SOURCE)),
            LoneTable("etl.changes", changes_of(records), ("facility_id", "row_id")),
            LoneTable("etl.issues", issues.select(ISSUES)),
        ]
        return LoneRecords(
            size=len(records),
            counted=count_rows(records.rename({count: f"facility_{count}" for count in COUNTS})),
            tables=[table for table in tables if not table.rows.is_empty()],
            issues=issues.select("row_no", "kind", "field", "raw_value"),
            met=LoneTable("run_facilities", met_of(records)),
            coordinates=LoneTable("staged_coordinates", records.drop_nulls("latitude").select(COORDINATES)),
            settled=LoneTable("etl.settled_facilities", self.settled_of(records, issues)),
        )

    def complete(self, records: pl.DataFrame) -> pl.DataFrame:
        """Number the facilities, and give their values as the directory has them."""
        statuses = pl.coalesce("operational_status", pl.lit(self.default_status, pl.String))
        return (
            records.with_columns(facility_no=pl.int_range(pl.len(), dtype=pl.Int32))
            .with_columns(
                content_hash=pl.col("content_hash").str.decode("hex"),
                recorded_on=pl.col("recorded_on").str.to_date("%Y-%m-%d"),
                operational_status_id=self.lookup_id(statuses, "operational_statuses"),
                address_line_1=pl.col("address").fill_null(""),
                description=pl.col("description").fill_null(""),
                website_url=pl.col("website_url").fill_null(""),
                is_active=pl.col("is_active").fill_null(value=True),
                coordinates=pl.col("latitude").is_not_null(),
                created_by=pl.lit(self.directory.actor_id, pl.Int32),
                updated_by=pl.lit(self.directory.actor_id, pl.Int32),
                run_no=pl.lit(self.run_no, pl.Int32),
                rules=pl.col("file_no").replace_strict(self.rules, return_dtype=pl.Int64),
            )
            .cast(TYPES)
        )

    def lookup_id(self, names: pl.Expr, lookup: str) -> pl.Expr:
        """Give the keys of a lookup table's names."""
        return names.replace_strict(self.directory.lookup_ids.get(lookup, {}), default=None, return_dtype=pl.Int32)

    def unfold_children(self, facilities: pl.DataFrame, children: dict[str, pl.DataFrame]) -> Iterator[LoneTable]:
        """Give the rows of what belongs to the facilities, except the coordinates."""
        for name, child in CHILDREN_OF_LONE.items():
            lookups = CHILD_LOOKUPS[f"staged_{name}"]
            lookup_ids = {f"{column}_id": self.lookup_id(pl.col(column), table) for column, table in lookups.items()}
            rows = (
                children[f"staged_{name}"]
                .join(facilities, on="row_no", how="inner", validate="m:1", maintain_order="left")
                .select("facility_no", *child.columns, **lookup_ids)
            )
            yield LoneTable(f"facility_{name}", rows, child.keys)

    def settled_of(self, records: pl.DataFrame, issues: pl.DataFrame) -> pl.DataFrame:
        """Give what is remembered of the settled ones except their states, as find_merged_to_weigh and settle do."""
        by_neighbours = issues.filter(kind="coordinates_shared")["facility_no"]
        is_settled = (
            (pl.col("ward_match") != "coordinates")
            & (pl.col("ward_id").is_not_null() | pl.col("ward_candidates").is_null())
            & pl.col("facility_no").is_in(by_neighbours.implode()).not_()
        )
        said = issues.group_by("facility_no", maintain_order=True).agg(
            issues=pl.concat_str("kind", "field", separator=" ").str.join("\n")
        )
        return (
            records.filter(is_settled)
            .join(said, on="facility_no", how="left", validate="1:1", maintain_order="left")
            .with_columns(pl.col("issues").fill_null(""))
            .select(SETTLED_FACILITIES)
        )


def changes_of(records: pl.DataFrame) -> pl.DataFrame:
    """Give the changes: a facility that was inserted stands for what belongs to it."""
    return records.select(
        "facility_no", "run_no", "file_no", table_name=pl.lit("facilities"), operation=pl.lit("insert")
    )


def met_of(records: pl.DataFrame) -> pl.DataFrame:
    """Give what the run has met."""
    return records.select(
        "facility_no", pl.col("file_no").cast(pl.Int64), "source", "content_hash", outcome=pl.lit("inserted")
    )


def insert_lone(database: Database, lone: LoneRecords, directory: Directory) -> bool:
    """Copy lone records into the tables of an empty directory; say whether that was done.

    It is not done if another session has taken keys from among theirs.

    Raises:
        adbc_driver_manager.Error: the database refuses one of them.
    """
    (keys,) = database.rows("number_facilities", directory.sequences["facilities"], lone.size)
    first, last, now = keys["first_id"], keys["last_id"], keys["now"]
    if last - first + 1 != lone.size:
        return False
    for table in lone.tables:
        database.append(table.name, with_keys(table, first, now))
    database.copy("run_facilities", with_keys(lone.met, first, now))
    if not lone.coordinates.rows.is_empty():
        database.copy("staged_coordinates", with_keys(lone.coordinates, first, now))
        database.run("insert_coordinates_of_new", directory.actor_id, directory.sequences["facility_coordinates"])
    if not lone.settled.rows.is_empty():
        database.run("add_lone_span", first, last)
        database.run("weigh_facilities")
        states = database.read("facility_states")
        settled = with_keys(lone.settled, first, now).join(states, on="facility_id", validate="1:1")
        database.append("etl.settled_facilities", settled)
    database.run("truncate_lone")
    return True


def with_keys(table: LoneTable, first: int, now: datetime) -> pl.DataFrame:
    """Put keys in place of the numbers of the facilities, and the time where a table has one.

    Series by series, not by expressions of polars: each of those would wait for the thread that makes the next batch.
    """
    numbers, *others = table.rows.get_columns()
    made = {
        "facility_id": numbers + first,
        "row_id": numbers + first,
        "updated_at": pl.Series([now], dtype=pl.Datetime("us", "UTC")).new_from_index(0, len(numbers)),
    }
    return pl.DataFrame([*(made[name].alias(name) for name in table.keys), *others])
