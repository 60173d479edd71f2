"""Shapes that were invented after the finder was finished: exports of tools that no source has used so far."""

from __future__ import annotations

import json
from typing import Any

import pytest
from reading import facilities, read_bytes

from gvrc.document import MAX_VALUE_BYTES
from gvrc.errors import SourceFileError

A = {"name": "Umoja Clinic", "code": 1, "county": "Nairobi"}
B = {"name": "Kayole Clinic", "code": 2, "county": "Nairobi"}
READ_A = {"facility_name": "Umoja Clinic", "facility_code": "1", "county_name": "Nairobi"}
READ_B = {"facility_name": "Kayole Clinic", "facility_code": "2", "county_name": "Nairobi"}

UNSEEN: dict[str, tuple[Any, list[dict[str, Any]]]] = {
    "ESRI: the fields of the table are no facilities": (
        {
            "geometryType": "esriGeometryPoint",
            "fields": [
                {"name": "OBJECTID", "type": "esriFieldTypeOID", "alias": "OBJECTID"},
                {"name": "name", "type": "esriFieldTypeString", "alias": "Facility"},
            ],
            "features": [{"attributes": A, "geometry": {"x": 36.8, "y": -1.28}}],
        },
        [READ_A | {"latitude": "-1.28", "longitude": "36.8"}],
    ),
    "pandas, orient table": (
        {"schema": {"fields": [{"name": "code", "type": "integer"}], "primaryKey": ["code"]}, "data": [A, B]},
        [READ_A, READ_B],
    ),
    "pandas, orient index: a row number is no key": ({"0": A, "1": B}, [READ_A, READ_B]),
    "facilities under what a file says of itself": ({"metadata": {"count": 2, "facilities": [A, B]}}, [READ_A, READ_B]),
    "rows of a county by number": (
        {"Kisumu": {"0": {"name": "A Clinic", "code": 1}}, "Siaya": {"0": {"name": "B Clinic", "code": 2}}},
        [
            {"facility_name": "A Clinic", "facility_code": "1", "county_name": "Kisumu"},
            {"facility_name": "B Clinic", "facility_code": "2", "county_name": "Siaya"},
        ],
    ),
    "records by the key of their database": (
        {"facilities": {"-Mx1aQ2zz": A}},
        [READ_A | {"source_key": "-Mx1aQ2zz"}],
    ),
    "KoBo, ODK: questions in groups": (
        {
            "count": 1,
            "results": [
                {
                    "_id": 7,
                    "group_a/facility_name": "Umoja Clinic",
                    "group_a/place/county": "Nairobi",
                    "group_b/phone_number": "0700000016",
                    "contact_person/name": "Sample Person",
                    "group_b/type": "x",
                    "_geolocation": [-1.28, 36.8],
                }
            ],
        },
        [
            {
                "facility_name": "Umoja Clinic",
                "source_key": "7",
                "county_name": "Nairobi",
                "coordinates": "[-1.28,36.8]",
                "contacts": '[{"key":"group_b/phone_number","value":"0700000016"},'
                '{"key":"contact_person/name","value":"Sample Person"}]',
            }
        ],
    ),
    "MongoDB: values that name their type": (
        [
            {
                "_id": {"$oid": "507f1f77bcf86cd799439011"},
                "name": "Umoja Clinic",
                "code": {"$numberInt": "1"},
                "updated": {"$date": "2020-01-01T00:00:00Z"},
            }
        ],
        [
            {
                "facility_name": "Umoja Clinic",
                "facility_code": "1",
                "source_key": "507f1f77bcf86cd799439011",
                "recorded_on": "2020-01-01T00:00:00Z",
            }
        ],
    ),
    "DHIS2: units above facilities, and a level that is not a hospital's": (
        {
            "pager": {"page": 1, "nextPage": "https://example.org/?page=2"},
            "organisationUnits": [
                {"id": "aBcDeFgHiJa", "name": "Nairobi County", "level": 2, "path": "/a/b"},
                {"id": "aBcDeFgHiJk", "name": "Umoja Clinic", "code": "1", "level": 5, "path": "/a/b/c/d/e"},
            ],
        },
        [{"facility_name": "Umoja Clinic", "facility_code": "1", "source_key": "aBcDeFgHiJk"}],
    ),
    "JSON:API: included wards are no facilities": (
        {
            "data": [{"type": "facilities", "id": "1", "attributes": A}],
            "included": [{"type": "wards", "id": "7", "attributes": {"name": "Umoja I", "code": "0701"}}],
        },
        [READ_A | {"source_key": "1"}],
    ),
    "Strapi: what a record refers to stands in its data": (
        {
            "data": [
                {
                    "id": 1,
                    "attributes": {
                        "name": "A Clinic",
                        "ward": {
                            "data": {
                                "id": 9,
                                "attributes": {
                                    "name": "Lindi",
                                    "latitude": -1.3,
                                    "constituency": {"data": {"id": 3, "attributes": {"name": "Kibra"}}},
                                    "county": {"data": {"id": 47, "attributes": {"name": "Nairobi"}}},
                                },
                            }
                        },
                    },
                }
            ]
        },
        [
            {
                "facility_name": "A Clinic",
                "source_key": "1",
                "county_name": "Nairobi",
                "constituency_name": "Kibra",
                "ward_name": "Lindi",
            }
        ],
    ),
    "GraphQL: 'nodes' is no type of facility": (
        {"data": {"county": {"name": "Kisumu", "facilities": {"nodes": [{"name": "A Clinic"}]}}}},
        [{"facility_name": "A Clinic", "county_name": "Kisumu"}],
    ),
    "a tree down to the ward: its names are hints": (
        {"Nairobi": {"Embakasi West": {"Umoja I": [{"name": "Umoja Clinic"}]}}},
        [{"facility_name": "Umoja Clinic", "county_name": "Nairobi", "place_hint": "Embakasi West, Umoja I"}],
    ),
    "pages in one list": ([[A], [B]], [READ_A, READ_B]),
    "XML turned into JSON": (
        {
            "soap:Envelope": {
                "soap:Body": {"Result": {"@count": "1", "Facility": {"name": {"#text": "A Clinic"}, "code": 7}}}
            }
        },
        [{"facility_name": "A Clinic", "facility_code": "7"}],
    ),
    "a name in two languages": (
        [{"name": {"en": "Umoja Clinic", "sw": "Kliniki ya Umoja"}, "county": "Nairobi"}],
        [{"facility_name": "Umoja Clinic", "county_name": "Nairobi"}],
    ),
    "Swahili": (
        [{"jina": "Kituo cha Afya Umoja", "kaunti": "Nairobi", "simu": "0700000016"}],
        [
            {
                "facility_name": "Kituo cha Afya Umoja",
                "county_name": "Nairobi",
                "contacts": '[{"key":"simu","value":"0700000016"}]',
            }
        ],
    ),
    "Google Places": (
        {
            "results": [
                {
                    "name": "Umoja Clinic",
                    "geometry": {"location": {"lat": -1.28, "lng": 36.8}},
                    "vicinity": "Moi Avenue",
                    "business_status": "OPERATIONAL",
                    "formatted_phone_number": "0700 000 016",
                }
            ]
        },
        [
            {
                "facility_name": "Umoja Clinic",
                "operational_status": "OPERATIONAL",
                "latitude": "-1.28",
                "longitude": "36.8",
                "contacts": '[{"key":"formatted_phone_number","value":"0700 000 016"}]',
                "address": "Moi Avenue",
            }
        ],
    ),
}


