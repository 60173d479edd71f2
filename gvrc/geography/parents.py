"""Which county and which constituency the record states: its ward is looked for in these, the block."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from gvrc.geography.names import key, signature, sorted_key, without_town_words
from gvrc.geography.similar import clear_winners, similar_pairs
from gvrc.geography.words import NOT_THERE, ROADS

if TYPE_CHECKING:
    from gvrc.geography.gazetteer import Gazetteer
    from gvrc.geography.thresholds import Thresholds

SHORTEST_COUNTY = 4  # letters: Embu, Lamu, Meru
TO_ROAD = rf"\S+ (?:{'|'.join(ROADS)})(?-u:\b)"
NO_BLOCK = pl.lit([], dtype=pl.List(pl.Int64))


def find_parents(places: pl.DataFrame, gazetteer: Gazetteer, thresholds: Thresholds) -> pl.DataFrame:
    """Add to the places (place_no and the words of the names) what they say about the county and the constituency.

    county_no (null if unknown), block (list of constituency_no, empty if unknown) and contradicts: the county is known,
    and the constituency is in another county.
    """
    return (
        places.pipe(add_county, gazetteer, thresholds)
        .pipe(add_county_within, gazetteer)
        .with_columns(block=NO_BLOCK, contradicts=pl.lit(value=False))
        .pipe(add_constituency, "constituency_words", gazetteer, thresholds)
        .pipe(add_constituency, "sub_county_words", gazetteer, thresholds)
    )


def add_county(places: pl.DataFrame, gazetteer: Gazetteer, thresholds: Thresholds) -> pl.DataFrame:
    """Add county_no by the county's own name: exact, an alias, or alike and clearly the best."""
    named = places.with_columns(county_key=key(pl.col("county_words")).str.strip_suffix("county"))  # "KisumuCounty"
    stated = (
        named.select("county_words", key="county_key")
        .drop_nulls()
        .unique("key")
        .with_row_index("query_no")
        .join(gazetteer.county_keys.unique("key", keep="none"), on="key", how="left", validate="1:1")
    )
    alike = similar_pairs(
        stated.filter(pl.col("county_no").is_null()).select(
            pl.col("query_no").cast(pl.Int64), "key", block=0, signature=signature(pl.col("county_words"))
        ),
        gazetteer.county_keys.select("key", "signature", choice_no="county_no", block=0, weight=1.0),
    ).pipe(clear_winners, thresholds.county_similarity, thresholds.county_margin)
    found = stated.join(alike, on="query_no", how="left", validate="1:1").select(
        county_key="key", county_no=pl.coalesce("county_no", "choice_no")
    )
    return named.join(found, on="county_key", how="left", validate="m:1", maintain_order="left").drop("county_key")


def add_county_within(places: pl.DataFrame, gazetteer: Gazetteer) -> pl.DataFrame:
    """Fill county_no if the cell contains the whole name of one county, and more: "Kaunti ya Kisumu", "Kisumu Cnty".

    If it were not read, such a cell would contradict nothing: "Kisumu Cnty, Gem, East Gem" would be a ward of Siaya.
    "Outside Kisumu" is not Kisumu.
    """
    text = pl.col("county_words").list.join(" ")
    is_denied = pl.col("county_words").list.set_intersection(NOT_THERE).list.len() > 0
    unread = places.filter(pl.col("county_no").is_null(), ~is_denied).select(text=text).drop_nulls().unique()
    if unread.is_empty():
        return places
    found = (
        read_runs(unread)
        .join(gazetteer.county_keys.select("county_no", "key"), on="key", validate="m:m")
        .select("text", within_no="county_no")
        .unique()
        .unique("text", keep="none")  # "Kisumu / Siaya" is neither
    )
    return (
        places.with_columns(text=text)
        .join(found, on="text", how="left", validate="m:1", maintain_order="left")
        .with_columns(county_no=pl.coalesce("county_no", "within_no"))
        .drop("text", "within_no")
    )


def read_runs(texts: pl.DataFrame) -> pl.DataFrame:
    """Add the key of each word, and of each two consecutive words; short ones may be anything ("UG").

    The word before a road's is left out: "Mombasa Road" is a road to it.
    """
    words = texts.with_columns(key=pl.col("text").str.replace_all(TO_ROAD, "").str.split(" ")).explode("key")
    pairs = words.with_columns(key=pl.col("key") + pl.col("key").shift(-1).over("text"))
    return pl.concat([words, pairs]).filter(pl.col("key").str.len_chars() >= SHORTEST_COUNTY)


