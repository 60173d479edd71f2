"""The rows of the lists of a file that its records refer to: wards, types, owners, statuses, by their ids.

They are gathered in a separate walk, which keeps names and ids only.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from gvrc.errors import SourceFileError
from gvrc.lazy import lazy_pattern
from gvrc.meaning.accounts import is_of_account
from gvrc.meaning.list_names import WRAPPING
from gvrc.meaning.meanings import keys_of_source
from gvrc.meaning.other_kinds import other_kind
from gvrc.meaning.paths import is_absent, is_wrapper, leaves, normal_key, unwrapped
from gvrc.reading.cursor import MAX_DEPTH, MEMBERS, Cursor, read_element
from gvrc.reading.dump import is_dump, read_table
from gvrc.reading.elements import ListReader, blocks_of_lines, is_lines
from gvrc.reading.healthcare import MARK_OF_RESOURCE, Healthcare
from gvrc.reading.link_keys import (
    ALSO,
    ENDINGS,
    ID_KEYS,
    PLACES,
    SERVICE,
    UNITS,
    Link,
    id_of,
    is_of_services,
    links_of,
    part_of,
    stated_units,
    unit_of,
)
from gvrc.reading.side_tables import SideTables, is_side_table, may_be_beside

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gvrc.reading.elements import Elements

NAME_KEYS: Final = ("name", "title", "label", "displayname", "nameen", "typename", "statusname", "categoryname")
MAX_ROWS: Final = 20_000  # per unit: there are 1,450 wards; a longer list is no list of units, and takes memory
MAX_LEVELS: Final = 8
JURISDICTIONS: Final = ("Location_jdn", "organisation unit")
MAX_PATH: Final = 4  # keys down to a list: {"data": {"lookups": {"wards": {"results": [..]}}}}
# Lines, the entries of a Bundle of FHIR, the units of DHIS2; and what stands in each unit among them.
LISTS_OF_UNITS: Final = ((), ("entry",), ("organisationUnits",))
MARK_OF_UNIT: Final = lazy_pattern(rb'"(?:jdn|level)"')
ANY_KEYS: Final = keys_of_source({})


class Row(NamedTuple):
    """One unit of a list: its name, what it says that it lies in, and what it refers to."""

    name: str
    stated: tuple[tuple[str, str], ...]
    links: tuple[Link, ...]
    codes: tuple[str, ...]


class Jurisdiction(NamedTuple):
    """A county or what is below it among the Locations of FHIR or the units of DHIS2, and the id of what it is in."""

    name: str
    above: str | None


class Resource(msgspec.Struct):
    """The part of a JSON:API resource that shows whether it is a unit; the rest is not decoded."""

    type: str
    id: str | int
    attributes: msgspec.Raw


RESOURCE: Final = msgspec.json.Decoder(Resource)


class Rows:
    """The rows of the lists that are named after a unit, by unit and id."""

    def __init__(self) -> None:
        self._by_id: defaultdict[str, dict[str, Row | None]] = defaultdict(dict)  # None: several rows have the id
        self._by_code: defaultdict[str, dict[str, Row]] = defaultdict(dict)
        self._counts: Counter[str] = Counter()
        self.services: dict[str, str | None] = {}  # None: several services have the id
        self.jurisdictions: dict[str, Jurisdiction | None] = {}  # None: several have the id
        self.side_tables = SideTables()
        self.healthcare = Healthcare()

    def add_service(self, value: object) -> None:
        """Add a service by its id; an id with two names has none."""
        row = _row_of(SERVICE, value)
        for known in _ids_of(SERVICE, value) if row and isinstance(value, dict) else ():
            if row and len(self.services) < MAX_ROWS and self.services.setdefault(known, row.name) != row.name:
                self.services[known] = None

    def add_jurisdiction(self, location: object) -> None:
        """Add a Location of FHIR or a unit of DHIS2 that is a jurisdiction; an id with two names has none."""
        if not isinstance(location, dict) or not (other_kind(location) or "").startswith(JURISDICTIONS):
            return
        inner = location.get("resource", location)
        known, name = id_of(inner.get("id")), inner.get("name", inner.get("displayName"))
        if known and isinstance(name, str) and not is_absent(name) and len(self.jurisdictions) < MAX_ROWS:
            found = Jurisdiction(name, part_of(location))
            if self.jurisdictions.setdefault(known, found) != found:
                self.jurisdictions[known] = None

    def above(self, known: str | None) -> list[str]:
        """Name the jurisdictions that something is part of, from its own up to the country."""
        names: list[str] = []
        while known and len(names) < MAX_LEVELS and (found := self.jurisdictions.get(known)):
            names.append(found.name)
            known = found.above
        return names

    def units(self) -> set[str]:
        """Name the units that have rows."""
        return set(self._by_id)

    def too_long(self) -> list[str]:
        """Name the units with more rows than a list of units has."""
        return [unit for unit, count in self._counts.items() if count >= MAX_ROWS]

    def add(self, unit: str, value: object, key: str | None = None) -> None:
        """Add a row of a list, or one that stands under its id in an object."""
        row = Row(value, (), (), ()) if isinstance(value, str) and not is_absent(value) else _row_of(unit, value)
        if row is None or self._counts[unit] >= MAX_ROWS:
            return
        self._counts[unit] += 1
        ids = set(_ids_of(unit, value)) if isinstance(value, dict) else set()
        for known in ids | ({key} if key is not None else set()):
            before = self._by_id[unit].setdefault(known, row)
            if before != row:
                self._by_id[unit][known] = None
        for code in row.codes:
            self._by_code[unit].setdefault(code, row)

    def find(self, link: Link) -> Row | None:
        """Give the row that a link refers to, if there is exactly one that it could be."""
        unit = link.unit
        if unit in ALSO and link.id not in self._by_id.get(unit, {}):
            unit = ALSO[unit]
        row = self._by_id.get(unit, {}).get(link.id)
        is_of_another = link.is_bare and self._by_code.get(unit, {}).get(link.id.lstrip("0"), row) != row
        return None if is_of_another or self._counts[unit] >= MAX_ROWS else row


def _row_of(unit: str, value: object) -> Row | None:
    if not isinstance(value, dict):
        return None
    said = {normal_key(key): inner for key, inner in unwrapped(value)}
    stated = stated_units(value, ANY_KEYS)
    own = normal_key(unit)
    names = (*map(said.get, (f"{own}name", *NAME_KEYS, own)), stated.get(unit) if unit in PLACES else None)
    name = next((name for name in names if isinstance(name, str) and not is_absent(name)), None)
    if name is None or (unit == "owner" and is_of_account(unit, said)):
        return None
    above = tuple((other, told) for other, told in stated.items() if other in PLACES - {unit})
    further = tuple(link for link in links_of(value) if link.unit in PLACES - {unit})
    told = (id_of(said.get(key)) for key in ("code", "number", "no", f"{normal_key(unit)}code"))
    codes = tuple(code.lstrip("0") for code in told if code)
    return Row(name, above if unit in PLACES else (), further if unit in PLACES else (), codes)


def _ids_of(unit: str, row: dict[str, Any]) -> Iterator[str]:
    own = {f"{normal_key(unit)}{ending}" for ending in ENDINGS}
    for path, value in leaves({key: inner for key, inner in row.items() if key != "relationships"}):
        words = [normal_key(key) for key in map(str, path) if not is_wrapper(key)]
        if words and (set(words) <= ID_KEYS or words[0] in own) and (known := id_of(value)):
            yield known


class Gathering:
    """A walk through a document that takes the rows of the lists that are named after units."""

    def __init__(self, cursor: Cursor, rows: Rows) -> None:
        self.cursor = cursor
        self.rows = rows

    def gather(self) -> None:
        """Walk all of it. Raises SourceFileError if it cannot go on; what was gathered before stays."""
        while char := self.cursor.peek():
            if char == b"[":
                self._list(())
            elif char != b"{":
                return  # not JSON: whoever reads the records reports it
            elif is_lines(self.cursor):
                self._elements(blocks_of_lines(self.cursor), ())
            else:
                self._object(())

    def _list(self, path: tuple[str, ...]) -> None:
        self.cursor.at += 1
        self._elements(ListReader(self.cursor).read(), path)

    def _elements(self, parts: Iterator[Elements], path: tuple[str, ...]) -> None:
        """Take the elements of a list that is named after a unit, of JSON:API's lists, and of a list of pages."""
        first: Elements = next(filter(None, parts), [])
        if first and not path and is_dump(read_element(first[0])):
            self._tables(chain(first, chain.from_iterable(parts)))
            return
        unit = _unit_of_list(path)
        for element in chain(first, chain.from_iterable(parts)):
            if path in LISTS_OF_UNITS and MARK_OF_RESOURCE in bytes(element):
                self.rows.healthcare.add(read_element(element))
            if unit:
                self.rows.add(unit, read_element(element))
            elif may_be_beside(path) or is_side_table(path):
                self.rows.side_tables.add(path, read_element(element))
            elif path in LISTS_OF_UNITS and MARK_OF_UNIT.search(bytes(element)):
                self.rows.add_jurisdiction(read_element(element))
            elif not self._take_resource(element) and not path and _is_page(element):
                Gathering(Cursor(iter([bytes(element)])), self.rows).gather()

    def _tables(self, elements: Iterable[msgspec.Raw | bytes]) -> None:
        for table in filter(None, map(read_table, map(bytes, elements))):
            Gathering(Cursor(iter([table.as_object()])), self.rows).gather()

    def _take_resource(self, element: msgspec.Raw | bytes) -> bool:
        try:
            kind = RESOURCE.decode(element).type
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return False
        if unit := unit_of(kind.rpartition("--")[2]):
            self.rows.add(unit, read_element(element))
        elif is_of_services(kind):
            self.rows.add_service(read_element(element))
        return True

    def _object(self, path: tuple[str, ...]) -> None:
        value, end = self.cursor.small_object()
        if value is not None and path[-1:] == ("relationships",):  # what one resource refers to
            self.cursor.at = end
        elif value is None or (not self._take_rows(value, path) and self._is_walked(value, path)):
            self._members(path)
        else:
            self.cursor.at = end

    def _members(self, path: tuple[str, ...]) -> None:
        if len(path) > MAX_DEPTH:
            raise SourceFileError(f"is nested deeper than {MAX_DEPTH} levels.")
        for key in self.cursor.members():
            if (char := self.cursor.peek()) == b"[":
                self._list((*path, key))
            elif char == b"{":
                self._object((*path, key))
            else:
                self.cursor.read_scalar()

    def _is_walked(self, value: dict[str, Any], path: tuple[str, ...]) -> bool:
        """Say whether lists may stand in an object: not in each of many records that are keyed by their own key."""
        is_listed = _unit_of_list(path) is not None or is_side_table(path) or may_be_beside(path)
        return len(path) < MAX_PATH and (not path or is_listed or _may_hold_lists(value))

    def _take_rows(self, value: dict[str, Any], path: tuple[str, ...]) -> bool:
        """Take an object that is a unit, or has several under their ids; say whether it was such an object."""
        above = None if not path or normal_key(path[-1]) in WRAPPING else _unit_of_list(path[:-1])
        unit = above or _unit_of_list(path)
        if unit is None or any(isinstance(inner, list) for inner in value.values()) or _is_wrapped(value):
            return False
        if above or not ID_KEYS.isdisjoint(map(normal_key, value)):
            self.rows.add(unit, value, path[-1] if above else None)
        else:
            for key, row in value.items():
                self.rows.add(unit, row, key)
        return True


def _is_page(element: msgspec.Raw | bytes) -> bool:
    """Say whether an element of a list is a page: what it lists, and what that refers to."""
    try:
        return any(_is_name_of_lists(key) and not is_side_table((key,)) for key in MEMBERS.decode(element))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False


def _may_hold_lists(value: object) -> bool:
    if isinstance(value, list):
        return any(map(_may_hold_lists, value[:1]))
    return isinstance(value, dict) and any(
        isinstance(inner, (list, dict)) and (_is_name_of_lists(key) or _may_hold_lists(inner))
        for key, inner in value.items()
    )


def _is_name_of_lists(key: str) -> bool:
    word = normal_key(key)
    return word in ("included", "data") or (unit_of(key) is not None and word not in UNITS) or is_side_table((key,))


def _is_wrapped(value: dict[str, Any]) -> bool:
    return any(isinstance(inner, dict) and normal_key(key) in WRAPPING for key, inner in value.items())


def _unit_of_list(path: tuple[str, ...]) -> str | None:
    """Give the unit that a list, or a page of it, is named after: ``wards.results``."""
    if path and normal_key(path[-1]) in WRAPPING:
        path = path[:-1]
    return unit_of(path[-1]) if path else None
