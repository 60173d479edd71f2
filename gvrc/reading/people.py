"""People and cases among the records of facilities: a table of both is one list, so each record is looked at."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any, Final

import msgspec

from gvrc.meaning.paths import is_wrapper
from gvrc.meaning.persons import is_person, may_hold_people
from gvrc.reading.alike import Column
from gvrc.reading.records import Records, read_as_objects

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gvrc.meaning.meanings import Keys
    from gvrc.reading.elements import Elements

OF_A_PERSON: Final = ("not_a_facility", "The record is of a person or of a case, not of a facility.")
DECODE: Final = msgspec.json.Decoder().decode


def refuse_people(records: Records, elements: Elements, keys: Keys) -> Records:
    """Reject the records that are of people or of cases; what they hold is neither read nor counted by key."""
    if not may_hold_people(_keys_of(records)):
        return records
    if records.columns is not None:
        records = read_as_objects(elements)
    for row, record in enumerate(records.values):
        if row not in records.rejects and is_person(record, keys):
            records.values[row] = {}
            records.rejects[row] = OF_A_PERSON
    return records


def _keys_of(records: Records) -> Iterator[str]:
    """Give the keys of all records, and those in what only wraps a record."""
    if records.columns is None:
        outer: Iterable[str] = set().union(*records.values)
        wrapped = (record.get(key) for key in outer if is_wrapper(key) for record in records.values)
    else:
        outer = records.columns
        wrapped = (
            value
            for key, column in records.columns.items()
            if isinstance(column, Column) and is_wrapper(key)
            for value in column.values
        )
    inner: set[Any] = set().union(*(value for value in wrapped if isinstance(value, dict)))
    yield from chain(outer, inner)
