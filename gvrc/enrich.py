"""What the record does not say itself: its source, the source's defaults, and the directory's own lookup names.

Defaults are filled in before anything is read, as text: a default is read, placed and complained of like any value.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from gvrc.columns import NORMALISED
from gvrc.reading.raw import hash_texts
from gvrc.rejects import has_headers, read_headers, sources_answered
from gvrc.values.casts import to_flag
from gvrc.values.synonyms import read_synonyms, to_canonical
from gvrc.values.text import clean_columns, fold, join_texts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gvrc.sources import SourceRules

LOOKUPS = Path(__file__).parent / "lookups.csv"

# Which columns hold a name of which lookup table. Children's lookup names are resolved where children are unfolded.
LOOKUP_COLUMNS = {"operational_status": "operational_statuses", "owner_type": "owner_types"}
# What a facility that is open so has as its hours.
OPENING = {
    "open_whole_day": "24 hours",
    "open_late_night": "late night",
    "open_weekends": "weekends",
    "open_public_holidays": "public holidays",
}
# Fields that say one thing in several ways: a default of one is none where the record states another.
ONE_STATEMENT = (
    ("latitude", "longitude", "coordinates", "geometry"),
    ("operational_status", "is_active", "is_closed"),
)
JSON_FIELDS = ("contacts", "services", "gbv_categories")  # not cleaned before they are read


class DataEnricher:
    """The guide's face: one record at a time, over the same functions as a batch."""

    def __init__(self, source: SourceRules | None = None) -> None:
        from gvrc.sources import named_source

        self.source = source or named_source("record")

    def enrich_facility(self, facility: dict[str, object]) -> dict[str, object]:
        """Give an extracted or a normalised record, whole or in part, with its source, content hash and defaults."""
        from gvrc.transform import read_defaults

        given = {field for field, value in facility.items() if value is not None}
        filled = {
            field: value
            for field, value in read_defaults(self.source).items()
            if given.isdisjoint(statement_with(field))
        }
        enriched = enrich(_as_normalised(facility, filled), {1: self.source}).to_dicts()[0]
        return {name: value for name, value in enriched.items() if value is not None or name in facility}


def _as_normalised(facility: dict[str, object], filled: dict[str, object]) -> pl.DataFrame:
    """Give one record, whole or in part, as a frame with the columns of ``columns.NORMALISED``."""
    raw = json.dumps(facility, ensure_ascii=False, default=str)
    record = dict.fromkeys(NORMALISED) | {"raw": raw} | facility | filled | {"file_no": 1}
    records = pl.DataFrame([record], strict=False)
    empty = pl.Schema({name: kind for name, kind in NORMALISED.items() if records[name].dtype == pl.Null})
    as_texts = [name for name in OPENING if records[name].dtype == pl.String]
    return (
        records.cast(empty)
        .with_columns(to_flag(pl.col(name)) for name in as_texts)
        .with_columns(hash_texts(records["raw"]))
    )


def fill_defaults(records: pl.DataFrame, sources: Mapping[int, SourceRules]) -> pl.DataFrame:
    """Fill fields of ``columns.EXTRACTED`` of which a record says nothing with the default of its source."""
    whose, rules = _rules_of_records(records, sources)
    defaults = {no: source.defaults for no, source in rules.items()}
    fields = sorted(set().union(*defaults.values()))
    if not fields:
        return records
    stated = sorted(set().union(*map(statement_with, fields), ("owner_name",)) - set(JSON_FIELDS))
    cleaned = clean_columns(records, stated)
    said = {field: cleaned.select(_says_something(field)).to_series() for field in fields}
    return records.with_columns(
        pl.when(said[field].not_())
        .then(_by_rules(whose, {no: texts[field] for no, texts in defaults.items() if field in texts}))
        .otherwise(pl.col(field))
        .alias(field)
        for field in fields
    )


def statement_with(field: str) -> tuple[str, ...]:
    """Give all fields in which a record may state what a field says."""
    return next((fields for fields in ONE_STATEMENT if field in fields), (field,))


def _says_something(field: str) -> pl.Expr:
    said = pl.any_horizontal(pl.col(other).is_not_null() for other in statement_with(field))
    if field != "owner_type":
        return said
    return said | to_canonical(pl.col("owner_name"), "owner_types").is_not_null()  # it tells the type as well


def _by_rules(whose: pl.Series, texts: Mapping[int, str]) -> pl.Series:
    return whose.replace_strict(texts, default=None, return_dtype=pl.String)


