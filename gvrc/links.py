"""What a record links to in another list of its file: ``"ward_id": 900`` where ``wards`` has the id 900.

The lists may come after the records, and a document is read in chunks: they are gathered in a pass of their own, which
keeps names and ids only. It is made for a file whose records refer to what they do not name, and for no other.
A link is followed where a list is named after the unit and has the id once; what is not found stays a number.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeGuard

import msgspec

from gvrc.cursor import Cursor, read_element
from gvrc.document import Walk
from gvrc.errors import SourceFileError
from gvrc.list_names import WRAPPING
from gvrc.meanings import PLACE_PARENTS, keys_of_source
from gvrc.paths import (
    MAX_KNOWN_PATHS,
    PARENT_CONSTITUENCY,
    PARENT_COUNTY,
    PARENT_GROUP,
    PARENT_OWNER,
    PARENT_OWNER_TYPE,
    PARENT_SERVICES,
    PARENT_STATUS,
    PARENT_SUB_COUNTY,
    PARENT_WARD,
    UUID,
    KeyPath,
    is_absent,
    is_wrapper,
    leaves,
    normal_key,
    unwrapped,
)
from gvrc.persons import is_of_account
from gvrc.walked import Walked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from contextlib import AbstractContextManager

    from gvrc.elements import Elements
    from gvrc.meanings import Keys

UNITS: Final = {  # what a list or a key is named after -> what it is the name of
    **dict.fromkeys(("ward", "countyassemblyward", "kata", "wadi"), "ward"),
    **dict.fromkeys(("constituency", "eneobunge", "jimbo"), "constituency"),
    **dict.fromkeys(("subcounty", "kauntindogo"), "sub_county"),
    **dict.fromkeys(("county", "kaunti"), "county"),
    "type": "type",
    "facilitytype": "facility_type",
    **dict.fromkeys(("owner", "facilityowner"), "owner"),
    **dict.fromkeys(("ownertype", "facilityownertype"), "owner_type"),
    **dict.fromkeys(("operationalstatus", "operationstatus", "facilitystatus"), "status"),
}
PARENTS: Final = {
    "ward": PARENT_WARD,
    "constituency": PARENT_CONSTITUENCY,
    "sub_county": PARENT_SUB_COUNTY,
    "county": PARENT_COUNTY,
    "type": PARENT_GROUP,
    "facility_type": PARENT_GROUP,
    "owner": PARENT_OWNER,
    "owner_type": PARENT_OWNER_TYPE,
    "status": PARENT_STATUS,
}
FIELDS: Final = {
    "ward_name": "ward",
    "constituency_name": "constituency",
    "sub_county_name": "sub_county",
    "county_name": "county",
    "facility_type": "facility_type",
    "owner_name": "owner",
    "owner_type": "owner_type",
    "operational_status": "status",
}
PLACES: Final = frozenset(("ward", "constituency", "sub_county", "county"))
ALSO: Final = {"type": "facility_type"}  # the list of a facility's type; "types" alone may be those of anything
ID_KEYS: Final = frozenset(("id", "pk", "uuid", "oid"))
NAME_KEYS: Final = ("name", "title", "label", "displayname", "nameen", "typename", "statusname", "categoryname")
ENDINGS: Final = ("uuid", "id", "pk", "fk", "ref")
SAMPLE: Final = 5  # records that tell whether a file is read twice: to look at 200 took as long as finding all of them
MAX_STEPS: Final = 3  # a ward, its constituency, the county of that
MAX_ROWS: Final = 20_000  # of a unit: there are 1,450 wards; what has more is no list of units, and takes memory
MAX_PATH: Final = 4  # keys down to a list: {"data": {"lookups": {"wards": {"results": [..]}}}}


class Link(NamedTuple):
    """What a record refers to."""

    unit: str
    id: str
    is_bare: bool  # under the unit's own key: {"ward": 900} may be the number of the ward, too


class Row(NamedTuple):
    """One unit of a list: its name, what it says that it is in, and what it refers to."""

    name: str
    stated: tuple[tuple[str, str], ...]
    links: tuple[Link, ...]
    codes: tuple[str, ...]


class Resource(msgspec.Struct):
    """What tells of a resource of JSON:API whether it is a unit; the rest is not decoded."""

    type: str
    id: str | int
    attributes: msgspec.Raw


class Links:
    """The lists of one file that its records refer to, gathered when the first record needs them."""

    def __init__(self, reopen: Callable[[], AbstractContextManager[Iterator[bytes]]]) -> None:
        self._reopen = reopen
        self._rows: _Rows | None = None
        self._known: dict[tuple[Link, ...], dict[str, str]] = {}

    def are_needed(self, records: Iterable[object], keys: Keys, path: tuple[str, ...], parents: dict[str, str]) -> bool:
        """Say whether records refer to what they do not name, and a list of it stands in their file.

        Beside a list that is the whole document nothing stands, but JSON:API mixes what it lists.
        """
        sample = islice((record for record in records if isinstance(record, dict)), SAMPLE)
        found = list(filter(_may_refer, sample))
        if not path:
            found = [record for record in found if "relationships" in record]
        if any(map(_services_of, found)) and self._gathered().services:
            return True
        wanted = {unit for record in found for unit in _unnamed(record, keys) if PARENTS[unit] not in parents}
        return bool(wanted) and not (wanted | {ALSO.get(unit, unit) for unit in wanted}).isdisjoint(
            self._gathered().units()
        )

    def told_of(self, element: msgspec.Raw | bytes, keys: Keys, parents: dict[str, str]) -> dict[str, Any]:
        """Give what stands around a record, and what it refers to: a place that it stands under goes before."""
        record = read_element(element)
        if not isinstance(record, dict):
            return parents
        stated = _stated(record, keys)
        links = tuple(_links_of(record))
        if self._contradict(links, stated):
            links = tuple(link for link in links if link.unit not in PLACES)
        found = self._follow(links)
        places = {
            PARENTS[unit]: name
            for unit, name in found.items()
            if unit in PLACES and _plain(stated.get(unit, ""), unit) != _plain(name, unit)
        }
        others = {PARENTS[unit]: name for unit, name in found.items() if unit not in PLACES}
        return places | parents | others | self._services_told(record)

    def _services_told(self, record: dict[str, Any]) -> dict[str, Any]:
        """Give the names of the services that a resource of JSON:API refers to, where one only has the id."""
        known = self._gathered().services
        names = [name for key in _services_of(record) if (name := known.get(key))]
        return {PARENT_SERVICES: names} if names else {}

    def notes(self) -> list[str]:
        """Tell for the report which lists were too long to be followed."""
        units = self._rows.too_long() if self._rows else []
        return [f"it lists more than {MAX_ROWS:,} of {unit}: links to them were not followed" for unit in units]

    def _contradict(self, links: tuple[Link, ...], stated: dict[str, str]) -> bool:
        """Say whether a record refers to two places, or to another than it names: which it is, nobody can tell."""
        names = defaultdict[str, set[str]](set)
        for link in links:
            unit, row = link.unit, self._gathered().find(link)
            if row is not None and unit in PLACES:
                names[unit] |= {_plain(name, unit) for name in (row.name, stated.get(unit)) if name}
        return any(len(of_unit) > 1 for of_unit in names.values())

    def _follow(self, links: tuple[Link, ...]) -> dict[str, str]:
        known = self._known.get(links)
        if known is None:
            known = self._names(links)
            if len(self._known) < MAX_KNOWN_PATHS:
                self._known[links] = known
        return known

    def _names(self, links: tuple[Link, ...]) -> dict[str, str]:
        found: dict[str, str] = {}
        for _ in range(MAX_STEPS):
            rows = [(link.unit, row) for link in links if (row := self._gathered().find(link))]
            for unit, row in rows:
                found.setdefault(unit, row.name)
            for unit, name in (told for _, row in rows for told in row.stated):
                found.setdefault(unit, name)
            links = tuple(further for _, row in rows for further in row.links if further.unit in PLACES)
        return found

    def _gathered(self) -> _Rows:
        if self._rows is None:
            self._rows = _Rows()
            try:
                with self._reopen() as chunks:
                    for _ in _Gathering(Cursor(chunks), self._rows).document():
                        pass
            except SourceFileError:
                pass  # whoever reads the records comes upon it, too, and tells
        return self._rows


class _Rows:
    """The rows of the lists that are named after a unit, by unit and id."""

    def __init__(self) -> None:
        self._by_id: defaultdict[str, dict[str, Row | None]] = defaultdict(dict)  # None: several rows have the id
        self._by_code: defaultdict[str, dict[str, Row]] = defaultdict(dict)
        self._counts: Counter[str] = Counter()
        self.services: dict[str, str | None] = {}  # None: several have the id

    def add_service(self, value: object) -> None:
        row = _row_of(SERVICE, value)
        for known in _ids_of(SERVICE, value) if row and isinstance(value, dict) else ():
            if row and len(self.services) < MAX_ROWS and self.services.setdefault(known, row.name) != row.name:
                self.services[known] = None

    def units(self) -> set[str]:
        return set(self._by_id)

    def too_long(self) -> list[str]:
        return [unit for unit, count in self._counts.items() if count >= MAX_ROWS]

    def add(self, unit: str, value: object, key: str | None = None) -> None:
        """Add a row of a list, or of an object that has it under its id."""
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
        """Give the row that a link is to, if there is one and no other that it could be."""
        unit = link.unit
        if unit in ALSO and link.id not in self._by_id.get(unit, {}):
            unit = ALSO[unit]
        row = self._by_id.get(unit, {}).get(link.id)
        is_of_another = link.is_bare and self._by_code.get(unit, {}).get(link.id.lstrip("0"), row) != row
        return None if is_of_another or self._counts[unit] >= MAX_ROWS else row


class _Gathering(Walk):
    """A walk through a document that gives no records: it takes the rows of the lists that are named after units."""

    def __init__(self, cursor: Cursor, rows: _Rows) -> None:
        super().__init__(cursor, ANY_KEYS, None, Walked())
        self.rows = rows

    def _sorted(self, parts: Iterator[Elements], path: tuple[str, ...], parents: dict[str, str]) -> Iterator[Elements]:  # noqa: ARG002
        unit = _unit_of_list(path)
        for element in (element for elements in parts for element in elements):
            if unit:
                self.rows.add(unit, read_element(element))
            elif not self._take_resource(element) and not path and _is_page(element):
                yield from _Gathering(Cursor(iter([bytes(element)])), self.rows).document()

    def _take_resource(self, element: msgspec.Raw | bytes) -> bool:
        try:
            kind = RESOURCE.decode(element).type
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return False
        if unit := unit_of(kind.rpartition("--")[2]):
            self.rows.add(unit, read_element(element))
        elif _is_of_services(kind):
            self.rows.add_service(read_element(element))
        return True

    def _object(self, path: tuple[str, ...], parents: dict[str, str]) -> Iterator[Elements]:
        value, end = self.cursor.small_object()
        if value is not None and path[-1:] == ("relationships",):  # what one resource refers to
            self.cursor.at = end
        elif value is None or (not self._take_rows(value, path) and self._is_walked(value, path)):
            yield from self._members(path, parents, None, is_large=False)
        else:
            self.cursor.at = end

    def _is_walked(self, value: dict[str, Any], path: tuple[str, ...]) -> bool:
        """Say whether lists may stand in an object: not in each of the many records that are keyed by their own key."""
        return len(path) < MAX_PATH and (not path or _unit_of_list(path) is not None or _may_hold_lists(value))

    def _take_rows(self, value: dict[str, Any], path: tuple[str, ...]) -> bool:
        """Take an object that is a unit, or has several under their ids; say whether it was one of them."""
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

    def _passes_sender(self, key: str, whole: dict[str, Any] | None) -> bool:  # noqa: ARG002 - the walk's own
        return False  # it is walked like anything else, and there is nothing in it


RESOURCE: Final = msgspec.json.Decoder(Resource)
PAGE: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])


def _is_page(element: msgspec.Raw | bytes) -> bool:
    """Say whether an element of a list is a page, with what it lists and what that refers to."""
    try:
        return any(_is_name_of_lists(key) for key in PAGE.decode(element))
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
    return word in ("included", "data") or (unit_of(key) is not None and word not in UNITS)


def _is_wrapped(value: dict[str, Any]) -> bool:
    return any(isinstance(inner, dict) and normal_key(key) in WRAPPING for key, inner in value.items())


def _unit_of_list(path: tuple[str, ...]) -> str | None:
    """Give the unit that a list is named after, be it a page of it: ``wards.results``."""
    if path and normal_key(path[-1]) in WRAPPING:
        path = path[:-1]
    return unit_of(path[-1]) if path else None


@lru_cache(maxsize=MAX_KNOWN_PATHS)
def unit_of(key: str) -> str | None:
    """Give the unit that a key, a list or a type of resource is named after.

    >>> [unit_of(key) for key in ("wards", "sub-counties", "facilityTypes", "tbl_wards", "ward_list", "catchment_ward")]
    ['ward', 'sub_county', 'facility_type', 'ward', 'ward', None]
    """
    word = normal_key(key)
    for mark in ("tbl", "field"):
        word = word.removeprefix(mark)
    word = word.removesuffix("list")
    forms = (word, word.removesuffix("s"), word.removesuffix("es"), f"{word.removesuffix('ies')}y")
    return next((UNITS[form] for form in forms if form in UNITS), None)


@lru_cache(maxsize=MAX_KNOWN_PATHS)
def _linked_unit(key: str) -> tuple[str, bool] | None:
    """Give the unit that a key of a record refers to, and whether it is the bare key: its value may be a name, too.

    >>> _linked_unit("ward_id"), _linked_unit("ward"), _linked_unit("ward_code")
    (('ward', False), ('ward', True), None)
    """
    word = normal_key(key)
    bare = UNITS.get(word)
    if bare:
        return bare, True
    ending = next((ending for ending in ENDINGS if word.endswith(ending)), None)
    unit = UNITS.get(word.removesuffix(ending)) if ending else None
    return (unit, False) if unit else None


def _may_refer(record: dict[str, Any]) -> bool:
    """Say whether a record has a key that refers to anything: hardly any file has, and the others are spared."""
    return "relationships" in record or any(
        _linked_unit(key) or (isinstance(value, dict) and _may_hold_links(key)) for key, value in record.items()
    )


@lru_cache(maxsize=MAX_KNOWN_PATHS)
def _may_hold_links(key: str) -> bool:
    return is_wrapper(key) or normal_key(key) in OUTSIDE


def _unnamed(record: dict[str, Any], keys: Keys) -> set[str]:
    """Give the units that a record refers to and says nothing of in words."""
    referred = {link.unit for link in _links_of(record)}
    stated = _stated(record, keys) if referred else {}
    return {unit for unit in referred if ALSO.get(unit, unit) not in stated}


def _links_of(record: dict[str, Any]) -> Iterator[Link]:
    for path, value in leaves({key: inner for key, inner in record.items() if key != "relationships"}):
        if (found := _linked_at(path)) and (known := _id_of(value)) and not (found[1] and not _is_number(known)):
            yield Link(found[0], known, found[1])
    relationships = record.get("relationships")
    for key, relationship in relationships.items() if isinstance(relationships, dict) else ():
        linked = relationship.get("data") if isinstance(relationship, dict) else None
        if isinstance(linked, dict) and isinstance(kind := linked.get("type"), str) and (unit := unit_of(key)):
            known, listed = _id_of(linked.get("id")), unit_of(kind.rpartition("--")[2])
            if known and listed and listed in (unit, ALSO.get(unit)):
                yield Link(listed, known, is_bare=False)


def _services_of(record: dict[str, Any]) -> list[str]:
    """Give the ids of the services that a resource of JSON:API refers to, as one to many."""
    relationships = record.get("relationships")
    named = relationships.items() if isinstance(relationships, dict) else ()
    listed = [said.get("data") for key, said in named if isinstance(said, dict) and _is_of_services(key)]
    linked = [one for several in listed if isinstance(several, list) for one in several if isinstance(one, dict)]
    return [known for one in linked if _is_of_services(str(one.get("type"))) and (known := _id_of(one.get("id")))]


@lru_cache(maxsize=MAX_KNOWN_PATHS)
def _is_of_services(kind: str) -> bool:
    """Say whether a relationship, or a type of resource, is one of services.

    >>> [
    ...     _is_of_services(kind)
    ...     for kind in ("services", "taxonomy_term--service", "facility-services", "service_points")
    ... ]
    [True, True, True, False]
    """
    return normal_key(kind.rpartition("--")[2]).removeprefix("field").removesuffix("s") in SERVICE_KINDS


SERVICE: Final = "service"
SERVICE_KINDS: Final = frozenset((SERVICE, "facilityservice", "serviceoffered", "servicesoffered", "servicetype"))


def _linked_at(path: KeyPath) -> tuple[str, bool] | None:
    """Give the unit that a path of a record refers to: in what only wraps it, in its location, in the unit's object."""
    if len(path) == 1:
        return _linked_unit(str(path[0]))
    *above, key = map(str, path)
    if normal_key(key) in ID_KEYS:
        *above, key = above
        found = unit_of(key) if normal_key(key) in UNITS else None
        found_at = (found, False) if found else _linked_unit(key)
    else:
        found_at = _linked_unit(key)
    return found_at if all(is_wrapper(word) or normal_key(word) in OUTSIDE for word in above) else None


