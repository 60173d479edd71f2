"""What a record refers to by its keys, ``"ward_id": 900``, and which units it names in words."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeGuard

from gvrc.lazy import lazy_pattern
from gvrc.meaning.key_paths import PLACE_PARENTS
from gvrc.meaning.other_kinds import is_organisation_unit
from gvrc.meaning.paths import MAX_KNOWN_PATHS, UUID, KeyPath, is_absent, is_wrapper, leaves, normal_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gvrc.meaning.meanings import Keys

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
ALSO: Final = {"type": "facility_type"}  # the list of a facility's type; "types" alone may be the types of anything
ID_KEYS: Final = frozenset(("id", "pk", "uuid", "oid"))
ENDINGS: Final = ("uuid", "id", "pk", "fk", "ref")
SERVICE: Final = "service"
SERVICE_KINDS: Final = frozenset((SERVICE, "facilityservice", "serviceoffered", "servicesoffered", "servicetype"))
# Not the county inside a ward's object: its id belongs to the ward's county, which the ward's own row states.
OUTSIDE: Final = PLACE_PARENTS - frozenset(UNITS)
OBJECT_ID: Final = lazy_pattern(r"[0-9a-f]{24}")  # MongoDB's


class Link(NamedTuple):
    """What a record refers to."""

    unit: str
    id: str
    is_bare: bool  # under the unit's own key: 900 in {"ward": 900} may be the ward's number, too


def may_refer(record: dict[str, Any]) -> bool:
    """Say whether a record has a key that refers to something: few files have, and the others are not searched."""
    return (
        "relationships" in record
        or "partOf" in record
        or ("level" in record and not record.keys().isdisjoint(("parent", "path")))
        or any(_linked_unit(key) or (isinstance(value, dict) and _may_hold_links(key)) for key, value in record.items())
    )


@lru_cache(maxsize=MAX_KNOWN_PATHS)
def _may_hold_links(key: str) -> bool:
    return is_wrapper(key) or normal_key(key) in OUTSIDE


def links_of(record: dict[str, Any]) -> Iterator[Link]:
    """Give what a record refers to, by its own keys or by the relationships of JSON:API."""
    for path, value in leaves({key: inner for key, inner in record.items() if key != "relationships"}):
        if (found := _linked_at(path)) and (known := id_of(value)) and not (found[1] and not is_row_key(known)):
            yield Link(found[0], known, found[1])
    relationships = record.get("relationships")
    for key, relationship in relationships.items() if isinstance(relationships, dict) else ():
        linked = relationship.get("data") if isinstance(relationship, dict) else None
        if isinstance(linked, dict) and isinstance(kind := linked.get("type"), str) and (unit := unit_of(key)):
            known, listed = id_of(linked.get("id")), unit_of(kind.rpartition("--")[2])
            if known and listed and listed in (unit, ALSO.get(unit)):
                yield Link(listed, known, is_bare=False)


def _linked_at(path: KeyPath) -> tuple[str, bool] | None:
    """Give the unit that a path of a record refers to: in what only wraps it, its location, or the unit's object."""
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


@lru_cache(maxsize=MAX_KNOWN_PATHS)
def _linked_unit(key: str) -> tuple[str, bool] | None:
    """Give the unit that a key of a record refers to, and whether it is the bare key, whose value may be a name, too.

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


def services_of(record: dict[str, Any]) -> list[str]:
    """Give the ids of the services that a resource of JSON:API refers to, which may be several."""
    relationships = record.get("relationships")
    named = relationships.items() if isinstance(relationships, dict) else ()
    listed = [said.get("data") for key, said in named if isinstance(said, dict) and is_of_services(key)]
    linked = [one for several in listed if isinstance(several, list) for one in several if isinstance(one, dict)]
    return [known for one in linked if is_of_services(str(one.get("type"))) and (known := id_of(one.get("id")))]


@lru_cache(maxsize=MAX_KNOWN_PATHS)
def is_of_services(kind: str) -> bool:
    """Say whether a relationship, or a type of resource, is one of services.

    >>> [is_of_services(kind) for kind in ("services", "taxonomy_term--service", "facility-services", "service_points")]
    [True, True, True, False]
    """
    return normal_key(kind.rpartition("--")[2]).removeprefix("field").removesuffix("s") in SERVICE_KINDS


def part_of(record: dict[str, Any]) -> str | None:
    """Give the id of what a Location of FHIR is part of, or what a unit of DHIS2 stands under.

    >>> part_of({"resource": {"resourceType": "Location", "partOf": {"reference": "Location/ward-1"}}})
    'ward-1'
    >>> part_of({"id": "eXcDEF12345", "level": 5, "parent": {"id": "dXcDEF12345"}})
    'dXcDEF12345'
    >>> part_of({"id": "bXcDEF12345", "level": 2, "path": "/aXcDEF12345/bXcDEF12345"})
    'aXcDEF12345'
    """
    if is_organisation_unit(record):
        above = record.get("parent")
        known = id_of(above.get("id")) if isinstance(above, dict) else None
        return known or _last_above(record.get("path"))
    resource = record.get("resource", record)
    part = resource.get("partOf") if isinstance(resource, dict) else None
    reference = part.get("reference") if isinstance(part, dict) else None
    kind, _, known = reference.rpartition("/") if isinstance(reference, str) else ("", "", "")
    return known if kind.rpartition("/")[2] == "Location" else None


def _last_above(path: object) -> str | None:
    """Give the id before the last one of a path, which is that of the unit itself."""
    above = path.split("/")[1:-1] if isinstance(path, str) else []
    return above[-1] if above else None


def stated_units(record: dict[str, Any], keys: Keys) -> dict[str, str]:
    """Give what a record says in words, by unit."""
    found: dict[str, str] = {}
    for path, value in leaves(record):
        units = [FIELDS[meaning.field] for meaning in keys.meanings(path) if meaning.field in FIELDS]
        if units and _is_word(value) and not _is_kind_of_resource(path, record):
            for unit in units:
                found.setdefault(unit, value)
    return found


def _is_word(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and not is_absent(value) and not is_row_key(value.strip())


def _is_kind_of_resource(path: KeyPath, record: dict[str, Any]) -> bool:
    return path == ("type",) and ("relationships" in record or "attributes" in record)


def id_of(value: object) -> str | None:
    """Give an id as text: pandas writes 900 as 900.0 where a column has gaps."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    is_id = isinstance(value, (int, str)) and not isinstance(value, bool) and not is_absent(value)
    return str(value).strip() if is_id else None


def is_row_key(text: str) -> bool:
    """Say whether a text is the key of a row, and not a word."""
    return text.isdecimal() or UUID.fullmatch(text) is not None or OBJECT_ID.fullmatch(text) is not None
