"""From text as it came to the directory's types and words: ``columns.EXTRACTED`` in, ``columns.NORMALISED`` out.

Nothing is invented and nothing vanishes: a value that cannot be read, or was repaired, stands in ``issue.<kind>``.
Rows and their order stay. The pieces are in ``values/``; this file says what is done to which column.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from gvrc.columns import EXTRACTED, ISSUE_PREFIX, NORMALISED
from gvrc.values.casts import to_count, to_day, to_flag, unread
from gvrc.values.closures import read_closures
from gvrc.values.codes import repair_codes
from gvrc.values.contacts import add_contacts, repair_names, repair_websites
from gvrc.values.coordinates import add_coordinates
from gvrc.values.services import add_gbv_categories, add_services
from gvrc.values.statuses import add_status
from gvrc.values.synonyms import to_canonical
from gvrc.values.text import clean_and_mend

if TYPE_CHECKING:
    from collections.abc import Callable


_COUNTS = ("beds", "cots")
_OPENING_FLAGS = ("open_whole_day", "open_public_holidays", "open_weekends", "open_late_night")
# raw is kept as it came; JSON text is cleaned value by value where it is read.
_AS_THEY_CAME = ("raw", "reject_reason", "reject_detail", "nobodys", "contacts", "services", "gbv_categories")


def normalise(records: pl.DataFrame) -> pl.DataFrame:
    """Give the records typed, cleaned and in the directory's words, with every issue column of this step.

    Issue columns that come in are passed through. Lists (contacts, services, gbv_categories) are empty, never null.
    Names and websites are read before the contacts, because numbers in them are contacts; and what says closed in words
    before the status, which it is weighed against.
    """
    return (
        records.pipe(_clean)
        .pipe(repair_names)
        .pipe(read_closures)
        .pipe(repair_websites)
        .pipe(add_contacts)
        .pipe(add_services)
        .pipe(add_gbv_categories)
        .pipe(add_coordinates)
        .pipe(repair_codes)
        .pipe(add_status)
        .pipe(_add_kinds)
        .pipe(_cast, _COUNTS, to_count, "number_invalid")
        .pipe(_cast, _OPENING_FLAGS, to_flag, "flag_invalid")
        .pipe(_cast, ("recorded_on",), to_day, "date_invalid")
        .select(*NORMALISED, pl.col(f"^{ISSUE_PREFIX}.*$"))
    )


def _clean(records: pl.DataFrame) -> pl.DataFrame:
    texts = [name for name in EXTRACTED if EXTRACTED[name] == pl.String and name not in _AS_THEY_CAME]
    return clean_and_mend(records, texts)


def _add_kinds(records: pl.DataFrame) -> pl.DataFrame:
    """Bring type, level and owner type into the directory's words; an unknown type keeps its own."""
    owner_type = pl.col("owner_type")
    return records.with_columns(
        to_canonical(pl.col("facility_type"), "facility_types").alias("facility_type.read"),
        to_canonical(pl.col("facility_level"), "facility_levels").alias("facility_level.read"),
        to_canonical(owner_type, "owner_types").alias("owner_type.read"),
        to_canonical(pl.when(owner_type.is_null()).then(pl.col("owner_name")), "owner_types").alias("owner_name.read"),
    ).with_columns(
        unread("facility_type").alias("issue.facility_type_unknown"),
        unread("facility_level").alias("issue.facility_level_unknown"),
        unread("owner_type").alias("issue.owner_type_unknown"),
        pl.coalesce("facility_type.read", "facility_type").alias("facility_type"),
        pl.col("facility_level.read").alias("facility_level"),
        pl.coalesce("owner_type.read", "owner_name.read").alias("owner_type"),
    )


def _cast(
    records: pl.DataFrame, columns: tuple[str, ...], read: Callable[[pl.Expr], pl.Expr], issue: str
) -> pl.DataFrame:
    """Read columns into their types; what was there and could not be read goes to ``issue.<issue>``."""
    return records.with_columns(read(pl.col(column)).alias(f"{column}.read") for column in columns).with_columns(
        unread(*columns).alias(ISSUE_PREFIX + issue),
        *(pl.col(f"{column}.read").alias(column) for column in columns),
    )
