"""The status of a facility, and whether it is open: a status, flags, days and words, weighed against each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from gvrc.values.casts import labelled, to_day, to_flag, unread
from gvrc.values.closures import ANSWER_NUMBER, CLOSING_YEAR, read_closing, read_denial
from gvrc.values.synonyms import CLOSED, to_canonical
from gvrc.values.text import by_distinct, fold

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


# What a content system says of a page that only its authors see: it does not say whether the page's facility is open.
_UNPUBLISHED = frozenset(
    ("draft", "autodraft", "trash", "trashed", "pending", "pendingreview", "inreview", "underreview", "unpublished")
)


def add_status(records: pl.DataFrame) -> pl.DataFrame:
    """Set the status and whether the facility is open; a single statement that it is closed outweighs the others.

    A survivor who is sent to a closed facility is harmed; one who is not sent to an open one finds another.
    """
    return records.with_columns(*_read_status()).pipe(_weigh_status)


def _read_status() -> list[pl.Expr]:
    """Read the status and both flags, in all the ways that sources write them."""
    given = pl.col("operational_status").str.replace(ANSWER_NUMBER, "")
    active, closed = pl.col("is_active"), pl.col("is_closed")
    return [
        pl.coalesce(to_canonical(given, "operational_statuses"), "status.in_words").alias("operational_status.read"),
        pl.coalesce(to_flag(active), _is_open("is_active"), _read_more("is_active", read_denial)).alias(
            "is_active.read"
        ),
        pl.coalesce(
            to_flag(closed), ~_is_open("is_closed"), _is_day("is_closed"), _read_more("is_closed", read_closing)
        ).alias("is_closed.read"),
    ]


def _is_open(flag: str) -> pl.Expr:
    """Read a flag whose value is a status: ``{"active": "Inactive"}``, ``{"closed": "open"}``."""
    return to_canonical(pl.col(flag), "operational_statuses") == "Operational"


def _is_day(flag: str) -> pl.Expr:
    """Read the day or year since which a facility is closed; whether it is past does not depend on today."""
    is_year = pl.col(flag).str.contains(f"^{CLOSING_YEAR.pattern}")
    return pl.when(to_day(pl.col(flag)).is_not_null() | is_year).then(pl.lit(value=True))


def _read_more(flag: str, read: Callable[[str], bool | None]) -> pl.Expr:
    """Read a flag with words after it, as ``read`` does."""
    return by_distinct(pl.col(flag), lambda texts: map(read, texts), pl.Boolean)


def _weigh_status(records: pl.DataFrame) -> pl.DataFrame:
    """Weigh what was read against what says closed beside it (status.aside)."""
    given, status = pl.col("operational_status"), pl.col("operational_status.read")
    active, closed = pl.col("is_active.read"), pl.col("is_closed.read")
    flagged_closed = (closed | ~active).fill_null(value=False)
    aside = pl.col("status.aside")
    told_closed = status.is_in(CLOSED).fill_null(value=False)
    told_open = (active | ~closed | (status == "Operational")).fill_null(value=False)
    derived = pl.when(flagged_closed).then(pl.lit(CLOSED[0])).otherwise(aside)
    derived = pl.coalesce(derived, pl.when(active).then(pl.lit("Operational")))
    is_closed = flagged_closed | aside.is_not_null()
    contradicts = ((is_closed & told_open) | (told_closed & active)).fill_null(value=False)
    said = ("operational_status", "is_active", "is_closed")
    return records.with_columns(
        unread(*said).alias("issue.status_unknown"),
        pl.when(contradicts).then(labelled(*said)).alias("issue.status_conflict"),
        pl.when(given.is_null()).then(derived).otherwise(pl.coalesce(status, aside)).alias("operational_status"),
        pl.when(is_closed | told_closed | by_distinct(given, _are_unpublished, pl.Boolean).fill_null(value=False))
        .then(pl.lit(value=False))
        .when(told_open)
        .then(pl.lit(value=True))
        .alias("is_active"),
    )


def _are_unpublished(statuses: pl.Series) -> Iterator[bool]:
    return (fold(status) in _UNPUBLISHED for status in statuses)
