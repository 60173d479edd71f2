"""A database's tables as phpMyAdmin exports them: ``[{"type": "table", "name": "facilities", "data": [...]}, ...]``.

Each element of the list is a table with its rows, so none of them is a record.
"""

from __future__ import annotations

from typing import Final

import msgspec

from gvrc.errors import SourceFileError

PARTS: Final = ("header", "database", "table")


class Table(msgspec.Struct):
    """One table of a dump, its rows not decoded yet."""

    type: str
    name: str = ""
    data: msgspec.Raw = msgspec.Raw(b"[]")


TABLE: Final = msgspec.json.Decoder(Table)


def is_dump(first: object) -> bool:
    """Say whether the first object of a list is the beginning of a dump, or one of its tables."""
    if not isinstance(first, dict) or first.get("type") not in PARTS:
        return False
    return isinstance(first.get("data"), list) or (first["type"] != "table" and first.keys() <= OF_HEADER)


OF_HEADER: Final = frozenset(("type", "version", "comment", "name"))


def read_table(element: bytes) -> Table | None:
    """Read an element of a dump; None for its header.

    Raises:
        SourceFileError: it is not sound. It may be of any table, so it is not left out silently.
    """
    try:
        table = TABLE.decode(element)
    except (msgspec.DecodeError, RecursionError) as error:
        raise SourceFileError("holds a table that cannot be read. Export it again.") from error
    return table if table.type == "table" else None
