"""What in a document looks like a facility, or is above facilities."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, TypeGuard

from gvrc.lazy import lazy_pattern
from gvrc.meaning.activities import is_activity
from gvrc.meaning.list_names import STRICT_LISTS, UNIT_LISTS, WRAPPING, is_county, is_no_facility, is_of_facilities
from gvrc.meaning.other_kinds import other_kind
from gvrc.meaning.paths import MAX_DEPTH, UUID, KeyPath, is_absent, leaves, normal_key
from gvrc.meaning.persons import is_person
from gvrc.meaning.titles import is_event, is_named_by_title

if TYPE_CHECKING:
    from gvrc.meaning.meanings import Keys


OWN_PLACE: Final = frozenset(
    ("county_name", "constituency_name", "ward_name", "sub_county_name", "latitude", "coordinates", "geometry")
)
WHERE_OR_HOW: Final = OWN_PLACE | {"contacts"}  # where a facility is, or how to reach it
EVIDENCE: Final = WHERE_OR_HOW | frozenset(
    (
        *("facility_code", "registration_number", "facility_type", "facility_level", "operational_status"),
        *("services", "owner_name", "address"),
    )
)
SAMPLED: Final = 5
LAYER: Final = "FeatureCollection"
ERROR_NAME: Final = lazy_pattern(r"[A-Za-z]*(?:Error|Exception|Fault)")
NUMBER_PLATE: Final = lazy_pattern(r"\s*(?:K[A-Z]{2}|GK ?[A-Z]?)[ -]?\d{3}[A-Z]\s*", re.IGNORECASE)  # of an ambulance
FIRST_ERROR: Final = 400
HTTP_ERRORS: Final = frozenset(status.phrase.lower() for status in HTTPStatus if status >= FIRST_ERROR)


def looks_like_facility(record: object, keys: Keys) -> TypeGuard[dict[str, Any]]:
    """Say whether an object has something like the name of a facility, and is not a person or a folder of records."""
    if not isinstance(record, dict) or is_person(record, keys) or is_event(record) or other_kind(record):
        return False
    if is_activity(record, keys):
        return False
    if record.get("type") == LAYER:  # its name is that of what it shows
        return False
    if any(_holds_facilities(key, value, keys) or _holds_units(key, value, keys) for key, value in record.items()):
        return False
    if any(is_name(value) for path, value in leaves(record) if names_facility(path, keys)):
        return True
    return is_named_by_title(record, keys) and not has_facilities_inside(record, keys)


def names_facility(path: KeyPath, keys: Keys) -> bool:
    """Say whether a path is that of the name of a facility."""
    return "facility_name" in keys.ranks(path)


def is_name(value: object) -> bool:
    """Say whether a text may be the name of a facility; a list of counties is not a list of facilities."""
    return (
        isinstance(value, str)
        and any(map(str.isalpha, value))
        and not (is_absent(value) or is_county(value) or UUID.fullmatch(value) or _is_of_an_error(value))
        and not NUMBER_PLATE.fullmatch(value)
    )


def _is_of_an_error(name: str) -> bool:
    """Say whether a name is that of an error, which a server gave in the place of facilities: ``NotFoundError``."""
    return ERROR_NAME.fullmatch(name) is not None or name.strip().lower() in HTTP_ERRORS


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


def says_only_contacts(record: object, keys: Keys) -> bool:
    """Say whether a record names something and how to reach it, and says nothing else of a facility."""
    if not looks_like_facility(record, keys):
        return False
    return EVIDENCE.intersection(keys.fields_in(record)) == {"contacts"}


def has_evidence(record: object, keys: Keys) -> bool:
    """Say whether a record says anything of a facility besides its name."""
    return isinstance(record, dict) and not EVIDENCE.isdisjoint(keys.fields_in(record))


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


def lists_names(record: dict[str, Any], keys: Keys) -> bool:
    """Say whether a record lists what has names, as a board its cards: then its own name may be that of the list."""
    return any(
        sum(looks_like_facility(item, keys) for item in value[:SAMPLED]) > 1
        for key, value in record.items()
        if isinstance(value, list) and not is_no_facility(key)
    )


def _stands_alone(record: dict[str, Any], keys: Keys) -> bool:
    return looks_like_facility(record, keys) and has_evidence(record, keys)
