"""Content systems call the name of a facility its title, as they call that of a page, an event or a person."""

from __future__ import annotations

import json
from typing import Any

import pytest
from reading import facilities, read_bytes

from gvrc.errors import SourceFileError

PLACE = {"county": "Nairobi", "constituency": "Kibra", "ward": "Lindi"}
READ = {
    "facility_name": "Lindi Safe House",
    "county_name": "Nairobi",
    "constituency_name": "Kibra",
    "ward_name": "Lindi",
}
PHONE = {"phone": "0700 000 033"}


@pytest.mark.parametrize(
    ("record", "key"),
    [
        (
            {"title": {"rendered": "Lindi Safe House"}, "date": "2025-02-01", "author": 3, "acf": PLACE | PHONE},
            "acf.phone",
        ),
        ({"title": {"rendered": "Lindi Safe House"}, "meta": PLACE | PHONE}, "meta.phone"),
        ({"title": "Lindi Safe House"} | {f"field_{key}": value for key, value in (PLACE | PHONE).items()}, "phone"),
        ({"fields": {"Title": "Lindi Safe House"} | PLACE | PHONE}, "fields.phone"),
        ({"Title": "Lindi Safe House"} | PLACE | PHONE, "phone"),
        ({"title": [{"value": "Lindi Safe House"}], "field_phone": [{"value": "0700 000 033"}]} | PLACE, "phone"),
    ],
)
def test_the_title_of_a_record_of_a_content_system_is_its_name(record: dict[str, Any], key: str) -> None:
    read = facilities(read_bytes(json.dumps([record]).encode())[0])
    contacts = read[0].pop("contacts")
    assert read == [READ]
    assert [(found["key"], "0700 000 033" in str(found["value"])) for found in json.loads(contacts)] == [(key, True)]


def test_a_resource_of_drupal_is_named_by_its_title() -> None:
    ward = {"type": "taxonomy_term--wards", "id": "w1", "attributes": {"name": "Lindi", "field_county": "Nairobi"}}
    resource = {
        "type": "node--facility",
        "id": "a1b2c3d4-0000-4000-8000-000000000001",
        "attributes": {"title": "Lindi GBV Desk", "field_geo": {"lat": -1.312, "lon": 36.79}},
        "relationships": {"field_ward": {"data": {"type": "taxonomy_term--wards", "id": "w1"}}},
    }
    frame, _ = read_bytes(json.dumps({"data": [resource], "included": [ward]}).encode())
    assert facilities(frame) == [
        {
            "facility_name": "Lindi GBV Desk",
            "source_key": "a1b2c3d4-0000-4000-8000-000000000001",
            "county_name": "Nairobi",
            "ward_name": "Lindi",
            "latitude": "-1.312",
            "longitude": "36.79",
        }
    ]


@pytest.mark.parametrize(
    "record",
    [
        {"title": "Training of clinic staff", "ward": "Lindi", "phone": "0700 000 033"},
        {"title": "Lindi Health Centre reached 300 survivors", "date": "2026-01-02", "ward": "Lindi"},
        {"title": "County GBV Coordinator", "county": "Nairobi", "phone": "0700 000 033"},
        {"title": "Dr", "full_name": "Sample Person", "county": "Nairobi", "phone": "0700 000 033"},
        {"title": "Legal Aid Clinic", "venue": "Lindi Hall", "ward": "Lindi", "phone": "0700 000 033"},
        {"title": "Lindi Health Centre", "county": "Nairobi"},
        {"title": {"rendered": "Lindi Shelter"}, "type": "post", "acf": PLACE},
        {"type": "node--article", "id": "1", "attributes": {"title": "Lindi Shelter", "field_ward": "Lindi"}},
        {"title": "Amani", "ward": "Lindi", "phone": "0700 000 033"},
    ],
)
def test_the_title_of_a_page_an_event_or_a_person_names_no_facility(record: dict[str, Any]) -> None:
    with pytest.raises(SourceFileError, match="holds no facilities"):
        read_bytes(json.dumps([record]).encode())


def test_a_title_is_the_name_of_what_has_no_other_and_else_unmapped() -> None:
    records = [
        {"name": "Umoja Clinic", "title": "Umoja Health Clinic", "ward": "Lindi"},
        {"title": "Lindi Safe House", "ward": "Lindi"},
        {"title": "Nurse", "ward": "Lindi"},
    ]
    frame, reading = read_bytes(json.dumps(records).encode())
    assert frame["facility_name"].to_list() == ["Umoja Clinic", "Lindi Safe House", None]
    assert "issue.value_not_used" not in frame.columns or frame["issue.value_not_used"].null_count() == len(records)
    assert reading.unmapped["title"][0] == len(records) - 1


def test_the_title_of_a_document_is_none_of_the_facilities_in_it() -> None:
    document: dict[str, Any] = {"title": "Kenya Health Network", "phone": "0700 000 034", "members_list": {"a": 1}}
    document |= {"safe_places": [{"name": "Umoja Clinic"} | PLACE]}
    assert read_bytes(json.dumps(document).encode())[0]["facility_name"].to_list() == ["Umoja Clinic"]
