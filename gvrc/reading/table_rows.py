"""The tables without objects that a walk meets -> records (``tables.py`` decides what is a table)."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from gvrc.lazy import lazy_pattern
from gvrc.meaning.list_names import is_of_facilities
from gvrc.meaning.paths import normal_key
from gvrc.reading.cursor import MAX_VALUE_BYTES, UNREADABLE, decoder_of, end_of_value, read_element
from gvrc.reading.passed_over import ANY_LIST
from gvrc.reading.tables import (
    ROWS_ABOVE,
    as_record,
    cells_of,
    columns_in,
    find_headings,
    fits,
    headings_of,
    is_list_of_columns,
    joined_headings,
    records_of_columns,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gvrc.meaning.meanings import Keys
    from gvrc.reading.cursor import Cursor
    from gvrc.reading.elements import Elements
    from gvrc.reading.walked import Walked

SAMPLE: Final = 200  # rows looked at to find out what a list holds
# A document that begins with a column of a table: {"Facility": {"0": "Lindi Clinic", or {"Facility": ["Lindi Clinic".
FIRST_COLUMN: Final = lazy_pattern(rb'\{\s*"[^"\\]*+"\s*:\s*(?:\{\s*"\d+"\s*:\s*|\[\s*)[^\s{\[\]}]')


class ColumnTable(NamedTuple):
    """A table that is written column by column, and the bytes that it takes."""

    records: list[dict[str, Any]]
    length: int


def column_table(cursor: Cursor, value: dict[str, Any] | None, path: tuple[str, ...], keys: Keys) -> ColumnTable | None:
    """Give the table that the object at hand is, if it is one; a column has all rows, so the object may be large.

    ``value`` is the object, or None if it was too large to be looked at.
    """
    if value is None:
        if path or not FIRST_COLUMN.match(cursor.text, cursor.at):
            return None
        value = _whole_object(cursor)
    records = records_of_columns(value, keys) if value else []
    length = end_of_value(memoryview(cursor.text)[cursor.at :]) if records else None
    return ColumnTable(records, length or 0) if records else None


def _whole_object(cursor: Cursor) -> dict[str, Any] | None:
    """Read a large object as a whole, up to the limit for one value."""
    while not cursor.ended and cursor.left <= MAX_VALUE_BYTES:
        cursor.fill()
    end = end_of_value(memoryview(cursor.text)[cursor.at :])
    whole = memoryview(cursor.text)[cursor.at : cursor.at + (end or 0)]
    return None if end is None else decoder_of(whole).decode(whole)


def columns_beside(value: dict[str, Any], keys: Keys) -> list[str] | None:
    """Give the headings of a table that an object has beside its rows, even after them."""
    listed = (inner for key, inner in value.items() if isinstance(inner, list) and is_list_of_columns(key))
    return next(filter(None, (columns_in(inner, keys) for inner in listed)), None)


def has_rows(value: dict[str, Any]) -> bool:
    """Say whether an object has a list that is called as the rows of a table are; it may be empty."""
    lists = (key for key, inner in value.items() if isinstance(inner, list))
    return any(normal_key(key) in ANY_LIST or is_of_facilities(key) for key in lists)


def rows_as_records(
    parts: Iterator[Elements], beside: list[str] | None, keys: Keys, walked: Walked
) -> tuple[Iterator[Elements], bool]:
    """Give the rows of a table as records under its headings, and whether it has any; if not, they stay as they were.

    The headings were met ``beside`` the rows, or are among the first rows: a row that is called as other headings are
    (Police Station, Operational, Hotline) is a facility.
    """
    first: Elements = []
    while len(first) <= ROWS_ABOVE and (more := next(parts, None)) is not None:
        first += more
    values = [read_element(element) for element in first[:SAMPLE]]
    at = find_headings(values, keys)
    fitting = beside if beside and all(fits(row, beside) for row in values) else None
    if at is not None and (fitting is None or headings_of(cells_of(values[at])) == fitting):
        below = values[at + 1] if at + 1 < len(values) else None
        both = joined_headings(values[at], below, keys)
        headings, at = (values[at], at) if both is None else (both, at + 1)
        _pass_over(walked, "above the headings of a table", at)
        return _under_headings(chain([first[at + 1 :]], parts), headings, walked), True
    rows = chain([first], parts)
    return (_under_headings(rows, fitting, walked), True) if fitting else (rows, False)


def _under_headings(rows: Iterable[Elements], headings: object, walked: Walked) -> Iterator[Elements]:
    names = headings_of(cells_of(headings))
    keyed = dict(zip(headings, names, strict=False)) if isinstance(headings, dict) else None
    for elements in rows:
        made = [as_record(read_element(element), names, keyed) for element in elements]
        _pass_over(walked, "empty in a table", made.count(None))
        yield [
            bytes(element) if record is UNREADABLE else msgspec.json.encode(record)
            for element, record in zip(elements, made, strict=True)
            if record is not None
        ]


def _pass_over(walked: Walked, kind: str, count: int) -> None:
    if count:
        walked.passed_over[kind] += count
