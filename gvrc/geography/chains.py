"""A ward together with what it is in, all in one cell: "Kisumu/Kisumu Central/Kondele", "Kondele, Kisumu County".

Lists with a single column for the place write it so, from the county down or from the ward up. Each part is then read
as if it stood in its own column, by the same rules as any other; which ward is meant is not decided here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from gvrc.geography.exchanges import read_key
from gvrc.geography.names import key, words

if TYPE_CHECKING:
    from gvrc.geography.gazetteer import Gazetteer

SEPARATORS = r"[/\\,;|>]"
LEVELS = 3


def part_chains(places: pl.DataFrame, gazetteer: Gazetteer) -> pl.DataFrame:
    """Put the parts of a ward's cell into the cells of their levels, where those do not say anything else.

    One end must be a county by its own name, and of three parts the middle a constituency of that county, in one
    direction only: "Nairobi/Siaya" is no chain.
    """
    chains = list_chains(places)
    if chains.is_empty():
        return places
    parted = (
        chains.pipe(within_county, gazetteer)
        .pipe(within_constituency, gazetteer)
        .unique("place_no", keep="none")
        .select("place_no", *(f"{level}_part" for level in ("county", "constituency", "ward")))
    )
    return (
        places.join(parted, on="place_no", how="left", validate="1:1", maintain_order="left")
        .with_columns(
            pl.coalesce(f"{level}_part", f"{level}_name").alias(f"{level}_name")
            for level in ("county", "constituency", "ward")
        )
        .with_columns(
            pl.when(pl.col("ward_part").is_not_null())
            .then(words(pl.col(f"{level}_name"), level))
            .otherwise(f"{level}_words")
            .alias(f"{level}_words")
            for level in ("county", "constituency", "ward")
        )
        .select(places.columns)
    )


def list_chains(places: pl.DataFrame) -> pl.DataFrame:
    """Give both readings of each cell that may be a chain, its parts beside what the other cells state.

    Two parts are a chain only where nothing is stated: beside a county they are a ward that repeats it, or two wards.
    """
    stated = places.select(
        "place_no",
        county_key=key(pl.col("county_words")),
        constituency_key=key(pl.coalesce("constituency_words", "sub_county_words")),
        down=pl.col("ward_name").str.replace_all(SEPARATORS, "/").str.split("/"),
    ).filter(pl.col("down").list.len() > 1)
    count = pl.col("down").list.len()
    is_alone = pl.all_horizontal(pl.col("county_key", "constituency_key").is_null())
    chains = stated.with_columns(
        down=pl.col("down").list.eval(pl.element().str.strip_chars().replace("", None).drop_nulls())
    ).filter((count == LEVELS) | ((count == LEVELS - 1) & is_alone))
    readings = pl.concat([chains, chains.with_columns(pl.col("down").list.reverse())])
    return readings.with_columns(
        county_part=pl.col("down").list.first(),
        constituency_part=pl.when(count == LEVELS).then(pl.col("down").list.get(1)),
        ward_part=pl.col("down").list.last(),
    )


def within_county(readings: pl.DataFrame, gazetteer: Gazetteer) -> pl.DataFrame:
    """Keep the readings that begin with a county, and with the one that is stated, if one is; adds county_no."""
    county_keys = gazetteer.county_keys.select("county_no", "key").unique("key", keep="none")
    return (
        readings.with_columns(key=read_key("county_part", "county").str.strip_suffix("county"))
        .filter(pl.col("county_key").is_null() | (pl.col("county_key").str.strip_suffix("county") == pl.col("key")))
        .join(county_keys, on="key", validate="m:1")
    )


def within_constituency(readings: pl.DataFrame, gazetteer: Gazetteer) -> pl.DataFrame:
    """Keep the readings of two parts, and those whose middle is a constituency of the county, the stated one if any."""
    named = (
        readings.with_columns(key=read_key("constituency_part", "constituency"))
        .filter(pl.col("constituency_key").is_null() | (pl.col("constituency_key") == pl.col("key")))
        .join(gazetteer.constituency_keys, on=["county_no", "key"], how="semi")
    )
    of_two = readings.filter(pl.col("constituency_part").is_null())
    return pl.concat([named.select(of_two.columns), of_two])
