"""What in a document looks like a facility, is above facilities, or is of another kind by what it says of itself."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeGuard

from gvrc.meaning.list_names import (
    STRICT_LISTS,
    UNIT_LISTS,
    WRAPPING,
    is_county,
    is_no_facility,
    is_of_facilities,
    is_passed_over,
)
from gvrc.meaning.paths import MAX_DEPTH, UUID, KeyPath, is_absent, leaves, normal_key
from gvrc.meaning.persons import is_person
from gvrc.meaning.titles import is_named_by_title
from gvrc.meaning.vocabulary import list_words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gvrc.meaning.meanings import Keys

EVIDENCE: Final = frozenset(
    (
        *("facility_code", "registration_number", "facility_type", "facility_level", "operational_status"),
        *("county_name", "constituency_name", "ward_name", "sub_county_name", "latitude", "coordinates", "geometry"),
        *("contacts", "services", "owner_name", "address"),
    )
)


def says_only_contacts(record: object, keys: Keys) -> bool:
    """Say whether a record names something and how to reach it, and says nothing else of a facility."""
    if not looks_like_facility(record, keys):
        return False
    return EVIDENCE.intersection(keys.fields_in(record)) == {"contacts"}


def looks_like_facility(record: object, keys: Keys) -> TypeGuard[dict[str, Any]]:
    """Say whether an object has something like the name of a facility, and is not a person or a folder of records."""
    if not isinstance(record, dict) or is_person(record, keys) or other_kind(record):
        return False
    if any(_holds_facilities(key, value, keys) or _holds_units(key, value, keys) for key, value in record.items()):
        return False
    if any(_is_name(value) for path, value in leaves(record) if _names_facility(path, keys)):
        return True
    return is_named_by_title(record, keys) and not has_facilities_inside(record, keys)


def is_of_many_kinds(value: object) -> bool:
    """Say whether a value is of a format that mixes facilities with others: FHIR, OpenStreetMap, JSON:API, DHIS2."""
    return (isinstance(value, dict) and not value.keys().isdisjoint(KIND_KEYS)) and (
        "resourceType" in _resource(value)
        or value.get("type") in OSM_TYPES
        or "@type" in value
        or bool(json_api_type(value))
        or is_unit_of_hierarchy(value.get("level"), value.get("path"))
    )


def other_kind(value: object) -> str | None:
    """Name what a FHIR resource or an OpenStreetMap element is if it is no facility, else None."""
    if not isinstance(value, dict):
        return None
    if _is_other_type(json_api_type(value)):
        return json_api_type(value)
    if is_unit_of_hierarchy(value.get("level"), value.get("path")) and value["level"] < FACILITY_UNIT:
        return f"organisation unit of level {value['level']}"
    return _other_resource(_resource(value)) or _other_element(value) or _other_node(value)


def _other_resource(resource: dict[str, Any]) -> str | None:
    kind = resource.get("resourceType")
    if isinstance(kind, str) and kind not in FHIR_FACILITIES:
        return kind
    part = _part_of_site(resource.get("physicalType")) if kind == "Location" else None
    return part and f"Location_{part}"


def _other_element(value: dict[str, Any]) -> str | None:
    if value.get("type") not in OSM_TYPES:
        return None
    if tag := _tag_of_place(value.get("tags")):
        return f"{value['type']}_of_{tag}"
    return f"{value['type']} without tags" if "id" in value and not value.get("tags") and "name" not in value else None


def is_unit_of_hierarchy(level: object, path: object) -> bool:
    """Say whether a record is an organisation unit of DHIS2 (Kenya's KHIS): its level is that in the hierarchy.

    Kenya is level 1, counties 2, sub-counties 3, wards 4, facilities 5 - which is not the KEPH level of a hospital.
    """
    return isinstance(level, int) and isinstance(path, str) and path.startswith("/") and path.count("/") == level


FACILITY_UNIT: Final = 5


def json_api_type(value: object) -> str:
    """Give the type of a JSON:API resource: its lists mix facilities with the wards and users they refer to."""
    if not isinstance(value, dict):
        return ""
    kind = value.get("type")
    return kind if isinstance(kind, str) and "id" in value and {"attributes", "relationships"} & set(value) else ""


def _is_other_type(kind: str) -> bool:
    """Say whether a type of JSON:API is none of facilities; Drupal's are ``node--facility`` and ``user--user``."""
    entity, _, bundle = kind.partition("--")
    several = (kind, f"{kind}s", f"{kind.removesuffix('y')}ies")
    return bool(bundle and entity != "node") or any(map(is_passed_over, several))


def _resource(value: dict[str, Any]) -> dict[str, Any]:
    inner = value.get("resource")
    return inner if isinstance(inner, dict) else value


def _other_node(value: dict[str, Any]) -> str | None:
    """Name a node of JSON-LD that is no place of a body: the graph of a page has its authors and the page itself."""
    kinds = value.get("@type")
    return next((kind for kind in (kinds if isinstance(kinds, list) else [kinds]) if kind in NODES_OF_OTHERS), None)


def _part_of_site(physical_type: object) -> str | None:
    """Name what a FHIR Location is by its physical type, if that is no place where a facility is."""
    codings = physical_type.get("coding") if isinstance(physical_type, dict) else None
    codes = [coding.get("code") for coding in codings if isinstance(coding, dict)] if isinstance(codings, list) else []
    return next((code for code in codes if isinstance(code, str) and code in FHIR_NO_SITES), None)


def _tag_of_place(tags: object) -> str | None:
    """Give the tag that makes an element of OpenStreetMap a suburb, a bus stop or a border, and nothing else."""
    if not isinstance(tags, dict) or not SITE_TAGS.isdisjoint(key.rpartition(":")[2] for key in tags):
        return None
    return next((key for key in tags if key in PLACE_TAGS), None)


# One of them tells of what kind an object is.
KIND_KEYS: Final = frozenset(("resourceType", "resource", "type", "level", "@type"))
NODES_OF_OTHERS: Final = (
    *("Person", "Patient", "WebSite", "WebPage", "AboutPage", "ContactPage", "CollectionPage", "BreadcrumbList"),
    *("ListItem", "ContactPoint", "PostalAddress", "GeoCoordinates", "AdministrativeArea", "City", "State", "Country"),
    *("Article", "NewsArticle", "BlogPosting", "ImageObject", "SearchAction", "Event", "Review", "Dataset"),
)
FHIR_FACILITIES: Final = frozenset(("Organization", "Location", "Bundle", "Parameters"))
FHIR_NO_SITES: Final = frozenset(("jdn", "ro", "bd", "rd", "co", "lvl"))  # a county or ward, a room, a bed, a road
PLACE_TAGS: Final = frozenset(
    ("place", "highway", "boundary", "waterway", "natural", "railway", "public_transport", "route")
)
SITE_TAGS: Final = frozenset(
    ("amenity", "healthcare", "office", "social_facility", "police", "emergency", "building", "shop", "operator")
)
OSM_TYPES: Final = ("node", "way", "relation")


def has_evidence(record: object, keys: Keys) -> bool:
    """Say whether a record says anything of a facility besides its name."""
    return isinstance(record, dict) and not EVIDENCE.isdisjoint(keys.fields_in(record))


def have_branches(records: Iterable[object], keys: Keys) -> bool:
    """Say whether one of the records has branches; hardly any list has the keys for it, and most are asked no more."""
    said = [record for record in records if isinstance(record, dict)]
    may_have = not BRANCHES.isdisjoint(map(normal_key, set[str]().union(*said)))
    return may_have and any(branches_of(record, keys) for record in said)


def branches_of(record: object, keys: Keys) -> list[tuple[str, dict[str, Any]]]:
    """Give the branches of an organisation that are facilities of their own, each with the key of its list.

    One has a place of its own, and a name that begins as that of the organisation does: "Kibra Branch" alone may be
    anybody's, and two organisations would be one facility.
    """
    if not isinstance(record, dict):
        return []
    listed = [(key, value) for key, value in record.items() if isinstance(value, list) and normal_key(key) in BRANCHES]
    if not listed or not (names := {word for name in _names_in(record, keys) for word in _first_word(name)}):
        return []
    return [
        (key, branch)
        for key, value in listed
        for branch in value
        if looks_like_facility(branch, keys) and not OWN_PLACE.isdisjoint(keys.fields_in(branch))
        if any(word in names for name in _names_in(branch, keys) for word in _first_word(name))
    ]


def _names_in(record: dict[str, Any], keys: Keys) -> list[str]:
    return [value for path, value in leaves(record) if _names_facility(path, keys) and _is_name(value)]


def _first_word(name: str) -> list[str]:
    return [word.lower() for word in re.findall(r"[^\W\d_]{3,}", name)[:1]]


OWN_PLACE: Final = frozenset(
    ("county_name", "constituency_name", "ward_name", "sub_county_name", "latitude", "coordinates", "geometry")
)
BRANCHES: Final = list_words("branches")


def has_facilities_inside(record: dict[str, Any], keys: Keys, depth: int = 0) -> bool:
    """Say whether a record is above facilities, at whatever depth: in a list, or several beside one another.

    A single one is what a facility refers to, such as the nearest hospital.
    """
    if depth > MAX_DEPTH:
        return False
    values = [value for key, value in record.items() if not is_no_facility(key)]
    beside = [value for value in values if isinstance(value, dict)]
    listed = [item for value in values if isinstance(value, list) for item in value[:SAMPLED] if isinstance(item, dict)]
    return (
        any(_stands_alone(item, keys) for item in listed)
        or sum(_stands_alone(value, keys) for value in beside) > 1
        or any(has_facilities_inside(item, keys, depth + 1) for item in (*beside, *listed))
    )


class Parted(NamedTuple):
    """A facility of which a part stands under a key of its own."""

    key: str
    record: dict[str, Any]


def facility_in_parts(value: dict[str, Any], path: tuple[str, ...], keys: Keys) -> Parted | None:
    """Give a facility whose name stands in a part of an object, and its place or contacts beside that.

    ``{"provider": {"name": ..}, "geo": {"county": ..}, "phones": [..]}``: the part is brought under ``facility``, which
    only wraps. Not one above other facilities, and no document as a whole: beside its part stands who sent it.
    """
    parts = [key for key, inner in value.items() if looks_like_facility(inner, keys)]
    if not path or len(parts) != 1 or normal_key(parts[0]) not in PARTS or "facility" in value:
        return None
    beside = {key: inner for key, inner in value.items() if key != parts[0]}
    if (OWN_PLACE | {"contacts"}).isdisjoint(keys.fields_in(beside)) or has_facilities_inside(beside, keys):
        return None
    return Parted(parts[0], {"facility": value[parts[0]], **beside})


PARTS: Final = list_words("parts")


def _stands_alone(record: dict[str, Any], keys: Keys) -> bool:
    return looks_like_facility(record, keys) and has_evidence(record, keys)


SAMPLED: Final = 5


def _holds_facilities(key: str, value: object, keys: Keys) -> bool:
    return (
        isinstance(value, list)
        and normal_key(key) in STRICT_LISTS
        and any(looks_like_facility(inner, keys) for inner in value[:SAMPLED])
    )


def _holds_units(key: str, value: object, keys: Keys, depth: int = 0) -> bool:
    """Say whether a value is of wards or what is above them, with facilities inside: who names them is a place, too."""
    value = _unwrapped(value)
    if depth > MAX_DEPTH or normal_key(key) not in UNIT_LISTS or not isinstance(value, (list, dict)):
        return False
    units = value[:SAMPLED] if isinstance(value, list) else [value, *value.values()]
    return any(
        _holds_units(inner, below, keys, depth + 1) or (is_of_facilities(inner) and _has_facility(below, keys))
        for unit in map(_unwrapped, units)
        if isinstance(unit, dict)
        for inner, below in unit.items()
    )


def _unwrapped(value: object) -> object:
    """Give what stands in keys that only say that something follows: GraphQL's edges and their nodes."""
    for _ in range(MAX_DEPTH):
        if not isinstance(value, dict) or "name" in value:
            return value
        inner = next((inner for key, inner in value.items() if normal_key(key) in WRAPPING), None)
        if not isinstance(inner, (list, dict)):
            return value
        value = inner
    return value


def _has_facility(value: object, keys: Keys) -> bool:
    value = _unwrapped(value)
    items = value[:SAMPLED] if isinstance(value, list) else [value]
    return any(looks_like_facility(_unwrapped(item), keys) for item in items)


def _names_facility(path: KeyPath, keys: Keys) -> bool:
    return any(meaning.field == "facility_name" for meaning in keys.meanings(path))


def _is_name(value: object) -> bool:
    """Say whether a text may be the name of a facility; a list of counties is not a list of facilities."""
    return (
        isinstance(value, str)
        and any(map(str.isalpha, value))
        and not (is_absent(value) or is_county(value) or UUID.fullmatch(value) or _is_of_an_error(value))
    )


def _is_of_an_error(name: str) -> bool:
    """Say whether a name is that of an error, which a server gave in the place of facilities: ``NotFoundError``."""
    return ERROR_NAME.fullmatch(name) is not None or name.strip().lower() in HTTP_ERRORS


ERROR_NAME: Final = re.compile(r"[A-Za-z]*(?:Error|Exception|Fault)")
FIRST_ERROR: Final = 400
HTTP_ERRORS: Final = frozenset(status.phrase.lower() for status in HTTPStatus if status >= FIRST_ERROR)