@pytest.mark.parametrize("shape", UNSEEN)
def test_an_unseen_shape_is_read_and_nothing_invented(shape: str) -> None:
    document, expected = UNSEEN[shape]
    assert facilities(read_bytes(json.dumps(document).encode())[0]) == expected


@pytest.mark.parametrize(
    "document",
    [
        {"columns": ["name", "code"], "data": [["Umoja Clinic", 1]]},
        {"name": {"0": "Umoja Clinic"}, "code": {"0": 1}},
        {"table": {"cols": [{"id": "A", "label": "name"}], "rows": [{"c": [{"v": "Umoja Clinic"}]}]}},
        {"Nairobi": ["Umoja Clinic", "Kayole Clinic"]},
        {"layers": [{"id": 0, "name": "Health Facilities", "type": "Feature Layer"}], "tables": []},
        {"body": json.dumps([A, B])},
    ],
)
def test_a_table_without_objects_is_refused_and_not_guessed_at(document: object) -> None:
    with pytest.raises(SourceFileError, match="holds no facilities"):
        read_bytes(json.dumps(document).encode())


def test_what_is_passed_over_in_a_list_is_counted() -> None:
    document = {"counties": [{"name": "Nairobi"}, {"name": "Kisumu"}], "facilities": [A]}
    assert read_bytes(json.dumps(document).encode())[1].notes == ["passed over: 2 without a facility"]


def test_a_large_document_with_an_object_on_its_own_line_is_no_list_of_lines() -> None:
    start = b'{"pages": [\n{"page": 1}\n],\n"results": [\n'
    records = b",\n".join(json.dumps(A | {"x": "x" * 900}).encode() for _ in range(3_000))
    frame, reading = read_bytes(start + records + b"\n]}")
    assert (frame.height, reading.path_taken) == (3_000, "results")


LARGE: dict[str, tuple[bytes, int | str]] = {
    "white space": (b" " * 30_000_000, "is empty"),
    "white space between records": (b'[{"name": "A Clinic"}' + b" " * 9_000_000 + b', {"name": "B Clinic"}]', 2),
    "commas": (b"[" + b"," * 9_000_000 + b'{"name": "A Clinic"}]', 1),
    "numbers": (b"[" + b"1," * 2_000_000 + b"1]", "holds no facilities"),
    "lists": (b"[" + b"[]," * 300_000 + b"[]]", "holds no facilities"),
    "pages": (b"[" + b'[{"name": "A Clinic"}],' * 2_000 + b"[]]", 2_000),
    "a number without an end": (b'{"a":' + b"1" * (2 * MAX_VALUE_BYTES), "the end of a number is missing"),
    "a text without an end": (b'{"a":"' + b"x" * (2 * MAX_VALUE_BYTES), "the end of a text is missing"),
    "Python's spelling": (b"[" + b"{'name': 'A Clinic'}," * 20_000 + b"{}]", 20_001),
    "broken records": (b"[" + b'{"name": },' * 30_000 + b'{"name": "A Clinic"}]', 30_001),
    "broken records in a large file": (b"[" + b'{"name": },' * 30_000 + b'{"name":"A","x":"' + b"x" * 4_000_000, "cut"),
}


@pytest.mark.parametrize("name", LARGE)
@pytest.mark.timeout(30)
def test_a_large_file_of_the_same_over_and_over_ends_soon(name: str) -> None:
    content, outcome = LARGE[name]
    if isinstance(outcome, int):
        assert read_bytes(content)[1].read == outcome
    else:
        with pytest.raises(SourceFileError, match=outcome):
            read_bytes(content)
