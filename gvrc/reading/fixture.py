"""A Django fixture (``dumpdata``): rows of many tables, joined into one record per facility.

Only the tables of the directory are decoded: users, groups, sessions and whatever else is in a dump stay unread.
The whole file is held in memory but decoded only in part: that takes about three times the size of its facility tables.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

import msgspec

from gvrc.lazy import lazy_pattern
from gvrc.meaning.paths import PARENT_GROUP
from gvrc.values.synonyms import canonical_name

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterable, Iterator

    from gvrc.reading.elements import Elements


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
    "subcounty": "sub_county_name",
    "ward": "ward_name",
    "facilitytype": "type_name",
    "service": "service_name",
}
PARTS: Final = {  # model -> the key under which a facility gets its rows
    "facilitycontact": "contacts",
    "contact": "contacts",
    "facilitycoordinate": "coordinates",
    "facilityservice": "services",
    "facilityowner": "owners",
    "facilitygbvcategory": "gbv_categories",
    "facilityinfrastructure": "infrastructure",
}
FACILITY: Final = "facility"
# Other bodies' tables of facilities (``directory.policestation``). Not organisations: they may be who keeps these.
OF_FACILITIES: Final = lazy_pattern(
    r"\w*(?:facility|hospital|clinic|dispensary|station|shelter|safehouse|safehome|safespace|rescuehome|hotline|helpline"
    r"|cent(?:er|re)|court|genderdesk|gbvdesk|genderoffice|gbvrc|gvrc)"
)
AUDIT: Final = ("created_by", "updated_by", "created_at", "updated_at")
JOINED_BYTES: Final = 2 * 1024 * 1024
ROW: Final = msgspec.json.Decoder(Row)
FIELDS: Final = msgspec.json.Decoder(dict[str, Any])


def is_fixture(first: object) -> bool:
    """Say whether the first object of a list is a row of a Django fixture."""
    return isinstance(first, dict) and isinstance(first.get("model"), str) and isinstance(first.get("fields"), dict)


def join_fixture(parts: Iterable[Elements], passed_over: Counter[str]) -> Iterator[Elements]:
    """Give one record per facility, with the names of what its foreign keys point to and the rows that point to it.

    A row of a facility table that cannot be read is given as it is, so that it is rejected; other tables are counted.
    """
    tables: defaultdict[str, dict[Any, dict[str, Any]]] = defaultdict(dict)
    for row in (row for elements in parts for row in elements):
        try:
            if not _file(ROW.decode(row), tables):
                passed_over["row of a table that is not named after facilities"] += 1
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            yield [bytes(row)]
    if strays := _strays(tables):
        passed_over["row whose facility is not in the file"] += strays
    yield from _records(tables)


def _file(row: Row, tables: defaultdict[str, dict[Any, dict[str, Any]]]) -> bool:
    """File a row under its table; say whether it is one of the directory.

    A foreign key that is named by its column (``ward_id``), as by some who do not use ``dumpdata``, is one.
    """
    app, _, model = row.model.lower().rpartition(".")
    is_read = model in LOOKUPS or model in PARTS or (app != "auth" and is_facility_table(model))
    if is_read:
        table = tables[model]
        fields = {_without_id(name): value for name, value in FIELDS.decode(row.fields).items()}
        table[row.pk if row.pk is not None else f"without pk {len(table)}"] = fields
    return is_read


def _without_id(name: str) -> str:
    field = name.removesuffix("_id")
    return field if field.replace("_", "") in LOOKUPS or field == FACILITY else name


def is_facility_table(model: str) -> bool:
    """Say whether the rows of a table are facilities, by its name.

    >>> [is_facility_table(model) for model in ("facility", "policestation", "facilitytype", "courtcase", "officer")]
    [True, True, False, False, False]
    """
    return model not in LOOKUPS and model not in PARTS and OF_FACILITIES.fullmatch(model) is not None


def _strays(tables: defaultdict[str, dict[Any, dict[str, Any]]]) -> int:
    """Count contacts, services and the like whose facility has no row: a dump of some tables, or with natural keys."""
    known = tables[FACILITY]
    keys = [_key_of_facility(fields) for model in PARTS for fields in tables[model].values()]
    return sum(key not in known for key in keys)


def _key_of_facility(fields: dict[str, Any]) -> object:
    key = fields.get("facility")
    return str(key) if isinstance(key, (list, dict)) else key  # ``dumpdata --natural-foreign`` writes no number


def _records(tables: dict[str, dict[Any, dict[str, Any]]]) -> Iterator[Elements]:
    elements: Elements = []
    size = 0
    for record in _joined(tables):
        elements.append(msgspec.json.encode(record))
        size += len(elements[-1])
        if size >= JOINED_BYTES:
            yield elements
            elements, size = [], 0
    if elements:
        yield elements


def _joined(tables: dict[str, dict[Any, dict[str, Any]]]) -> Iterator[dict[str, Any]]:
    parts = {model: _by_facility(tables.get(model, {})) for model in PARTS}
    for key, fields in tables.get(FACILITY, {}).items():
        record = {"pk": key} | _facility(fields, tables)
        for model, name in PARTS.items():
            if rows := parts[model].get(key):
                record |= _part(name, [_named(row, tables) for row in rows])
        yield record
    for model in [model for model in tables if model != FACILITY and is_facility_table(model)]:
        kind = {PARENT_GROUP: model} if canonical_name("facility_types", model) else {}
        for key, fields in tables[model].items():  # two tables may have the same key
            yield kind | {"pk": f"{model}-{key}"} | _facility(fields, tables)


def _by_facility(table: dict[Any, dict[str, Any]]) -> dict[Any, list[dict[str, Any]]]:
    rows: defaultdict[Any, list[dict[str, Any]]] = defaultdict(list)
    for fields in table.values():
        told = {name: value for name, value in fields.items() if name != "facility" and name not in AUDIT}
        rows[_key_of_facility(fields)].append(told)
    return rows


def _facility(fields: dict[str, Any], tables: dict[str, dict[Any, dict[str, Any]]]) -> dict[str, Any]:
    ward = _row("ward", fields, tables)
    constituency = _row("constituency", ward or fields, tables)
    sub_county = _row("sub_county", ward or fields, tables)
    county = _row("county", constituency or sub_county or ward, tables)
    places = {"ward": ward, "constituency": constituency, "sub_county": sub_county, "county": county}
    names = {f"{level}_name": _name_of(level.replace("_", ""), row) for level, row in places.items()}
    return _named(fields, tables) | {key: name for key, name in names.items() if name}


def _row(field: str, fields: dict[str, Any], tables: dict[str, dict[Any, dict[str, Any]]]) -> dict[str, Any]:
    key = fields.get(field)
    return {} if isinstance(key, (list, dict)) else tables.get(field.replace("_", ""), {}).get(key, {})


def _name_of(model: str, row: dict[str, Any]) -> object:
    return row.get(LOOKUPS[model], row.get("name"))


def _named(fields: dict[str, Any], tables: dict[str, dict[Any, dict[str, Any]]]) -> dict[str, Any]:
    """Put names in the place of foreign keys; a key that points to nothing stays a number."""
    return {field: _name(field, value, tables) for field, value in fields.items()}


def _name(field: str, value: object, tables: dict[str, dict[Any, dict[str, Any]]]) -> object:
    model = field.replace("_", "")
    if model == "services" and isinstance(value, list):  # many to many
        return [_name("service", key, tables) for key in value]
    if model not in LOOKUPS or isinstance(value, (list, dict)):
        return value
    name = _name_of(model, tables.get(model, {}).get(value, {}))
    return value if name is None else name


def _part(name: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Give the rows of one table as the keys of a record; rows that are not in use keep a key of their own."""
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
