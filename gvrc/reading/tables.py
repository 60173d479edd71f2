"""Tables without objects: a row of headings and rows of cells, as spreadsheets and data frames are written to JSON.

Google's sheets (``values``), pandas (``columns`` and ``data``, or a column each), DHIS2 and Socrata (``headers``,
``rows``), and sheets whose headings stand below a title, so that their records have keys like ``__EMPTY_3``. A row
counts as headings if it names a facility, where that is or how to reach it, and one thing more. Rows under less than
that are refused, not guessed at.
"""

from __future__ import annotations

from itertools import chain, zip_longest
from typing import TYPE_CHECKING, Any, Final, TypeGuard

from gvrc.lazy import lazy_pattern
from gvrc.meaning.paths import is_absent, normal_key
from gvrc.meaning.person_words import is_people
from gvrc.meaning.titles import is_title
from gvrc.shapes import WHERE_OR_HOW

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gvrc.meaning.meanings import Keys

ROWS_ABOVE: Final = 10  # a title, its date and empty rows may stand above the headings
FEWEST_KNOWN: Final = 3  # headings
WHERE: Final = frozenset(("constituency_name", "ward_name", "latitude", "coordinates"))
COLUMN_LISTS: Final = frozenset(("columns", "headers", "header", "cols", "fields", "columnnames", "fieldnames"))
COLUMN_NAMES: Final = ("fieldName", "field", "name", "column", "label", "id", "title", "key")
NUMBER: Final = lazy_pattern(r"\s*(?!(?:19|20)\d\d\s*\Z)[+-]?\d[\d\s().,/-]+\d\s*")  # of three digits, and no year
# How converters of spreadsheets name a column without a heading: SheetJS, pandas, or by the column's own letter.
PLACEHOLDER: Final = lazy_pattern(r"__EMPTY(?:_\d+)?|Unnamed: ?\d+|[A-Z]{1,2}|(?i:column|col|field)[ _]?\d+")


def may_be_row(value: object) -> bool:
    """Say whether an element of a list may be a row of a table: cells, or an object under keys that are no headings.

    >>> [may_be_row(value) for value in (["Facility", "County"], {"__EMPTY_1": "Lindi"}, {"name": "Lindi Clinic"})]
    [True, True, False]
    """
    if isinstance(value, dict):
        return _cells_in(value) is not None or any(PLACEHOLDER.fullmatch(key) for key in value)
    return isinstance(value, list)


def _cells_in(row: object) -> list[object] | None:
    """Give the cells of a row; Google's charts and BigQuery write each as an object: ``{"c": [{"v": ..}]}``.

    Smartsheet writes them so, too, beside what it says of the row: ``{"rowNumber": 1, "cells": [{"value": ..}]}``.
    """
    if not isinstance(row, dict):
        return row if isinstance(row, list) else None
    cells, value = (row.get("c", row.get("f")), "v") if len(row) == 1 else (row.get("cells"), "value")
    return [cell.get(value) if isinstance(cell, dict) else cell for cell in cells] if isinstance(cells, list) else None


def are_headings(cells: Iterable[object], keys: Keys) -> bool:
    """Say whether cells are the headings of a table of facilities; a title names one only beside where it is.

    >>> from gvrc.meaning.meanings import keys_of_source
    >>> keys = keys_of_source({})
    >>> are_headings(["title", "county", "ward", "phone"], keys), are_headings(["title", "county", "phone"], keys)
    (True, False)
    """
    texts = [cell for cell in cells if _is_text(cell)]
    known = [keys.ranks((text,)) for text in texts]
    fields = set().union(*known)
    is_named = "facility_name" in fields or (not fields.isdisjoint(WHERE) and any(is_title((text,)) for text in texts))
    return is_named and not fields.isdisjoint(WHERE_OR_HOW) and len(list(filter(None, known))) >= FEWEST_KNOWN


def find_headings(rows: Sequence[object], keys: Keys) -> int | None:
    """Say which of the first rows of a table has the headings; None if there is none.

    What a facility is may be called as a heading is (Police Station, Operational, Hotline): its row has a number, too.
    """
    for at, row in enumerate(rows[:ROWS_ABOVE]):
        cells = cells_of(row)
        if are_headings(cells, keys) and not any(NUMBER.fullmatch(str(cell)) for cell in cells):
            return at
    return None


