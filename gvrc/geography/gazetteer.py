"""The places that names are compared with: every ward, its other names, and their parts.

The shipped wards are always in it. A ward that the database lacks has no ``ward_id`` and no facility is placed in it,
but its name takes part: with 250 of 1,450 wards in the database, "Gaturi North" must not be placed in its neighbour.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import polars as pl

from gvrc.errors import RulesError
from gvrc.geography.names import key, parts, plain, signature, sorted_key, squeezed, without_town_words, words
from gvrc.geography.words import COMPASS
from gvrc.structs import Struct

if TYPE_CHECKING:
    from gvrc.geography.aliases import Aliases
    from gvrc.geography.words import Level

# How a name may fit a ward, best first.
EXACT, NORMALISED, ALIAS, REPEATED_PARENT, PART = range(5)
PART_SCORE = 0.9  # a part of the name suffices to place, but is not as sure as the whole
PARENTS: list[Level] = ["county", "constituency"]

# Places that only the database has are numbered by their ids, above all official numbers.
OWN_NUMBERS_FROM = 1_000_000

# Wards as the gazetteer takes them: the numbers are its own, the ids the database's (null if it lacks the place).
WARDS = pl.Schema(
    {
        "ward_no": pl.Int64,  # null for a constituency without wards
        "ward_id": pl.Int64,
        "ward_name": pl.String,
        "constituency_no": pl.Int64,
        "constituency_id": pl.Int64,
        "constituency_name": pl.String,
        "county_no": pl.Int64,
        "county_id": pl.Int64,
        "county_name": pl.String,
        "centroid_lat": pl.Float64,
        "centroid_lng": pl.Float64,
    }
)
WARD = ["county_no", "constituency_no", "ward_no"]
WARD_KEY = [*WARD, "key", "signature", "rank"]


class Gazetteer(Struct, frozen=True, dict=True):
    """Frames to join with; ``key`` and ``signature`` are made by ``names``.

    The properties are of use for names that are not those of the ward in the stated constituency. They are made for the
    first of these, and kept: made anew for the places of each batch they took a quarter of the time of deciding them.
    """

    wards: pl.DataFrame  # WARDS
    county_keys: pl.DataFrame  # county_no, key, signature
    constituency_keys: pl.DataFrame  # county_no, constituency_no, key, signature, is_alias
    ward_keys: pl.DataFrame  # county_no, constituency_no, ward_no, key, signature, rank
    ward_words: pl.DataFrame  # name_no, county_no, constituency_no, ward_no, word, word_count, signature
    aliases: pl.DataFrame  # of wards, with the numbers of what they name; null from the first unknown level on

    @cached_property
    def choices(self) -> pl.DataFrame:
        """List the names of wards that others may resemble, as ``similar_pairs`` wants them; a part is worth less."""
        return (
            self.ward_keys.filter(pl.col("rank") != EXACT)
            .select(
                "key",
                "signature",
                choice_no="ward_no",
                block="county_no",
                weight=pl.when(pl.col("rank") == PART).then(PART_SCORE).otherwise(1.0),
            )
            .unique(maintain_order=True)
        )

    @cached_property
    def constituency_names(self) -> pl.DataFrame:
        """List the constituencies (county_no, named_no, key) whose name is no ward's in the county, nor its alias."""
        names = self.wards.select("county_no", "constituency_name", named_no="constituency_no")
        of_wards = pl.concat(
            [
                self.wards.select("county_no", key=key(words(pl.col("ward_name"), "ward"))),
                self.aliases.select("county_no", key=key(words(pl.col("alias"), "ward"))),
            ]
        )
        return (
            names.unique(maintain_order=True)
            .with_columns(key=key(words(pl.col("constituency_name"), "constituency")))
            .drop("constituency_name")
            .join(of_wards, on=["county_no", "key"], how="anti")
        )

    @cached_property
    def unit_keys(self) -> pl.DataFrame:
        """List the names (key) of the counties and constituencies."""
        names = (
            self.wards.select(name=f"{unit}_name").unique().select(key=key(words(pl.col("name"), unit)))
            for unit in PARENTS
        )
        return pl.concat(names).drop_nulls().unique()

    @cached_property
    def words_of_wards(self) -> pl.DataFrame:
        """Give ward_no, the words of its own name, and those of its parents but the compass."""
        word = pl.element()
        parents = (words(pl.col(f"{unit}_name"), unit) for unit in PARENTS)
        return self.wards.drop_nulls("ward_no").select(
            "ward_no",
            name=words(pl.col("ward_name"), "ward"),
            parents=pl.concat_list(parents).list.eval(word.filter(~word.is_in(COMPASS))),
        )


