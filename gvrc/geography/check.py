"""``make geography``: say how the shipped tables were made, and check them.

python -m gvrc.geography.check
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import polars as pl

from gvrc.errors import UsageError
from gvrc.geography.aliases import Aliases, read_aliases
from gvrc.geography.gazetteer import Gazetteer, check_aliases
from gvrc.geography.labels import read_gazetteer
from gvrc.geography.names import key, words
from gvrc.geography.reference import read_shipped_reference, read_table
from gvrc.geography.thresholds import Thresholds
from gvrc.geography.words import ABBREVIATIONS, LEVEL_WORDS, misspelt_compass, misspelt_level_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gvrc.geography.words import Level

HOW_MADE = """\
gvrc/geography/data/ holds facts about places, one row a place or a name, each with its source.
  counties, constituencies, wards  The wards in the electoral commission's order (2012), from the package kenya-data
                                   0.1.2 (MIT), compared row by row with four other lists. One list numbers 24 wards
                                   otherwise, as their source column says: match by name, never by number.
  centroids of six wards           Only wards that share their name with another one of their county: there they decide.
                                   After the polygons of Omare & Omare 2017 (CC-BY-4.0), rounded to 0.01 degree (1 km).
  *_aliases                        Spellings of the commission's shapefile (2013), the alias column of Omare & Omare
                                   2017, and sub-counties and former names read by hand. Names that others had found
                                   only by elimination are left out.
To correct a row, change the CSV file, say in its source column who says so, and run this again.
"""
COUNTS = {"counties": 47, "constituencies": 290, "wards": 1450}


def main() -> int:
    """Print how the tables were made and what is wrong with them; give 1 if anything is."""
    faults = list(find_faults())
    counts = ", ".join(f"{count:,} {name}" for name, count in COUNTS.items())
    holds = f"Checked: {counts}, unique names inside their parents, every alias points to one place."
    sys.stdout.write("\n".join([HOW_MADE, *(faults or [holds]), ""]))
    return 1 if faults else 0


def find_faults() -> Iterator[str]:
    """Give a line for each fault of the shipped tables."""
    reference, aliases = read_shipped_reference(), read_aliases()
    for name, count in COUNTS.items():
        yield from find_table_faults(name, count)
    yield from find_repeated(reference, "county", "county")
    yield from find_repeated(reference, "constituency", "county")
    yield from find_repeated(reference, "ward", "constituency")
    yield from find_bent_words(reference)
    yield from find_alias_faults(aliases, read_gazetteer(reference, aliases, Thresholds()))


def find_table_faults(name: str, count: int) -> Iterator[str]:
    """Check one table: numbered from 1 without gaps, every row with its parent, a name and a source."""
    table = read_table(name)
    if table.get_column(table.columns[0]).to_list() != [str(number) for number in range(1, count + 1)]:
        yield f"{name}.csv is not numbered from 1 to {count}"
    if sum(table.drop("centroid_lat", "centroid_lng", strict=False).null_count().row(0)):
        yield f"{name}.csv has empty cells"


def find_repeated(reference: pl.DataFrame, level: Level, parent: Level) -> Iterator[str]:
    """Look for two places with one name inside one parent (or two counties with one name)."""
    places = reference.unique(f"{level}_id").with_columns(key=key(words(pl.col(f"{level}_name"), level)))
    inside = ["key"] if level == parent else ["key", f"{parent}_id"]
    for name in places.filter(pl.struct(inside).is_duplicated())[f"{level}_name"]:
        yield f"the {level} {name} is there twice"


def find_bent_words(reference: pl.DataFrame) -> Iterator[str]:
    """Look for words of real names that would be read as misspelt compass words, or dropped as words of a level."""
    names = pl.concat([reference["ward_name"], reference["constituency_name"].alias("ward_name")])
    written = names.str.to_lowercase().str.replace_all("'", "").str.extract_all(r"\p{L}+").explode().unique().sort()
    for word in written.filter(written.is_in(misspelt_compass().keys() - ABBREVIATIONS.keys())):
        yield f"the word {word} of a real name is read as {misspelt_compass()[word]}"
    dropped = set[str]().union(*(misspelt_level_words(level) for level in LEVEL_WORDS))
    for word in written.filter(written.is_in(dropped - {"ward"})):
        yield f"the word {word} of a real name is dropped as one for a level"


def find_alias_faults(aliases: Aliases, gazetteer: Gazetteer) -> Iterator[str]:
    """Look for aliases that name no place, or two."""
    counties, constituencies = gazetteer.wards["county_name"], gazetteer.wards["constituency_name"]
    lost = pl.concat(
        [
            aliases.county.filter(~pl.col("county").is_in(counties.implode())).select("alias", "origin"),
            aliases.constituency.filter(~pl.col("constituency").is_in(constituencies.implode())).select(
                "alias", "origin"
            ),
        ]
    )
    for alias, origin in lost.iter_rows():
        yield f"{origin}: {alias} is another name of no known place"
    try:
        check_aliases(gazetteer)
    except UsageError as error:
        yield str(error)


if __name__ == "__main__":
    sys.exit(main())
