"""The same three facilities, in every container that bodies send, with what they say in every form: read alike."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from reading import read_bytes

from gvrc.geography import read_shipped_reference
from gvrc.rules import Demands
from gvrc.sources import named_source
from gvrc.transform import shipped_places, transform

if TYPE_CHECKING:
    from collections.abc import Callable

    Form = Callable[["Facility"], "Facility"]

Facility = dict[str, Any]
KEYS = ("name", "code", "county", "constituency", "ward", "phone", "lat", "long")
PLACES = ("county", "constituency", "ward")
FACILITIES: list[Facility] = [
    dict(zip(KEYS, said, strict=True))
    for said in (
        ("Wote Road Shelter", "10003", "Makueni", "Makueni", "Nzaui/Kilili/Kalamba", "0700000018", -1.78, 37.63),
        ("Lindi Clinic", "10001", "Nairobi", "Kibra", "Lindi", "0700000016", -1.31, 36.78),
        ("Kaikor Dispensary", "10002", "Turkana", "Turkana North", "Kaaleng/Kaikor", "0700000017", 4.52, 35.42),
    )
]
READ = [
    ("Kaikor Dispensary", "10002", "Kaaleng/Kaikor", "+254700000017", 4.52, 35.42),
    ("Lindi Clinic", "10001", "Lindi", "+254700000016", -1.31, 36.78),
    ("Wote Road Shelter", "10003", "Nzaui/Kilili/Kalamba", "+254700000018", -1.78, 37.63),
]


def only(facility: Facility, *keys: str) -> Facility:
    return {key: said for key, said in facility.items() if key in keys}


def without(facility: Facility, *keys: str) -> Facility:
    return {key: said for key, said in facility.items() if key not in keys}


def point(facility: Facility) -> dict[str, Any]:
    return {"type": "Point", "coordinates": [facility["long"], facility["lat"]]}


def with_ids(facility: Facility) -> Facility:
    return {key: {"id": number, "name": facility[key]} for number, key in enumerate(PLACES) if key in facility}


FORMS: dict[str, Form] = {
    "plain": lambda facility: facility,
    "in capitals": lambda facility: {key.upper(): said for key, said in facility.items()},
    "places apart": lambda facility: without(facility, *PLACES) | {"location": only(facility, *PLACES)},
    "places with ids": lambda facility: facility | with_ids(facility),
    "the point in one cell": lambda facility: (
        without(facility, "lat", "long") | {"gps": f"{facility['lat']}, {facility['long']}"}
    ),
    "the point as GeoJSON": lambda facility: without(facility, "lat", "long") | {"geometry": point(facility)},
    "the point apart": lambda facility: without(facility, "lat", "long") | {"position": only(facility, "lat", "long")},
    "contacts with types": lambda facility: (
        without(facility, "phone") | {"contacts": [{"contact_type": "Phone", "value": facility["phone"]}]}
    ),
    "contacts by type": lambda facility: without(facility, "phone") | {"contact": only(facility, "phone")},
    "the code by its list": lambda facility: (
        without(facility, "code")
        | {"ids": [{"system": "DHIS2", "value": "k7QxWm2Rt5s"}, {"system": "KMHFL", "value": facility["code"]}]}
    ),
    "values of a row": lambda facility: {"id": f"i-{facility['code']}", "type": "row", "values": facility},
    "in a wrapper": lambda facility: (
        {"general_info": only(facility, "name", "code")} | without(facility, "name", "code")
    ),
}


def branch(facility: Facility, record: Facility) -> dict[str, Any]:
    wards = [{"name": facility["ward"], "facilities": [record]}]
    return {"name": facility["county"], "constituencies": [{"name": facility["constituency"], "wards": wards}]}


def unplaced(facility: Facility) -> Facility:
    return without(facility, *PLACES)


def xml(said: Any) -> Any:
    """Give a value as an element that has its numbers as attributes."""
    if not isinstance(said, dict):
        return said if isinstance(said, list) else [{"_": str(said), "$": {"lang": "en"}}]
    attributes = {key: str(value) for key, value in said.items() if isinstance(value, float)}
    return {"$": attributes} | {
        key: [xml(value)] if isinstance(value, dict) else xml(value)
        for key, value in said.items()
        if key not in attributes
    }


# Each facility is in a county of its own, so that nothing need be grouped.
CONTAINERS: dict[str, Callable[[list[Facility], Form], Any]] = {
    "a list": lambda facilities, form: list(map(form, facilities)),
    "a page": lambda facilities, form: {"count": 3, "next": None, "results": list(map(form, facilities))},
    "pages": lambda facilities, form: [{"page": n, "facilities": [form(one)]} for n, one in enumerate(facilities)],
    "under their codes": lambda facilities, form: {one["code"]: form(one) for one in facilities},
    "under their names": lambda facilities, form: {one["name"]: form(without(one, "name")) for one in facilities},
    "push ids": lambda facilities, form: {"clinics": {f"-MxaZ9qKd{one['code']}": form(one) for one in facilities}},
    "GraphQL": lambda facilities, form: {"data": {"sites": {"edges": [{"node": form(one)} for one in facilities]}}},
    "Elasticsearch": lambda facilities, form: {
        "hits": {"total": {"value": 3}, "hits": [{"_id": one["code"], "_source": form(one)} for one in facilities]}
    },
    "GeoJSON": lambda facilities, form: {
        "type": "FeatureCollection",
        "features": [{"type": "Feature", "properties": form(one), "geometry": point(one)} for one in facilities],
    },
    "OData": lambda facilities, form: {"value": [{"@odata.etag": "W/1"} | form(one) for one in facilities]},
    "HAL": lambda facilities, form: {"_embedded": {"facilities": list(map(form, facilities))}},
    "JSON:API": lambda facilities, form: {
        "data": [{"type": "facility", "id": one["code"], "attributes": form(one)} for one in facilities]
    },
    "XML": lambda facilities, form: {"facilities": {"@xmlns": "urn:sample", "facility": list(map(form, facilities))}},
    "XML by Node": lambda facilities, form: {
        "facilities": {"$": {"count": "3"}, "facility": list(map(xml, map(form, facilities)))}
    },
    "by county": lambda facilities, form: {one["county"]: [form(without(one, "county"))] for one in facilities},
    "a tree of keys": lambda facilities, form: {
        one["county"]: {one["constituency"]: {one["ward"]: [form(unplaced(one))]}} for one in facilities
    },
    "a tree of lists": lambda facilities, form: {"counties": [branch(one, form(unplaced(one))) for one in facilities]},
}
ROWS = [list(one.values()) for one in FACILITIES]
TABLES = {
    "rows under headings": [list(KEYS), *ROWS],
    "rows beside headings": {"columns": list(KEYS), "rows": ROWS},
    "rows whose names are titles": {"header": ["title", *KEYS[1:]], "rows": ROWS},
    "columns": {key: [one[key] for one in FACILITIES] for key in KEYS},
}


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("form", FORMS)
def test_facilities_are_read_alike_in_any_container_and_form(container: str, form: str) -> None:
    assert read(CONTAINERS[container](FACILITIES, FORMS[form])) == READ


@pytest.mark.parametrize("table", TABLES)
def test_facilities_are_read_alike_in_any_table(table: str) -> None:
    assert read(TABLES[table]) == READ


def read(document: object) -> list[tuple[object, ...]]:
    frame, _ = read_bytes(json.dumps(document).encode())
    records = transform(frame, {1: named_source("record")}, shipped_places(), Demands())
    return sorted(
        (
            *(record[field] for field in ("facility_name", "facility_code")),
            WARDS.get(record["ward_id"]),
            *(contact["contact_value"] for contact in record["contacts"]),
            *(record["latitude"], record["longitude"]),
        )
        for record in records.iter_rows(named=True)
    )


WARDS = dict(read_shipped_reference().select("ward_id", "ward_name").iter_rows())