def build_gazetteer(wards: pl.DataFrame, spellings: pl.DataFrame, aliases: Aliases) -> Gazetteer:
    """Make the frames from wards (WARDS), ``spellings`` of them (ward_no, ward_name) and aliases.

    An alias of a place that is not among the wards is ignored (``check_aliases`` stops at it).
    """
    county_keys = read_county_keys(wards, aliases.county)
    constituency_keys = read_constituency_keys(wards, county_keys, aliases.constituency)
    spelled = spell_wards(wards, spellings)
    whole_keys = read_whole_keys(spelled, NORMALISED)
    located = locate_aliases(aliases.ward, county_keys, constituency_keys, whole_keys)
    other = put_in_words(located.select(*WARD, ward_name="alias").drop_nulls())
    ward_keys = [whole_keys, read_exact_keys(spelled), read_whole_keys(other, ALIAS), read_part_keys(spelled)]
    return Gazetteer(
        wards=wards,
        county_keys=county_keys,
        constituency_keys=constituency_keys,
        ward_keys=pl.concat(ward_keys).unique(["ward_no", "key", "rank"], maintain_order=True),
        ward_words=read_ward_words(spelled),
        aliases=located,
    )


def spell_wards(wards: pl.DataFrame, spellings: pl.DataFrame) -> pl.DataFrame:
    """List the names of wards (WARD, ward_name) and their spellings, split into words."""
    own = wards.select(*WARD, "ward_name").drop_nulls("ward_no")
    others = own.drop("ward_name").join(spellings.select("ward_no", "ward_name"), on="ward_no", validate="m:1")
    return put_in_words(pl.concat([own, others]).unique(maintain_order=True))


def put_in_words(names: pl.DataFrame) -> pl.DataFrame:
    """Add name (the words of ward_name) and its signature; a name without words is left out."""
    return (
        names.with_columns(name=words(pl.col("ward_name"), "ward"))
        .drop_nulls("name")
        .with_columns(signature=signature(pl.col("name")))
    )


def read_county_keys(wards: pl.DataFrame, aliases: pl.DataFrame) -> pl.DataFrame:
    """List the official and other names of counties."""
    own = (
        wards.select("county_no", "county_name")
        .unique(maintain_order=True)
        .select("county_no", name=words(pl.col("county_name"), "county"))
        .drop_nulls("name")
        .select("county_no", key=key(pl.col("name")), signature=signature(pl.col("name")))
    )
    other = (
        aliases.select(name=words(pl.col("alias"), "county"), county_key=key(words(pl.col("county"), "county")))
        .join(own.drop("signature"), left_on="county_key", right_on="key", validate="m:m")
        .select("county_no", key=key(pl.col("name")), signature=signature(pl.col("name")))
    )
    return pl.concat([own, other]).unique(["county_no", "key"], keep="first", maintain_order=True)


def read_constituency_keys(wards: pl.DataFrame, county_keys: pl.DataFrame, aliases: pl.DataFrame) -> pl.DataFrame:
    """List the official and other names of constituencies, each also with its words in alphabetical order."""
    own = (
        wards.select("county_no", "constituency_no", "constituency_name")
        .unique(maintain_order=True)
        .select("county_no", "constituency_no", name=words(pl.col("constituency_name"), "constituency"))
        .drop_nulls("name")
    )
    other = read_other_names(aliases, own, county_keys)
    in_part = (
        wards.select("county_no", "constituency_no", name=parts(pl.col("constituency_name")))
        .explode("name")
        .with_columns(words(pl.col("name"), "constituency"))
    )
    short = own.with_columns(without_town_words(pl.col("name")))
    return (
        pl.concat([own, other, in_part, short])
        .drop_nulls("name")
        .select(
            "county_no",
            "constituency_no",
            key=pl.concat_list(key(pl.col("name")), sorted_key(pl.col("name"))),
            signature=signature(pl.col("name")),
            is_alias=pl.int_range(pl.len()) >= own.height,
        )
        .explode("key")
        .unique(["county_no", "constituency_no", "key"], keep="first", maintain_order=True)
    )


def read_other_names(aliases: pl.DataFrame, own: pl.DataFrame, county_keys: pl.DataFrame) -> pl.DataFrame:
    """List the other names of constituencies, each with the numbers of the constituency that the alias names."""
    return (
        aliases.select(
            county_key=key(words(pl.col("county"), "county")),
            constituency_key=key(words(pl.col("constituency"), "constituency")),
            name=words(pl.col("alias"), "constituency"),
        )
        .join(county_keys.select("county_no", county_key="key"), on="county_key", validate="m:m")
        .join(
            own.with_columns(constituency_key=key(pl.col("name"))).drop("name"),
            on=["county_no", "constituency_key"],
            validate="m:m",
        )
        .select("county_no", "constituency_no", "name")
    )


