"""The right ward, or none: from everything that speaks for a ward to one answer for each place.

What speaks for a ward is gathered column by column for all places at once; ``choose_rule`` has the rules in order
(docs/places.md explains them), and the first that applies decides. Several wards of one name are left to coordinates.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from gvrc.geography.candidates import PART_SCORE, describe_candidates
from gvrc.geography.exchanges import exchange_constituency_and_ward, exchange_county_and_constituency
from gvrc.geography.gazetteer import ALIAS, EXACT, NORMALISED, PART, REPEATED_PARENT
from gvrc.geography.matches import find_matches, find_shared_words
from gvrc.geography.names import is_telling, key, signature, sorted_key, without_town_words, words
from gvrc.geography.parents import find_parents
from gvrc.geography.similar import similar_pairs
from gvrc.geography.words import WIDE_WORDS

if TYPE_CHECKING:
    from gvrc.geography.gazetteer import Gazetteer
    from gvrc.geography.thresholds import Thresholds
    from gvrc.geography.words import Level

SURE = ["exact", "normalised", "alias", "county"]
FIT_METHODS = {EXACT: "exact", NORMALISED: "normalised", ALIAS: "alias"}


def decide_places(places: pl.DataFrame, gazetteer: Gazetteer, thresholds: Thresholds) -> pl.DataFrame:
    """Decide every place (place_no, county_name, constituency_name, sub_county_name, ward_name; each place once).

    Gives place_no, county_no, block, contradicts, is_exchanged, says_where (a constituency is named), ward_no, tied
    (wards that only coordinates can tell apart), ward_match, ward_score, ward_candidates and is_elsewhere (only wards
    outside the block have the name).
    """
    located = (
        places.pipe(read_words)
        .pipe(exchange_county_and_constituency, gazetteer)
        .pipe(find_parents, gazetteer, thresholds)
        .pipe(exchange_constituency_and_ward, gazetteer)
    )
    consistent = located.filter(~pl.col("contradicts"))
    matches = find_matches(consistent, gazetteer)
    settled = matches.filter(pl.col("fit") <= ALIAS, "in_block")
    unsettled = consistent.join(settled, on="place_no", how="anti")
    parts = find_parts(unsettled, matches, gazetteer)
    pairs = find_similar_wards(unsettled, gazetteer)
    named = find_constituencies(unsettled, gazetteer)
    fitting, in_part, alike = (leave_other_constituencies(found, named, gazetteer) for found in (matches, parts, pairs))
    similarity = summarise_similarity(alike, thresholds)
    return (
        located.join(summarise_matches(fitting), on="place_no", how="left", validate="1:1", maintain_order="left")
        .join(summarise_parts(in_part), on="place_no", how="left", validate="1:1")
        .join(similarity, on="place_no", how="left", validate="1:1")
        .join(find_second_names(in_part, similarity, gazetteer), on="place_no", how="left", validate="1:1")
        .join(find_surplus(unsettled, in_part, similarity, gazetteer), on="place_no", how="left", validate="1:1")
        .join(find_cut_off(unsettled, similarity, gazetteer), on="place_no", how="left", validate="1:1")
        .join(find_namesakes(unsettled, gazetteer), on="place_no", how="left", validate="1:1")
        .join(find_counties(unsettled, gazetteer), on="place_no", how="left", validate="1:1")
        .join(find_units(unsettled, gazetteer), on="place_no", how="left", validate="1:1")
        .join(named, on="place_no", how="left", validate="1:1")
        .pipe(decide, thresholds)
        .pipe(refuse_absent_wards, gazetteer)
        .join(describe_candidates(located, matches, parts, pairs, gazetteer), on="place_no", how="left", validate="1:1")
        .with_columns(ward_candidates=pl.when(~pl.col("ward_match").is_in(SURE)).then("ward_candidates"))
    )


def read_words(places: pl.DataFrame) -> pl.DataFrame:
    """Add the words of the four names, each read as the name of its level."""
    return places.with_columns(
        county_words=words(pl.col("county_name"), "county"),
        constituency_words=words(pl.col("constituency_name"), "constituency"),
        sub_county_words=words(pl.col("sub_county_name"), "constituency"),
        ward_words=words(pl.col("ward_name"), "ward"),
    )


def decide(evidence: pl.DataFrame, thresholds: Thresholds) -> pl.DataFrame:
    """Apply the rules in their order; only the first that applies counts."""
    inside, repeated, outside, part = (pl.col(f"{kind}_wards") for kind in ("inside", "repeated", "outside", "part"))
    return (
        evidence.with_columns(count_of(kind) for kind in ("inside", "repeated", "outside", "part"))
        .with_columns(rule=choose_rule(thresholds))
        .select(
            "place_no",
            "county_no",
            "block",
            "contradicts",
            "is_exchanged",
            says_where=pl.any_horizontal(pl.col("constituency_words", "sub_county_words").is_not_null()),
            is_elsewhere=(pl.col("outside") > 0) & (pl.col("inside") == 0),
            ward_no=by_rule(
                inside=inside.list.first(),
                repeated=repeated.list.first(),
                outside=outside.list.first(),
                part=part.list.first(),
                alike=pl.col("best_ward"),
            ),
            tied=by_rule(inside_tied=inside, repeated_tied=repeated, outside_tied=outside),
            ward_match=by_rule(
                inside=pl.col("fit").replace_strict(FIT_METHODS, default=None, return_dtype=pl.String),
                repeated=pl.lit("normalised"),
                outside=pl.lit("county"),
                part=pl.lit("part"),
                alike=pl.lit("fuzzy"),
            ).fill_null("none"),
            ward_score=by_rule(
                inside=pl.lit(1.0),
                repeated=pl.lit(1.0),
                outside=pl.lit(1.0),
                part=pl.lit(PART_SCORE),
                alike=pl.col("best"),
            ).fill_null(0.0),
        )
    )


def choose_rule(thresholds: Thresholds) -> pl.Expr:
    """Name the first rule that applies to a place."""
    is_name = is_telling(pl.col("ward_words"))
    shares_its_words = pl.col("part_wards").list.set_union("sharing_wards").list.len().fill_null(0) > 1
    # "Central" of Homa Bay may be Homa Bay Central, or Central Kasipul; the only Township of Kitui is meant.
    is_only = ~has_block() & ~shares_its_words
    is_sure_outside = ~has_look_alike(thresholds) & (is_name | is_only) & ~repeats_constituency()
    has_rival = pl.col("strong_wards").list.set_difference("part_wards").list.len().fill_null(0) > 0
    is_wide = (pl.col("ward_words").list.len() == 1) & pl.col("ward_words").list.first().is_in(WIDE_WORDS)
    is_sure_part = ~has_rival & is_name & (has_block() | ~(is_so("is_namesake") | is_wide))
    rules = {
        "two_ways": pl.col("is_two_ways"),
        "inside": pl.col("inside") == 1,
        "inside_tied": pl.col("inside") > 1,
        "outside": (pl.col("outside") == 1) & is_sure_outside,
        "outside_tied": pl.col("outside") > 1,
        "outside_but_unsure": pl.col("outside") == 1,
        "two_beside_a_parent": names_two() & (pl.col("repeated") > 0),
        "repeated": pl.col("repeated") == 1,
        "repeated_tied": pl.col("repeated") > 1,
        "two_in_one_cell": pl.col("contained_wards") > 1,
        "part_of_several": shares_its_words,
        "parent_again": is_so("is_county") | repeats_constituency(),
        "part": (pl.col("part") == 1) & is_sure_part,
        "alike": is_clearly_best(thresholds) & ~is_of_another(),
    }
    return pl.coalesce(pl.when(applies).then(pl.lit(rule)) for rule, applies in rules.items())


def is_so(mark: str) -> pl.Expr:
    """Say whether a place has a mark; most places were not looked at for it."""
    return pl.col(mark).fill_null(value=False)


def has_block() -> pl.Expr:
    """Say whether the record states a constituency that is known."""
    return pl.col("block").list.len() > 0


def has_look_alike(thresholds: Thresholds) -> pl.Expr:
    """Say whether a ward of the stated constituency may be meant, rather than one of the name elsewhere.

    Menengai, a ward elsewhere, may be what is left of the stated constituency's Menengai West.
    """
    is_left_of_one = pl.col("sharing_wards").list.len().fill_null(0) > 0
    is_alike = pl.col("best").fill_null(0.0) >= thresholds.look_alike
    return has_block() & (is_alike | is_left_of_one | (pl.col("repeated") > 0))


def repeats_constituency() -> pl.Expr:
    """Say whether the name is that of a constituency, and stands for no ward of it.

    Beside itself the constituency's name may stand for its ward: "Nambale, Nambale" is Nambale Township. Alone it is no
    ward, and a ward is not all of a town: "Nakuru Town East" is not Nakuru East.
    """
    is_town = without_town_words(pl.col("ward_words")).is_not_null()
    return pl.col("named_no").is_not_null() & (~pl.col("named_no").is_in("block") | is_town)


def names_two() -> pl.Expr:
    """Say whether the cell names two wards of those that come into question.

    "Bura (Fafi)" says where Bura is; "Kinango/Nadavaya" in Kinango, which has a ward Kinango, are two.
    """
    return (pl.col("contained_in_scope") > 1) & ~pl.col("ward_name").str.contains(r"[(\[]")


def is_clearly_best(thresholds: Thresholds) -> pl.Expr:
    """Say whether the ward that is most alike is similar enough, and clearly better than any other."""
    least = pl.when(has_block()).then(thresholds.ward_similarity).otherwise(thresholds.county_ward_similarity)
    margin = pl.when(has_block()).then(thresholds.ward_margin).otherwise(thresholds.county_ward_margin)
    is_best = (pl.col("best") - pl.col("second") >= margin) & (pl.col("best") >= pl.col("best_outside"))
    return (pl.col("best") >= least) & is_best


def is_of_another() -> pl.Expr:
    """Say whether the name is rather that of something else than a misspelling of the ward that is most alike."""
    is_unit = is_so("is_unit") & pl.col("named_no").is_null()
    others = ("is_namesake", "has_second_name", "has_surplus", "is_cut_off")
    return pl.any_horizontal(is_unit, *map(is_so, others))


def count_of(kind: str) -> pl.Expr:
    """Count the wards of one kind of evidence; none where there is no such evidence."""
    return pl.col(f"{kind}_wards").list.len().fill_null(0).alias(kind)


def by_rule(**values: pl.Expr) -> pl.Expr:
    """Give the value of the rule that decided; null where none is listed for it."""
    return pl.coalesce(pl.when(pl.col("rule") == rule).then(value) for rule, value in values.items())


def refuse_absent_wards(decided: pl.DataFrame, gazetteer: Gazetteer) -> pl.DataFrame:
    """Place nothing in a ward that the database lacks; it stays the first of the candidates."""
    absent = gazetteer.wards.filter(pl.col("ward_id").is_null()).drop_nulls("ward_no")["ward_no"]
    is_absent = pl.col("ward_no").is_in(absent.implode()).fill_null(value=False)
    return decided.with_columns(
        ward_no=pl.when(~is_absent).then("ward_no"),
        ward_match=pl.when(is_absent).then(pl.lit("none")).otherwise("ward_match"),
        ward_score=pl.when(is_absent).then(0.0).otherwise("ward_score"),
    )


def summarise_matches(matches: pl.DataFrame) -> pl.DataFrame:
    """Give the wards that the whole name fits: place_no, inside_wards with the best fit, repeated_wards, outside_wards.

    Inside, an alias gives way to a name; but exact is no better than normalised: "Iriaini" may be meant for Iria-Ini.
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


