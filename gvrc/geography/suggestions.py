"""What the person who must settle an unresolved ward is told."""

from __future__ import annotations

import polars as pl

from gvrc.geography.names import words

# "Ward (Constituency, County) 0.91", as ``candidates.describe_ward`` writes it.
FIRST_CANDIDATE = r"^(?P<ward>.+?) \((?P<constituency>[^,]+), (?P<county>[^,;)]+)(?P<absent>; [^)]*)?\) \d"
ALIAS_FILE = "config/ward_aliases.csv"


def add_ward_suggestion(records: pl.DataFrame) -> pl.DataFrame:
    """Add ward_suggestion (text) to records that the resolver could not place; null for those that have a ward.

    It says what was given, the nearest wards with their scores, and which row of the alias file would settle it.
    """
    if not records["ward_id"].has_nulls():  # as in most batches
        return records.with_columns(ward_suggestion=pl.lit(None, pl.String))
    return records.with_columns(
        ward_suggestion=pl.when(pl.col("ward_id").is_null()).then(
            pl.concat_str(
                describe_given(), describe_nearest(), describe_settlement(), separator="; ", ignore_nulls=True
            )
        )
    )


def describe_given() -> pl.Expr:
    """Say what the record gave."""
    ward, constituency, county = (
        pl.col(column).fill_null("-") for column in ("ward_name", "constituency_name", "county_name")
    )
    return (
        pl.when(has_ward())
        .then(pl.format("ward '{}' (constituency '{}', county '{}') not found", ward, constituency, county))
        .otherwise(pl.format("no ward given (constituency '{}', county '{}')", constituency, county))
    )


def has_ward() -> pl.Expr:
    """Say whether the ward's cell says something; "Unknown" does not."""
    return words(pl.col("ward_name"), "ward").is_not_null()


def describe_nearest() -> pl.Expr:
    """List the candidates, if there are any."""
    return pl.format("nearest: {}", pl.col("ward_candidates").str.replace_all(r"(\d); ", "$1 | "))


def describe_settlement() -> pl.Expr:
    """Say what settles it: usually the alias row for the first candidate, ready to copy."""
    first = pl.col("ward_candidates").str.extract_groups(FIRST_CANDIDATE).struct
    row = [
        csv_cell(pl.col("ward_name")),
        *(csv_cell(first.field(level)) for level in ("county", "constituency", "ward")),
    ]
    return (
        pl.when(~has_ward())
        .then(pl.lit("give the ward in the source file"))
        .when(pl.col("issue.county_contradiction").is_not_null())
        .then(pl.lit("the constituency is in another county: mend one of the two in the source file"))
        .when(pl.col("county_id").is_null())
        .then(pl.lit("give the county in the source file"))
        .when(first.field("absent").is_not_null())
        .then(pl.format("the database lacks the ward {}: add it there", first.field("ward")))
        .when(pl.col("ward_candidates").str.count_matches(r"\) 1\.00") > 1)
        .then(pl.lit("several wards bear this name: give the constituency, or coordinates, in the source file"))
        .when(pl.col("ward_candidates").is_not_null())
        .then(pl.format(f"if the first is meant, add to {ALIAS_FILE}: {{}},{{}},{{}},{{}}", *row))
        .otherwise(pl.format(f"add to {ALIAS_FILE}: {{}},<county>,<constituency>,<ward>", row[0]))
    )


def csv_cell(text: pl.Expr) -> pl.Expr:
    """Quote the text if a CSV file requires it."""
    quoted = pl.format('"{}"', text.str.replace_all('"', '""', literal=True))
    return pl.when(text.str.contains(r'[",\n]')).then(quoted).otherwise(text)
