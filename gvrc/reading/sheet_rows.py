"""Rows of a sheet that are no records: headings, notes and sums, which an export to JSON includes."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

import polars as pl

from gvrc.lazy import lazy_pattern
from gvrc.meaning.key_table import keys_of_field
from gvrc.meaning.list_names import is_county
from gvrc.meaning.paths import normal_key
from gvrc.values.text import by_distinct

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


def is_of_sheet() -> pl.Expr:
    """Say which of normalised records are a heading, a note or a sum."""
    is_heading = _is_county_heading() | _is_unit_heading() | _is_kind_heading()
    return _is_note_or_sum() | _is_no_name() | is_heading | _is_row_of_columns()


def _is_note_or_sum() -> pl.Expr:
    """Say whether a name is that of a heading or a plain sum, or begins like a note or a sum.

    One that begins so counts only if the record says hardly more: "Total for Women Clinic" with a code and a ward is a
    facility.
    """
    name = pl.col("facility_name")
    told = pl.sum_horizontal(pl.col(column).is_not_null() for column in HARDLY_IN_A_NOTE)
    is_told = name.str.contains(BEGINS_AS_NOTE) & (told > 1)
    return _of_names(name.str.contains(SUSPECT) & is_told.not_(), is_sheet_row)


def _is_no_name() -> pl.Expr:
    """Say whether a text stands in the place of a name: "ditto", "TBD", "Other (specify)", "None in this ward"."""
    name = pl.col("facility_name")
    return _of_names(name.str.contains(SUSPECT_NO_NAME), lambda text: NO_NAME.fullmatch(text) is not None)


def _is_county_heading() -> pl.Expr:
    """Say whether a record says nothing of a facility: a county's name alone is the heading of the rows below.

    So is the country's, which stands above them all where the units of DHIS2 are listed by their names.
    """
    return _of_names(_says_nothing(HARDLY_IN_A_HEADING), lambda name: is_county(name) or normal_key(name) == COUNTRY)


def _is_unit_heading() -> pl.Expr:
    """Say whether a record is the heading of the rows below: a sub-county with its level, and nothing more.

    Its county and type may be those of all rows. A desk that is called after its sub-county can be called.
    """
    return _is_heading(UNIT_WITH_LEVEL)


def _is_kind_heading() -> pl.Expr:
    """Say whether a record is the heading of the rows below by what they are: "B. POLICE STATIONS", "Level 4"."""
    return _is_heading(KINDS_BELOW)


def _is_heading(pattern: str) -> pl.Expr:
    """Say whether a name is of a form, and the record says nothing more than a county and a type."""
    no_more = [name for name in HARDLY_IN_A_HEADING if name not in ("county_name", "facility_type")]
    return _says_nothing(no_more) & pl.col("facility_name").str.contains(pattern).fill_null(value=False)


def _says_nothing(fields: Iterable[str]) -> pl.Expr:
    """Say whether a record has none of these fields, no contact and no service."""
    nothing = [pl.col(name).is_null() for name in fields]
    no_rows = [pl.col(name).list.len() == 0 for name in ("contacts", "services")]
    return pl.all_horizontal(*nothing, *no_rows)


def _is_row_of_columns() -> pl.Expr:
    """Say whether a record repeats the column names of its sheet: its county is "County", or its ward "Ward"."""
    said = {level: pl.col(level).str.strip_chars().str.to_lowercase() for level in COLUMNS_OF_PLACES}
    repeats = [said[level].is_in(words).fill_null(value=False) for level, words in COLUMNS_OF_PLACES.items()]
    return pl.any_horizontal(repeats)


def _of_names(is_asked: pl.Expr, is_so: Callable[[str], bool]) -> pl.Expr:
    """Ask ``is_so`` only of the few names for which it is worth asking."""
    names = pl.when(is_asked).then(pl.col("facility_name"))
    return by_distinct(names, lambda texts: map(is_so, texts), pl.Boolean).fill_null(value=False)


COUNTRY = "kenya"
HARDLY_IN_A_NOTE = ("facility_code", "registration_number", "constituency_name", "ward_name", "latitude", "address")
UNIT_WITH_LEVEL = (
    r"(?i)^(?:.*\S\s+(?:sub[\s-]?county|county|constituency|ward|region|province)"
    r"|(?:sub[\s-]?county|county|constituency|ward|region|province)(?:\s*:|\s+-\s).*\S"
    r"|(?:kaunti(?: ndogo)?|jimbo|wadi|kata)\s+ya\s.*)\s*:?\s*$"
)
KINDS_BELOW = (
    r"(?i)^(?:[a-z\d]{1,3}[.):]\s*)?(?:(?:public|private|government|county|national|referral|faith[\s-]based|mission|ngo"
    r"|gbv|sgbv|health|police|rescue|safe|legal aid|service|level\s*\d[a-c]?)\s+)*"
    r"(?:hospitals|clinics|dispensaries|health cent(?:re|er)s|cent(?:re|er)s|stations|posts|gender desks|shelters"
    r"|safe\s?houses|homes|houses|hotlines|helplines|facilities|courts|organi[sz]ations|providers|ngos|cbos|pharmacies"
    r"|level\s*\d[a-c]?)\s*:?$|^\d+\s+(?:facilities|shelters|hospitals|stations)$"
)
COLUMNS_OF_PLACES = {
    "county_name": ("county", "county name", "kaunti"),
    "constituency_name": ("constituency", "constituency name", "jimbo"),
    "ward_name": ("ward", "ward name", "kata", "wadi"),
}
HARDLY_IN_A_HEADING = (
    *("facility_code", "registration_number", "facility_type", "facility_level", "operational_status", "owner_name"),
    *("county_name", "constituency_name", "ward_name", "latitude", "address"),
)


def is_sheet_row(name: str) -> bool:
    """Say whether a name is that of a column, begins a note, or precedes a sum; clinics may be named Total, too.

    >>> [
    ...     is_sheet_row(name)
    ...     for name in ("GRAND TOTAL", "Nairobi Total", "Facility Name", "Source: MoH", "Total Clinic")
    ... ]
    [True, True, True, True, False]
    """
    of_a_place = TOTAL_OF.fullmatch(name)
    return (
        NOTE_OR_TOTAL.fullmatch(name) is not None
        or HXL.fullmatch(name) is not None
        or (of_a_place is not None and is_county(of_a_place[1]))
        or normal_key(name) in headings()
    )


@cache
def headings() -> frozenset[str]:
    """Give the columns of a name that say that it is one: Facility Name, Jina la Kituo, but not Hospital."""
    words = map(normal_key, keys_of_field("facility_name"))
    return frozenset(word for word in words if "name" in word or word.startswith("jina"))


SUSPECT = r"(?i)total|jumla|name|^jina|^[a-z ]{2,12}:|^[#*]|^s[/. ]*n|^page \d|^end of|^(?:data )?as (?:at|of)"
SUSPECT += r"|^(?:printed|generated|exported|extracted|downloaded|prepared|compiled) "
# A name that continues after a word for a sum, or in letters after a word for a note.
BEGINS_AS_NOTE = r"(?i)^(?:totals?\s+(?:for|no)\s+\pL|sub[\s-]*total\s+\pL|jumla\s+ya\s+\pL|[a-z ]{2,12}:\s*\pL)"
NOTE_OR_TOTAL = lazy_pattern(
    r"(?:grand|sub|over-?all)[\s-]*totals?\b.*|totals?(?:\s*[:=].*|\s+(?:for|number|no|facilities|beds|count)\b.*)?"
    r"|jumla(?:\s+(?:kuu|ya)\b.*)?"
    r"|(?:note|notes|nb|source|sources|key|legend|disclaimer|prepared by|compiled by|updated on|last updated)\s*:.*"
    r"|(?:data\s+)?as\s+(?:at|of)\s+(?:the\s+)?\d.*|page\s+\d+(?:\s+of\s+\d+)?|s[/. ]*n(?:o|um|umber)?\.?"
    r"|end\s+of\s+(?:the\s+)?(?:list|report|data|file|sheet|table|document|directory)\W*"
    r"|(?:printed|generated|exported|extracted|downloaded)\s+(?:on|by|from|at)\b.*|(?:prepared|compiled)\s+by\b.*"
    r"|\*+\s*(?:figures?|data|notes?|sources?|hours|denotes|indicates|means|not\s+yet|(?:not\s|un)verified)\b.*",
    re.IGNORECASE,
)
HXL = lazy_pattern(r"#[a-z][a-z0-9_]*(?:\s*\+\s*[a-z0-9_]+)*")  # the row of tags in tables of humanitarian data
TOTAL_OF = lazy_pattern(r"(.*?[^\s:-])[\s:-]+(?:sub-?)?totals?", re.IGNORECASE)
# In the place of a name: of the row above, of one that is to come, of none, of a choice that nobody made.
SUSPECT_NO_NAME = (
    r"(?i)^\W*(?:d|idem|same|as\s|see\s|tb|to be|vacant|various|other|please|select|choose|unspec|not\s|yes|no|hakuna"
    r"|test|xx|asdf|object|cont|https?:|www)|@|do not use"
)
NO_NAME = lazy_pattern(
    r"\W*(?:do|ditto|idem|(?:the\s+)?same(?:\s+as\s+(?:the\s+)?(?:above|below|previous))?|(?:as|see)\s+(?:above|below)"
    r"|tb[acd]|to be (?:confirmed|advised|identified|determined|announced|decided|updated)|vacant|various"
    r"|others?(?:\W+(?:please\s+)?specify)?"
    r"|(?:please\s+)?(?:select|choose)(?:\s+(?:an?|the|one|your))?(?:\s+(?:facility|station|hospital|option|name))?"
    r"|unspecified|not (?:specified|stated|listed|indicated)|yes|no|hakuna"
    r"|test(?:ing)?(?:\s+(?:facility|record|data|entry))?(?:\s+\d+)?|xx+|asdf|object object|cont(?:inued|'?d)?)\W*"
    r"|see\s+(?:the\s+)?(?:attached|list|annex|remarks?|notes?)\b.*|none\s+(?:in|at|available|identified|exists?)\b.*"
    r"|no\s+(?:known\s+)?(?:shelters?|facilit(?:y|ies)|safe\s*houses?|hospitals?|clinics?|police\s+stations?)"
    r"(?:\s+(?:in|at|available|here|exists?|identified|yet)\b.*)?"
    r"|https?://\S+|www\.\S+|[^\s@]+@[^\s@]+\.[a-z]+|.*\bdo not use\b.*",
    re.IGNORECASE,
)
