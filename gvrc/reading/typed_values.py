"""Records whose values come wrapped: in the name of their type (Firestore, DynamoDB), or each in a list (Solr, XML).

``{"name": {"stringValue": "Lindi Clinic"}}``, ``{"name": {"S": "Lindi Clinic"}}``, ``{"name": ["Lindi Clinic"]}``; XML
that Node's converter read: ``{"$": {"id": "7"}, "name": ["Lindi Clinic"], "ward": [{"_": "Lindi", "$": {..}}]}``.
Dynamics writes what a choice means beside its number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gvrc.lazy import lazy_pattern
from gvrc.reading.cursor import MAX_DEPTH
from gvrc.reading.elements import rewritten
from gvrc.shapes import looks_like_facility

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gvrc.meaning.meanings import Keys
    from gvrc.reading.elements import Elements

SCALARS: Final = frozenset(
    (
        *("stringValue", "integerValue", "doubleValue", "booleanValue", "timestampValue", "geoPointValue"),
        *("referenceValue", "bytesValue", "S", "N", "BOOL", "B", "SS", "NS"),
    )
)
NULLS: Final = frozenset(("nullValue", "NULL"))
MAPS: Final = frozenset(("mapValue", "M"))
LISTS: Final = frozenset(("arrayValue", "L"))
TYPES: Final = SCALARS | NULLS | MAPS | LISTS
XML_ATTRIBUTES: Final = "$"
XML_TEXT: Final = "_"
AROUND: Final = ("fields", "Item")  # of one record: what stands beside is of the document
AROUND_TYPED: Final = "document_of_database"
SAMPLED: Final = 5
# Dynamics: beside "new_status": 100000001 is "new_status@OData.Community.Display.V1.FormattedValue": "Closed"; what a
# record links to is "_new_ward_value". The number of a record's own state is understood as it is.
FORMATTED: Final = "@OData.Community.Display.V1.FormattedValue"
LOOKED_UP: Final = lazy_pattern(r"_(new_\w+|cr[0-9a-f]{3,5}_\w+)_value")
OWN_STATE: Final = frozenset(("statecode", "statuscode"))


def are_wrapped(values: Iterable[object], keys: Keys) -> bool:
    """Say whether the records of a list have names only once their values are taken out of what wraps them."""
    sample = [value for value in list(values)[:SAMPLED] if isinstance(value, dict)]
    return any(
        looks_like_facility(_plain(record), keys)
        and (_has_types(record) or _is_formatted(record) or not looks_like_facility(record, keys))
        for record in sample
        if _has_types(record) or _is_of_lists(record) or _is_of_xml(record) or _is_formatted(record)
    )


def plain_values(parts: Iterable[Elements]) -> Iterator[Elements]:
    """Give records with their values as they are."""
    return rewritten(parts, _plain)


def are_of_a_database(values: Iterable[object]) -> bool:
    """Say whether a list of ``documents`` has records of Firestore, and not the papers of a facility."""
    return any(isinstance(value, dict) and isinstance(value.get(AROUND_TYPED), dict) for value in values)


def _has_types(record: dict[str, Any]) -> bool:
    inside = next((record[key] for key in AROUND if isinstance(record.get(key), dict)), record)
    return bool(inside) and all(map(_is_typed, inside.values()))


def _is_of_lists(record: dict[str, Any]) -> bool:
    """Say whether nearly every value of a record stands alone in a list: Solr leaves out those of its own keys."""
    listed = [value for value in record.values() if isinstance(value, list)]
    alone = [value for value in listed if len(value) == 1 and not isinstance(value[0], (dict, list))]
    has_objects = any(isinstance(value, dict) for value in record.values())
    return len(alone) > 1 and len(listed) >= len(record) / 2 and not has_objects


def _is_of_xml(record: dict[str, Any]) -> bool:
    """Say whether each element inside of a record stands in a list, and one of them, or the record, has attributes."""
    elements = [value for key, value in record.items() if key != XML_ATTRIBUTES]
    listed = [item for value in elements if isinstance(value, list) for item in value]
    has_attributes = any(isinstance(item, dict) and XML_ATTRIBUTES in item for item in (record, *listed))
    return has_attributes and bool(listed) and all(isinstance(value, list) for value in elements)


def _is_typed(value: object) -> bool:
    return isinstance(value, dict) and len(value) == 1 and next(iter(value)) in TYPES


def _plain(record: dict[str, Any]) -> dict[str, Any]:
    around = next((key for key in AROUND if isinstance(record.get(key), dict)), None)
    if around and _has_types(record):
        beside = {key: value for key, value in record.items() if key not in (around, "name")}
        known = {"id": record["name"].rpartition("/")[2]} if isinstance(record.get("name"), str) else {}
        return known | _plain(record[around]) | ({AROUND_TYPED: beside} if beside else {})
    if _has_types(record):
        return {key: _untyped(value) for key, value in record.items()}
    if _is_of_xml(record):
        return _element_of_xml(record)
    if _is_formatted(record):
        return _with_formatted(record)
    return {key: _alone(value) for key, value in record.items()} if _is_of_lists(record) else record


def _is_formatted(record: dict[str, Any]) -> bool:
    return any(key.endswith(FORMATTED) for key in record)


def _with_formatted(record: dict[str, Any]) -> dict[str, Any]:
    """Give choices, and what a record links to, by their names; numbers and days are better as they are.

    >>> _with_formatted({"new_status": 100000001, f"new_status{FORMATTED}": "Closed"})
    {'new_status': 'Closed'}
    """
    named = {key: record[f"{key}{FORMATTED}"] for key in record if _is_named(key, record)}
    others = (key for key in record if key.removesuffix(FORMATTED) not in named or key in named)
    return {LOOKED_UP.sub(r"\1", key): named.get(key, record[key]) for key in others}


def _is_named(key: str, record: dict[str, Any]) -> bool:
    """Say whether a key has a choice or a link, whose name stands beside it."""
    name = record.get(f"{key}{FORMATTED}")
    is_choice = type(record[key]) is int and key not in OWN_STATE
    is_linked = LOOKED_UP.fullmatch(key) is not None
    return isinstance(name, str) and any(map(str.isalpha, name)) and (is_choice or is_linked)


def _untyped(value: object, depth: int = 0) -> object:
    """Take a value out of the names of types, at whatever depth."""
    if not _is_typed(value) or not isinstance(value, dict) or depth > MAX_DEPTH:
        return value
    kind, said = next(iter(value.items()))
    if kind in NULLS:
        return None
    if kind in MAPS:
        inside = said.get("fields", {}) if kind == "mapValue" and isinstance(said, dict) else said
        return {key: _untyped(inner, depth + 1) for key, inner in inside.items()} if isinstance(inside, dict) else said
    if kind in LISTS:
        inside = said.get("values", []) if kind == "arrayValue" and isinstance(said, dict) else said
        return [_untyped(inner, depth + 1) for inner in inside] if isinstance(inside, list) else said
    return said


def _element_of_xml(element: dict[str, Any], depth: int = 0) -> dict[str, Any]:
    """Give an element with its attributes, its text and what is inside of it under their own names."""
    attributes, text = element.get(XML_ATTRIBUTES), element.get(XML_TEXT)
    told = (attributes if isinstance(attributes, dict) else {}) | ({"value": text} if text is not None else {})
    inside = {key: value for key, value in element.items() if key not in (XML_ATTRIBUTES, XML_TEXT)}
    return told | {key: _inside_of_xml(value, depth + 1) for key, value in inside.items()}


def _inside_of_xml(value: object, depth: int) -> object:
    if isinstance(value, list):
        items = [_inside_of_xml(item, depth) for item in value]
        return items[0] if len(items) == 1 else items
    return _element_of_xml(value, depth) if isinstance(value, dict) and depth < MAX_DEPTH else value


def _alone(value: object) -> object:
    return value[0] if isinstance(value, list) and len(value) == 1 and not isinstance(value[0], (dict, list)) else value
