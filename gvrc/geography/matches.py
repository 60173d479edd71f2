"""Which wards a name fits word for word: as a whole, as an alias, with a parent's name repeated, or in part."""

from __future__ import annotations

import polars as pl

from gvrc.geography.gazetteer import ALIAS, EXACT, NORMALISED, PART, REPEATED_PARENT, Gazetteer
from gvrc.geography.names import key, lists_numerals, plain, signature, sorted_key, squeezed, without_town_words

# A form of the given name, the form of the ward's that it is compared with, and what it is worth if they are equal.
FITS = pl.DataFrame(
    [
        ("plain", EXACT, EXACT),
        ("whole", NORMALISED, NORMALISED),
        ("whole", ALIAS, ALIAS),
        ("whole", PART, PART),
        ("without parent", NORMALISED, REPEATED_PARENT),
        ("without parent", ALIAS, REPEATED_PARENT),
        ("without town", NORMALISED, PART),
        ("without town", PART, PART),
    ],
    schema={"form": pl.String, "rank": pl.Int32, "fit": pl.Int32},
    orient="row",
)

# A ward's cell may repeat the county or the constituency: "Mandera Township", "Bura (Fafi)".
PARENTS = ["county_words", "constituency_words"]
UNIT_WORDS = ["constituency", "sub county", "subcounty", "county"]  # none of them is in a ward's name


def find_matches(places: pl.DataFrame, gazetteer: Gazetteer) -> pl.DataFrame:
    """List every ward of the county that the name of a place fits: place_no, ward_no, fit, in_block, in_scope.

    Places have place_no, county_no, block, ward_name and the words of the names.
    """
    return (
        read_forms(places)
        .join(gazetteer.ward_keys, on=["county_no", "key"], validate="m:m")
        .join(FITS, on=["form", "rank"], validate="m:1")
        .with_columns(in_block=pl.col("constituency_no").is_in("block"), in_scope=is_in_scope())
        .group_by("place_no", "ward_no", "in_block", "in_scope")
        .agg(pl.col("fit").min())
    )


def is_in_scope() -> pl.Expr:
    """Say whether a ward is in the block, or anywhere in the county if no constituency is known."""
    return pl.col("constituency_no").is_in("block") | (pl.col("block").list.len() == 0)


def read_forms(places: pl.DataFrame) -> pl.DataFrame:
    """List the forms of each place's ward name: place_no, county_no, block, form, key."""
    name = pl.col("ward_words")
    forms = {
        "plain": [pl.col("ward_plain")],
        # A cell that names two wards has no blank in the wrong place: "Dandora Area I & II" is not Area III.
        "whole": [key(name), sorted_key(name), pl.when(~lists_numerals(name)).then(squeezed(pl.col("ward_plain")))],
        "without parent": [*(without_parent(parent) for parent in PARENTS), without_parents()],
        "without town": [key(without_town_words(name))],
    }
    known = places.filter(pl.col("ward_words").is_not_null(), pl.col("county_no").is_not_null()).with_columns(
        ward_plain=plain(pl.col("ward_name"))
    )
    return pl.concat(
        [
            known.select("place_no", "county_no", "block", form=pl.lit(form), key=expression)
            for form, expressions in forms.items()
            for expression in expressions
        ]
    ).drop_nulls("key")


def without_parent(parent_words: str) -> pl.Expr:
    """Give the key of the ward's name without the parent's name before or after it; null if that is not there."""
    name = without_unit_words()
    parent = pl.col(parent_words).list.join(" ")
    left = name.str.strip_suffix(pl.format(" {}", parent)).str.strip_prefix(pl.format("{} ", parent))
    return pl.when(left != name).then(left.str.replace_all(" ", ""))


def without_parents() -> pl.Expr:
    """Give the key of the ward's name without both parents' names after it: "Lindi, Kibra, Nairobi"."""
    name = without_unit_words()
    county, constituency = (pl.format(" {}", pl.col(parent).list.join(" ")) for parent in PARENTS)
    left = name.str.strip_suffix(county).str.strip_suffix(constituency)
    return pl.when(name.str.ends_with(pl.concat_str(constituency, county))).then(left.str.replace_all(" ", ""))


def without_unit_words() -> pl.Expr:
    """Give the words of the ward's name except those for its parents' levels: "Lindi, Kibra Constituency"."""
    return pl.col("ward_words").list.join(" ").str.replace_all(rf" (?:{'|'.join(UNIT_WORDS)})(?-u:\b)", "")


def find_shared_words(places: pl.DataFrame, gazetteer: Gazetteer) -> pl.DataFrame:
    """List the wards of the county whose words include all given words, or all of whose words are given.

    place_no, ward_no, in_scope, is_sharing (the given name is a part of the ward's), is_part (and no distinguishing
    word is missing), is_contained (the ward's whole name is in the given one: two of these are two wards in one cell).
    """
    given = (
        places.filter(pl.col("county_no").is_not_null(), pl.col("ward_words").is_not_null())
        .with_columns(word=pl.col("ward_words").list.unique(maintain_order=True))
        .with_columns(given_count=pl.col("word").list.len())
        .select(
            "place_no", "county_no", "block", "given_count", "word", given_signature=signature(pl.col("ward_words"))
        )
        .explode("word")
    )
    name = ["place_no", "ward_no", "name_no"]
    return (
        given.join(gazetteer.ward_words, on=["county_no", "word"], validate="m:m")
        .with_columns(shared=pl.len().over(name))
        .unique(name, maintain_order=True)
        .with_columns(
            in_scope=is_in_scope(),
            is_sharing=pl.col("shared") == pl.col("given_count"),
            is_contained=pl.col("shared") == pl.col("word_count"),
        )
        .with_columns(is_part=pl.col("is_sharing") & (pl.col("given_signature") == pl.col("signature")))
        .filter(pl.col("is_sharing") | pl.col("is_contained"))
        .group_by("place_no", "ward_no", "in_scope", maintain_order=True)
        .agg(pl.col("is_sharing", "is_part", "is_contained").any())
    )