def add_constituency(places: pl.DataFrame, column: str, gazetteer: Gazetteer, thresholds: Thresholds) -> pl.DataFrame:
    """Fill block and contradicts, if both are still open, from the name whose words are in ``column``.

    If no county is known, a constituency whose name is in only one county gives the county, too.
    """
    named = places.with_columns(
        constituency_key=pl.when(pl.col("block").list.len() == 0, ~pl.col("contradicts")).then(key(pl.col(column)))
    )
    statements = (
        named.select("county_no", "constituency_key", name=column)
        .drop_nulls("constituency_key")
        .unique(["county_no", "constituency_key"], maintain_order=True)
        .with_row_index("statement_no")
        .cast({"statement_no": pl.Int64})
    )
    if statements.is_empty():
        return places
    blocks = find_blocks(statements, gazetteer, thresholds)
    found = statements.join(blocks, on="statement_no", how="left", validate="1:1")
    return (
        named.join(
            found.drop("name", "statement_no"),
            on=["county_no", "constituency_key"],
            how="left",
            nulls_equal=True,
            validate="m:1",
            maintain_order="left",
        )
        .with_columns(
            county_no=pl.coalesce("county_no", "found_county_no"),
            block=pl.coalesce("found", "block"),
            contradicts=pl.col("contradicts") | pl.col("is_elsewhere").fill_null(value=False),
        )
        .select(places.columns)
    )


def find_blocks(statements: pl.DataFrame, gazetteer: Gazetteer, thresholds: Thresholds) -> pl.DataFrame:
    """Give statement_no, found_county_no, found (the constituencies meant) and is_elsewhere (in another county)."""
    bearers = find_bearers(statements, gazetteer)
    inside = bearers.filter(pl.col("named_county_no") == pl.col("county_no"))
    alike = find_similar(statements.join(bearers, on="statement_no", how="anti"), gazetteer, thresholds)
    found = (
        pl.concat([inside.select("statement_no", "county_no", "constituency_no"), alike])
        .group_by("statement_no")
        .agg(found_county_no=pl.col("county_no").first(), found=pl.col("constituency_no").unique().sort())
    )
    elsewhere = (
        bearers.filter(pl.col("county_no").is_not_null(), ~pl.col("is_alias"))
        .join(inside, on="statement_no", how="anti")
        .select("statement_no", is_elsewhere=pl.lit(value=True))
        .unique()
    )
    return found.join(elsewhere, on="statement_no", how="full", coalesce=True, validate="1:1")


def find_bearers(statements: pl.DataFrame, gazetteer: Gazetteer) -> pl.DataFrame:
    """List the constituencies of the whole country that have the name.

    statement_no, county_no (filled if only one county has the name), named_county_no, constituency_no, is_alias.
    An alias in another county says nothing.
    """
    name = pl.col("name")
    return (
        statements.select(
            "statement_no",
            "county_no",
            key=pl.concat_list(key(name), sorted_key(name), key(without_town_words(name))).list.unique(),
        )
        .explode("key")
        .join(gazetteer.constituency_keys.rename({"county_no": "named_county_no"}), on="key", validate="m:m")
        .filter(~pl.col("is_alias") | (pl.col("named_county_no") == pl.col("county_no")).fill_null(value=True))
        .with_columns(is_only=pl.col("named_county_no").n_unique().over("statement_no") == 1)
        .with_columns(county_no=pl.coalesce("county_no", pl.when("is_only").then("named_county_no")))
    )


def find_similar(statements: pl.DataFrame, gazetteer: Gazetteer, thresholds: Thresholds) -> pl.DataFrame:
    """Give statement_no, county_no and constituency_no if one in the county is alike and clearly the best."""
    name = pl.col("name")
    known = statements.drop_nulls("county_no")
    if known.is_empty():
        return known.select("statement_no", "county_no", constituency_no=pl.lit(None, pl.Int64))
    queries = known.select(
        query_no="statement_no",
        block="county_no",
        key=pl.concat_list(key(name), sorted_key(name)).list.unique(),
        signature=signature(name),
    ).explode("key")
    choices = gazetteer.constituency_keys.select(
        "key", "signature", block="county_no", choice_no="constituency_no", weight=1.0
    )
    return (
        similar_pairs(queries, choices)
        .pipe(clear_winners, thresholds.constituency_similarity, thresholds.constituency_margin)
        .join(statements, left_on="query_no", right_on="statement_no", validate="1:1")
        .select(pl.col("query_no").alias("statement_no"), "county_no", constituency_no="choice_no")
    )
