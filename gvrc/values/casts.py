"""Numbers, yes-or-no and days out of text. What cannot be read is null; ``unread`` gives it, for an issue."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import polars as pl

from gvrc.lazy import lazy_pattern
from gvrc.values.text import by_distinct, join_texts, masked

if TYPE_CHECKING:
    from collections.abc import Mapping

FOREVER = "9999"  # the year of an end that never comes, as databases write it
MOST_BEDS = 100_000  # Kenya's largest hospital has about 2,000; a longer number is a telephone or a code

_YES = (
    *("true", "yes", "y", "1", "1.0", "t", "on", "ndiyo", "ndio", *"\u2713\u2714\u2705\u221a"),
    *("24/7", "24 hours", "24hours", "24hrs", "24 hrs", "always"),
)
_NO = ("false", "no", "n", "0", "0.0", "f", "off", "hapana", *"\u2717\u2718\u274c")
_FLAGS = dict.fromkeys(_YES, True) | dict.fromkeys(_NO, False)

_COUNT = lazy_pattern(r"(?:vitanda\s+)?(\d{1,3}),?(\d{3})?(?:\.0+)?(?:\s*(?:beds?|vitanda))?", re.IGNORECASE)
_ISO_DAY = r"^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)? ?(?:Z|UTC|[+-]\d{2}(?::?\d{2})?)?)?$"
# Kenya writes the day first, so 03/04/2020 is the third of April. Only in the last two forms does the month come first:
# they are tried if the day-first reading is no date at all (03/25/2020), or the month is a word.
_DAY_FORMS = (
    "%d/%m/%Y",
    "%Y/%m/%d",
    "%d %B %Y",
    "%d %b %Y",
    "%B %d %Y",
    "%b %d %Y",
    "%m/%d/%Y",
)
_TIME_OF_DAY = lazy_pattern(
    r"(?<![ T])[ T]+\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?\s*(?:[AP]M)?\s*(?:Z|[A-Z]{3,4}|[+-]\d{2}:?\d{2})?$",
    re.IGNORECASE,
)
# Spreadsheets count days, databases count seconds or milliseconds; five digits are days of 1954 to 2091.
_COUNTED = lazy_pattern(r"(?:(?P<days>[2-6]\d{4})|(?P<seconds>1\d{9})(?P<thousandths>\d{3})?)(?:\.\d+)?")
_FIRST_DAY = date(1899, 12, 30)
# .NET's JSON (SharePoint, Dynamics) wraps milliseconds; Google's charts count the months of a year from 0.
_OF_DOT_NET = lazy_pattern(r"/Date\((?P<milliseconds>\d{1,14})(?:[+-]\d{4})?\)/")
_OF_CHART = lazy_pattern(r"Date\((?P<year>\d{4}),\s*(?P<month>\d{1,2}),\s*(?P<day>\d{1,2})(?:,[\s\d,]*)?\)")
_YEARS = range(1900, 2101)


def to_count(column: pl.Expr) -> pl.Expr:
    """Read a number of beds: ``12``, ``12.0``, ``1,200``, ``12 beds``; null for others and outside 0 to 100,000."""
    return by_distinct(column, _counts_of, pl.Int64)


def to_flag(column: pl.Expr) -> pl.Expr:
    """Read yes or no in the usual words and in Swahili; null for anything else."""
    return by_distinct(column, lambda texts: map(read_flag, texts), pl.Boolean)


def is_end(said: object) -> bool:
    """Say whether something has an end; any day counts, for what is read must not depend on today's.

    >>> [is_end(said) for said in ("2031-01-01", "9999-12-31", "", None)]
    [True, False, False, False]
    """
    return said not in (None, "") and not str(said).startswith(FOREVER)


def read_flag(text: str) -> bool | None:
    """Read one yes or no.

    >>> read_flag("Yes"), read_flag("hapana"), read_flag("perhaps")
    (True, False, None)
    """
    return _FLAGS.get(text.casefold())


def to_day(column: pl.Expr) -> pl.Expr:
    """Read a day as the source wrote it: the time of day and its zone are cut off, not converted."""
    return by_distinct(column, _days_of, pl.Date)


def _counts_of(texts: pl.Series) -> pl.Series:
    """Read plain numbers all at once, and the rest one by one."""
    counts = texts.cast(pl.Int64, strict=False)
    odd = counts.is_null()
    counts = counts.scatter(odd.arg_true(), pl.Series(map(_count_of, texts.filter(odd)), dtype=pl.Int64))
    return counts.set(~counts.is_between(0, MOST_BEDS), None)


def _days_of(texts: pl.Series) -> pl.Series:
    """Read days that are written year-month-day all at once, and the rest one by one."""
    days = texts.str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False)
    odd = days.is_null() | ~texts.str.contains(_ISO_DAY)
    days = days.scatter(odd.arg_true(), pl.Series(map(read_day, texts.filter(odd)), dtype=pl.Date))
    return days.set(~days.dt.year().is_between(_YEARS.start, _YEARS.stop - 1), None)


def _count_of(text: str) -> int | None:
    found = _COUNT.fullmatch(text)
    return int(found[1] + (found[2] or "")) if found else None


def read_day(text: str) -> date | None:
    """Read one day that is not written year-month-day.

    >>> read_day("3/4/2020"), read_day("12th March, 2020"), read_day("45658"), read_day("spring")
    (datetime.date(2020, 4, 3), datetime.date(2020, 3, 12), datetime.date(2025, 1, 1), None)
    >>> read_day("/Date(1577836800000)/"), read_day("Date(2020,11,1)")
    (datetime.date(2020, 1, 1), datetime.date(2020, 12, 1))
    """
    if counted := _COUNTED.fullmatch(text):
        return _counted_day(counted["days"], counted["seconds"])
    if wrapped := _OF_DOT_NET.fullmatch(text):
        return _counted_day(None, wrapped["milliseconds"][:-3])
    if of_chart := _OF_CHART.fullmatch(text):
        return _try(f"{of_chart['year']}/{int(of_chart['month']) + 1}/{of_chart['day']}", "%Y/%m/%d")
    day = _TIME_OF_DAY.sub("", text)
    plain = re.sub(r"(\d)(?:st|nd|rd|th)\b", r"\1", day, flags=re.IGNORECASE)
    words = re.sub(r"[\s,]+", " ", plain).replace("Sept ", "Sep ").strip()
    joined = re.sub(r"^(\d{4})(\d{2})(\d{2})$", r"\1/\2/\3", words)
    spellings = (re.sub(r"[-.]", "/", joined), re.sub(r"[-./]", " ", joined))
    found = (_try(spelling, form) for form in _DAY_FORMS for spelling in spellings)
    return next((read for read in found if read), None)


def _counted_day(days: str | None, seconds: str | None) -> date:
    return _FIRST_DAY + timedelta(int(days)) if days else datetime.fromtimestamp(int(seconds or 0), UTC).date()


def _try(text: str, form: str) -> date | None:
    try:
        return datetime.strptime(text, form).replace(tzinfo=UTC).date()
    except ValueError:
        return None


def unread(*columns: str) -> pl.Expr:
    """Give the values that were there and could not be read, with their column's name if there are several columns."""
    values = [pl.when(pl.col(f"{column}.read").is_null()).then(pl.col(column)).alias(column) for column in columns]
    return masked(values[0]) if len(values) == 1 else _labelled_values(dict(zip(columns, values, strict=True)))


def labelled(*columns: str) -> pl.Expr:
    """Put the values of columns together, each with the name of its column."""
    return _labelled_values({column: pl.col(column) for column in columns})


def _labelled_values(values: Mapping[str, pl.Expr]) -> pl.Expr:
    parts = [pl.format(f"{column}: {{}}", value) for column, value in values.items()]
    return masked(join_texts(parts))
