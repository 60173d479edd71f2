"""The nearest wards, for a person to choose from: "Kileleshwa (Dagoretti North, Nairobi) 0.95; ..."."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from gvrc.geography.gazetteer import NORMALISED, PART, PART_SCORE
from gvrc.geography.names import key

if TYPE_CHECKING:
    from gvrc.geography.evidence import Wards
    from gvrc.geography.gazetteer import Gazetteer

AT_MOST = 3
ABSENT = "; not in the database"


def describe_candidates(places: pl.DataFrame, found: Wards, gazetteer: Gazetteer) -> pl.DataFrame:
    """Give place_no and ward_candidates of places: the names that fit and those that are alike, best first."""
    columns = ["place_no", "ward_no", "similarity", "in_scope"]
    whole = found.matches.filter(pl.col("fit") < PART).with_columns(similarity=1.0)
    in_part = found.parts.with_columns(similarity=PART_SCORE)
    namesakes = find_wards_anywhere(places, gazetteer).with_columns(similarity=1.0, in_scope=pl.lit(value=False))
    return (
        pl.concat(wards.select(columns) for wards in (whole, in_part, found.pairs, namesakes))
        .join(places, on="place_no", how="semi")
        .group_by("place_no", "ward_no")
        .agg(pl.col("similarity").max(), pl.col("in_scope").any())
        .sort("similarity", "in_scope", "ward_no", descending=[True, True, False])
        .group_by("place_no", maintain_order=True)
        .head(AT_MOST)
        .join(gazetteer.wards, on="ward_no", validate="m:1", maintain_order="left")
        .with_columns(ward_candidates=describe_ward(pl.col("similarity")))
        .group_by("place_no", maintain_order=True)
        .agg(pl.col("ward_candidates").str.join("; "))
    )


def describe_ward(similarity: pl.Expr) -> pl.Expr:
    """Give "Ward (Constituency, County) 0.91"; if the database lacks the ward, the brackets say so, too."""
    return pl.format(
        "{} ({}, {}{}) {}",
        "ward_name",
        "constituency_name",
        "county_name",
        pl.when(pl.col("ward_id").is_null()).then(pl.lit(ABSENT)).otherwise(pl.lit("")),
        (similarity * 100).round().cast(pl.Int64).pipe(two_decimals),
    )


def two_decimals(hundredths: pl.Expr) -> pl.Expr:
    """Write 91 as 0.91 and 100 as 1.00."""
    return pl.format("{}.{}", hundredths // 100, (hundredths % 100).cast(pl.String).str.zfill(2))


def find_wards_anywhere(places: pl.DataFrame, gazetteer: Gazetteer) -> pl.DataFrame:
    """List the wards of any county that have the name, if the county is unknown or the parents contradict."""
    return (
        places.filter(pl.col("county_no").is_null() | pl.col("contradicts"))
        .select("place_no", key=key(pl.col("ward_words")))
        .join(gazetteer.ward_keys.filter(pl.col("rank") == NORMALISED), on="key", validate="m:m")
        .select("place_no", "ward_no")
        .unique(maintain_order=True)
    )
