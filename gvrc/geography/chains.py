"""A place together with what it is in, all in one cell: "Kisumu/Kisumu Central/Kondele", "Busia, Teso North".

Lists with a single column for the place write it so, from the county down or from the ward up. Each part is then read
as if it stood in its own column, by the same rules as any other; which ward is meant is not decided here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import polars as pl

from gvrc.geography.exchanges import read_key
from gvrc.geography.names import key, words

if TYPE_CHECKING:
    from gvrc.geography.gazetteer import Gazetteer
    from gvrc.geography.words import Level

Cell = Literal["county", "constituency", "sub_county", "ward"]
SEPARATORS = r"[/\\,;|>]"
SLASHES = r"[/\\]"  # they may be part of a name: Kaaleng/Kaikor, Njabini\Kiburu, Sigowet/Soin
NO_SLASH = r"[,;|>]"
NAMES = ("constituency_name", "sub_county_name", "ward_name")
# What the parts are, by the column that they stand in, which is the last.
CHAINS: tuple[tuple[Cell, ...], ...] = (
    ("county", "constituency"),
    ("county", "sub_county"),
    ("county", "ward"),
    ("county", "constituency", "ward"),
)
COUNTY_AND_WARD = CHAINS[2]
READ_AS: dict[Cell, Level] = {
    "county": "county",
    "constituency": "constituency",
    "sub_county": "constituency",
    "ward": "ward",
}


def part_chains(places: pl.DataFrame, gazetteer: Gazetteer) -> pl.DataFrame:
    """Put the parts of a cell into the cells of their levels, where these are empty or say the same.

    One end must be a county by its own name, and what follows it, unless it is the ward, a constituency of that county,
    in one direction only: "Nairobi/Siaya" is no chain.
    """
    # For speed only: hardly any file has such a cell.
    if not places.select(pl.any_horizontal(pl.col(NAMES).str.contains(SEPARATORS).any())).item():
        return places
    for cells in CHAINS:
        readings = read_both_ways(places, cells)
        if not readings.is_empty():
            parted = readings.pipe(keep_those_that_fit, cells, gazetteer).unique("place_no", keep="none")
            places = put_into_cells(places, parted, cells)
    return places


def read_both_ways(places: pl.DataFrame, cells: tuple[Cell, ...]) -> pl.DataFrame:
    """Give each cell of so many parts twice: place_no, what its other cells state, and the parts in either order.

    A county and a ward are a chain only where nothing else is stated: beside their county they are a ward that repeats
    it, or two wards.
    """
    stated = {"county": pl.col("county_words"), "constituency": pl.coalesce("constituency_words", "sub_county_words")}
    is_free = pl.all_horizontal(said.is_null() for said in stated.values()) if cells == COUNTY_AND_WARD else True
    chains = (
        places.filter(is_free)
        .select(
            "place_no",
            *(key(stated[cell]).alias(f"stated_{cell}") for cell in cells[:-1]),
            parts=part(pl.col(f"{cells[-1]}_name"), len(cells), may_have_slash=cells != COUNTY_AND_WARD),
        )
        .drop_nulls("parts")
    )
    parts, above = pl.col("parts"), len(cells) - 1
    down = pl.concat_list(parts.list.head(above), parts.list.slice(above).list.join("/"))
    up = pl.concat_list(
        parts.list.slice(0, parts.list.len() - above).list.join("/"), parts.list.tail(above)
    ).list.reverse()
    return (
        pl.concat([chains.with_columns(down), chains.with_columns(up.alias("parts"))])
        .unique(["place_no", "parts"])  # Makueni/Makueni is the same in both
        .with_columns(parts.list.get(at).alias(f"{cell}_part") for at, cell in enumerate(cells))
    )


def part(said: pl.Expr, cells: int, *, may_have_slash: bool) -> pl.Expr:
    """Give the parts of a cell, as many as there are cells, or null; more if slashes may be those of the last name."""
    has_others = said.str.contains(NO_SLASH)
    cut = pl.when(has_others).then(said.str.replace_all(NO_SLASH, ";")).otherwise(said.str.replace_all(SLASHES, ";"))
    parts = cut.str.split(";").list.eval(pl.element().str.strip_chars().replace("", None).drop_nulls())
    has_more = ~has_others & (parts.list.len() > cells) if may_have_slash else False
    return pl.when((parts.list.len() == cells) | has_more).then(parts)


def keep_those_that_fit(readings: pl.DataFrame, cells: tuple[Cell, ...], gazetteer: Gazetteer) -> pl.DataFrame:
    """Keep the readings that begin with a county and go on with a constituency of it, both as stated if they are."""
    counties = gazetteer.county_keys.select("county_no", county_key="key").unique("county_key", keep="none")
    within = readings.with_columns(
        county_key=read_key("county_part", "county").str.strip_suffix("county"),
        stated_county=pl.col("stated_county").str.strip_suffix("county"),
    ).join(counties, on="county_key", validate="m:1")
    fitting = within.filter(is_as_stated("county"))
    if cells[1] == "ward":
        return fitting
    constituencies = gazetteer.constituency_keys.select("county_no", constituency_key="key")
    inside = fitting.with_columns(constituency_key=read_key(f"{cells[1]}_part", "constituency")).join(
        constituencies, on=["county_no", "constituency_key"], how="semi"
    )
    if cells[-1] != "ward":
        # Makueni is a constituency of Makueni: "Makueni, Makueni County" says the same both ways.
        return inside.unique(["place_no", "county_no", "constituency_key"])
    # Kericho/Sigowet/Soin may be a constituency, Sigowet/Soin, and no ward: Soin.
    return (
        inside.filter(is_as_stated("constituency"))
        .with_columns(both=pl.concat_str("constituency_part", "ward_part", separator="/"))
        .with_columns(constituency_key=read_key("both", "constituency"))
        .join(constituencies, on=["county_no", "constituency_key"], how="anti")
    )


def is_as_stated(level: Level) -> pl.Expr:
    """Say whether a part is what the cell of its level states, if that states anything."""
    return pl.col(f"stated_{level}").is_null() | (pl.col(f"stated_{level}") == pl.col(f"{level}_key"))


def put_into_cells(places: pl.DataFrame, parted: pl.DataFrame, cells: tuple[Cell, ...]) -> pl.DataFrame:
    """Put the parts into the cells of their levels, with their words."""
    parts = parted.select("place_no", *(f"{cell}_part" for cell in cells))
    return (
        places.join(parts, on="place_no", how="left", validate="1:1", maintain_order="left")
        .with_columns(
            pl.when(pl.col("county_part").is_not_null())
            .then(words(pl.col(f"{cell}_part"), READ_AS[cell]))
            .otherwise(f"{cell}_words")
            .alias(f"{cell}_words")
            for cell in cells
        )
        .with_columns(pl.coalesce(f"{cell}_part", f"{cell}_name").alias(f"{cell}_name") for cell in cells)
        .select(places.columns)
    )