def joined_headings(above: object, below: object, keys: Keys) -> list[object] | None:
    """Give the headings that two rows have together, where the upper one has cells that were merged.

    Each cell below must be a known heading, no two alike; a name below those of a contact is a person's.

    >>> from gvrc.meaning.meanings import keys_of_source
    >>> keys = keys_of_source({})
    >>> joined_headings(["Facility", "Location", None], [None, "County", "Ward"], keys)
    ['Facility', 'County', 'Ward']
    >>> joined_headings(["Facility", "County", None], ["Lindi Clinic", "Nairobi", None], keys)
    """
    if not (isinstance(above, list) and isinstance(below, list)) or all(map(_is_text, above)):
        return None
    texts = [normal_key(cell) for cell in below if _is_text(cell)]
    are_known = all(not _is_text(cell) or keys.meanings((cell,)) for cell in below)
    if not texts or len(set(texts)) < len(texts) or not are_known or _names_person_below(above, below, keys):
        return None
    return [lower if _is_text(lower) else upper for upper, lower in zip_longest(above, below)]


def _names_person_below(above: list[object], below: list[object], keys: Keys) -> bool:
    """Say whether a heading that could be a facility's name stands below one of contacts or people."""
    group: object = None
    for upper, lower in zip_longest(above, below):
        group = upper if _is_text(upper) else group
        is_name = _is_text(lower) and "facility_name" in keys.ranks((lower,))
        if is_name and _is_text(group) and _is_of_people(group, keys):
            return True
    return False


def _is_of_people(group: str, keys: Keys) -> bool:
    return is_people(group) or "contacts" in keys.ranks((group,))


def columns_in(values: Iterable[object], keys: Keys) -> list[str] | None:
    """Give the headings in a list of columns, each a text or an object; None if they are not headings.

    >>> from gvrc.meaning.meanings import keys_of_source
    >>> columns_in(
    ...     [{"id": 1, "name": "Facility"}, {"id": 2, "name": "County"}, {"id": 3, "name": "Phone"}], keys_of_source({})
    ... )
    ['Facility', 'County', 'Phone']
    """
    listed = list(values)
    named = ([value.get(name) if isinstance(value, dict) else value for value in listed] for name in COLUMN_NAMES)
    return next((headings_of(cells) for cells in named if are_headings(cells, keys)), None)


def headings_of(cells: Iterable[object]) -> list[str]:
    """Give headings as keys of records, each distinct: a second Phone is phone_2 for ``keys.csv``.

    >>> headings_of(["Facility", "Phone", "Phone", None])
    ['Facility', 'Phone', 'Phone_2', 'column_4']
    """
    found: list[str] = []
    for place, cell in enumerate(cells, start=1):
        name = " ".join(cell.split()) if _is_text(cell) else f"column_{place}"
        times = sum(other == name or other.startswith(f"{name}_") for other in found) + 1
        found.append(name if times == 1 else f"{name}_{times}")
    return found


def cells_of(row: object) -> list[object]:
    """Give the cells of a row, or what stands in an object under keys that are no headings."""
    cells = _cells_in(row)
    return cells if cells is not None else list(row.values()) if isinstance(row, dict) else []


def fits(row: object, headings: list[str]) -> bool:
    """Say whether a row has no more cells than the headings that stand beside the table."""
    cells = _cells_in(row)
    return cells is not None and len(cells) <= len(headings)


def as_record(row: object, headings: list[str], keyed: dict[str, str] | None = None) -> object:
    """Give a row as an object under its headings; None for an empty one; what is no row stays as it is."""
    if (cells := _cells_in(row)) is not None:
        padded = zip_longest(headings, cells[: len(headings)])
        beyond = ((f"column_{place}", cell) for place, cell in enumerate(cells, start=1) if place > len(headings))
        record = dict(chain(padded, beyond))
    elif isinstance(row, dict):
        record = {(keyed or {}).get(key, key): cell for key, cell in row.items()}
    else:
        return row
    return None if all(map(is_absent, record.values())) else record


def records_of_columns(value: dict[str, Any], keys: Keys) -> list[dict[str, Any]]:
    """Give the records of a table that is written column by column: each column a list, or an object by row number."""
    columns = list(map(_cells_of, value.values()))
    if len(columns) < FEWEST_KNOWN or len(set(map(len, columns))) != 1 or not columns[0]:
        return []
    if any(isinstance(cell, dict) for column in columns for cell in column) or not are_headings(value, keys):
        return []
    return [dict(zip(value, row, strict=True)) for row in zip(*columns, strict=True)]


def _cells_of(column: object) -> list[object]:
    """Give the cells of a column, which pandas writes by row number; none of anything else."""
    if isinstance(column, dict):
        return list(column.values()) if all(map(str.isdecimal, column)) else []
    return column if isinstance(column, list) else []


def _is_text(cell: object) -> TypeGuard[str]:
    return isinstance(cell, str) and not is_absent(cell)


def is_list_of_columns(key: str) -> bool:
    """Say whether a list under this key has the columns of a table that is beside it."""
    return normal_key(key) in COLUMN_LISTS
