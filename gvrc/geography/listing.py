"""A list of places in a CSV file, read, answered and written: for people who check places before an import."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from gvrc.columns import ISSUE_PREFIX
from gvrc.errors import UsageError
from gvrc.geography.suggestions import add_ward_suggestion
from gvrc.values.coordinates import add_coordinates
from gvrc.values.text import clean_and_mend, join_texts

if TYPE_CHECKING:
    from gvrc.geography.resolver import PlaceResolver

# The headings that a list may have, in lower case; the first is the one that we ask for.
HEADINGS = {
    "county_name": ["county", "county_name"],
    "constituency_name": ["constituency", "constituency_name"],
    "ward_name": ["ward", "ward_name"],
    "sub_county_name": ["sub_county", "subcounty", "sub_county_name"],
    "latitude": ["lat", "latitude"],
    "longitude": ["lon", "lng", "long", "longitude"],
}
LEVELS = ["ward", "constituency", "county"]
FLAGS = [
    "constituency_mismatch",
    "county_contradiction",
    "far_from_ward",
    "coordinates_exchanged",
    "coordinates_dropped",
]
NEEDED = ["county_name", "constituency_name", "ward_name"]


def answer_list(content: bytes, resolver: PlaceResolver, reference: pl.DataFrame) -> pl.DataFrame:
    """Answer a CSV file: first its own columns, prefixed ``given_`` if ours have the same name, then ours.

    Ours are ward_code (the reference's ward_id), ward, constituency, county, level, method, score, candidates, flags
    and suggestion.
    """
    given = read_list(content)
    answered = (
        pick_places(given)
        .pipe(read_places)
        .pipe(resolver.resolve)
        .pipe(add_ward_suggestion)
        .pipe(name_places, reference)
    )
    headed = given.rename({name: f"given_{name}" for name in given.columns if name in answered.columns})
    return pl.concat([headed, answered], how="horizontal")


def read_list(content: bytes) -> pl.DataFrame:
    """Read the file, every column as text.

    Raises:
        UsageError: it is not a CSV file, or lacks a column.
    """
    try:
        text = content.decode("utf-8-sig").encode()
        given = pl.read_csv(text, separator=separator_of(text), infer_schema=False)
    except (UnicodeDecodeError, pl.exceptions.PolarsError) as error:
        raise UsageError(
            f"The list is not a CSV file in UTF-8: {str(error).splitlines()[0]}. Save it as one."
        ) from None
    missing = [HEADINGS[column][0] for column in NEEDED if heading(given, column) is None]
    if missing:
        raise UsageError(f"The list has no column {', '.join(missing)}; it needs county, constituency and ward.")
    return given


def separator_of(text: bytes) -> str:
    r"""Give what parts the columns: a spreadsheet saves with semicolons where commas are decimal points.

    >>> separator_of(b"county;constituency;ward\n"), separator_of(b"ward\n")
    (';', ',')
    """
    headings = text.partition(b"\n")[0]
    return max(",;\t", key=lambda separator: headings.count(separator.encode()))


def heading(given: pl.DataFrame, column: str) -> str | None:
    """Give the heading that the list has for one of our columns."""
    by_name = {name.strip().lower(): name for name in reversed(given.columns)}
    return next((by_name[name] for name in HEADINGS[column] if name in by_name), None)


def pick_places(given: pl.DataFrame) -> pl.DataFrame:
    """Give what the resolver needs, under its names; null for columns that the list lacks."""
    headings = {column: heading(given, column) for column in HEADINGS}
    return given.select(
        (pl.lit(None, pl.String) if name is None else pl.col(name)).alias(column) for column, name in headings.items()
    )


def read_places(places: pl.DataFrame) -> pl.DataFrame:
    """Read the cells as an import reads a record's: words for absent, angles in any form, exchanged coordinates."""
    unsaid = [pl.lit(None, pl.String).alias(name) for name in ("geometry", "coordinates", "projection")]
    return clean_and_mend(places, [*HEADINGS]).with_columns(unsaid).pipe(add_coordinates)


def name_places(places: pl.DataFrame, reference: pl.DataFrame) -> pl.DataFrame:
    """Give the answers under the headings of the list, with names for the ids that are sure."""
    named = places
    for level in LEVELS:
        names = reference.select(f"{level}_id", **{level: f"{level}_name"}).drop_nulls().unique(f"{level}_id")
        named = named.join(names, on=f"{level}_id", how="left", validate="m:1", maintain_order="left")
    return named.select(
        pl.col("ward_id").alias("ward_code"),
        *LEVELS,
        level="place_level",
        method="ward_match",
        score="ward_score",
        candidates="ward_candidates",
        flags=describe_flags(),
        suggestion="ward_suggestion",
    )


def describe_flags() -> pl.Expr:
    """List what a person should look at, separated by "; "."""
    raised = [pl.when(pl.col(f"{ISSUE_PREFIX}{flag}").is_not_null()).then(pl.lit(flag)) for flag in FLAGS]
    return join_texts(raised)


def describe_account(answers: pl.DataFrame) -> str:
    """Say in one line how many places have a ward, and how they were matched."""
    placed = answers["ward_code"].count()
    methods = ", ".join(
        f"{method} {count}" for method, count in answers["method"].value_counts().sort("method").iter_rows()
    )
    return f"{placed} of {answers.height} places have a ward ({methods})."
