"""Which ward of the database is which official ward; and the gazetteer made of both.

A managed database keeps its own ids and its own spellings. Its wards are matched to the official ones by the same rules
as any record. A ward that matches none is a ward by itself; an official ward that none matches is lacking in the
database.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from gvrc.geography.decisions import decide_places, read_words
from gvrc.geography.gazetteer import OWN_NUMBERS_FROM, WARDS, Gazetteer, build_gazetteer
from gvrc.geography.names import key, plain, words
from gvrc.geography.parents import add_county
from gvrc.geography.reference import read_shipped_reference

if TYPE_CHECKING:
    from gvrc.geography.aliases import Aliases
    from gvrc.geography.thresholds import Thresholds
    from gvrc.geography.words import Level

# Several of the database's wards may claim one official ward: the surest claim wins.
CLAIMS = {"exact": 0, "normalised": 1, "alias": 2, "county": 3, "part": 4, "fuzzy": 5}
SAME_NAME = ["exact", "normalised"]
LEVELS: list[Level] = ["county", "constituency", "ward"]
PLACE_NAMES = [f"{level}_name" for level in LEVELS]
KEYS = [f"{level}_key" for level in LEVELS]


def read_gazetteer(reference: pl.DataFrame, aliases: Aliases, thresholds: Thresholds) -> Gazetteer:
    """Make the gazetteer of a reference (columns.REFERENCE) and of the official wards that it lacks."""
    official = number_official(read_shipped_reference())
    same = claim_by_names(reference, official)
    others = same.filter(pl.col("ward_no").is_null()).select(reference.columns)
    claims = same.drop_nulls("ward_no")
    if not others.is_empty():
        found = claim_by_rules(others, build_gazetteer(official, official.clear(), aliases), thresholds)
        claims = pl.concat([claims, found])
    return build_gazetteer(label_wards(official, settle_claims(claims, official)), official, aliases)


def number_official(shipped: pl.DataFrame) -> pl.DataFrame:
    """Give the shipped wards their official numbers (WARDS)."""
    return shipped.select(pl.all(), ward_no="ward_id", constituency_no="constituency_id", county_no="county_id").select(
        WARDS.names()
    )


def claim_by_names(reference: pl.DataFrame, official: pl.DataFrame) -> pl.DataFrame:
    """Add ward_no, constituency_no, county_no and ward_match to wards whose three names are the official ones.

    Our own directory has them letter for letter, so that no name need be split into words.
    """
    numbers = official.select("ward_no", "constituency_no", "county_no", *PLACE_NAMES)
    spelled = reference.unique(maintain_order=True).join(
        numbers, on=PLACE_NAMES, how="left", validate="m:1", maintain_order="left"
    )
    if spelled["ward_no"].null_count() == 0:
        return spelled.with_columns(ward_match=pl.lit("exact"))
    return claim_by_keys(reference, official)


def claim_by_keys(reference: pl.DataFrame, official: pl.DataFrame) -> pl.DataFrame:
    """Add the same, by the keys of the three names, to wards with other spellings."""
    known = official.with_columns(read_keys()).select(
        "ward_no", "constituency_no", "county_no", *KEYS, official_name="ward_name"
    )
    is_exact = plain(pl.col("ward_name")) == plain(pl.col("official_name"))
    return (
        reference.unique(maintain_order=True)
        .with_columns(read_keys())
        .join(known, on=KEYS, how="left", validate="m:1", maintain_order="left")
        .with_columns(ward_match=pl.when(is_exact).then(pl.lit("exact")).otherwise(pl.lit("normalised")))
        .drop(*KEYS, "official_name")
    )


def read_keys() -> list[pl.Expr]:
    """Give the keys of the three names."""
    return [key(words(pl.col(f"{level}_name"), level)).alias(f"{level}_key") for level in LEVELS]


def claim_by_rules(reference: pl.DataFrame, gazetteer: Gazetteer, thresholds: Thresholds) -> pl.DataFrame:
    """Add ward_no and the rest, by the rules for records, to wards of other spellings, as far as they can be matched.

    The county must be known by its own name: a ward of an invented county "Malindi" is not one of Kilifi's. And a ward
    that has its constituency's name often stands for all of it: "Luanda Ward" is not Luanda Township.
    """
    rows = reference.with_row_index("place_no").cast({"place_no": pl.Int64})
    places = rows.select("place_no", *PLACE_NAMES, sub_county_name=pl.lit(None, pl.String))
    stated = (
        places.pipe(read_words)
        .pipe(add_county, gazetteer, thresholds)
        .select("place_no", stated_no="county_no", is_stand_in=pl.col("ward_words") == pl.col("constituency_words"))
    )
    is_stated = pl.col("county_no") == pl.col("stated_no")
    is_one = is_stated & (pl.col("block").list.len() == 1)
    return (
        rows.join(stated, on="place_no", validate="1:1", maintain_order="left")
        .join(decide_places(places, gazetteer, thresholds), on="place_no", validate="1:1", maintain_order="left")
        .with_columns(ward_no=pl.when(is_stated, ~pl.col("is_stand_in").fill_null(value=False)).then("ward_no"))
        .with_columns(county_no="stated_no", constituency_no=pl.when(is_one).then(pl.col("block").list.first()))
        .select(*reference.columns, "ward_no", "constituency_no", "county_no", "ward_match")
    )


def settle_claims(claims: pl.DataFrame, official: pl.DataFrame) -> pl.DataFrame:
    """Let the surest claim on each official ward win; what is left over is a place by itself (WARDS, and is_official).

    Of two wards with one name ("Kilimani" and "Kilimani Ward") only the one nearer to the official name stays. The ward
    whose claim wins shows which constituency is meant by a name that is in no list. One whose claim does not win stays
    where the database has it: a second Viwandani, in Kibra, is not in Makadara because the first one is.
    """
    won = official.select("ward_no", won_no="constituency_no").drop_nulls()
    return (
        claims.with_columns(claim=pl.col("ward_match").replace_strict(CLAIMS, default=None, return_dtype=pl.Int64))
        .sort("claim", "ward_id", nulls_last=True)
        .with_columns(is_official=pl.col("ward_no").is_not_null() & pl.col("ward_no").is_first_distinct())
        .filter(pl.col("is_official") | pl.col("ward_no").is_null() | ~pl.col("ward_match").is_in(SAME_NAME))
        .join(won, on="ward_no", how="left", validate="m:1", maintain_order="left")
        .with_columns(
            county_no=pl.coalesce("county_no", pl.col("county_id") + OWN_NUMBERS_FROM),
            constituency_no=pl.coalesce(
                "constituency_no", pl.when("is_official").then("won_no"), pl.col("constituency_id") + OWN_NUMBERS_FROM
            ),
            ward_no=pl.when("is_official").then("ward_no").otherwise(pl.col("ward_id") + OWN_NUMBERS_FROM),
        )
        .select(*WARDS.names(), "is_official")
    )


def label_wards(official: pl.DataFrame, claims: pl.DataFrame) -> pl.DataFrame:
    """Give official wards the database's ids and names, if it has them, and add the database's own wards (WARDS)."""
    labelled = (
        official.drop("constituency_id", "county_id", "ward_id")
        .join(
            claims.filter("is_official").select(
                "ward_no",
                "ward_id",
                label="ward_name",
                label_lat="centroid_lat",
                label_lng="centroid_lng",
                own_constituency_id="constituency_id",
                own_county_id="county_id",
            ),
            on="ward_no",
            how="left",
            validate="1:1",
        )
        .join(most_frequent(claims, "constituency"), on="constituency_no", how="left", validate="m:1")
        .join(most_frequent(claims, "county"), on="county_no", how="left", validate="m:1")
        .with_columns(
            ward_name=pl.coalesce("label", "ward_name"),
            centroid_lat=pl.coalesce("label_lat", "centroid_lat"),
            centroid_lng=pl.coalesce("label_lng", "centroid_lng"),
            constituency_id=pl.coalesce("own_constituency_id", "constituency_id"),
            county_id=pl.coalesce("own_county_id", "county_id"),
        )
    )
    return pl.concat(
        [labelled.select(WARDS.names()), claims.filter(~pl.col("is_official")).select(WARDS.names())]
    ).sort("ward_no", nulls_last=True)


def most_frequent(claims: pl.DataFrame, level: str) -> pl.DataFrame:
    """Give the database's id of each county or constituency; of several ids, the one with the most wards."""
    number, identifier = f"{level}_no", f"{level}_id"
    return (
        claims.group_by(number, identifier)
        .len()
        .sort("len", identifier, descending=[True, False])
        .unique(number, keep="first", maintain_order=True)
        .select(number, identifier)
    )
