"""People and cases among the records of facilities: a list may mix them, so each record is looked at."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from gvrc.meaning.paths import is_wrapper, normal_key
from gvrc.meaning.persons import KINDS, is_person, may_hold_people
from gvrc.reading.alike import Column
from gvrc.reading.records import Records, read_as_objects

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gvrc.meaning.meanings import Keys
    from gvrc.reading.elements import Elements

OF_A_PERSON: Final = ("not_a_facility", "The record is of a person or of a case, not of a facility.")


def refuse_people(records: Records, elements: Elements, keys: Keys) -> Records:
    """Reject the records that are of people or of cases; their contents are neither read nor counted by key."""
    if not may_hold_people(_marks_of(records)):
        return records
    if records.columns is not None:
        records = read_as_objects(elements)
    for row, record in enumerate(records.values):
        if row not in records.rejects and is_person(record, keys):
            records.values[row] = {}
            records.rejects[row] = OF_A_PERSON
    return records


def _marks_of(records: Records) -> Iterator[str]:
    """Give the keys of all records, those in what only wraps a record, and the kinds that the records are of."""
    outer: Iterable[str] = set().union(*records.values) if records.columns is None else records.columns
    wrapped = [
        value for key in outer if is_wrapper(key) for value in _values_of(records, key) if isinstance(value, dict)
    ]
    inner: set[Any] = set().union(*wrapped)
    within = (inside.get(key) for key in inner if is_wrapper(key) for inside in wrapped)  # the fields of a doc
    inner = inner.union(*(value for value in within if isinstance(value, dict)))
    kinds = (value for key in outer if normal_key(key) in KINDS for value in _values_of(records, key))
    inner_kinds = (inside.get(key) for key in inner if normal_key(key) in KINDS for inside in wrapped)
    yield from chain(outer, inner, {kind for kind in chain(kinds, inner_kinds) if isinstance(kind, str)})


def _values_of(records: Records, key: str) -> Iterable[Any]:
    """Give what all records say under a key."""
    if records.columns is None:
        return (record.get(key) for record in records.values)
    column = records.columns[key]
    return column.values if isinstance(column, Column) else ()