def find_namesakes(places: pl.DataFrame, gazetteer: Gazetteer) -> pl.DataFrame:
    """Mark (is_namesake) the places whose ward name is, letter for letter, that of a ward of another county.

    Such a name is not a misspelling of a ward here; rather the county is wrong.
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
    units: list[Level] = ["county", "constituency"]
    names = pl.concat(
        gazetteer.wards.select(name=f"{unit}_name").unique().select(key=key(words(pl.col("name"), unit)))
        for unit in units
    )
    return (
        places.select("place_no", key=key(pl.col("ward_words")))
        .join(names.drop_nulls().unique(), on="key", how="semi")
        .select("place_no", is_unit=pl.lit(value=True))
    )


def find_constituencies(places: pl.DataFrame, gazetteer: Gazetteer) -> pl.DataFrame:
    """Give place_no and named_no of the places whose ward name is, letter for letter, that of a constituency.

    A name that a ward of the county has as well, or an alias of one, may be the ward's.
    """
    wards = gazetteer.wards
    names = wards.select("county_no", "constituency_name", named_no="constituency_no").unique(maintain_order=True)
    own = pl.concat(
        [
            wards.select("county_no", key=key(words(pl.col("ward_name"), "ward"))),
            gazetteer.aliases.select("county_no", key=key(words(pl.col("alias"), "ward"))),
        ]
    )
    named = names.with_columns(key=key(words(pl.col("constituency_name"), "constituency"))).join(
        own, on=["county_no", "key"], how="anti"
    )
    return (
        places.select("place_no", "county_no", key=key(pl.col("ward_words")))
        .join(named, on=["county_no", "key"], validate="m:m")
        .select("place_no", "named_no")
        .unique("place_no", keep="none")
    )


def leave_other_constituencies(found: pl.DataFrame, named: pl.DataFrame, gazetteer: Gazetteer) -> pl.DataFrame:
    """Leave out the wards outside of the constituency whose name a ward's cell bears (``find_constituencies``).

    "Kitui Central" is not the ward Central of Mwingi Central with the county before it, nor is "Kisumu Central" the
    ward Central Kisumu, which is in Kisumu West.
    """
    others = (
        found.join(named, on="place_no", validate="m:1")
        .join(gazetteer.wards.select("ward_no", own_no="constituency_no"), on="ward_no", validate="m:1")
        .filter(pl.col("own_no") != pl.col("named_no"))
    )
    return found.join(others, on=["place_no", "ward_no"], how="anti", maintain_order="left")


def find_parts(places: pl.DataFrame, matches: pl.DataFrame, gazetteer: Gazetteer) -> pl.DataFrame:
    """List the wards that the name fits in part or contains: the columns of ``find_shared_words``."""
    columns = ["place_no", "ward_no", "in_scope", "is_sharing", "is_part", "is_contained"]
    in_part = (
        matches.filter(pl.col("fit") == PART)
        .join(places, on="place_no", how="semi")
        .with_columns(is_sharing=pl.lit(value=True), is_part=pl.lit(value=True), is_contained=pl.lit(value=False))
    )
    return pl.concat([find_shared_words(places, gazetteer).select(columns), in_part.select(columns)])


def summarise_parts(parts: pl.DataFrame) -> pl.DataFrame:
    """Give place_no, part_wards (a part of whose name is given), sharing_wards and contained_wards.

    Sharing wards have all the words that are given, and others: "Homa Bay" is in four names of Homa Bay Town, and that
    three have a direction besides does not make it the fourth. Contained are (so many) whole names.
    """
    return parts.group_by("place_no").agg(
        part_wards=pl.col("ward_no").filter("is_part", "in_scope").unique().sort(),
        sharing_wards=pl.col("ward_no").filter("is_sharing", "in_scope").unique().sort(),
        contained_wards=pl.col("ward_no").filter("is_contained").n_unique(),
        contained_in_scope=pl.col("ward_no").filter("is_contained", "in_scope").n_unique(),
    )


def find_second_names(parts: pl.DataFrame, similarity: pl.DataFrame, gazetteer: Gazetteer) -> pl.DataFrame:
    """Mark (has_second_name) the places whose name holds the whole name of another ward than the one it is alike to.

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
    """Mark (has_surplus) the places whose name is that of the ward it is alike to, and another word.

    That is no misspelling, and the word says something: "So. West Kisumu" is South West Kisumu, not West Kisumu.
    """
    lengths = gazetteer.wards.select("ward_no", length=words(pl.col("ward_name"), "ward").list.len())
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
    """Mark (is_cut_off) the places whose name is the beginning of another ward's name than the one it is alike to.

    "Kahawa We" is rather Kahawa West than Kahawa with two letters too many.
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
        .filter(pl.col("constituency_no").is_in("block") | (pl.col("block").list.len() == 0))
        .filter(pl.col("ward_no") != pl.col("best_ward"), pl.col("whole").str.starts_with(pl.col("key")))
        .select("place_no", is_cut_off=pl.lit(value=True))
        .unique()
    )


def find_similar_wards(places: pl.DataFrame, gazetteer: Gazetteer) -> pl.DataFrame:
    """List the wards of the county that are alike: place_no, ward_no, similarity, guarded, in_scope.

    In scope are the wards of the block; where no constituency is known, of the whole county.
    """
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
        similar_pairs(queries, list_choices(gazetteer))
        .rename({"query_no": "place_no", "choice_no": "ward_no"})
        .join(names.select("place_no", "block"), on="place_no", validate="m:1")
        .join(gazetteer.wards.select("ward_no", "constituency_no"), on="ward_no", validate="m:1")
        .select(
            "place_no",
            "ward_no",
            "similarity",
            "guarded",
            in_scope=pl.col("constituency_no").is_in("block") | (pl.col("block").list.len() == 0),
        )
    )


def list_choices(gazetteer: Gazetteer) -> pl.DataFrame:
    """List the names of wards that others may be alike to, as ``similar_pairs`` wants them; a part is worth less."""
    return (
        gazetteer.ward_keys.filter(pl.col("rank") != EXACT)
        .select(
            "key",
            "signature",
            choice_no="ward_no",
            block="county_no",
            weight=pl.when(pl.col("rank") == PART).then(PART_SCORE).otherwise(1.0),
        )
        .unique(maintain_order=True)
    )


def summarise_similarity(pairs: pl.DataFrame, thresholds: Thresholds) -> pl.DataFrame:
    """Give place_no, best_ward, best and second in scope, best_outside of it, and the strong_wards in scope."""
    in_scope = pl.col("guarded").filter("in_scope")
    return (
        pairs.sort("place_no", "guarded", "ward_no", descending=[False, True, False])
        .group_by("place_no", maintain_order=True)
        .agg(
            best_ward=pl.col("ward_no").filter("in_scope").first(),
            best=in_scope.first().fill_null(0.0),
            second=in_scope.slice(1, 1).first().fill_null(0.0),
            best_outside=pl.col("guarded").filter(~pl.col("in_scope")).max().fill_null(0.0),
            strong_wards=pl.col("ward_no").filter("in_scope", pl.col("guarded") >= thresholds.ward_similarity),
        )
    )
