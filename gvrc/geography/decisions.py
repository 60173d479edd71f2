"""The right ward, or none: from everything that speaks for a ward to one answer for each place.

The evidence is gathered column by column for all places at once (``evidence.py``). ``choose_rule`` has the rules in
order (docs/places.md explains them), and the first that applies decides. Among several wards of one name, coordinates
decide.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from gvrc.geography.candidates import describe_candidates
from gvrc.geography.chains import part_chains
from gvrc.geography.evidence import add_evidence, find_wards
from gvrc.geography.exchanges import exchange_constituency_and_ward, exchange_county_and_constituency
from gvrc.geography.gazetteer import ALIAS, EXACT, NORMALISED, PART_SCORE
from gvrc.geography.names import is_telling, without_town_words, words
from gvrc.geography.parents import find_parents
from gvrc.geography.words import WIDE_WORDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gvrc.geography.evidence import Wards
    from gvrc.geography.gazetteer import Gazetteer
    from gvrc.geography.thresholds import Thresholds


SURE = ["exact", "normalised", "alias", "county"]
FIT_METHODS = {EXACT: "exact", NORMALISED: "normalised", ALIAS: "alias"}


class Outcome(NamedTuple):
    """What a rule that names a ward says of it: which one, how it was matched, and how sure that is, up to 1."""

    ward: pl.Expr
    method: pl.Expr
    score: pl.Expr


def decide_places(places: pl.DataFrame, gazetteer: Gazetteer, thresholds: Thresholds) -> pl.DataFrame:
    """Decide every place (place_no, county_name, constituency_name, sub_county_name, ward_name; each place once).

    Gives place_no, county_no, block, contradicts, is_exchanged, says_where (a constituency is named), ward_no, tied
    (wards that only coordinates can tell apart), ward_match, ward_score, ward_candidates and is_elsewhere (only wards
    outside the block have the name).
    """
    located = (
        places.pipe(read_words)
        .pipe(part_chains, gazetteer)
        .pipe(exchange_county_and_constituency, gazetteer)
        .pipe(find_parents, gazetteer, thresholds)
        .pipe(exchange_constituency_and_ward, gazetteer)
    )
    found = find_wards(located, gazetteer)
    return (
        located.pipe(add_evidence, found, gazetteer, thresholds)
        .pipe(decide, thresholds)
        .pipe(refuse_absent_wards, gazetteer)
        .pipe(add_candidates, located, found, gazetteer)
    )


def add_candidates(decided: pl.DataFrame, located: pl.DataFrame, found: Wards, gazetteer: Gazetteer) -> pl.DataFrame:
    """Add ward_candidates of the places that are not sure."""
    unsure = decided.filter(~pl.col("ward_match").is_in(SURE))
    if unsure.is_empty():
        return decided.with_columns(ward_candidates=pl.lit(None, pl.String))
    places = located.join(unsure, on="place_no", how="semi", maintain_order="left")
    candidates = describe_candidates(places, found, gazetteer)
    return decided.join(candidates, on="place_no", how="left", validate="1:1")


def read_words(places: pl.DataFrame) -> pl.DataFrame:
    """Add the words of the four names, each read as the name of its level."""
    return places.with_columns(
        county_words=words(pl.col("county_name"), "county"),
        constituency_words=words(pl.col("constituency_name"), "constituency"),
        sub_county_words=words(pl.col("sub_county_name"), "constituency"),
        ward_words=words(pl.col("ward_name"), "ward"),
    )


def decide(evidence: pl.DataFrame, thresholds: Thresholds) -> pl.DataFrame:
    """Apply the rules in order; only the first that applies counts."""
    outcomes = list_outcomes()
    tied = {f"{kind}_tied": pl.col(f"{kind}_wards") for kind in ("inside", "repeated", "outside")}
    return (
        evidence.with_columns(count_of(kind) for kind in ("inside", "repeated", "outside", "part"))
        .with_columns(rule=choose_rule(thresholds))
        .select(
            *("place_no", "county_no", "block", "contradicts", "is_exchanged"),
            says_where=pl.any_horizontal(pl.col("constituency_words", "sub_county_words").is_not_null()),
            is_elsewhere=(pl.col("outside") > 0) & (pl.col("inside") == 0),
            ward_no=by_rule({rule: outcome.ward for rule, outcome in outcomes.items()}),
            tied=by_rule(tied),
            ward_match=by_rule({rule: outcome.method for rule, outcome in outcomes.items()}).fill_null("none"),
            ward_score=by_rule({rule: outcome.score for rule, outcome in outcomes.items()}).fill_null(0.0),
        )
    )


def list_outcomes() -> dict[str, Outcome]:
    """Give the outcome of each rule that names a ward; rules that name none are not listed."""
    inside, repeated, outside, part = (pl.col(f"{kind}_wards") for kind in ("inside", "repeated", "outside", "part"))
    by_fit = pl.col("fit").replace_strict(FIT_METHODS, default=None, return_dtype=pl.String)
    return {
        "inside": Outcome(inside.list.first(), by_fit, pl.lit(1.0)),
        "repeated": Outcome(repeated.list.first(), pl.lit("normalised"), pl.lit(1.0)),
        "outside": Outcome(outside.list.first(), pl.lit("county"), pl.lit(1.0)),
        "part": Outcome(part.list.first(), pl.lit("part"), pl.lit(PART_SCORE)),
        "alike": Outcome(pl.col("best_ward"), pl.lit("fuzzy"), pl.col("best")),
    }


def by_rule(values: Mapping[str, pl.Expr]) -> pl.Expr:
    """Give the value of the rule that decided; null if none is listed for it."""
    return pl.coalesce(pl.when(pl.col("rule") == rule).then(value) for rule, value in values.items())


def count_of(kind: str) -> pl.Expr:
    """Count the wards for which there is one kind of evidence; 0 if there is none."""
    return pl.col(f"{kind}_wards").list.len().fill_null(0).alias(kind)


def choose_rule(thresholds: Thresholds) -> pl.Expr:
    """Name the first rule that applies to a place."""
    is_name = is_telling(pl.col("ward_words"))
    shares_its_words = pl.col("part_wards").list.set_union("sharing_wards").list.len().fill_null(0) > 1
    # "Central" in Homa Bay may be Homa Bay Central or Central Kasipul; "Township" in Kitui is the only one there.
    is_only = ~has_block() & ~shares_its_words
    # "Kasarani" in Roysambu may be the ward of Kasarani, or that constituency, as much as Roysambu.
    is_other_unit = has_block() & is_so("is_unit")
    is_sure_outside = (
        ~has_look_alike(thresholds)
        & (is_name | is_only)
        & ~repeats_constituency()
        & ~is_cut_from_parent()
        & ~is_other_unit
    )
    has_rival = pl.col("strong_wards").list.set_difference("part_wards").list.len().fill_null(0) > 0
    is_wide = (pl.col("ward_words").list.len() == 1) & pl.col("ward_words").list.first().is_in(WIDE_WORDS)
    is_common = ~has_block() & (~is_name | is_wide)
    is_sure_part = ~has_rival & is_name & ~is_common & (has_block() | ~is_so("is_namesake"))
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
        "alike": is_clearly_best(thresholds) & ~is_of_another() & ~is_common,
    }
    return pl.coalesce(pl.when(applies).then(pl.lit(rule)) for rule, applies in rules.items())


def is_so(mark: str) -> pl.Expr:
    """Say whether a place has a mark; null, for the many places that were not checked for it, means no."""
    return pl.col(mark).fill_null(value=False)


def has_block() -> pl.Expr:
    """Say whether the record states a constituency that is known."""
    return pl.col("block").list.len() > 0


def has_look_alike(thresholds: Thresholds) -> pl.Expr:
    """Say whether a ward of the stated constituency may be meant, rather than one elsewhere that has the name.

    Menengai is a ward elsewhere, but may be what is left of Menengai West in the stated constituency.
    """
    is_left_of_one = pl.col("sharing_wards").list.len().fill_null(0) > 0
    is_alike = pl.col("look_alike").fill_null(0.0) >= thresholds.look_alike
    return has_block() & (is_alike | is_left_of_one | (pl.col("repeated") > 0))


def repeats_constituency() -> pl.Expr:
    """Say whether the name is that of a constituency, and stands for no ward of it.

    Beside itself, a constituency's name may stand for its ward: "Nambale, Nambale" is Nambale Township. Alone it is no
    ward; and a ward is not a whole town: "Nakuru Town East" is not Nakuru East.
    """
    is_town = without_town_words(pl.col("ward_words")).is_not_null()
    return pl.col("named_no").is_not_null() & (~pl.col("named_no").is_in("block") | is_town)


def is_cut_from_parent() -> pl.Expr:
    """Say whether the name is a part of the stated constituency's: "Embakasi" of Embakasi South.

    That is more likely the constituency again, or the one it was split from, than a ward Embakasi in Embakasi East.
    """
    parents = (pl.col(f"{unit}_words").fill_null([]) for unit in ("constituency", "sub_county"))
    others = (pl.col("ward_words").list.set_difference(parent).list.len() for parent in parents)
    return has_block() & pl.any_horizontal(left == 0 for left in others).fill_null(value=False)


def names_two() -> pl.Expr:
    """Say whether the cell names two of the wards in question.

    "Bura (Fafi)" says where Bura is; "Kinango/Nadavaya" in Kinango, which has a ward Kinango, names two wards.
    """
    return (pl.col("contained_in_scope") > 1) & ~pl.col("ward_name").str.contains(r"[(\[]")


def is_clearly_best(thresholds: Thresholds) -> pl.Expr:
    """Say whether the ward that is most alike is similar enough, and clearly more than any other."""
    least = pl.when(has_block()).then(thresholds.ward_similarity).otherwise(thresholds.county_ward_similarity)
    margin = pl.when(has_block()).then(thresholds.ward_margin).otherwise(thresholds.county_ward_margin)
    is_best = (pl.col("best") - pl.col("second") >= margin) & (pl.col("best") >= pl.col("best_outside"))
    return (pl.col("best") >= least) & is_best


def is_of_another() -> pl.Expr:
    """Say whether the name is more likely that of something else than a misspelling of the ward that is most alike."""
    is_unit = is_so("is_unit") & pl.col("named_no").is_null()
    others = ("is_namesake", "has_second_name", "has_surplus", "is_cut_off")
    return pl.any_horizontal(is_unit, *map(is_so, others))


def refuse_absent_wards(decided: pl.DataFrame, gazetteer: Gazetteer) -> pl.DataFrame:
    """Place nothing in a ward that the database lacks; the ward stays the first of the candidates."""
    absent = gazetteer.wards.filter(pl.col("ward_id").is_null()).drop_nulls("ward_no")["ward_no"]
    is_absent = pl.col("ward_no").is_in(absent.implode()).fill_null(value=False)
    return decided.with_columns(
        ward_no=pl.when(~is_absent).then("ward_no"),
        ward_match=pl.when(is_absent).then(pl.lit("none")).otherwise("ward_match"),
        ward_score=pl.when(is_absent).then(0.0).otherwise("ward_score"),
    )
