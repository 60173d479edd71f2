"""Cells under the wrong heading: a constituency in the county's column, a ward in the constituency's.

Names are exchanged only if they fit nothing as they stand, and fit exactly when exchanged. If both readings fit,
neither is sure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from gvrc.geography.gazetteer import NORMALISED
from gvrc.geography.names import key, words

if TYPE_CHECKING:
    from gvrc.geography.gazetteer import Gazetteer
    from gvrc.geography.words import Level


def exchange_county_and_constituency(places: pl.DataFrame, gazetteer: Gazetteer) -> pl.DataFrame:
    """Exchange them in "Westlands, Nairobi, Kangemi"; add is_exchanged."""
    counties = gazetteer.county_keys.select("county_no", "key")
    straight = places.with_columns(is_exchanged=pl.lit(value=False))
    strays = (
        places.select("place_no", "county_name", "constituency_name", key=key(pl.col("county_words")))
        .drop_nulls()
        .join(counties, on="key", how="anti")
    )
    if strays.is_empty():
        return straight
    exchanged = (
        strays.select(
            "place_no",
            county_key=read_key("constituency_name", "county"),
            constituency_key=read_key("county_name", "constituency"),
        )
        .join(counties, left_on="county_key", right_on="key", validate="m:m")
        .join(
            gazetteer.constituency_keys,
            left_on=["county_no", "constituency_key"],
            right_on=["county_no", "key"],
            how="semi",
        )
    )
    return exchange(straight, exchanged, "county", "constituency")


def exchange_constituency_and_ward(places: pl.DataFrame, gazetteer: Gazetteer) -> pl.DataFrame:
    """Exchange them in "Kisumu, Ahero, Nyando", where no constituency was found and Ahero is a ward of Nyando.

    Adds is_two_ways: "Mombasa, Port Reitz, Changamwe" fits in this way, too, but Changamwe is also a ward, and may be
    meant.
    """
    straight = places.with_columns(is_two_ways=pl.lit(value=False))
    ward_keys = gazetteer.ward_keys.filter(pl.col("rank") == NORMALISED)
    strays = (
        places.filter(pl.col("block").list.len() == 0, ~pl.col("contradicts"))
        .select("place_no", "county_no", "ward_name", "constituency_name", key=key(pl.col("ward_words")))
        .drop_nulls()
    )
    if strays.is_empty():
        return straight
    fitting = fit_exchanged(strays, ward_keys, gazetteer)
    unclear = fitting.join(ward_keys, on=["county_no", "key"], how="semi")["place_no"]
    exchanged = (
        fitting.filter(~pl.col("place_no").is_in(unclear.implode()))
        .group_by("place_no")  # a database may have two constituencies with one name
        .agg(found=pl.col("constituency_no").unique().sort())
    )
    return (
        exchange(straight, exchanged, "constituency", "ward")
        .join(exchanged, on="place_no", how="left", validate="1:1", maintain_order="left")
        .with_columns(block=pl.coalesce("found", "block"), is_two_ways=pl.col("place_no").is_in(unclear.implode()))
        .drop("found")
    )


def fit_exchanged(strays: pl.DataFrame, ward_keys: pl.DataFrame, gazetteer: Gazetteer) -> pl.DataFrame:
    """Keep the places that fit exactly once ward and constituency are exchanged; adds constituency_no."""
    return (
        strays.select(
            "place_no",
            "county_no",
            "key",
            constituency_key=read_key("ward_name", "constituency"),
            ward_key=read_key("constituency_name", "ward"),
        )
        .join(
            gazetteer.constituency_keys.filter(~pl.col("is_alias")),
            left_on=["county_no", "constituency_key"],
            right_on=["county_no", "key"],
            validate="m:m",
        )
        .join(ward_keys, left_on=["constituency_no", "ward_key"], right_on=["constituency_no", "key"], how="semi")
    )


def exchange(places: pl.DataFrame, exchanged: pl.DataFrame, one: Level, other: Level) -> pl.DataFrame:
    """Exchange the names of two levels, and their words, in some of the places."""
    if exchanged.is_empty():
        return places
    is_exchanged = pl.col("place_no").is_in(exchanged["place_no"].implode())
    return places.with_columns(
        pl.when(is_exchanged).then(f"{other}_name").otherwise(f"{one}_name").alias(f"{one}_name"),
        pl.when(is_exchanged).then(f"{one}_name").otherwise(f"{other}_name").alias(f"{other}_name"),
        is_exchanged=pl.col("is_exchanged") | is_exchanged,
    ).with_columns(
        pl.when(is_exchanged)
        .then(words(pl.col(f"{level}_name"), level))
        .otherwise(f"{level}_words")
        .alias(f"{level}_words")
        for level in (one, other)
    )


def read_key(column: str, level: Level) -> pl.Expr:
    """Give the key of a cell when it is read as the name of another level."""
    return key(words(pl.col(column), level))