# Not the county that a ward's object names: its id is that of the county of the ward, which its own row tells.
OUTSIDE: Final = PLACE_PARENTS - frozenset(UNITS)


def _stated(record: dict[str, Any], keys: Keys) -> dict[str, str]:
    """Give what a record says in words, by unit."""
    found: dict[str, str] = {}
    for path, value in leaves(record):
        units = [FIELDS[meaning.field] for meaning in keys.meanings(path) if meaning.field in FIELDS]
        if units and _is_word(value) and not _is_kind_of_resource(path, record):
            for unit in units:
                found.setdefault(unit, value)
    return found


def _is_word(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and not is_absent(value) and not _is_number(value.strip())


def _is_kind_of_resource(path: KeyPath, record: dict[str, Any]) -> bool:
    return path == ("type",) and ("relationships" in record or "attributes" in record)


def _row_of(unit: str, value: object) -> Row | None:
    if not isinstance(value, dict):
        return None
    said = {normal_key(key): inner for key, inner in unwrapped(value)}
    stated = _stated(value, ANY_KEYS)
    own = normal_key(unit)
    names = (*map(said.get, (f"{own}name", *NAME_KEYS, own)), stated.get(unit) if unit in PLACES else None)
    name = next((name for name in names if isinstance(name, str) and not is_absent(name)), None)
    if name is None or (unit == "owner" and is_of_account(unit, said)):
        return None
    above = tuple((other, told) for other, told in stated.items() if other in PLACES - {unit})
    further = tuple(link for link in _links_of(value) if link.unit in PLACES - {unit})
    told = (_id_of(said.get(key)) for key in ("code", "number", "no", f"{normal_key(unit)}code"))
    codes = tuple(code.lstrip("0") for code in told if code)
    return Row(name, above if unit in PLACES else (), further if unit in PLACES else (), codes)


ANY_KEYS: Final = keys_of_source({})


def _ids_of(unit: str, row: dict[str, Any]) -> Iterator[str]:
    own = {f"{normal_key(unit)}{ending}" for ending in ENDINGS}
    for path, value in leaves({key: inner for key, inner in row.items() if key != "relationships"}):
        words = [normal_key(key) for key in map(str, path) if not is_wrapper(key)]
        if words and (set(words) <= ID_KEYS or words[0] in own) and (known := _id_of(value)):
            yield known


def _id_of(value: object) -> str | None:
    """Give an id as text: pandas writes 900 as 900.0 where a column has gaps."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    is_id = isinstance(value, (int, str)) and not isinstance(value, bool) and not is_absent(value)
    return str(value).strip() if is_id else None


def _is_number(text: str) -> bool:
    """Say whether a text is the key of something, and no word."""
    return text.isdecimal() or UUID.fullmatch(text) is not None or OBJECT_ID.fullmatch(text) is not None


OBJECT_ID: Final = re.compile(r"[0-9a-f]{24}")  # MongoDB's


def _plain(name: str, unit: str) -> str:
    return normal_key(name).removesuffix(normal_key(unit))
