"""Codes and registration numbers: what a spreadsheet did to them is repaired, placeholders for none are dropped."""

from __future__ import annotations

import re

import polars as pl

from gvrc.lazy import lazy_pattern
from gvrc.values.text import by_distinct, masked

# What people write if a form demands a number. GOK and MOH say who owns the place, not what its number is.
_NO_REGISTRATION = frozenset(
    {
        *("gok", "moh", "public", "yes", "no", "nill", "tba", "tbd", "registered", "licensed"),
        *("not registered", "not yet registered", "unregistered", "pending", "applied", "awaiting"),
        *("in process", "in progress", "processing", "ongoing", "under process", "awaiting registration"),
        *("government", "government facility", "gk", "county", "county government", "private", "exempt", "exempted"),
        *("same as above", "as above", "ditto", "not issued", "to be issued"),
        *("no number", "no reg", "expired", "valid"),
    }
)
# What they write if it demands a code: two clinics that are both TBD are not one clinic.
_NO_CODE = _NO_REGISTRATION | {
    *("not assigned", "unassigned", "not yet assigned", "to be assigned", "to be confirmed", "to be determined", "tbc"),
    *("no code", "no mfl code", "no mfl", "missing", "to follow", "pending registration"),
    *("see note", "see notes", "see remarks", "see comment", "see comments", "new", "new facility"),
    *("not registered in kmhfl", "not in kmhfl"),
}
# A spreadsheet's 12345.0, 12,345 and 1.2345E+04, its marks of a text ('012345, ="012345"), a formula, a zero for none.
_ODD_CODE = r"^\d\.\d+[eE]\+?\d{1,2}$|^\d+\.0+$|^[1-9]\d{0,2}(?:,\d{3})+(?:\.0+)?$|^0+$|^['\u2018\u2019]\w|^="
_TEXT_MARK = lazy_pattern(r"""['\u2018\u2019](\w.*?)['\u2019]?|="(\w[^"]*)\"""")
_ODD_NUMBER = r"^\d+\.0+$|^[1-9]\d{0,2}(?:,\d{3})+(?:\.0+)?$|^['\u2018\u2019]\w|^=\"\w[^\"]*\"$"


def repair_codes(records: pl.DataFrame) -> pl.DataFrame:
    """Repair codes that went through a spreadsheet, and drop placeholders for a missing number."""
    code, number, official = pl.col("facility_code"), pl.col("registration_number"), pl.col("official_name")
    odd_code, junk = pl.col("facility_code.odd"), pl.col("registration_number.junk")
    odd_number = pl.when(number.str.contains(_ODD_NUMBER)).then(number)
    whole = by_distinct(odd_number, lambda texts: map(_repaired_number, texts), pl.String)
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


def _repaired_number(number: str) -> str:
    if marked := _TEXT_MARK.fullmatch(number):
        return str(marked[1] or marked[2])
    return re.sub(r"\.0+$", "", number).replace(",", "")


def _without_power(code: str) -> str | None:
    """Give 12345 for 1.2345E+04, if no digit was rounded away; 1.2E+04 may be any of many codes."""
    number, power = code.lower().split("e")
    digits = number.replace(".", "")
    return digits if len(digits) - 1 == int(power) else None


def _is_placeholder(number: str) -> bool:
    """Say whether a registration number is made up: one character repeated, counted up from 1, or a word for none."""
    plain = number.casefold().strip(" .-/")
    return len(set(plain)) <= 1 or "1234567890".startswith(plain) or plain in _NO_REGISTRATION
