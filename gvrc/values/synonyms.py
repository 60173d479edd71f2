"""The words that sources use for statuses, types, owners and categories, and the directory's word for each.

One table a list under ``synonyms/``: ``given`` (as a source writes it), ``canonical`` (the directory's word) and
``source`` (where the spelling was met: KMHFL is the Kenya Master Health Facility List, KEPH the Kenya Essential Package
for Health, GBVIMS the GBV Information Management System's six types, ``usage`` common speech). Spellings are compared
by ``text.fold``, so case, hyphens, spaces and marks do not matter. The same tables read the names of a database's own
lookups, where "Health Services", for example, is what we call Medical.
"""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import polars as pl

from gvrc.values.text import by_distinct, fold

if TYPE_CHECKING:
    from collections.abc import Mapping

LISTED = {"facility_types"}  # tables whose words lists are named after
CLOSED = ("Non-Operational", "Temporarily Closed")  # the statuses of a facility to which nobody is to be sent


@cache
def read_synonyms(table: str) -> Mapping[str, str]:
    """Read folded spelling -> canonical name from a table, such as ``owner_types``; nothing if there is no table."""
    path = files("gvrc.values").joinpath("synonyms", f"{table}.csv")
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    singular = {fold(row["given"]): row["canonical"] for row in csv.DictReader(text.splitlines())}
    return {many(given): canonical for given, canonical in singular.items()} | singular if table in LISTED else singular


def many(given: str) -> str:
    """Give the plural of a folded spelling: a list is named after its items, ``gender_desks``."""
    return f"{given[:-1]}ies" if given.endswith("ry") else f"{given}s"


def canonical_name(table: str, given: str) -> str | None:
    """Give the directory's word for one spelling, or None if the table does not know it."""
    return read_synonyms(table).get(fold(given))


def says_closed(status: str) -> bool:
    """Say whether a spelling of a status is that of a closed facility."""
    return canonical_name("operational_statuses", status) in CLOSED


def to_canonical(column: pl.Expr, table: str) -> pl.Expr:
    """Replace a column's spellings by canonical names; null for those that the table does not know."""
    return by_distinct(column, lambda given: (canonical_name(table, spelling) for spelling in given), pl.String)