def read_whole_keys(named: pl.DataFrame, rank: int) -> pl.DataFrame:
    """List the keys of whole names."""
    keys = pl.concat_list(key(pl.col("name")), sorted_key(pl.col("name")), squeezed(plain(pl.col("ward_name"))))
    return named.select(*WARD, "signature", key=keys, rank=pl.lit(rank)).explode("key").select(*WARD_KEY)


def read_exact_keys(named: pl.DataFrame) -> pl.DataFrame:
    """List the names as they are written, apart from case and apostrophes."""
    return named.select(*WARD, "signature", key=plain(pl.col("ward_name")), rank=pl.lit(EXACT)).select(*WARD_KEY)


def read_part_keys(named: pl.DataFrame) -> pl.DataFrame:
    """List the parts of "A/B" names, and names without Town, Township or Island."""
    in_part = named.select(*WARD, name=parts(pl.col("ward_name"))).explode("name")
    short = named.select(*WARD, name=without_town_words(pl.col("name")))
    return (
        pl.concat([in_part.with_columns(words(pl.col("name"), "ward")), short])
        .drop_nulls("name")
        .select(*WARD, key=key(pl.col("name")), signature=signature(pl.col("name")), rank=pl.lit(PART))
        .select(*WARD_KEY)
    )


def read_ward_words(named: pl.DataFrame) -> pl.DataFrame:
    """List the words of whole names."""
    return (
        named.select(*WARD, "signature", word=pl.col("name").list.unique(maintain_order=True))
        .with_columns(word_count=pl.col("word").list.len())
        .with_row_index("name_no")
        .explode("word")
    )


def locate_aliases(
    aliases: pl.DataFrame, county_keys: pl.DataFrame, constituency_keys: pl.DataFrame, ward_keys: pl.DataFrame
) -> pl.DataFrame:
    """Add to each alias the numbers of the ward that it names; null from the first unknown level on."""
    return (
        aliases.with_columns(
            county_key=key(words(pl.col("county"), "county")),
            constituency_key=key(words(pl.col("constituency"), "constituency")),
            ward_key=key(words(pl.col("ward"), "ward")),
        )
        .join(county_keys.select("county_no", county_key="key"), on="county_key", how="left", validate="m:m")
        .join(
            constituency_keys.filter(~pl.col("is_alias")).select(
                "county_no", "constituency_no", constituency_key="key"
            ),
            on=["county_no", "constituency_key"],
            how="left",
            validate="m:m",
        )
        .join(
            ward_keys.filter(pl.col("rank") == NORMALISED).select(*WARD, ward_key="key").unique(),
            on=["county_no", "constituency_no", "ward_key"],
            how="left",
            validate="m:m",
        )
    )


def check_aliases(gazetteer: Gazetteer) -> None:
    """Stop at the first ward alias that names no ward, or that is one name for two wards of a constituency."""
    located = gazetteer.aliases.with_columns(alias_key=key(words(pl.col("alias"), "ward")))
    for row in located.filter(pl.col("ward_no").is_null()).head(1).iter_rows(named=True):
        level = next(level for level in ("county", "constituency", "ward") if row[f"{level}_no"] is None)
        raise RulesError(
            f"{row['origin']}: the alias '{row['alias']}' is for the {level} '{row[level]}', which is not known there;"
            f" write the {level} as the reference has it"
        )
    for row in find_ambiguous_aliases(located, gazetteer).head(1).iter_rows(named=True):
        raise RulesError(
            f"{row['origin']}: '{row['alias']}' is already a name of another ward of {row['constituency']};"
            " remove one of the two"
        )


def find_ambiguous_aliases(located: pl.DataFrame, gazetteer: Gazetteer) -> pl.DataFrame:
    """List aliases whose name is another official ward's in the constituency, or an earlier alias of another ward."""
    official = (pl.col("rank") == NORMALISED) & (pl.col("ward_no") < OWN_NUMBERS_FROM)
    own = gazetteer.ward_keys.filter(official).select("constituency_no", "key", own_no="ward_no")
    meanings = located.unique(["constituency_no", "alias_key", "ward_no"], keep="first", maintain_order=True)
    return (
        meanings.join(
            own,
            left_on=["constituency_no", "alias_key"],
            right_on=["constituency_no", "key"],
            how="left",
            validate="m:m",
        )
        .with_columns(is_first=pl.struct("constituency_no", "alias_key").is_first_distinct())
        .filter(~pl.col("is_first") | (pl.col("own_no") != pl.col("ward_no")).fill_null(value=False))
    )
