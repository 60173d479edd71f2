"""Tables of contacts and services beside the facilities' own, joined by an id: ``{"facility_id": 1, "phone": ..}``.

A wrong join sends survivors to another facility's telephone. So a row counts only if it stands beside the facilities'
list, and if one record of that list, and only one, has the id that it names.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from gvrc.meaning.list_names import MARK_OF_TABLE, OF_FACILITIES, WRAPPING, is_of_facilities
from gvrc.meaning.paths import (
    MAX_KNOWN_PATHS,
    PARENT_CONTACTS,
    PARENT_SERVICES,
    is_absent,
    normal_key,
    words_of_key,
)
from gvrc.reading.cursor import hold_any
from gvrc.reading.link_keys import ENDINGS, ID_KEYS, id_of, is_row_key

if TYPE_CHECKING:
    from collections.abc import Iterable

CONTACTS: Final = ("contacts", "phones", "telephones", "emails", "contact", "phone")
AT_LOCATION: Final = ("serviceatlocation", "serviceatlocations", "servicesatlocation", "servicesatlocations")
SERVICES: Final = ("services", "huduma", "service", *AT_LOCATION)
KINDS: Final = {
    f"{mark}{word}": kind
    for words, kind in ((CONTACTS, PARENT_CONTACTS), (SERVICES, PARENT_SERVICES))
    for word in words
    for mark in ("", "facility", "facilities")
}
# The ends of such names, by which bytes are searched: most files have none of them outside their records.
# HSDS, which calls them phone and service, also has a table service_at_location.
ENDS: Final = ("ontacts", "hones", "mails", "ervices", "uduma", "t_location")  # each costs 10 ms for 100,000 facilities
CODES: Final = frozenset(("facilitycode", "mflcode", "mfl", "facilitymflcode", "kmhflcode", "mflno"))
OWN_CODES: Final = CODES | {"code"}
FACILITY: Final = "facility"
LOCATION: Final = "location"  # HSDS: where an organisation has its services
# In HSDS a service belongs to an organisation, and other rows tell at which of its locations it is offered.
OF_SERVICES: Final = frozenset(("organization", "organisation", "provider"))
SERVICE_LISTS: Final = frozenset(
    ("services", "serviceids", "servicesids", "servicesoffered", "servicesprovided", "huduma")
)
SERVICE_IDS: Final = tuple(f"service{ending}" for ending in ENDINGS)
REFERS_TO_SERVICE: Final = (*SERVICE_IDS, "service")
CATALOGUE_IDS: Final = ("id", "pk", "uuid", *SERVICE_IDS)
SAYS_OFFERED: Final = frozenset(("status", "isactive", "active", "available", "isavailable"))
MAX_ROWS: Final = 100_000  # of all tables: their rows are kept in memory

Place = tuple[str, ...]


class Owner(NamedTuple):
    """The facility that a row belongs to: what its key is called after, and the id or code."""

    stem: str
    is_code: bool
    id: str


class SideTables:
    """The rows of contacts and services of a file by their facility, and how many records have each id."""

    def __init__(self) -> None:
        self.rows: defaultdict[tuple[Place, Owner], list[tuple[str, Any]]] = defaultdict(list)
        self.paths: set[Place] = set()
        self.count = 0
        self.used = 0
        self._of_nobody: Counter[Place] = Counter()  # rows of a table that name no facility, or none that it has
        self._ids: defaultdict[Place, defaultdict[str, Counter[tuple[bool, str]]]] = defaultdict(
            lambda: defaultdict(Counter)
        )
        # None: several services have the id.
        self._services: defaultdict[Place, dict[str, dict[str, Any] | None]] = defaultdict(dict)

    def add(self, path: Place, row: object) -> None:
        """Add a row of a list: of a table, of the catalogue of services, or of facilities, whose ids are counted."""
        above, name = _parted(path)
        if not isinstance(row, dict):
            return
        if kind := _kind_of(name):
            self._add_detail(path, above, kind, row)
        elif _is_of_sites(name):
            self._ids[above][_singular(name)].update(set(_ids_of(name, row)))

    def _add_detail(self, path: Place, above: Place, kind: str, row: dict[str, Any]) -> None:
        owners = list(filter(None, (_owner_at(key, value) for key, value in row.items())))
        owner = next((owner for owner in owners if owner.stem != LOCATION), next(iter(owners), None))
        is_catalogued = kind == PARENT_SERVICES and self._catalogue(above, row, owner)
        if owner:
            self.count += 1
            self.paths.add(path)
        if owner and self.count <= MAX_ROWS:
            said = {key: value for key, value in row.items() if not _owner_at(key, value) and not _is_own_id(key)}
            self.rows[above, owner].append((kind, said))
        elif not is_catalogued:
            self._of_nobody[path] += 1

    def _catalogue(self, above: Place, row: dict[str, Any], owner: Owner | None) -> bool:
        """Keep what a service is called, and whether it is offered, by its id; an id with two services has none."""
        known, name = _value_at(row, CATALOGUE_IDS), _name_of(row)
        if not known or not name or (owner and owner.stem not in OF_SERVICES):
            return False
        service = {"name": name} | {key: said for key, said in row.items() if normal_key(key) in SAYS_OFFERED}
        if len(self._services[above]) < MAX_ROWS and self._services[above].setdefault(known, service) != service:
            self._services[above][known] = None
        return True

    def left(self) -> int:
        """Count the rows of tables that were joined to no facility."""
        return self.count - self.used + sum(self._of_nobody[path] for path in self.paths)

    def of(self, path: Place, record: dict[str, Any]) -> dict[str, list[Any]]:
        """Give the contacts and services that the tables beside its list have for a record."""
        above, name = _parted(path)
        found: dict[str, list[Any]] = {}
        for is_code, known in dict.fromkeys(_ids_of(name, record)):
            for stem in (FACILITY, _singular(name)) if _singular(name) != FACILITY else (FACILITY,):
                rows = self.rows.get((above, Owner(stem, is_code, known)), [])
                if rows and self._is_only_one(above, name, stem, (is_code, known)):
                    self.used += len(rows)
                    for kind, said in rows:
                        found.setdefault(kind, []).append(self._named(above, said) if kind == PARENT_SERVICES else said)
        return found

    def _is_only_one(self, above: Place, name: str, stem: str, known: tuple[bool, str]) -> bool:
        lists = self._ids[above]
        named = [stem] if stem in lists else list(lists)
        return _singular(name) in named and sum(lists[of][known] for of in named) == 1

    def _named(self, above: Place, service: dict[str, Any]) -> dict[str, Any]:
        """Give a service by its name in the catalogue, if a row only refers to it: by ``service_id`` or ``service``."""
        known = _value_at(service, REFERS_TO_SERVICE)
        found = self._services[above].get(known) if known else None
        if found is None or _name_of(service):
            return service
        return {key: said for key, said in service.items() if normal_key(key) != "service"} | found

    def services_of(self, path: Place, record: dict[str, Any]) -> list[dict[str, Any]]:
        """Give the services that a record lists by their ids, if the catalogue beside its list has all of them."""
        catalogue = self._services.get(_parted(path)[0], {})
        services = [catalogue.get(known) for known in service_ids(record)]
        found = [service for service in services if service]
        return found if len(found) == len(services) else []


def service_ids(record: dict[str, Any]) -> list[str]:
    """Give the ids of services that a record lists, unless it names them, too: ``{"services": [1, 3]}``.

    >>> service_ids({"services": [1, 3]}), service_ids({"services": ["PEP", 3]}), service_ids({"service_ids": ["s1"]})
    (['1', '3'], [], ['s1'])
    >>> service_ids({"services": [1, 3], "service_names": ["PEP", "HTS"]})
    []
    """
    lists = {key: value for key, value in record.items() if isinstance(value, list) and value}
    for key, value in lists.items():
        if normal_key(key) in SERVICE_LISTS:
            are_ids = normal_key(key).endswith("ids") or all(map(_is_key, value))
            return list(filter(None, map(id_of, value))) if are_ids and not any(map(_names, lists.items())) else []
    return []


def _is_key(value: object) -> bool:
    return isinstance(value, int) or (isinstance(value, str) and is_row_key(value))


def _names(listed: tuple[str, list[Any]]) -> bool:
    """Say whether a list of a record has the names of its services (the national list's ``service_names``)."""
    key, value = listed
    return "service" in normal_key(key) and not any(map(_is_key, value)) and not normal_key(key).endswith("ids")


def are_mentioned(chunks: Iterable[bytes], path: Place, records: Iterable[object]) -> bool:
    """Say whether a file has the name of such a table, or what its rows say of a facility where the name may be a key.

    ``records`` are a few of those at the path: their own keys tell nothing.
    """
    inside = {normal_key(key) for record in records if isinstance(record, dict) for key in record}
    ends = [end for end in ENDS if not any(word.endswith(end.lower()) for word in inside)]
    stems = (FACILITY, _singular(_parted(path)[1])) if len(ends) < len(ENDS) else ()
    refers = [f"{stem[1:]}{ending}" for stem in stems for ending in ("_id", "Id")] + [f'"{FACILITY}' for _ in stems[:1]]
    foreign = [word for word in refers if not any(key.endswith(normal_key(word)) for key in inside)]
    return hold_any(chunks, [f'{word}"'.encode() for word in dict.fromkeys(ends + foreign)])


def may_be_beside(path: Place) -> bool:
    """Say whether tables may stand beside a list of facilities."""
    return bool(path) and _is_of_sites(_parted(path)[1])


def _is_of_sites(name: str) -> bool:
    """Say whether a list is of facilities, or of the locations of organisations."""
    return is_of_facilities(name) or normal_key(name).removesuffix("s") == LOCATION


def may_be_joined(path: Place, records: Iterable[dict[str, Any]]) -> bool:
    """Say whether a row of another table may belong to one of these records: they have an id or a code."""
    return may_be_beside(path) and any(_ids_of(_parted(path)[1], record) for record in records)


def is_side_table(path: Place) -> bool:
    """Say whether a list is called after contacts or services."""
    return bool(path) and _kind_of(_parted(path)[1]) is not None


def _kind_of(name: str) -> str | None:
    return KINDS.get(normal_key(MARK_OF_TABLE.sub("", name)))


def _name_of(service: dict[str, Any]) -> str | None:
    said = (value for key, value in service.items() if normal_key(key) in ("name", "servicename"))
    return next((value for value in said if isinstance(value, str) and not is_absent(value)), None)


def _value_at(row: dict[str, Any], words: Iterable[str]) -> str | None:
    said = {normal_key(key): value for key, value in row.items()}
    return next((known for word in words if (known := id_of(said.get(word)))), None)


def _parted(path: Place) -> tuple[Place, str]:
    at = len(path) - 1
    while at > 0 and normal_key(path[at]) in WRAPPING:
        at -= 1
    return (path[:at], path[at]) if path else ((), "")


@lru_cache(maxsize=MAX_KNOWN_PATHS)
def _singular(name: str) -> str:
    """Give what one of a list of facilities is called.

    >>> [_singular(name) for name in ("facilities", "tbl_police_stations", "safe_houses", "dispensaries", "offices")]
    ['facility', 'station', 'safehouse', 'dispensary', 'office']
    """
    words = words_of_key(name)
    word = next((word for word in ("".join(words[-2:]), *words[-1:]) if word in OF_FACILITIES), normal_key(name))
    if word in ("safehouse", "safehouses"):
        return "safehouse"
    return f"{word.removesuffix('ies')}y" if word.endswith("ies") else word.removesuffix("s")


def _ids_of(name: str, record: dict[str, Any]) -> list[tuple[bool, str]]:
    own = {f"{stem}{ending}" for stem in (_singular(name), FACILITY) for ending in ENDINGS} | ID_KEYS
    words = [(normal_key(key), value) for key, value in record.items()]
    return [
        (word in OWN_CODES, known)
        for word, value in words
        if (word in own or word in OWN_CODES) and (known := id_of(value))
    ]


def _owner_at(key: str, value: object) -> Owner | None:
    word = normal_key(key)
    stem = _stem_of(word)
    if stem is None and word not in CODES:
        return None
    known = id_of(value)
    return Owner(stem or FACILITY, word in CODES, known) if known else None


@lru_cache(maxsize=MAX_KNOWN_PATHS)
def _stem_of(word: str) -> str | None:
    """Give what the key of a row that refers to a facility is called after: ``station_id``, or ``facility`` alone."""
    if word == FACILITY:
        return FACILITY
    stems = (word.removesuffix(ending) for ending in ENDINGS if word.endswith(ending))
    sites = (stem for stem in stems if stem in OF_FACILITIES or f"{stem}s" in OF_FACILITIES or stem == LOCATION)
    return next(map(_singular, sites), None)


def _is_own_id(key: str) -> bool:
    return normal_key(key) in ID_KEYS
