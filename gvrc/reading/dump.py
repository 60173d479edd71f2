"""Tables in a list: ``[{"table": "facilities", "rows": [...]}, ...]``, the sheets of a workbook, phpMyAdmin's exports.

Each element of the list is a table with its rows, so none of them is a record. A table is read as what stands under its
name in an object: its counties and services are no facilities, and what the facilities refer to is looked up in it.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import msgspec

from gvrc.errors import SourceFileError
from gvrc.meaning.list_names import is_of_facilities
from gvrc.meaning.paths import normal_key
from gvrc.reading.cursor import MEMBERS

NAMES: Final = frozenset(("table", "tablename", "collection", "collectionname", "sheet", "sheetname", "worksheet"))
ROWS: Final = frozenset(("rows", "data", "records"))
OF_RECORDS: Final = frozenset(("name", "facilityname"))  # a facility may be of a collection, and have data
PARTS: Final = ("header", "database", "table")  # of phpMyAdmin, by type
OF_HEADER: Final = frozenset(("type", "version", "comment", "name"))


class Table(NamedTuple):
    """One table, its rows not decoded yet."""

    name: str
    rows: msgspec.Raw
    is_of_database: bool

    @property
    def may_hold_facilities(self) -> bool:
        """Say whether facilities may be in it: what else a whole database holds, nobody can tell."""
        return not self.is_of_database or is_of_facilities(self.name)

    def as_object(self) -> bytes:
        """Write it as an object with one member."""
        return msgspec.json.encode({self.name: self.rows})


def is_dump(first: object) -> bool:
    """Say whether the first object of a list is the beginning of a dump, or one of its tables.

    >>> tables = [{"table": "wards", "rows": []}, {"Sheet Name": "Kilifi", "data": []}, {"name": "Kibra", "data": []}]
    >>> site = {"name": "Lindi Clinic", "collection": "Kibra", "records": []}
    >>> [is_dump(first) for first in ({"type": "header", "version": "5.2"}, *tables, site)]
    [True, True, True, False, False]
    """
    if not isinstance(first, dict):
        return False
    if first.get("type") in PARTS:
        return isinstance(first.get("data"), list) or (first["type"] != "table" and first.keys() <= OF_HEADER)
    words = {normal_key(key): value for key, value in first.items()}
    is_named = any(isinstance(words.get(word), str) for word in NAMES) and OF_RECORDS.isdisjoint(words)
    return is_named and any(isinstance(words.get(word), list) for word in ROWS)


def read_table(element: bytes) -> Table | None:
    """Read an element of a dump; None for its header, and for what is no table.

    Raises:
        SourceFileError: it is not sound. It may be of any table, so it is not left out silently.
    """
    try:
        members = MEMBERS.decode(element)
        is_of_database = bytes(members.get("type", b"")) == b'"table"'
        name, rows = (members.get("name"), members.get("data")) if is_of_database else _named_rows(members)
        said = msgspec.json.decode(name) if name is not None else None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SourceFileError("holds a table that cannot be read. Export it again.") from error
    return Table(said, rows, is_of_database) if isinstance(said, str) and rows is not None else None


def _named_rows(members: dict[str, msgspec.Raw]) -> tuple[msgspec.Raw | None, msgspec.Raw | None]:
    words = {normal_key(key): value for key, value in members.items()}
    name = next((words[word] for word in words if word in NAMES), None)
    return name, next((words[word] for word in words if word in ROWS), None)
