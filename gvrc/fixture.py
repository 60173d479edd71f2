"""A Django fixture (``dumpdata``): rows of many tables, joined into one record per facility.

Only the tables of the directory are decoded: users, groups, sessions and whatever else is in a dump stay unread.
The whole file is held in memory, decoded only in part: about three times the size of its facility tables.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gvrc.document import Elements


class Row(msgspec.Struct):
    """One row of a fixture, its fields not decoded yet."""

    model: str
    fields: msgspec.Raw
    pk: int | str | None = None


LOOKUPS: Final = {  # model -> the field that names a row
    "operationalstatus": "status_name",
    "contacttype": "type_name",
    "servicecategory": "category_name",
    "ownertype": "type_name",
    "gbvcategory": "category_name",
    "infrastructuretype": "type_name",
    "conditionstatus": "status_name",
    "county": "county_name",
    "constituency": "constituency_name",
    "ward": "ward_name",
}
PARTS: Final = {  # model -> the key under which a facility gets its rows
    "facilitycontact": "contacts",
    "facilitycoordinate": "coordinates",
    "facilityservice": "services",
    "facilityowner": "owners",
    "facilitygbvcategory": "gbv_categories",
    "facilityinfrastructure": "infrastructure",
}
FACILITY: Final = "facility"
AUDIT: Final = ("created_by", "updated_by", "created_at", "updated_at")
JOINED_BYTES: Final = 2 * 1024 * 1024
ROW: Final = msgspec.json.Decoder(Row)
FIELDS: Final = msgspec.json.Decoder(dict[str, Any])


def is_fixture(first: object) -> bool:
    """Say whether the first object of a list is a row of a Django fixture."""
    return isinstance(first, dict) and isinstance(first.get("model"), str) and isinstance(first.get("fields"), dict)


def join_fixture(parts: Iterable[Elements]) -> Iterator[Elements]:
    """Give one record per facility, with the names of what its foreign keys point to and the rows that point to it.

    A row of a facility table that cannot be read is given as it is, to be rejected; other tables are passed over.
    """
    tables: defaultdict[str, dict[Any, dict[str, Any]]] = defaultdict(dict)
    for row in (row for elements in parts for row in elements):
        try:
            _file(ROW.decode(row), tables)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            yield [bytes(row)]
    yield from _records(tables)


def _file(row: Row, tables: defaultdict[str, dict[Any, dict[str, Any]]]) -> None:
    app, _, model = row.model.lower().rpartition(".")
    if model in LOOKUPS or model in PARTS or (model == FACILITY and app != "auth"):
        table = tables[model]
        table[row.pk if row.pk is not None else f"without pk {len(table)}"] = FIELDS.decode(row.fields)


def _records(tables: dict[str, dict[Any, dict[str, Any]]]) -> Iterator[Elements]:
    parts = {model: _by_facility(tables.get(model, {})) for model in PARTS}
    elements: Elements = []
    size = 0
    for key, fields in tables.get(FACILITY, {}).items():
        record = {"pk": key} | _facility(fields, tables)
        for model, name in PARTS.items():
            if rows := parts[model].get(key):
                record |= _part(name, [_named(row, tables) for row in rows])
        elements.append(msgspec.json.encode(record))
        size += len(elements[-1])
        if size >= JOINED_BYTES:
            yield elements
            elements, size = [], 0
    if elements:
        yield elements


def _by_facility(table: dict[Any, dict[str, Any]]) -> dict[Any, list[dict[str, Any]]]:
    rows: defaultdict[Any, list[dict[str, Any]]] = defaultdict(list)
    for fields in table.values():
        rows[fields.pop("facility", None)].append({name: value for name, value in fields.items() if name not in AUDIT})
    return rows


def _facility(fields: dict[str, Any], tables: dict[str, dict[Any, dict[str, Any]]]) -> dict[str, Any]:
    ward = tables.get("ward", {}).get(fields.get("ward"), {})
    constituency = tables.get("constituency", {}).get(ward.get("constituency"), {})
    county = tables.get("county", {}).get(constituency.get("county"), {})
    places = {
        "ward_name": ward.get("ward_name"),
        "constituency_name": constituency.get("constituency_name"),
        "county_name": county.get("county_name"),
    }
    return _named(fields, tables) | {key: name for key, name in places.items() if name}


def _named(fields: dict[str, Any], tables: dict[str, dict[Any, dict[str, Any]]]) -> dict[str, Any]:
    """Put names in the place of foreign keys; a key that points to nothing stays a number."""
    return {field: _name(field, value, tables) for field, value in fields.items()}


def _name(field: str, value: object, tables: dict[str, dict[Any, dict[str, Any]]]) -> object:
    model = field.replace("_", "")
    if model not in LOOKUPS or isinstance(value, (list, dict)):
        return value
    return tables.get(model, {}).get(value, {}).get(LOOKUPS[model], value)


def _part(name: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Give the rows of one table as the keys of a record; what is not in use keeps a key of its own."""
    active = [row for row in rows if row.get("is_active", True)]
    rest = {f"inactive_{name}": [row for row in rows if row not in active]} if len(active) < len(rows) else {}
    if name == "gbv_categories":
        return {name: [row.get("gbv_category") for row in rows]}
    if name == "coordinates":
        return (
            ({name: active[0]} if active else {}) | ({"further_coordinates": active[1:]} if active[1:] else {}) | rest
        )
    if name == "owners":
        return rows[0] | ({"further_owners": rows[1:]} if rows[1:] else {})
    if name == "infrastructure":
        beds = next((row.get("capacity") for row in active if row.get("infrastructure_type") == "Beds"), None)
        return {name: rows, "beds": beds}
    return ({name: active} if active else {}) | rest
