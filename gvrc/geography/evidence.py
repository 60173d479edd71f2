"""What speaks for a ward, and against it: the wards that a name may mean, and how far the name fits each.

``find_wards`` lists the wards; ``add_evidence`` sums up, one row per place, what was found. A place without a row in
one of the frames has no evidence of that kind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from gvrc.geography.gazetteer import ALIAS, NORMALISED, PART, REPEATED_PARENT
from gvrc.geography.matches import find_matches, find_shared_words, is_in_scope
from gvrc.geography.names import is_telling, key, signature, sorted_key
from gvrc.geography.similar import similar_pairs

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gvrc.geography.gazetteer import Gazetteer
    from gvrc.geography.thresholds import Thresholds


# What is found for places that are not settled: wards that their names fit in part, wards that are alike, and the
# columns that add_evidence sums both up in.
PARTS = pl.Schema(
    {
        **dict.fromkeys(("place_no", "ward_no"), pl.Int64),
        **dict.fromkeys(("in_scope", "is_sharing", "is_part", "is_contained"), pl.Boolean),
    }
)
ALIKE = pl.Schema(
    {
        **dict.fromkeys(("place_no", "ward_no"), pl.Int64),
        **dict.fromkeys(("similarity", "guarded"), pl.Float64),
        "in_scope": pl.Boolean,
    }
)
DOUBTS = pl.Schema(
    {
        "part_wards": pl.List(pl.Int64),
        "sharing_wards": pl.List(pl.Int64),
        "contained_wards": pl.UInt32(),
        "contained_in_scope": pl.UInt32(),
        "best_ward": pl.Int64(),
        "best": pl.Float64(),
        "second": pl.Float64(),
        "best_outside": pl.Float64(),
        "look_alike": pl.Float64(),
        "strong_wards": pl.List(pl.Int64),
        "named_no": pl.Int64(),
        "has_second_name": pl.Boolean(),
        "has_surplus": pl.Boolean(),
        "is_cut_off": pl.Boolean(),
        "is_namesake": pl.Boolean(),
        "is_county": pl.Boolean(),
        "is_unit": pl.Boolean(),
    }
)


class Wards(NamedTuple):
    """The wards that names may mean, and the places whose name is not that of a ward in the stated constituency."""

    matches: pl.DataFrame  # of ``find_matches``: word for word
    parts: pl.DataFrame  # of ``find_parts``; like the pairs, only of places not settled yet
    pairs: pl.DataFrame  # of ``find_similar_wards``
    unsettled: pl.DataFrame


def find_wards(located: pl.DataFrame, gazetteer: Gazetteer) -> Wards:
    """Find the wards that the names of places may mean, in the known county; none if the parents contradict."""
    consistent = located.filter(~pl.col("contradicts"))
    matches = find_matches(consistent, gazetteer)
    settled = matches.filter(pl.col("fit") <= ALIAS, "in_block")
    unsettled = consistent.join(settled, on="place_no", how="anti")
    if unsettled.is_empty():  # as in most batches; a step takes as long for no place as for hundreds
        return Wards(matches, PARTS.to_frame(), ALIKE.to_frame(), unsettled)
    parts = find_parts(unsettled, matches, gazetteer)
    return Wards(matches, parts, find_similar_wards(unsettled, gazetteer), unsettled)


def find_parts(places: pl.DataFrame, matches: pl.DataFrame, gazetteer: Gazetteer) -> pl.DataFrame:
    """List the wards that the name fits in part or contains, with the columns of ``find_shared_words``."""
    in_part = (
        matches.filter(pl.col("fit") == PART)
        .join(places, on="place_no", how="semi")
        .with_columns(is_sharing=pl.lit(value=True), is_part=pl.lit(value=True), is_contained=pl.lit(value=False))
    )
    return pl.concat([find_shared_words(places, gazetteer).select(PARTS.names()), in_part.select(PARTS.names())])


def find_similar_wards(places: pl.DataFrame, gazetteer: Gazetteer) -> pl.DataFrame:
    """List the wards of the county that are alike: place_no, ward_no, similarity, guarded, in_scope."""
    names = (
        places.select("place_no", "block", "county_no", "ward_words")
        .drop_nulls(["county_no", "ward_words"])
        .with_columns(
            key=pl.concat_list(key(pl.col("ward_words")), sorted_key(pl.col("ward_words"))).list.unique(),
            signature=signature(pl.col("ward_words")),
        )
    )
    queries = names.select("key", "signature", query_no="place_no", block="county_no").explode("key")
    return (
        similar_pairs(queries, gazetteer.choices)
        .rename({"query_no": "place_no", "choice_no": "ward_no"})
        .join(names.select("place_no", "block"), on="place_no", validate="m:1")
        .join(gazetteer.wards.select("ward_no", "constituency_no"), on="ward_no", validate="m:1")
        .select("place_no", "ward_no", "similarity", "guarded", in_scope=is_in_scope())
    )


def add_evidence(located: pl.DataFrame, found: Wards, gazetteer: Gazetteer, thresholds: Thresholds) -> pl.DataFrame:
    """Add what speaks for and against the wards that were found, each in a column."""
    unsettled = found.unsettled
    if unsettled.is_empty():
        return located.join(
            summarise_matches(found.matches), on="place_no", how="left", validate="1:1", maintain_order="left"
        ).with_columns(pl.lit(None, dtype).alias(name) for name, dtype in DOUBTS.items())
    named = find_constituencies(unsettled, gazetteer)
    kinds = (found.matches, found.parts, found.pairs)
    elsewhere = find_common_names(kinds, unsettled, gazetteer)
    fitting, parts, alike = (
        wards.pipe(leave_other_constituencies, named, gazetteer).join(
            elsewhere, on=["place_no", "ward_no"], how="anti", maintain_order="left"
        )
        for wards in kinds
    )
    similarity = summarise_similarity(alike, thresholds)
    return (
        located.join(summarise_matches(fitting), on="place_no", how="left", validate="1:1", maintain_order="left")
        .join(summarise_parts(parts), on="place_no", how="left", validate="1:1")
        .join(similarity, on="place_no", how="left", validate="1:1")
        .join(find_second_names(parts, similarity, gazetteer), on="place_no", how="left", validate="1:1")
        .join(find_surplus(unsettled, parts, similarity, gazetteer), on="place_no", how="left", validate="1:1")
        .join(find_cut_off(unsettled, similarity, gazetteer), on="place_no", how="left", validate="1:1")
        .join(find_namesakes(unsettled, gazetteer), on="place_no", how="left", validate="1:1")
        .join(find_counties(unsettled, gazetteer), on="place_no", how="left", validate="1:1")
        .join(find_units(unsettled, gazetteer), on="place_no", how="left", validate="1:1")
        .join(named, on="place_no", how="left", validate="1:1")
    )


def find_constituencies(places: pl.DataFrame, gazetteer: Gazetteer) -> pl.DataFrame:
    """Give place_no and named_no of the places whose ward name is, letter for letter, that of a constituency.

    A name that is also a ward's in the county, or an alias of one, may be the ward's.
    """
    return (
        places.select("place_no", "county_no", key=key(pl.col("ward_words")))
        .join(gazetteer.constituency_names, on=["county_no", "key"], validate="m:m")
        .select("place_no", "named_no")
        .unique("place_no", keep="none")
    )


def leave_other_constituencies(found: pl.DataFrame, named: pl.DataFrame, gazetteer: Gazetteer) -> pl.DataFrame:
    """Leave out wards outside of the constituency whose name is in the ward's cell (``find_constituencies``).

    "Kitui Central" is not the ward Central of Mwingi Central with the county before it, nor is "Kisumu Central" the
    ward Central Kisumu, which is in Kisumu West.
    """
    others = (
        found.join(named, on="place_no", validate="m:1")
        .join(gazetteer.wards.select("ward_no", own_no="constituency_no"), on="ward_no", validate="m:1")
        .filter(pl.col("own_no") != pl.col("named_no"))
    )
    return found.join(others, on=["place_no", "ward_no"], how="anti", maintain_order="left")


def find_common_names(kinds: Iterable[pl.DataFrame], places: pl.DataFrame, gazetteer: Gazetteer) -> pl.DataFrame:
    """Give place_no and ward_no of wards of common words where a constituency is stated that is not known.

    "Mwingi, Township" in Kitui is a part of Mwingi, and not the Township of Kitui Central; "Kitui, Township" is, as
    what is stated has a word of the ward's parents.
    """
    units = pl.concat_list(pl.col(f"{unit}_words").fill_null([]) for unit in ("constituency", "sub_county"))
    stated = places.select("place_no", "block", given=is_telling(pl.col("ward_words")), units=units).filter(
        pl.col("block").list.len() == 0, pl.col("units").list.len() > 0
    )
    found = pl.concat(wards.select("place_no", "ward_no") for wards in kinds).join(
        stated, on="place_no", validate="m:1"
    )
    return (
        found.join(gazetteer.words_of_wards, on="ward_no", validate="m:1")
        .filter(
            ~(pl.col("given") & is_telling(pl.col("name"))),
            pl.col("units").list.set_intersection("parents").list.len() == 0,
        )
        .select("place_no", "ward_no")
    )


def summarise_matches(matches: pl.DataFrame) -> pl.DataFrame:
    """Give the wards that the whole name fits: place_no, inside_wards with the best fit, repeated_wards, outside_wards.

    Inside, a name beats an alias; but exact is no better than normalised: "Iriaini" may be meant for Iria-Ini.
    """
    strength = pl.max_horizontal("fit", NORMALISED)
    inside = pl.col("in_block") & (pl.col("fit") <= ALIAS)
    return (
        matches.filter(pl.col("fit") < PART)
        .with_columns(strength=pl.when(inside).then(strength))
        .with_columns(is_inside=pl.col("strength") == pl.col("strength").min().over("place_no"))
        .group_by("place_no")
        .agg(
            inside_wards=pl.col("ward_no").filter("is_inside").sort(),
            fit=pl.col("fit").filter("is_inside").min(),
            repeated_wards=pl.col("ward_no").filter(pl.col("fit") == REPEATED_PARENT, "in_scope").sort(),
            outside_wards=pl.col("ward_no").filter(pl.col("fit") <= ALIAS, ~pl.col("in_block")).sort(),
        )
    )


def summarise_parts(parts: pl.DataFrame) -> pl.DataFrame:
    """Give place_no, part_wards (a part of their name is given), sharing_wards and contained_wards.

    Sharing wards have all the given words, and others: "Homa Bay" is in four ward names of Homa Bay Town; that three
    of these also have a direction does not make it the fourth. Contained is the number of whole names in the given one.
    """
    return parts.group_by("place_no").agg(
        part_wards=pl.col("ward_no").filter("is_part", "in_scope").unique().sort(),
        sharing_wards=pl.col("ward_no").filter("is_sharing", "in_scope").unique().sort(),
        contained_wards=pl.col("ward_no").filter("is_contained").n_unique(),
        contained_in_scope=pl.col("ward_no").filter("is_contained", "in_scope").n_unique(),
    )


def summarise_similarity(pairs: pl.DataFrame, thresholds: Thresholds) -> pl.DataFrame:
    """Give place_no, best_ward, best and second in scope, best_outside of it, and the strong_wards in scope.

    Also look_alike, the most that any in scope is alike with all letters of its compass words: too little to place by,
    and enough to doubt a name elsewhere.
    """
    in_scope = pl.col("guarded").filter("in_scope")
    return (
        pairs.sort("place_no", "guarded", "ward_no", descending=[False, True, False])
        .group_by("place_no", maintain_order=True)
        .agg(
            best_ward=pl.col("ward_no").filter("in_scope").first(),
            best=in_scope.first().fill_null(0.0),
            second=in_scope.slice(1, 1).first().fill_null(0.0),
            best_outside=pl.col("guarded").filter(~pl.col("in_scope")).max().fill_null(0.0),
            look_alike=pl.col("similarity").filter("in_scope", pl.col("guarded") > 0).max().fill_null(0.0),
            strong_wards=pl.col("ward_no").filter("in_scope", pl.col("guarded") >= thresholds.ward_similarity),
        )
    )


def find_second_names(parts: pl.DataFrame, similarity: pl.DataFrame, gazetteer: Gazetteer) -> pl.DataFrame:
    """Mark (has_second_name) places whose name includes the whole name of a ward other than the one it resembles.

    "Maua / Kieegoi/Antubochiu" is two wards in one cell, the second of them misspelt.
    """
    spelled = gazetteer.ward_words.select("ward_no", "word")
    return (
        parts.filter("is_contained")
        .select("place_no", "ward_no")
        .join(similarity.select("place_no", "best_ward"), on="place_no", validate="m:1")
        .filter(pl.col("ward_no") != pl.col("best_ward"))
        .join(spelled, on="ward_no", validate="m:m")
        .join(spelled, left_on=["best_ward", "word"], right_on=["ward_no", "word"], how="anti")
        .select("place_no", has_second_name=pl.lit(value=True))
        .unique()
    )


def find_surplus(
    places: pl.DataFrame, parts: pl.DataFrame, similarity: pl.DataFrame, gazetteer: Gazetteer
) -> pl.DataFrame:
    """Mark (has_surplus) places whose name is that of the ward it resembles and another word.

    That is no misspelling, because the word has a meaning: "So. West Kisumu" is South West Kisumu, not West Kisumu.
    """
    lengths = gazetteer.words_of_wards.select("ward_no", length=pl.col("name").list.len())
    return (
        parts.filter("is_contained")
        .join(similarity, left_on=["place_no", "ward_no"], right_on=["place_no", "best_ward"], how="semi")
        .join(places.select("place_no", given=pl.col("ward_words").list.len()), on="place_no", validate="m:1")
        .join(lengths, on="ward_no", validate="m:1")
        .filter(pl.col("given") > pl.col("length"))
        .select("place_no", has_surplus=pl.lit(value=True))
        .unique()
    )


def find_cut_off(places: pl.DataFrame, similarity: pl.DataFrame, gazetteer: Gazetteer) -> pl.DataFrame:
    """Mark (is_cut_off) places whose name is the beginning of the name of a ward other than the one it resembles.

    "Kahawa We" is more likely Kahawa West than Kahawa with two letters too many.
    """
    head = pl.col("key").str.head(3).alias("head")
    beginnings = gazetteer.ward_keys.filter(pl.col("rank") == NORMALISED).select(
        "county_no", "constituency_no", "ward_no", head, whole="key"
    )
    return (
        places.select("place_no", "county_no", "block", key=key(pl.col("ward_words")))
        .join(similarity.select("place_no", "best_ward").drop_nulls(), on="place_no", validate="1:1")
        .with_columns(head)
        .join(beginnings, on=["county_no", "head"], validate="m:m")
        .filter(is_in_scope(), pl.col("ward_no") != pl.col("best_ward"), pl.col("whole").str.starts_with(pl.col("key")))
        .select("place_no", is_cut_off=pl.lit(value=True))
        .unique()
    )


def find_namesakes(places: pl.DataFrame, gazetteer: Gazetteer) -> pl.DataFrame:
    """Mark (is_namesake) the places whose ward name is, letter for letter, that of a ward of another county.

    Such a name is no misspelling of a ward here; more likely the county is wrong.
    """
    names = gazetteer.ward_keys.filter(pl.col("rank") == NORMALISED).select("key", namesake_county_no="county_no")
    return (
        places.select("place_no", "county_no", key=key(pl.col("ward_words")))
        .join(names.unique(), on="key", validate="m:m")
        .filter(pl.col("county_no") != pl.col("namesake_county_no"))
        .select("place_no", is_namesake=pl.lit(value=True))
        .unique()
    )


def find_counties(places: pl.DataFrame, gazetteer: Gazetteer) -> pl.DataFrame:
    """Mark (is_county) the places whose ward's cell repeats the county: "Siaya" is no part of Siaya Township."""
    names = gazetteer.county_keys.select("county_no", "key").unique()
    return (
        places.select("place_no", "county_no", key=key(pl.col("ward_words")))
        .join(names, on=["county_no", "key"], validate="m:1")
        .select("place_no", is_county=pl.lit(value=True))
    )


def find_units(places: pl.DataFrame, gazetteer: Gazetteer) -> pl.DataFrame:
    """Mark (is_unit) the places whose ward name is, letter for letter, that of a county or a constituency anywhere.

    Such a name is no misspelling of a ward: "Migori" in Kisumu Central is not Migosi.
    """
    return (
        places.select("place_no", key=key(pl.col("ward_words")))
        .join(gazetteer.unit_keys, on="key", how="semi")
        .select("place_no", is_unit=pl.lit(value=True))
    )
