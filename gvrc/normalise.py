"""From text as it came to the directory's types and words: ``columns.EXTRACTED`` in, ``columns.NORMALISED`` out.

Nothing is invented and nothing vanishes: a value that cannot be read, or was repaired, stands in ``issue.<kind>``.
Rows and their order stay. The pieces are in ``values/``; this file says what is done to which column.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import polars as pl

from gvrc.columns import EXTRACTED, ISSUE_PREFIX, NORMALISED
from gvrc.values.casts import to_count, to_day, to_flag
from gvrc.values.closures import ANSWER_NUMBER, read_closing, read_closures, read_denial
from gvrc.values.contacts import add_contacts, repair_names, repair_websites
from gvrc.values.coordinates import add_coordinates
from gvrc.values.services import add_gbv_categories, add_services
from gvrc.values.synonyms import CLOSED, to_canonical
from gvrc.values.text import by_distinct, clean_and_mend, fold, join_texts, masked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_COUNTS = ("beds", "cots")
# What a content system says of a page that nobody but its authors sees: whether its facility is open it says not.
_UNPUBLISHED = frozenset(
    ("draft", "autodraft", "trash", "trashed", "pending", "pendingreview", "inreview", "underreview", "unpublished")
)
_OPENING_FLAGS = ("open_whole_day", "open_public_holidays", "open_weekends", "open_late_night")
# raw is kept as it came; JSON text is cleaned value by value where it is read.
_AS_THEY_CAME = ("raw", "reject_reason", "reject_detail", "contacts", "services", "gbv_categories")

# What people write where a form demands a number. GOK and MOH say who owns the place, not which number it has.
_NO_REGISTRATION = frozenset(
    {
        *("gok", "moh", "public", "yes", "no", "nill", "tba", "tbd", "registered", "licensed"),
        *("not registered", "not yet registered", "unregistered", "pending", "applied", "awaiting"),
        *("in process", "in progress", "processing"),
    }
)
# A spreadsheet's 12345.0, 12,345 and 1.2345E+04, its marks of a text ('012345, ="012345"), a formula, a zero for none.
_ODD_CODE = r"^\d\.\d+[eE]\+?\d{1,2}$|^\d+\.0+$|^[1-9]\d{0,2}(?:,\d{3})+(?:\.0+)?$|^0+$|^['\u2018\u2019]\w|^="
_TEXT_MARK = re.compile(r"""['\u2018\u2019](\w.*?)['\u2019]?|="(\w[^"]*)\"""")
_ODD_NUMBER = r"^\d+\.0+$|^[1-9]\d{0,2}(?:,\d{3})+(?:\.0+)?$"
# And where it demands a code: two clinics that are both TBD are not one.
_NO_CODE = _NO_REGISTRATION | {
    *(
        "not assigned",
        "unassigned",
        "not yet assigned",
        "to be assigned",
        "no code",
        "no mfl code",
        "no mfl",
        "missing",
    ),
    *("see note", "see notes", "see remarks", "see comment", "see comments", "pending registration", "to follow"),
    *("not registered in kmhfl", "not in kmhfl", "new", "new facility", "to be confirmed", "to be determined", "tbc"),
}


def normalise(records: pl.DataFrame) -> pl.DataFrame:
    """Give the records typed, cleaned and in the directory's words, with every issue column of this step.

    Issue columns that come in are passed through. Lists (contacts, services, gbv_categories) are empty, never null.
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
        .pipe(_add_identity)
        .pipe(_add_status)
        .pipe(_add_kinds)
        .pipe(_cast, _COUNTS, to_count, "number_invalid")
        .pipe(_cast, _OPENING_FLAGS, to_flag, "flag_invalid")
        .pipe(_cast, ("recorded_on",), to_day, "date_invalid")
        .select(*NORMALISED, pl.col(f"^{ISSUE_PREFIX}.*$"))
    )


def _clean(records: pl.DataFrame) -> pl.DataFrame:
    texts = [name for name in EXTRACTED if EXTRACTED[name] == pl.String and name not in _AS_THEY_CAME]
    return clean_and_mend(records, texts)


def _add_identity(records: pl.DataFrame) -> pl.DataFrame:
    """Repair codes that went through a spreadsheet, and drop placeholders for a number that is not there."""
    code, number, official = pl.col("facility_code"), pl.col("registration_number"), pl.col("official_name")
    odd_code, junk = pl.col("facility_code.odd"), pl.col("registration_number.junk")
    odd_number = pl.when(number.str.contains(_ODD_NUMBER)).then(number)
    whole = pl.when(odd_number.is_not_null()).then(number.str.replace(r"\.0+$", "").str.replace_all(",", ""))
    repaired = pl.coalesce(whole, number)
    return records.with_columns(
        pl.when(code.str.contains(_ODD_CODE) | _says_none(code)).then(code).alias("facility_code.odd"),
        by_distinct(repaired, lambda texts: map(_is_placeholder, texts), pl.Boolean).alias("registration_number.junk"),
    ).with_columns(
        pl.when(odd_code.is_null())
        .then(code)
        .otherwise(by_distinct(odd_code, lambda texts: map(_repaired_code, texts), pl.String))
        .alias("facility_code"),
        masked(odd_code).alias("issue.code_repaired"),
        pl.when(~junk).then(repaired).alias("registration_number"),
        masked(pl.when(~junk).then(odd_number)).alias("issue.registration_number_repaired"),
        pl.when(junk).then(number).alias("issue.registration_number_junk"),
        pl.when(official.ne_missing(pl.col("facility_name"))).then(official).alias("official_name"),
    )