def _rules_of_records(
    records: pl.DataFrame, sources: Mapping[int, SourceRules]
) -> tuple[pl.Series, dict[int, SourceRules]]:
    """Give rules by number, and the number of each record's: its file's, or one of the source that it comes back to."""
    files = {no: sources[no] for no in records["file_no"].unique() if no in sources}
    returned = {-number: rules for number, rules in enumerate(returned_rules(files), 1)}
    if not (returned and has_headers(records["raw"])):
        return records["file_no"], files
    numbers = {rules.name: number for number, rules in returned.items()}
    own = sources_answered(records["raw"]).replace_strict(numbers, default=None, return_dtype=pl.Int64)
    return own.fill_null(records["file_no"]), files | returned


def returned_rules(sources: Mapping[int, SourceRules]) -> list[SourceRules]:
    """Give the rules of all sources whose records may come back in a file."""
    return [*{rules.name: rules for source in sources.values() for rules in source.returned}.values()]


def enrich(records: pl.DataFrame, sources: Mapping[int, SourceRules]) -> pl.DataFrame:
    """Add ``source`` and ``code_prefix``; ``sources`` gives the rules of each file by its file_no."""
    prefixes = {rules.name: rules.code_prefix for rules in returned_rules(sources)}
    return records.pipe(add_source, sources).pipe(read_headers, prefixes).with_columns(opening=opening_text())


def add_source(records: pl.DataFrame, sources: Mapping[int, SourceRules]) -> pl.DataFrame:
    """Add the name of the file's source and the prefix of codes that we generate for it."""
    names = {file_no: source.name for file_no, source in sources.items()}
    prefixes = {file_no: source.code_prefix for file_no, source in sources.items()}
    return records.with_columns(
        source=pl.col("file_no").replace_strict(names, return_dtype=pl.String),
        code_prefix=pl.col("file_no").replace_strict(prefixes, return_dtype=pl.String),
    )


def opening_text() -> pl.Expr:
    """Say in words when a facility is open beyond the usual hours; null where nothing is said."""
    words = [pl.when(pl.col(column)).then(pl.lit(word)) for column, word in OPENING.items()]
    return join_texts(words, ", ")


def resolve_lookup_names(lookups: pl.DataFrame, defaults: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Say for each lookup table how the database spells our canonical names: {lookup: {canonical: its name}}.

    ``lookups`` has the columns lookup and name. A name fits when it is the canonical one but for case, else when it
    is one of its synonyms ("Active" for Operational). A canonical name that is not in the result is not there. The
    configured defaults are canonical, too.
    """
    own = {lookup: {fold(name): name} for lookup, name in defaults.items()}
    return {
        lookup: spelled_names(names["name"].to_list(), canonical_names(lookup) | own.get(lookup, {}))
        for (lookup,), names in lookups.group_by("lookup")
        if isinstance(lookup, str)
    }


def spelled_names(names: list[str], canonical: Mapping[str, str]) -> dict[str, str]:
    """Match the database's names with canonical ones; the name itself goes before a synonym of it."""
    spelled: dict[str, str] = {}
    for name in sorted(names, key=lambda name: fold(canonical.get(fold(name), "")) != fold(name)):
        spelled.setdefault(canonical.get(fold(name), name), name)
    return spelled


def canonical_names(lookup: str) -> dict[str, str]:
    """Give a lookup's names folded -> canonical: those that a fresh database is seeded with, and synonyms."""
    seeded = {fold(row["name"]): row["name"] for row in read_csv(LOOKUPS) if row["lookup"] == lookup}
    return seeded | dict(read_synonyms(lookup))


def read_csv(path: Path) -> list[dict[str, str]]:
    """Read the rows of one of our own small tables."""
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def use_lookup_names(
    records: pl.DataFrame, spelled: Mapping[str, Mapping[str, str]], defaults: Mapping[str, str], *, may_create: bool
) -> pl.DataFrame:
    """Replace canonical lookup names by the database's own; where it has none and none may be made, by the default.

    What was replaced by a default is kept in ``issue.lookup_missing``.
    """
    known = {column: spelled.get(lookup, {}) for column, lookup in LOOKUP_COLUMNS.items()}
    is_missing = {column: pl.col(column).is_in(list(names)).not_() for column, names in known.items()}
    default = {column: known[column].get(defaults.get(lookup, "")) for column, lookup in LOOKUP_COLUMNS.items()}
    resolved = [
        pl.when(is_missing[column] & pl.lit(not may_create))
        .then(pl.lit(default[column], pl.String))
        .otherwise(pl.col(column).replace(dict(names)))
        .alias(column)
        for column, names in known.items()
    ]
    missing = (
        pl.when(condition & pl.lit(not may_create)).then(pl.col(column)) for column, condition in is_missing.items()
    )
    return records.with_columns(join_texts(missing, ", ").alias("issue.lookup_missing"), *resolved)