def _says_none(code: pl.Expr) -> pl.Expr:
    """Say whether a code without a digit is a word for none, or one letter repeated."""
    words = pl.when(~code.str.contains(r"\d")).then(code)
    return by_distinct(words, lambda codes: map(_is_no_code, codes), pl.Boolean).fill_null(value=False)


def _is_no_code(code: str) -> bool:
    plain = code.casefold().strip(" .-/")
    return plain in _NO_CODE or (len(plain) > 1 and len(set(plain)) == 1)


def _repaired_code(code: str) -> str | None:
    if marked := _TEXT_MARK.fullmatch(code):
        return str(marked[1] or marked[2])
    if _is_no_code(code) or code.startswith("="):
        return None
    if "e" in code.lower():
        return _without_power(code)
    whole = code.split(".", maxsplit=1)[0].replace(",", "")
    return whole if whole.strip("0") else None


def _without_power(code: str) -> str | None:
    """Give 12345 for 1.2345E+04, where no digit was rounded away; 1.2E+04 may be any of many codes."""
    number, power = code.lower().split("e")
    digits = number.replace(".", "")
    return digits if len(digits) - 1 == int(power) else None


def _is_placeholder(number: str) -> bool:
    """Say whether a registration number is made up: one sign repeated, counted up from 1, or a word for none."""
    plain = number.casefold().strip(" .-/")
    return len(set(plain)) <= 1 or "1234567890".startswith(plain) or plain in _NO_REGISTRATION


def _add_status(records: pl.DataFrame) -> pl.DataFrame:
    """Set the status and whether the facility is open; one statement that it is closed outweighs the others.

    A survivor who is sent to a closed facility is harmed, one who is not sent to an open one finds another.
    """
    return records.with_columns(*_read_status()).pipe(_weigh_status)


def _read_status() -> list[pl.Expr]:
    """Read the status and both flags, each in all the ways that sources write it."""
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


def _weigh_status(records: pl.DataFrame) -> pl.DataFrame:
    """Weigh what was read, and what says closed beside it (status.aside), against each other."""
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
        _unread(*said).alias("issue.status_unknown"),
        pl.when(contradicts).then(_labelled(*said)).alias("issue.status_conflict"),
        pl.when(given.is_null()).then(derived).otherwise(pl.coalesce(status, aside)).alias("operational_status"),
        pl.when(is_closed | told_closed | by_distinct(given, _are_unpublished, pl.Boolean).fill_null(value=False))
        .then(pl.lit(value=False))
        .when(told_open)
        .then(pl.lit(value=True))
        .alias("is_active"),
    )


def _are_unpublished(statuses: pl.Series) -> Iterator[bool]:
    return (fold(status) in _UNPUBLISHED for status in statuses)


def _is_open(flag: str) -> pl.Expr:
    """Read a flag that has a status for a value: ``{"active": "Inactive"}``, ``{"closed": "open"}``."""
    return to_canonical(pl.col(flag), "operational_statuses") == "Operational"


def _read_more(flag: str, read: Callable[[str], bool | None]) -> pl.Expr:
    """Read a flag with words behind it, as ``read`` does."""
    return by_distinct(pl.col(flag), lambda texts: map(read, texts), pl.Boolean)


def _is_day(flag: str) -> pl.Expr:
    """Read the day since when a facility is closed; whether it is past does not depend on the day of the import."""
    return pl.when(to_day(pl.col(flag)).is_not_null()).then(pl.lit(value=True))


def _add_kinds(records: pl.DataFrame) -> pl.DataFrame:
    """Bring type, level and owner type into the directory's words; an unknown type keeps its own."""
    owner_type = pl.col("owner_type")
    return records.with_columns(
        to_canonical(pl.col("facility_type"), "facility_types").alias("facility_type.read"),
        to_canonical(pl.col("facility_level"), "facility_levels").alias("facility_level.read"),
        to_canonical(owner_type, "owner_types").alias("owner_type.read"),
        to_canonical(pl.when(owner_type.is_null()).then(pl.col("owner_name")), "owner_types").alias("owner_name.read"),
    ).with_columns(
        _unread("facility_type").alias("issue.facility_type_unknown"),
        _unread("facility_level").alias("issue.facility_level_unknown"),
        _unread("owner_type").alias("issue.owner_type_unknown"),
        pl.coalesce("facility_type.read", "facility_type").alias("facility_type"),
        pl.col("facility_level.read").alias("facility_level"),
        pl.coalesce("owner_type.read", "owner_name.read").alias("owner_type"),
    )


def _cast(
    records: pl.DataFrame, columns: tuple[str, ...], read: Callable[[pl.Expr], pl.Expr], issue: str
) -> pl.DataFrame:
    """Read columns into their types; what was there and could not be read goes to ``issue.<issue>``."""
    return records.with_columns(read(pl.col(column)).alias(f"{column}.read") for column in columns).with_columns(
        _unread(*columns).alias(ISSUE_PREFIX + issue),
        *(pl.col(f"{column}.read").alias(column) for column in columns),
    )


def _unread(*columns: str) -> pl.Expr:
    """Give the values that were there and could not be read, with their column where it may be one of several."""
    values = [pl.when(pl.col(f"{column}.read").is_null()).then(pl.col(column)).alias(column) for column in columns]
    return masked(values[0]) if len(values) == 1 else _labelled_values(dict(zip(columns, values, strict=True)))


def _labelled(*columns: str) -> pl.Expr:
    return _labelled_values({column: pl.col(column) for column in columns})


def _labelled_values(values: Mapping[str, pl.Expr]) -> pl.Expr:
    parts = [pl.format(f"{column}: {{}}", value) for column, value in values.items()]
    return masked(join_texts(parts))
