"""Shapes that were invented after the finder was finished: exports of tools that no source has used so far."""

from __future__ import annotations

import json
from typing import Any

import pytest
from reading import facilities, read_bytes

from gvrc.errors import SourceFileError
from gvrc.reading.cursor import MAX_VALUE_BYTES
from gvrc.rules import Demands
from gvrc.sources import named_source
from gvrc.transform import shipped_places, transform

A = {"name": "Umoja Clinic", "code": 1, "county": "Nairobi"}
B = {"name": "Kayole Clinic", "code": 2, "county": "Nairobi"}
READ_A = {"facility_name": "Umoja Clinic", "facility_code": "1", "county_name": "Nairobi"}
READ_B = {"facility_name": "Kayole Clinic", "facility_code": "2", "county_name": "Nairobi"}

C = {"name": "Lindi Clinic", "code": 3}
READ_C = {
    "facility_name": "Lindi Clinic",
    "facility_code": "3",
    "county_name": "Nairobi",
    "constituency_name": "Kibra",
    "ward_name": "Lindi",
}
WARDS = [{"id": 900, "name": "Lindi", "constituency_id": 12}, {"id": 901, "name": "Makina", "constituency_id": 12}]
ABOVE = {"constituencies": [{"id": 12, "name": "Kibra", "county_id": 47}], "counties": [{"id": 47, "name": "Nairobi"}]}
LOOKED_UP = {
    "County (from Ward)": ["Nairobi"],
    "Ward Name (from Ward)": ["Umoja I"],
    "Name (from Ward)": ["Umoja I"],
    "geo_point_2d": {"lat": -1.28, "lon": 36.8},
}


def linked(kind: str, key: str) -> dict[str, Any]:
    return {"data": {"type": kind, "id": key}}


INCLUDED: list[dict[str, Any]] = [
    {
        "type": "ward",
        "id": "1387",
        "attributes": {"name": "Lindi"},
        "relationships": {"constituency": linked("constituency", "274")},
    },
    {
        "type": "constituency",
        "id": "274",
        "attributes": {"name": "Kibra"},
        "relationships": {"county": linked("county", "47")},
    },
    {"type": "county", "id": "47", "attributes": {"name": "Nairobi"}},
    {"type": "facility-type", "id": "3", "attributes": {"name": "Dispensary"}},
    {"type": "owner", "id": "4", "attributes": {"name": "Sample Trust"}},
]
RESOURCE = {
    "type": "facility",
    "id": "7",
    "attributes": C,
    "relationships": {
        "ward": linked("ward", "1387"),
        "facility-type": linked("facility-type", "3"),
        "owner": linked("owner", "4"),
    },
}
READ_RESOURCE = READ_C | {"source_key": "7", "facility_type": "Dispensary", "owner_name": "Sample Trust"}


def location(key: str, name: str, above: str | None, kind: str) -> dict[str, Any]:
    part = {"partOf": {"reference": f"Location/{above}"}} if above else {}
    physical = {"physicalType": {"coding": [{"code": kind}]}}
    return {"resourceType": "Location", "id": key, "name": name} | part | physical


LOCATIONS = [
    location("f-1", "Lindi Clinic", "w-1", "bu"),
    location("f-2", "Lindi Ward 5", "f-1", "bu"),
    location("w-1", "Lindi", "s-1", "jdn"),
    location("s-1", "Kibra", "c-1", "jdn"),
    location("c-1", "Nairobi", None, "jdn"),
]

LINES = {"contact:whatsapp": "0700000016", "phone:emergency": "1195"}


def feature(properties: dict[str, Any]) -> dict[str, Any]:
    point = {"type": "Point", "coordinates": [36.784, -1.317]}
    return {"type": "Feature", "properties": properties, "geometry": point}


def coded_values(labels: dict[int, str]) -> dict[str, Any]:
    coded = [{"code": code, "name": name} for code, name in labels.items()]
    return {"type": "codedValue", "name": "domain_1", "codedValues": coded}


FORMATTED = "@OData.Community.Display.V1.FormattedValue"
PATH = "/aBcDeFgHiJa/aBcDeFgHiJb/aBcDeFgHiJc"
FORMER = {"use": "old", "line": ["Nkrumah Road"], "state": "Mombasa"}
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
    "ESRI: what codes mean, and what columns are called": (
        {
            "geometryType": "esriGeometryPoint",
            "spatialReference": {"wkid": 4326},
            "fields": [
                {"name": "OBJECTID", "type": "esriFieldTypeOID", "alias": "OBJECTID", "domain": None},
                {"name": "FNM", "type": "esriFieldTypeString", "alias": "Facility Name"},
                {"name": "STATUS", "alias": "Status", "domain": coded_values({1: "Operational", 2: "Closed"})},
                {"name": "TYP", "alias": "Facility Type", "domain": coded_values({1: "Dispensary", 2: "Hospital"})},
                {"name": "COUNTY", "alias": "County", "domain": coded_values({42: "Kisumu", 47: "Nairobi"})},
            ],
            "features": [
                {
                    "attributes": {"OBJECTID": 7, "FNM": "Umoja Clinic", "STATUS": 2, "TYP": 1, "COUNTY": 47},
                    "geometry": {"x": 36.8, "y": -1.28},
                },
                {"attributes": {"OBJECTID": 8, "FNM": "Kayole Clinic", "STATUS": 9, "TYP": None, "COUNTY": 42}},
            ],
        },
        [
            {
                "facility_name": "Umoja Clinic",
                "source_key": "7",
                "operational_status": "Closed",
                "is_active": "Closed",
                "facility_type": "Dispensary",
                "county_name": "Nairobi",
                "latitude": "-1.28",
                "longitude": "36.8",
            },
            {"facility_name": "Kayole Clinic", "source_key": "8", "county_name": "Kisumu"},
        ],
    ),
    "pandas, orient table": (
        {"schema": {"fields": [{"name": "code", "type": "integer"}], "primaryKey": ["code"]}, "data": [A, B]},
        [READ_A, READ_B],
    ),
    "pandas, orient index: a row number is no key": ({"0": A, "1": B}, [READ_A, READ_B]),
    "pandas writes yes and no beside a gap as fractions": (
        [A | {"closed": 1.0}, B | {"is_active": 0.0, "deleted": 0.0}],
        [READ_A | {"is_closed": "1.0"}, READ_B | {"is_active": "0.0"}],
    ),
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
    "DHIS2: units without their paths, each with the one above it": (
        {
            "organisationUnits": [
                {"id": "aBcDeFgHiJa", "name": "Kenya", "level": 1},
                {"id": "aBcDeFgHiJb", "name": "Nairobi County", "level": 2, "parent": {"id": "aBcDeFgHiJa"}},
                {"id": "aBcDeFgHiJc", "name": "Kibra Sub County", "level": 3, "parent": {"id": "aBcDeFgHiJb"}},
                {"id": "aBcDeFgHiJd", "name": "Lindi Ward", "level": 4, "parent": {"id": "aBcDeFgHiJc"}},
                {"id": "aBcDeFgHiJe", "name": "Lindi Clinic", "level": 5, "parent": {"id": "aBcDeFgHiJd"}},
            ]
        },
        [
            {
                "facility_name": "Lindi Clinic",
                "source_key": "aBcDeFgHiJe",
                "county_name": "Nairobi County",
                "sub_county_name": "Kibra Sub County",
                "ward_name": "Lindi Ward",
            }
        ],
    ),
    "DHIS2: units without their parents, each with the path to it": (
        {
            "organisationUnits": [
                {"id": "aBcDeFgHiJe", "name": "Lindi Clinic", "level": 5, "path": f"{PATH}/aBcDeFgHiJd/aBcDeFgHiJe"},
                {"id": "aBcDeFgHiJd", "name": "Lindi Ward", "level": 4, "path": f"{PATH}/aBcDeFgHiJd"},
                {"id": "aBcDeFgHiJc", "name": "Kibra Sub County", "level": 3, "path": PATH},
                {"id": "aBcDeFgHiJb", "name": "Nairobi County", "level": 2, "path": "/aBcDeFgHiJa/aBcDeFgHiJb"},
            ]
        },
        [
            {
                "facility_name": "Lindi Clinic",
                "source_key": "aBcDeFgHiJe",
                "county_name": "Nairobi County",
                "sub_county_name": "Kibra Sub County",
                "ward_name": "Lindi Ward",
            }
        ],
    ),
    "DHIS2: a table with a column for each level": (
        [
            {
                "organisationunitname": "Lindi Clinic",
                "organisationunitcode": "13001",
                "orgunitlevel1": "Kenya",
                "orgunitlevel2": "Nairobi County",
                "orgunitlevel3": "Kibra Sub County",
                "orgunitlevel4": "Lindi Ward",
                "orgunitlevel5": "Lindi Clinic",
            }
        ],
        [
            {
                "facility_name": "Lindi Clinic",
                "facility_code": "13001",
                "county_name": "Nairobi County",
                "sub_county_name": "Kibra Sub County",
                "ward_name": "Lindi Ward",
            }
        ],
    ),
    "CommCare: locations, of which wards and what is above them are no facilities": (
        {
            "objects": [
                {"location_id": "l1", "name": "Lindi CHU", "location_type_name": "facility", "latitude": "-1.3136"},
                {"location_id": "w1", "name": "Lindi", "location_type_name": "Ward", "site_code": "lindi"},
                {"location_id": "s1", "name": "Kibra", "location_type_name": "Sub-County", "is_archived": False},
                {"location_id": "c1", "name": "Nairobi", "location_type_name": "county", "location_data": {"a": "b"}},
            ]
        },
        [{"facility_name": "Lindi CHU", "latitude": "-1.3136"}],
    ),
    "Dynamics: what a choice means stands beside its number, and what a record links to beside its key": (
        {
            "value": [
                {
                    "name": "Lindi Safe House",
                    "new_operationalstatus": 100000001,
                    f"new_operationalstatus{FORMATTED}": "Closed",
                    "statecode": 0,
                    f"statecode{FORMATTED}": "Active",
                    "_new_ward_value": "d662c8df-7116-4116-9eee-9b09f441ebc3",
                    f"_new_ward_value{FORMATTED}": "Lindi",
                    "_createdby_value": "d662c8df-7116-4116-9eee-9b09f441ebc4",
                    f"_createdby_value{FORMATTED}": "Sample Person",
                    "new_updated": "2024-12-03T00:00:00Z",
                    f"new_updated{FORMATTED}": "12/3/2024",
                }
            ]
        },
        [
            {
                "facility_name": "Lindi Safe House",
                "operational_status": "Closed",
                "ward_name": "Lindi",
                "recorded_on": "2024-12-03T00:00:00Z",
            }
        ],
    ),
    "OCHA: what each level of an administration is called": (
        [{"name": "Lindi Clinic", "admin1Name": "Nairobi", "admin2Name": "Kibra", "admin3Name": "Lindi"}],
        [
            {
                "facility_name": "Lindi Clinic",
                "county_name": "Nairobi",
                "sub_county_name": "Kibra",
                "ward_name": "Lindi",
            }
        ],
    ),
    "ESRI: what codes mean, in a layer of a web map": (
        {
            "layers": [
                {
                    "layerDefinition": {
                        "name": "Facilities",
                        "fields": [
                            {"name": "NAME", "type": "esriFieldTypeString", "alias": "Facility"},
                            {"name": "STATUS", "alias": "Status", "domain": coded_values({1: "Closed", 2: "Open"})},
                            {"name": "TYPE", "type": "esriFieldTypeInteger", "alias": "Type"},
                        ],
                        "typeIdField": "TYPE",
                        "types": [{"id": 1, "name": "Dispensary"}, {"id": 2, "name": "Hospital"}],
                    },
                    "featureSet": {
                        "spatialReference": {"wkid": 4326},
                        "features": [
                            {
                                "attributes": {"NAME": "Umoja Clinic", "STATUS": 1, "TYPE": 1},
                                "geometry": {"x": 36.8, "y": -1.28},
                            }
                        ],
                    },
                }
            ]
        },
        [
            {
                "facility_name": "Umoja Clinic",
                "operational_status": "Closed",
                "is_active": "Closed",
                "facility_type": "Dispensary",
                "latitude": "-1.28",
                "longitude": "36.8",
            }
        ],
    ),
    "Odoo: what a record links to is a pair of its id and its name": (
        [
            {
                "id": 11,
                "name": "Lindi Safe House",
                "county_id": [47, "Nairobi"],
                "constituency_id": [278, "Kibra"],
                "ward_id": [1391, "Lindi"],
                "partner_latitude": -1.3136,
                "partner_longitude": 36.7841,
            }
        ],
        [
            {
                "facility_name": "Lindi Safe House",
                "source_key": "11",
                "county_name": "Nairobi",
                "constituency_name": "Kibra",
                "ward_name": "Lindi",
                "latitude": "-1.3136",
                "longitude": "36.7841",
            }
        ],
    ),
    "Google's business profiles: one that is closed for good": (
        {
            "locations": [
                {
                    "title": "Lindi Safe House",
                    "latlng": {"latitude": -1.3136, "longitude": 36.7841},
                    "openInfo": {"status": "CLOSED_PERMANENTLY"},
                }
            ]
        },
        [
            {
                "facility_name": "Lindi Safe House",
                "operational_status": "CLOSED_PERMANENTLY",
                "latitude": "-1.3136",
                "longitude": "36.7841",
            }
        ],
    ),
    "a level beside an id of another form is that of a hospital": (
        [A | {"id": "FACILITY001", "level": 4}],
        [READ_A | {"source_key": "FACILITY001", "facility_level": "4"}],
    ),
    "FHIR: a former address is not where an organisation is, and the county of a postal one is the post office's": (
        {
            "resourceType": "Bundle",
            "entry": [
                {"resource": {"resourceType": "Organization", "id": known, "name": name, "address": addresses}}
                for known, name, addresses in (
                    ("o-1", "Umoja Shelter", [FORMER, {"line": ["Moi Avenue"], "state": "Nairobi"}]),
                    ("o-2", "Lindi Shelter", [{"line": ["Moi Avenue"], "state": "Mombasa", "period": {"end": "2018"}}]),
                    ("o-3", "Kayole Shelter", [{"type": "postal", "line": ["P.O. Box 9"], "state": "Mombasa"}]),
                    ("o-4", "Amani Shelter", {"state": "Nairobi", "period": {"end": "9999-12-31"}}),
                )
            ],
        },
        [
            {"facility_name": "Umoja Shelter", "source_key": "o-1", "county_name": "Nairobi", "address": "Moi Avenue"},
            {"facility_name": "Lindi Shelter", "source_key": "o-2"},
            {"facility_name": "Kayole Shelter", "source_key": "o-3", "address": "P.O. Box 9"},
            {"facility_name": "Amani Shelter", "source_key": "o-4", "county_name": "Nairobi"},
        ],
    ),
    "HSDS: a location with its addresses": (
        [
            {
                "id": "l1",
                "name": "Lindi Shelter",
                "addresses": [
                    {"address_1": "P.O. Box 9", "state_province": "Mombasa", "address_type": "postal"},
                    {"address_1": "Moi Avenue", "state_province": "Nairobi", "address_type": "physical"},
                ],
            }
        ],
        [
            {
                "facility_name": "Lindi Shelter",
                "source_key": "l1",
                "county_name": "Nairobi",
                "address": "P.O. Box 9, Moi Avenue",
            }
        ],
    ),
    "KoBo: contacts in a repeated group, and how the form was sent in": (
        [
            {
                "facility_name": "Lindi Clinic",
                "_status": "submitted_via_web",
                "status": "Open",
                "c/contacts_repeat": [
                    {"c/contacts_repeat/contact_name": "Sample P.", "c/contacts_repeat/phone": "0700000016"}
                ],
            },
            {"facility_name": "Umoja Clinic", "survivor/contacts_repeat": [{"survivor/phone": "0700000017"}]},
        ],
        [
            {
                "facility_name": "Lindi Clinic",
                "operational_status": "Open",
                "is_active": "Open",
                "contacts": '[{"key":"c/contacts_repeat","value":{"contact_name":"Sample P.","phone":"0700000016"}}]',
            },
            {"facility_name": "Umoja Clinic"},
        ],
    ),
    "what is switched off is not open": (
        [
            {"facility_name": "Lindi Clinic", "code": 1, "enabled": False},
            {"facility_name": "Umoja Clinic", "code": 2, "deactivated": "yes", "dissolutionDate": None},
            {"facility_name": "Kayole Clinic", "code": 3, "deactivated": False, "dissolutionDate": "2019-01-31"},
        ],
        [
            {"facility_name": "Lindi Clinic", "facility_code": "1", "is_active": "false"},
            {"facility_name": "Umoja Clinic", "facility_code": "2", "is_closed": "yes"},
            {"facility_name": "Kayole Clinic", "facility_code": "3", "is_closed": "2019-01-31"},
        ],
    ),
    "JSON:API: included wards are no facilities": (
        {
            "data": [{"type": "facilities", "id": "1", "attributes": A}],
            "included": [{"type": "wards", "id": "7", "attributes": {"name": "Umoja I", "code": "0701"}}],
        },
        [READ_A | {"source_key": "1"}],
    ),
    "JSON:API: the ward, type and owner that a record refers to are included": (
        {"data": [RESOURCE], "included": INCLUDED},
        [READ_RESOURCE],
    ),
    "JSON:API: a single resource": ({"data": RESOURCE, "included": INCLUDED}, [READ_RESOURCE]),
    "JSON:API: a single resource that refers to nothing": (
        {"data": {"type": "facility", "id": "7", "attributes": C}},
        [{"facility_name": "Lindi Clinic", "facility_code": "3", "source_key": "7"}],
    ),
    "JSON:API: what it refers to stands first": ({"included": INCLUDED, "data": [RESOURCE]}, [READ_RESOURCE]),
    "JSON:API: pages in one list": ([{"data": [RESOURCE], "included": INCLUDED}] * 2, [READ_RESOURCE] * 2),
    "JSON:API: one list mixes facilities and wards": ({"data": [RESOURCE, *INCLUDED]}, [READ_RESOURCE]),
    "JSON:API: Drupal's fields and vocabularies": (
        {
            "data": [
                {
                    "type": "node--facility",
                    "id": "a-0000001",
                    "attributes": C,
                    "relationships": {"field_ward": linked("taxonomy_term--wards", "b-1"), "uid": linked("user", "1")},
                }
            ],
            "included": [
                {
                    "type": "taxonomy_term--wards",
                    "id": "b-1",
                    "attributes": {"name": "Lindi", "constituency": "Kibra"},
                    "relationships": {"field_county": linked("taxonomy_term--counties", "c-1")},
                },
                {"type": "taxonomy_term--counties", "id": "c-1", "attributes": {"name": "Nairobi"}},
                {"type": "user", "id": "1", "attributes": {"name": "Sample Person"}},
            ],
        },
        [READ_C | {"source_key": "a-0000001"}],
    ),
    "JSON:API: what is not included stays a number": (
        {"data": [RESOURCE | {"relationships": {"ward": linked("ward", "1")}}], "included": INCLUDED},
        [{"facility_name": "Lindi Clinic", "facility_code": "3", "source_key": "7"}],
    ),
    "JSON:API: the ward that a facility only serves is not its own": (
        {"data": [RESOURCE | {"relationships": {"catchment_ward": linked("ward", "1387")}}], "included": INCLUDED},
        [{"facility_name": "Lindi Clinic", "facility_code": "3", "source_key": "7"}],
    ),
    "lists of units after the facilities": ({"facilities": [C | {"ward_id": 900}], "wards": WARDS} | ABOVE, [READ_C]),
    "lists of units before the facilities": (
        {"wards": WARDS} | ABOVE | {"facilities": [C | {"ward_id": 900}]},
        [READ_C],
    ),
    "lists of units in an envelope of their own": (
        {"facilities": [C | {"location": {"wardId": "900"}}], "lookups": {"wards": {"results": WARDS}} | ABOVE},
        [READ_C],
    ),
    "units by their id": (
        {
            "facilities": [C | {"ward_id": 900.0, "facility_type_id": 2}],  # as pandas writes a column with gaps
            "wards": {"900": {"name": "Lindi", "constituency_id": 12}},
            "constituencies": {"12": {"name": "Kibra", "county_id": 47}},
            "counties": {"47": "Nairobi"},
            "facility_types": {"2": "Dispensary"},
        },
        [READ_C | {"facility_type": "Dispensary"}],
    ),
    "Ember: the key of a unit is its id": ({"facilities": [C | {"ward": 900}], "wards": WARDS} | ABOVE, [READ_C]),
    "the key of a unit may be its number, of another unit": (
        {"facilities": [C | {"ward": 900}], "wards": [*WARDS, {"id": 5, "name": "Sarangombe", "code": "0900"}]},
        [{"facility_name": "Lindi Clinic", "facility_code": "3"}],
    ),
    "an id that two units have is that of none": (
        {"facilities": [C | {"ward_id": 900}], "wards": [*WARDS, {"id": 900, "name": "Makina"}]} | ABOVE,
        [{"facility_name": "Lindi Clinic", "facility_code": "3"}],
    ),
    "what a record names goes before what it refers to": (
        {
            "facilities": [
                C | {"ward_id": 900},
                C | {"ward_id": 900, "ward": "Makina"},
                C | {"ward_id": 900, "ward": "Lindi Ward"},
                C | {"ward_id": 900, "location": {"ward_id": 901}},
            ],
            "wards": WARDS,
        }
        | ABOVE,
        [
            READ_C,
            {"facility_name": "Lindi Clinic", "facility_code": "3", "ward_name": "Makina"},
            READ_C | {"ward_name": "Lindi Ward"},
            {"facility_name": "Lindi Clinic", "facility_code": "3"},
        ],
    ),
    "the number of a ward is no id, and a list of other things no list of wards": (
        {"facilities": [C | {"ward_code": 900, "area_id": 900}], "wards": WARDS, "areas": WARDS},
        [{"facility_name": "Lindi Clinic", "facility_code": "3"}],
    ),
    "who keeps a record is no owner": (
        {"facilities": [C | {"owner_id": 1}], "owners": [{"id": 1, "name": "Sample Admin", "username": "sample"}]},
        [{"facility_name": "Lindi Clinic", "facility_code": "3"}],
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
    "units of places with their levels are where a record is, and no facilities": (
        {
            "items": [
                {
                    "attributes": {
                        "label": "Umoja Clinic",
                        "phone": "0700000016",
                        "admin": [{"level": "county", "name": "Nairobi"}, {"level": "ward", "name": "Umoja I"}],
                    }
                }
            ],
            "units": [{"level": "sub-county", "name": "Embakasi West"}, {"type": "kata", "name": "Umoja II"}],
        },
        [
            {
                "facility_name": "Umoja Clinic",
                "county_name": "Nairobi",
                "ward_name": "Umoja I",
                "contacts": '[{"key":"attributes.phone","value":"0700000016"}]',
            }
        ],
    ),
    "a hospital of a county's level is none of them": (
        {"data": [{"name": "Umoja Hospital", "level": "County", "code": "13080"}]},
        [{"facility_name": "Umoja Hospital", "facility_level": "County", "facility_code": "13080"}],
    ),
    "amendments: what was removed is closed, what was before an update is gone": (
        {
            "version": 3,
            "changes": [
                {"op": "add", "record": {"name": "A Clinic", "county": "Nairobi"}},
                {"op": "remove", "record": {"name": "B Clinic", "county": "Nairobi"}},
                {
                    "op": "u",
                    "before": {"name": "C Clinic", "phone": "0700000016"},
                    "after": {"name": "C Clinic", "beds": 2},
                },
                {"op": "d", "before": {"name": "D Clinic"}, "after": None},
            ],
        },
        [
            {"facility_name": "A Clinic", "county_name": "Nairobi"},
            {"facility_name": "B Clinic", "county_name": "Nairobi", "is_closed": "true"},
            {"facility_name": "C Clinic", "beds": "2"},
            {"facility_name": "D Clinic", "is_closed": "true"},
        ],
    ),
    "what is counted in a report, and who pays, are no facilities": (
        {
            "facilities": [{"name": "A Clinic", "county": "Nairobi"}],
            "supplies": [{"name": "PEP kits", "quantity": 40}, {"name": "Rape kits", "quantity": 12}],
            "cases": {"by_type": [{"name": "Physical", "count": 5}]},
            "partners": [{"name": "Example Foundation", "role": "Donor", "email": "info@example.org"}],
        },
        [{"facility_name": "A Clinic", "county_name": "Nairobi"}],
    ),
    "lists of what was removed, and of duplicates": (
        {
            "existing": [{"name": "A Clinic", "county": "Nairobi"}],
            "removed": [{"name": "B Clinic", "county": "Nairobi"}],
            "duplicates": [{"name": "A Clinic (dup)", "county": "Nairobi"}],
        },
        [
            {"facility_name": "A Clinic", "county_name": "Nairobi"},
            {"facility_name": "B Clinic", "county_name": "Nairobi", "is_closed": "removed"},
        ],
    ),
    "facilities under their names, beside a date": (
        {"A Clinic": {"ward": "Lindi"}, "B Clinic": {"ward": "Makina"}, "generated": "2026-11-01", "count": 2},
        [{"facility_name": "A Clinic", "ward_name": "Lindi"}, {"facility_name": "B Clinic", "ward_name": "Makina"}],
    ),
    "GraphQL: 'nodes' is no type of facility": (
        {"data": {"county": {"name": "Kisumu", "facilities": {"nodes": [{"name": "A Clinic"}]}}}},
        [{"facility_name": "A Clinic", "county_name": "Kisumu"}],
    ),
    "a tree down to the ward, whose names are read together": (
        {"Nairobi": {"Embakasi West": {"Umoja I": [{"name": "Umoja Clinic"}]}}},
        [{"facility_name": "Umoja Clinic", "county_name": "Nairobi", "ward_name": "Nairobi, Embakasi West, Umoja I"}],
    ),
    "a tree down to the ward, around a record that says another one": (
        {"Nairobi": {"Embakasi West": {"Umoja I": [{"name": "Umoja Clinic", "ward": "Umoja II"}]}}},
        [
            {
                "facility_name": "Umoja Clinic",
                "county_name": "Nairobi",
                "ward_name": "Umoja II",
                "issue.value_not_used": "parent_ward=Nairobi, Embakasi West, Umoja I",
            }
        ],
    ),
    "a tree with one key below the county: constituency or ward, Kasarani is in Kasarani": (
        {"Nairobi": {"Kasarani": [{"name": "Kasarani Clinic"}], "Umoja": [{"name": "Umoja Clinic"}]}},
        [
            {"facility_name": "Kasarani Clinic", "county_name": "Nairobi", "sub_county_name": "Kasarani"},
            {"facility_name": "Umoja Clinic", "county_name": "Nairobi", "place_hint": "Umoja"},
        ],
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
    "Google Places, its new form: the name of a resource is none of a facility": (
        {"places": [{"name": "places/ChIJ01", "displayName": {"text": "Umoja Clinic"}, "nationalPhoneNumber": "1195"}]},
        [{"facility_name": "Umoja Clinic", "contacts": '[{"key":"nationalPhoneNumber","value":"1195"}]'}],
    ),
    "Google Business: the title is the name": (
        {"locations": [{"name": "locations/12", "title": "Umoja Women Shelter", "websiteUri": "https://example.org"}]},
        [{"facility_name": "Umoja Women Shelter", "website_url": "https://example.org"}],
    ),
    "Nominatim: the whole address is no name": (
        [{"name": "Umoja Clinic", "display_name": "Umoja Clinic, Moi Road, Kenya", "lat": "-1.28", "lon": "36.8"}],
        [{"facility_name": "Umoja Clinic", "latitude": "-1.28", "longitude": "36.8"}],
    ),
    "a key of a page may be its name, where it is displayed otherwise": (
        [{"name": "umoja-clinic", "display_name": "Umoja Clinic", "code": 1}],
        [{"facility_name": "Umoja Clinic", "facility_code": "1", "issue.value_not_used": "name=umoja-clinic"}],
    ),
    "Salesforce: the records that one refers to, and the place of an account": (
        [
            {
                "Name": "Umoja Clinic",
                "County__r": {"Name": "Nairobi"},
                "Ward__r": {"Name": "Umoja I"},
                "BillingLatitude": -1.28,
                "BillingLongitude": 36.8,
            }
        ],
        [
            {
                "facility_name": "Umoja Clinic",
                "county_name": "Nairobi",
                "ward_name": "Umoja I",
                "latitude": "-1.28",
                "longitude": "36.8",
            }
        ],
    ),
    "Airtable: the places that are looked up in another table, and nothing else of it": (
        {"records": [{"id": "rec1", "fields": {"Name": "Umoja Clinic", **LOOKED_UP}}]},
        [
            {
                "facility_name": "Umoja Clinic",
                "source_key": "rec1",
                "county_name": "Nairobi",
                "ward_name": "Umoja I",
                "latitude": "-1.28",
                "longitude": "36.8",
            }
        ],
    ),
    "the columns of a form that is wide name the facility in each": (
        [
            {
                "fac_name": "Umoja Clinic",
                "facility_county": "Nairobi",
                "facility_ward": "Umoja I",
                "facility_latitude": -1.28,
                "facility_longitude": 36.8,
                "respondent_phone": "0700000017",
            }
        ],
        [
            {
                "facility_name": "Umoja Clinic",
                "county_name": "Nairobi",
                "ward_name": "Umoja I",
                "latitude": "-1.28",
                "longitude": "36.8",
            }
        ],
    ),
    "who does what where: the organisation works at a site": (
        [{"Organization": "Sample Relief", "Facility / Site": "Umoja Clinic", "County": "Nairobi"}],
        [
            {
                "facility_name": "Umoja Clinic",
                "county_name": "Nairobi",
                "issue.value_not_used": "Organization=Sample Relief",
            }
        ],
    ),
    "FHIR: the jurisdictions that a location is part of": (
        {"resourceType": "Bundle", "entry": [{"resource": location} for location in LOCATIONS]},
        [
            {
                "facility_name": "Lindi Clinic",
                "source_key": "f-1",
                "county_name": "Nairobi",
                "sub_county_name": "Kibra",
                "ward_name": "Lindi",
            },
            {"facility_name": "Lindi Ward 5", "source_key": "f-2"},
        ],
    ),
    "an organisation that only says that it has a service point keeps its name": (
        [A | {"name": None, "organization_name": "Umoja Clinic", "service_point": "Yes"}],
        [READ_A],
    ),
    "a list of hotlines, each with its numbers": (
        {"national_hotlines": [{"name": "Childline Kenya", "numbers": [{"label": "Toll free", "number": 116}]}]},
        [
            {
                "facility_name": "Childline Kenya",
                "facility_type": "national_hotlines",
                "contacts": '[{"key":"numbers","value":{"label":"Toll free","number":116}}]',
            }
        ],
    ),
    "HXL: the organisation works at a site": (
        [{"#org+name": "Sample Relief", "#loc+name": "Umoja Clinic", "#adm1+name": "Nairobi"}],
        [
            {
                "facility_name": "Umoja Clinic",
                "county_name": "Nairobi",
                "issue.value_not_used": "#org+name=Sample Relief",
            }
        ],
    ),
    "gbv_services names services, or kinds of violence": (
        [
            A | {"gbv_services": ["PEP", "Legal aid"]},
            A | {"Which GBV services does the facility offer? (Select all that apply)": "PEP;"},
            A | {"gbv_services": "Physical Violence, Sexual Violence"},
        ],
        [
            READ_A | {"services": '["PEP","Legal aid"]'},
            READ_A | {"services": '"PEP;"'},
            READ_A | {"gbv_categories": '"Physical Violence, Sexual Violence"'},
        ],
    ),
    "gbv_services stand beside the services": (
        [
            A | {"services": ["Outpatient"], "gbv_services": "PEP, Counselling"},
            A | {"services": "Outpatient; Maternity", "sgbv_services_offered": ["PEP"]},
        ],
        [
            READ_A | {"services": '["Outpatient","PEP"," Counselling"]'},
            READ_A | {"services": '["Outpatient"," Maternity","PEP"]'},
        ],
    ),
    "HSDS: the places of services are the facilities": (
        {
            "total_items": 4,
            "contents": [
                {
                    "id": "s-1",
                    "name": "Post-rape care",
                    "status": "active",
                    "phones": [{"number": "0700000016"}],
                    "service_at_locations": [{"id": "a", "location": {"id": "l-1", "name": "Lindi Safe House"}}],
                },
                {
                    "id": "s-2",
                    "name": "Legal aid",
                    "status": "active",
                    "phones": [{"number": "0700000017"}],
                    "service_at_locations": [
                        {"location": {"id": "l-1", "name": "Lindi Safe House", "latitude": -1.3, "longitude": 36.7}},
                        {"location": {"id": "l-2", "name": "Kayole Clinic"}},
                    ],
                },
                {"id": "s-3", "name": "Training", "service_at_locations": []},
            ],
        },
        [
            {
                "facility_name": "Lindi Safe House",
                "source_key": "l-1",
                "services": '[{"name":"Post-rape care","status":"active"},{"name":"Legal aid","status":"active"}]',
                "contacts": '[{"key":"phones","value":{"number":"0700000016"}}]',
                "latitude": "-1.3",
                "longitude": "36.7",
            },
            {
                "facility_name": "Kayole Clinic",
                "source_key": "l-2",
                "services": '[{"name":"Legal aid","status":"active"}]',
            },
        ],
    ),
    "Services with the locations where they are: the locations are the facilities": (
        [
            {
                "id": "s-1",
                "name": "Post-rape care",
                "phones": [{"number": "0700000016"}],
                "locations": [{"id": "l-1", "name": "Lindi Safe House", "county": "Nairobi"}],
            },
            {"id": "s-2", "name": "Counselling", "locations": [{"id": "l-1", "name": "Lindi Safe House"}, C]},
        ],
        [
            {
                "facility_name": "Lindi Safe House",
                "source_key": "l-1",
                "county_name": "Nairobi",
                "services": '[{"name":"Post-rape care","status":null},{"name":"Counselling","status":null}]',
                "contacts": '[{"key":"phones","value":{"number":"0700000016"}}]',
            },
            {
                "facility_name": "Lindi Clinic",
                "facility_code": "3",
                "services": '[{"name":"Counselling","status":null}]',
            },
        ],
    ),
    "An organisation with its locations is no service": (
        [A | {"locations": [{"name": "Main gate"}]}],
        [READ_A],
    ),
    "Microsoft Forms: a question asks for a unit, and says of whom only in the first": (
        [
            {
                "What is the name of the facility?": "Umoja Clinic",
                "Which county?": "Nairobi",
                "Please select the sub-county": "Kibra",
                "Which ward?": "Lindi",
                "Which ward do you live in?": "Makina",
            }
        ],
        [
            {
                "facility_name": "Umoja Clinic",
                "county_name": "Nairobi",
                "sub_county_name": "Kibra",
                "ward_name": "Lindi",
            }
        ],
    ),
    "Google Forms: the rows of a grid are the choices of its question": (
        [
            {
                "Name of the facility": "Umoja Clinic",
                "County": "Nairobi",
                "Which services do you offer? [PEP/PrEP]": "Yes",
                "Which services do you offer? [Legal aid]": "No",
                "Which services do you offer? [Counselling]": "Yes",
                "Days of operation [Monday]": "Yes",
            }
        ],
        [{"facility_name": "Umoja Clinic", "county_name": "Nairobi", "services": '["PEP/PrEP","Counselling"]'}],
    ),
    "HSDS: the services at a location": (
        [A | {"services_at_location": [{"service": {"name": "PEP"}}, {"service": {"name": "Legal aid"}}]}],
        [READ_A | {"services": '[{"service":{"name":"PEP"}},{"service":{"name":"Legal aid"}}]'}],
    ),
    "a status that is an object says that the facility is closed in a key of its own": (
        [
            A | {"status": {"is_closed": True, "reason": "no staff"}},
            A | {"lifecycle": {"closed_on": "2024-01-31"}},
            B | {"operations": {"status": "Closed"}},
            B | {"operational_status": {"functional": "No"}},
        ],
        [
            READ_A | {"is_closed": "true"},
            READ_A | {"is_closed": "2024-01-31"},
            READ_B | {"operational_status": "Closed"},
            READ_B | {"is_active": "No"},
        ],
    ),
    "Swahili: the area and the beds": (
        [A | {"eneo": "Gatwekera", "idadi_ya_vitanda": 12}],
        [READ_A | {"place_hint": "Gatwekera", "beds": "12"}],
    ),
    "OpenStreetMap: further lines": (
        {"elements": [{"type": "node", "id": 1, "tags": {"amenity": "clinic", "name": "Umoja"} | LINES}]},
        [
            {
                "facility_name": "Umoja",
                "facility_type": "clinic",
                "source_key": "1",
                "contacts": '[{"key":"tags.contact:whatsapp","value":"0700000016"},'
                '{"key":"tags.phone:emergency","value":"1195"}]',
            }
        ],
    ),
    "facilities whose names are the keys that they stand under": (
        {
            "Nairobi": {
                "county_info": {"population": 12},
                "shelters": {"Lindi Safe House": {"ward": "Lindi", "phone": "1195"}},
                "contacts_of_the_county": {"Police Station": {"phone": "999"}, "Legal Aid": {"phone": "1195"}},
                "office": {"Sample Person": {"phone": "0700000016"}, "Makina Women Group": {"phone": "0700000017"}},
            }
        },
        [
            {
                "facility_name": "Lindi Safe House",
                "facility_type": "shelters",
                "county_name": "Nairobi",
                "ward_name": "Lindi",
                "contacts": '[{"key":"phone","value":"1195"}]',
            }
        ],
    ),
    "facilities by their names, and nothing around them": (
        {"Umoja Clinic": {"code": 1, "county": "Nairobi"}, "Kayole Clinic": {"code": 2, "county": "Nairobi"}},
        [READ_A, READ_B],
    ),
    "Firestore: values in the names of their types": (
        {
            "documents": [
                {
                    "name": "projects/p/databases/(default)/documents/facilities/Ab1",
                    "fields": {
                        "name": {"stringValue": "Umoja Clinic"},
                        "code": {"integerValue": "1"},
                        "county": {"stringValue": "Nairobi"},
                        "ward": {"nullValue": None},
                        "location": {"geoPointValue": {"latitude": -1.28, "longitude": 36.8}},
                        "services": {"arrayValue": {"values": [{"stringValue": "PEP"}]}},
                        "address": {"mapValue": {"fields": {"street": {"stringValue": "Moi Avenue"}}}},
                    },
                    "updateTime": "2026-01-01T00:00:00Z",
                }
            ]
        },
        [
            READ_A
            | {"latitude": "-1.28", "longitude": "36.8", "services": '["PEP"]', "address": "Moi Avenue"}
            | {"source_key": "Ab1"}
        ],
    ),
    "DynamoDB: values in the letters of their types": (
        {
            "Items": [
                {
                    "name": {"S": "Umoja Clinic"},
                    "code": {"N": "1"},
                    "county": {"S": "Nairobi"},
                    "services": {"L": [{"S": "PEP"}]},
                    "location": {"M": {"lat": {"N": "-1.28"}, "lng": {"N": "36.8"}}},
                    "owner": {"NULL": True},
                }
            ],
            "Count": 1,
        },
        [READ_A | {"latitude": "-1.28", "longitude": "36.8", "services": '["PEP"]'}],
    ),
    "Solr: each value in a list": (
        {
            "response": {
                "numFound": 2,
                "docs": [
                    {
                        "id": "9",
                        "name": ["Umoja Clinic"],
                        "code": [1],
                        "county": ["Nairobi"],
                        "services": ["PEP", "EC"],
                    },
                    {"id": "8", "name": ["Kayole Clinic"], "code": [2], "county": ["Nairobi"], "_version_": 17},
                ],
            }
        },
        [READ_A | {"source_key": "9", "services": '["PEP","EC"]'}, READ_B | {"source_key": "8"}],
    ),
    "Epicollect: questions have numbers": (
        {
            "data": {
                "entries": [
                    {
                        "ec5_uuid": "x",
                        "title": "Umoja Clinic",
                        "1_Facility_name": "Umoja Clinic",
                        "2_County": "Nairobi",
                        "3_GPS": {"latitude": -1.28, "longitude": 36.8, "UTM_Northing": 9858000, "UTM_Zone": "37M"},
                    }
                ]
            }
        },
        [
            {
                "facility_name": "Umoja Clinic",
                "county_name": "Nairobi",
                "latitude": "-1.28",
                "longitude": "36.8",
            }
        ],
    ),
    "OpenStreetMap: which social facility it is, if it is of a known type": (
        {
            "elements": [
                {
                    "type": "node",
                    "id": 1,
                    "tags": {"amenity": "social_facility", "name": "Umoja", "social_facility": "shelter"},
                },
                {
                    "type": "node",
                    "id": 2,
                    "tags": {"amenity": "social_facility", "name": "Kayole", "social_facility": "outreach"},
                },
            ]
        },
        [
            {"facility_name": "Umoja", "facility_type": "shelter", "source_key": "1"},
            {"facility_name": "Kayole", "facility_type": "social_facility", "source_key": "2"},
        ],
    ),
    "OpenStreetMap as GeoJSON: suburbs, borders and bus stops are no facilities": (
        {
            "type": "FeatureCollection",
            "generator": "overpass-turbo",
            "features": [
                feature({"@id": "node/8", "place": "suburb", "name": "Makina", "population": "25000"}),
                feature({"@id": "relation/9", "boundary": "administrative", "admin_level": "6", "name": "Kibra"}),
                feature({"osm_id": 7, "osm_type": "nodes", "highway": "bus_stop", "name": "Hospital Stage"}),
                feature({"@id": "node/5", "amenity": "clinic", "name": "Lindi Clinic", "place": None}),
                feature({"osm_id": 6, "name": "Makina Dispensary", "highway": None}),
            ],
        },
        [
            {
                "facility_name": "Lindi Clinic",
                "facility_type": "clinic",
                "source_key": "node/5",
                "geometry": '{"type":"Point","coordinates":[36.784,-1.317]}',
            },
            {
                "facility_name": "Makina Dispensary",
                "source_key": "6",
                "geometry": '{"type":"Point","coordinates":[36.784,-1.317]}',
            },
        ],
    ),
    "WP Store Locator, and WordPress' own table: a title that names a place": (
        [
            {"store": "Lindi Safe House", "lat": "-1.28", "lng": "36.8", "id": "77"},
            {"post_title": "Kayole Safe House", "acf": {"county": "Nairobi", "phone": "0700000016"}},
            {"post_title": "Our news", "acf": {"county": "Nairobi", "phone": "0700000016"}},
        ],
        [
            {
                "facility_name": "Lindi Safe House",
                "latitude": "-1.28",
                "longitude": "36.8",
                "source_key": "77",
            },
            {
                "facility_name": "Kayole Safe House",
                "county_name": "Nairobi",
                "contacts": '[{"key":"acf.phone","value":"0700000016"}]',
            },
            {"county_name": "Nairobi", "contacts": '[{"key":"acf.phone","value":"0700000016"}]'},
        ],
    ),
    "a remark in brackets says how a column is filled in, or whose it is": (
        [
            {
                "Facility Name (as per KMHFL)": "Umoja Clinic",
                "MFL Code (if applicable)": 1,
                "County (select one)": "Nairobi",
                "Phone number (official)": "0700000016",
                "Phone number (survivor)": "0700000017",
                "PEP (72 hrs)": "Y",
                "Counselling (trauma)": "N",
            }
        ],
        [
            READ_A
            | {
                "services": '["PEP (72 hrs)"]',
                "contacts": '[{"key":"Phone number (official)","value":"0700000016"}]',
            }
        ],
    ),
    "a tree down to the ward whose keys say what they name": (
        {
            "Kilifi County": {"Kilifi North Constituency": {"Tezo Ward": [{"name": "Tezo Clinic"}]}},
            "Kaunti ya Kwale": {"Kaunti Ndogo ya Matuga": {"Wadi ya Waa": [{"name": "Waa Clinic"}]}},
        },
        [
            {
                "facility_name": "Tezo Clinic",
                "county_name": "Kilifi County",
                "constituency_name": "Kilifi North Constituency",
                "ward_name": "Tezo Ward",
            },
            {
                "facility_name": "Waa Clinic",
                "county_name": "Kaunti ya Kwale",
                "sub_county_name": "Kaunti Ndogo ya Matuga",
                "ward_name": "Wadi ya Waa",
            },
        ],
    ),
    "a tree down to the ward of which the wards alone say what they are": (
        {
            "Kitui": {"Mwingi Central": {"Township Ward": [{"name": "Mwingi Clinic"}]}},
            "Kiambu": {"Thika Town": {"wards": {"Township": [{"name": "Thika Clinic"}]}}},
            "Nairobi": {
                "Kibra": {
                    "2024": {"Lindi Ward": [{"name": "Lindi Clinic"}]},
                    "Langata Sub County": [{"name": "Nairobi Clinic"}],
                },
            },
        },
        [
            {
                "facility_name": "Mwingi Clinic",
                "county_name": "Kitui",
                "sub_county_name": "Mwingi Central",
                "ward_name": "Township Ward",
            },
            {
                "facility_name": "Thika Clinic",
                "county_name": "Kiambu",
                "sub_county_name": "Thika Town",
                "ward_name": "Township",
            },
            {
                "facility_name": "Lindi Clinic",
                "county_name": "Nairobi",
                "ward_name": "Lindi Ward",
                "place_hint": "Kibra, 2024",
            },
            {
                "facility_name": "Nairobi Clinic",
                "county_name": "Nairobi",
                "sub_county_name": "Langata Sub County",
                "place_hint": "Kibra",
            },
        ],
    ),
    "the officer of a gender desk goes with the number of the desk": (
        [A | {"Simu ya mkononi": "0700000016", "desk_officer": "Sample Person", "desk_officer_mobile": "0700000017"}],
        [
            READ_A
            | {
                "contacts": '[{"key":"Simu ya mkononi","value":"0700000016"},'
                '{"key":"desk_officer","value":"Sample Person"},{"key":"desk_officer_mobile","value":"0700000017"}]'
            }
        ],
    ),
    "Jotform: the questions of a form are no facilities, and the state of what was sent is none of theirs": (
        {
            "content": [
                {
                    "id": "501",
                    "status": "ACTIVE",
                    "answers": {
                        "1": {"name": "facilityName", "text": "Facility name", "answer": "Umoja Clinic"},
                        "2": {"name": "county", "text": "County", "answer": "Nairobi"},
                        "3": {"name": "phone", "text": "Phone Number", "answer": "0700000016"},
                        "4": {"name": "note", "text": "Anything else?"},
                    },
                }
            ]
        },
        [
            {
                "facility_name": "Umoja Clinic",
                "county_name": "Nairobi",
                "source_key": "501",
                "contacts": '[{"key":"Phone Number","value":"0700000016"}]',
            }
        ],
    ),
    "pairs of a label and a value": (
        [
            {"fields": [{"label": key, "value": value} for key, value in record.items()]}
            for record in (A | {"phone": "1195"}, B | {"phone": "1195"})
        ],
        [
            READ_A | {"contacts": '[{"key":"phone","value":"1195"}]'},
            READ_B | {"contacts": '[{"key":"phone","value":"1195"}]'},
        ],
    ),
    "KML as JSON: the data of a place are its own": (
        {
            "Document": {
                "name": "Shelters",
                "Placemark": [
                    {
                        "name": "Umoja Shelter",
                        "Point": {"coordinates": "36.8,-1.28,0"},
                        "ExtendedData": {
                            "Data": [{"@name": "County", "value": "Nairobi"}, {"@name": "sign", "value": 1}]
                        },
                    }
                ],
            }
        },
        [{"facility_name": "Umoja Shelter", "county_name": "Nairobi", "coordinates": "36.8,-1.28,0"}],
    ),
    "OpenStreetMap's XML: tags in pairs, and the point beside them": (
        {
            "osm": {
                "node": [
                    {
                        "@id": "7",
                        "lat": "-1.28",
                        "lon": "36.8",
                        "tag": [
                            {"k": "amenity", "v": "clinic"},
                            {"k": "name", "v": "Umoja Clinic"},
                            {"k": "addr:county", "v": "Nairobi"},
                        ],
                    }
                ]
            }
        },
        [
            {
                "facility_name": "Umoja Clinic",
                "county_name": "Nairobi",
                "source_key": "7",
                "facility_type": "clinic",
                "latitude": "-1.28",
                "longitude": "36.8",
            }
        ],
    ),
    "Zoho: what is looked up in another table": (
        [{"Name": "Umoja Clinic", "County": {"display_value": "Nairobi", "zc_display_value": "Nairobi", "ID": "7"}}],
        [{"facility_name": "Umoja Clinic", "county_name": "Nairobi"}],
    ),
    "Smartsheet: a table that has a name is no facility": (
        {
            "name": "GBV referral directory",
            "columns": [{"id": 1, "title": "Facility Name"}, {"id": 2, "title": "County"}, {"id": 3, "title": "Code"}],
            "rows": [
                {"rowNumber": 1, "cells": [{"value": "Umoja Clinic"}, {"value": "Nairobi"}, {"value": 1}]},
                {"rowNumber": 2, "cells": [{"value": "Kayole Clinic"}, {"columnId": 2}, {"value": 2}]},
            ],
        },
        [READ_A, {"facility_name": "Kayole Clinic", "facility_code": "2"}],
    ),
    "KHIS: a table of the units of DHIS2": (
        [{"organisationunitname": "Umoja Clinic", "organisationunitcode": "13080", "County": "Nairobi"}],
        [{"facility_name": "Umoja Clinic", "facility_code": "13080", "county_name": "Nairobi"}],
    ),
    "Contentful: what a field says in each language": (
        {
            "items": [
                {
                    "sys": {"type": "Entry"},
                    "fields": {
                        "name": {"en-US": "Umoja Clinic", "sw": "Kliniki ya Umoja"},
                        "county": {"en-US": "Nairobi"},
                        "location": {"en-US": {"lat": -1.28, "lon": 36.8}},
                    },
                }
            ]
        },
        [{"facility_name": "Umoja Clinic", "county_name": "Nairobi", "latitude": "-1.28", "longitude": "36.8"}],
    ),
    "Wikidata": (
        {
            "head": {"vars": ["item", "itemLabel"]},
            "results": {
                "bindings": [
                    {
                        "item": {"type": "uri", "value": "http://www.wikidata.org/entity/Q1"},
                        "itemLabel": {"xml:lang": "en", "type": "literal", "value": "Umoja Clinic"},
                        "countyLabel": {"type": "literal", "value": "Nairobi County"},
                        "coord": {"type": "literal", "value": "Point(36.8 -1.28)"},
                    }
                ]
            },
        },
        [{"facility_name": "Umoja Clinic", "county_name": "Nairobi County", "coordinates": "Point(36.8 -1.28)"}],
    ),
    "Nominatim: tags beside those of the place": (
        [{"name": "Umoja Clinic", "lat": "-1.28", "lon": "36.8", "extratags": {"phone": "0700000016"}}],
        [
            {
                "facility_name": "Umoja Clinic",
                "latitude": "-1.28",
                "longitude": "36.8",
                "contacts": '[{"key":"extratags.phone","value":"0700000016"}]',
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


def test_the_codes_of_a_large_layer_of_a_web_map_mean_what_its_definition_says() -> None:
    fields = [{"name": "STATUS", "alias": "Status", "domain": coded_values({1: "Closed", 2: "Open"})}]
    features = [{"attributes": {"Name": f"Umoja Clinic {no}", "STATUS": 1}} for no in range(30_000)]
    layer = {"layerDefinition": {"fields": fields}, "featureSet": {"features": features}}
    frame, _ = read_bytes(json.dumps(layer).encode())
    assert frame["operational_status"].to_list() == ["Closed"] * 30_000


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


def prop(kind: str, said: Any) -> dict[str, Any]:
    return {"id": "a", "type": kind, kind: said}


PARTS_OF_ONE: dict[str, tuple[Any, list[dict[str, Any]]]] = {
    "Notion": (
        {
            "results": [
                {
                    "object": "page",
                    "id": "59833787-2cf9-4fdf-8782-e53db20768a5",
                    "in_trash": False,
                    "properties": {
                        "Name": prop("title", [{"plain_text": "Umoja "}, {"plain_text": "Clinic"}]),
                        "County": prop("select", {"id": "x", "name": "Nairobi", "color": "blue"}),
                        "Code": prop("formula", {"type": "number", "number": 1}),
                        "Phone": prop("phone_number", "0700000016"),
                        "Services": prop("multi_select", [{"name": "PEP"}, {"name": "Shelter"}]),
                        "Email": prop("email", None),
                        "Contact Person": prop("people", [{"object": "user", "name": "Sample Person"}]),
                    },
                    "url": "https://www.notion.so/Umoja-1",
                }
            ]
        },
        [
            READ_A
            | {
                "source_key": "59833787-2cf9-4fdf-8782-e53db20768a5",
                "contacts": '[{"key":"properties.Phone","value":"0700000016"}]',
                "services": '["PEP","Shelter"]',
            }
        ],
    ),
    "Socrata": (
        [A | {"location": {"latitude": "-1.28", "longitude": "36.8", "human_address": '{"address": "Moi Avenue"}'}}],
        [READ_A | {"latitude": "-1.28", "longitude": "36.8", "address": "Moi Avenue"}],
    ),
    "Dynamics": (
        {
            "value": [
                {"name": "Umoja Clinic", "new_code": 7, "address1_line1": "Moi Avenue", "statecode": 0}
                | {"address1_stateorprovince": "Nairobi", "new_ward": "Lindi", "emailaddress1": "a@example.org"},
                {"name": "Kayole Clinic", "ward": "Lindi", "new_ward": "Makina", "statecode": 1},
            ]
        },
        [
            {
                "facility_name": "Umoja Clinic",
                "county_name": "Nairobi",
                "ward_name": "Lindi",
                "contacts": '[{"key":"emailaddress1","value":"a@example.org"}]',
                "address": "Moi Avenue",
            },
            {
                "facility_name": "Kayole Clinic",
                "ward_name": "Lindi",
                "is_closed": "1",
                "issue.value_not_used": "new_ward=Makina",
            },
        ],
    ),
    "the place and the numbers beside the part that has the name": (
        {"hits": {"hits": [{"_source": {"provider": A, "geo": {"ward": "Lindi"}, "phones": ["0700000016"]}}]}},
        [READ_A | {"ward_name": "Lindi", "contacts": '[{"key":"phones","value":"0700000016"}]'}],
    ),
    "the sites of an organisation": (
        [{"organisation": "Umoja Network", "code": 7, "sites": [{"name": "Umoja Lindi", "county": "Nairobi"}]}],
        [
            {"facility_name": "Umoja Network", "facility_code": "7"},
            {"facility_name": "Umoja Lindi", "county_name": "Nairobi"},
        ],
    ),
    "the shelters of an organisation have names of their own": (
        [
            {"organisation": "Umoja Network", "code": 7, "shelters": [{"name": "Lindi House", "county": "Nairobi"}]},
            {"organisation": "Amani Network", "code": 8, "shelters": []},
        ],
        [
            {"facility_name": "Umoja Network", "facility_code": "7"},
            {"facility_name": "Amani Network", "facility_code": "8"},
            {"facility_name": "Lindi House", "county_name": "Nairobi"},
        ],
    ),
    "the area of a ward among the points of facilities is none": (
        {
            "type": "FeatureCollection",
            "features": [
                {
                    "type": "Feature",
                    "geometry": {
                        "type": "Polygon",
                        "coordinates": [[[36.7, -1.3], [36.8, -1.3], [36.8, -1.4], [36.7, -1.3]]],
                    },
                    "properties": {"name": "Lindi", "admin_level": "8", "county": "Nairobi"},
                },
                feature({"name": "Lindi Clinic", "county": "Nairobi"}),
            ],
        },
        [
            {
                "facility_name": "Lindi Clinic",
                "county_name": "Nairobi",
                "geometry": '{"type":"Point","coordinates":[36.784,-1.317]}',
            },
        ],
    ),
    "the head office of an organisation, and branches under their towns": (
        [
            {
                "organisation": "Umoja Network",
                "head_office": {"name": "Umoja Kayole", "county": "Nairobi"},
                "branches": {"Kibra": {"name": "Umoja Lindi", "county": "Nairobi"}},
            }
        ],
        [
            {"facility_name": "Umoja Network"},
            {"facility_name": "Umoja Kayole", "county_name": "Nairobi"},
            {"facility_name": "Umoja Lindi", "county_name": "Nairobi"},
        ],
    ),
    "Google Maps: the point stands beside the properties that name a place deeper in them": (
        {
            "type": "FeatureCollection",
            "features": [
                {
                    "type": "Feature",
                    "geometry": {"type": "Point", "coordinates": [36.787, -1.3167]},
                    "properties": {"date": "2023-11-01", "location": {"name": "Lindi Clinic", "address": "Lindi"}},
                },
                {
                    "type": "Feature",
                    "geometry": {"type": "Polygon", "coordinates": [[[36, -1], [37, -1], [37, -2], [36, -1]]]},
                    "properties": {"date": "2023-11-01", "location": {"name": "Umoja Clinic", "address": "Umoja"}},
                },
            ],
        },
        [
            {
                "facility_name": "Lindi Clinic",
                "address": "Lindi",
                "coordinates": '{"type":"Point","coordinates":[36.787,-1.3167]}',
            },
            {"facility_name": "Umoja Clinic", "address": "Umoja"},
        ],
    ),
    "Google Forms: the number of a question is none of its words": (
        [
            {
                "Timestamp": "5/1/2024 10:22:11",
                "1. Name of the facility": "Lindi Clinic",
                "2. County": "Nairobi",
                "3) Constituency": "Kibra",
                "Q4: Ward": "Lindi",
                "5. GPS coordinates (latitude, longitude)": "-1.3167, 36.787",
                "6. Which services do you offer? (tick all that apply)": "Counselling, PEP",
            }
        ],
        [
            {key: READ_C[key] for key in ("facility_name", "county_name", "constituency_name", "ward_name")}
            | {"coordinates": "-1.3167, 36.787", "services": '"Counselling, PEP"'}
        ],
    ),
}


IN_METRES: dict[str, Any] = {"type": "Feature", "properties": A, "geometry": {"x": 253862.48, "y": 9854764.88}}
READ_IN_METRES = READ_A | {"latitude": "9854764.88", "longitude": "253862.48", "projection": "32737"}


@pytest.mark.parametrize(
    "document",
    [
        {"crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32737"}}, "features": [IN_METRES]},
        {"features": [IN_METRES], "spatialReference": {"wkid": 32737}},
        {"spatialReference": {"wkid": 32737}, "x": "x" * 300_000, "features": [IN_METRES]},
        [A | {"geometry": IN_METRES["geometry"] | {"spatialReference": {"wkid": 32737}}}],
        [A | {"y": 9854764.88, "x": 253862.48, "EPSG": 32737}],
    ],
)
def test_a_file_that_says_in_which_projection_it_is_is_taken_at_its_word(document: object) -> None:
    assert facilities(read_bytes(json.dumps(document).encode())[0]) == [READ_IN_METRES]


def test_degrees_need_no_projection_and_plus_codes_are_coordinates() -> None:
    degrees = {"crs": {"properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}, "features": [{"properties": A}]}
    codes = [A | {"plus_code": {"global_code": "6GCRMQPQ+8V", "compound_code": "MQPQ+8V Nairobi"}}]
    assert facilities(read_bytes(json.dumps(degrees).encode())[0]) == [READ_A]
    assert facilities(read_bytes(json.dumps(codes).encode())[0]) == [READ_A | {"coordinates": "6GCRMQPQ+8V"}]


@pytest.mark.parametrize("shape", PARTS_OF_ONE)
def test_what_stands_in_several_parts_is_of_one_record(shape: str) -> None:
    document, expected = PARTS_OF_ONE[shape]
    assert facilities(read_bytes(json.dumps(document).encode())[0]) == expected


SERVICES = [
    {"type": "services", "id": "1", "attributes": {"name": "PEP"}},
    {"type": "services", "id": "2", "attributes": {"name": "Shelter"}},
    {"type": "services", "id": "3", "attributes": {"name": "Legal aid, counselling"}},
    {"type": "services", "id": "4", "attributes": {"name": "Twice"}},
    {"type": "services", "id": "4", "attributes": {"name": "Otherwise"}},
]


def offering(*keys: str) -> dict[str, Any]:
    return {"services": {"data": [{"type": "services", "id": key} for key in keys]}}


def test_the_services_that_a_resource_refers_to_are_its_own_and_no_others() -> None:
    resources = [
        {"type": "facilities", "id": "7", "attributes": A, "relationships": offering("1", "3", "4", "9")},
        {"type": "facilities", "id": "8", "attributes": B, "relationships": offering()},
    ]
    frame, _ = read_bytes(json.dumps({"data": resources, "included": SERVICES}).encode())
    assert facilities(frame) == [
        READ_A | {"source_key": "7", "services": '["PEP","Legal aid, counselling"]'},
        READ_B | {"source_key": "8"},
    ]


HEADINGS = ["Facility Name", "County", "Phone", "Phone"]
LINDI_ROW = ["Lindi Clinic", "Nairobi", "0700000016", None]
UMOJA_ROW = ["Umoja Clinic", "Nairobi", None, "0700000017"]


def cells(row: list[Any]) -> dict[str, Any]:
    return {"c": [{"v": cell} for cell in row]}


READ_ROWS = [
    {
        "facility_name": "Lindi Clinic",
        "county_name": "Nairobi",
        "contacts": '[{"key":"Phone","value":"0700000016"}]',
    },
    {
        "facility_name": "Umoja Clinic",
        "county_name": "Nairobi",
        "contacts": '[{"key":"Phone_2","value":"0700000017"}]',
    },
]


@pytest.mark.parametrize(
    "document",
    [
        {"range": "Sheet1!A1:D9", "majorDimension": "ROWS", "values": [HEADINGS, LINDI_ROW[:3], [], UMOJA_ROW]},
        [["GBV SERVICES 2024"], [], HEADINGS, LINDI_ROW, UMOJA_ROW],
        {"columns": HEADINGS, "index": [0, 1], "data": [LINDI_ROW, UMOJA_ROW]},
        {"data": [LINDI_ROW, UMOJA_ROW], "columns": HEADINGS},
        {
            "table": {
                "cols": [{"id": "A", "label": name} for name in HEADINGS],
                "rows": [cells(LINDI_ROW), cells(UMOJA_ROW)],
            }
        },
        {"rows": [cells(HEADINGS), cells(LINDI_ROW), cells(UMOJA_ROW)]},
        {"headers": [{"name": name, "type": "TEXT"} for name in HEADINGS], "rows": [LINDI_ROW, UMOJA_ROW]},
        {"meta": {"view": {"columns": [{"id": 1, "name": name} for name in HEADINGS]}}, "data": [LINDI_ROW, UMOJA_ROW]},
        {"Facility Name": ["Lindi Clinic", "Umoja Clinic"], "County": ["Nairobi"] * 2}
        | {"Phone": ["0700000016", None], "Phone_2": [None, "0700000017"]},
        {"Facility Name": {"0": "Lindi Clinic", "1": "Umoja Clinic"}, "County": {"0": "Nairobi", "1": "Nairobi"}}
        | {"Phone": {"0": "0700000016", "1": None}, "Phone_2": {"0": None, "1": "0700000017"}},
        [
            {"GBV SERVICES": "Facility Name", "__EMPTY": "County", "__EMPTY_1": "Phone", "__EMPTY_2": "Phone"},
            {"GBV SERVICES": "Lindi Clinic", "__EMPTY": "Nairobi", "__EMPTY_1": "0700000016"},
            {"GBV SERVICES": "Umoja Clinic", "__EMPTY": "Nairobi", "__EMPTY_2": "0700000017"},
        ],
    ],
)
def test_rows_are_records_under_headings_that_tell_name_and_place(document: object) -> None:
    assert facilities(read_bytes(json.dumps(document).encode())[0]) == READ_ROWS


OTHER_HEADINGS = ["Facility Name", "Ward", "Phone", "Address"]
OTHER_ROW = ["Makina Clinic", "Makina", "0700000018", None]
MANY_ROWS = [[*OTHER_ROW[:3], "x" * 900]] * 2_000


@pytest.mark.parametrize(
    "table",
    [
        {"columns": OTHER_HEADINGS, "rows": []},
        {"columns": OTHER_HEADINGS, "rows": [{"note": "none"}]},
        {"data": [OTHER_ROW], "headers": OTHER_HEADINGS},
        {"clinics": [OTHER_ROW], "headers": OTHER_HEADINGS},
        {"columns": OTHER_HEADINGS, "values": MANY_ROWS, "fields": OTHER_HEADINGS},
    ],
)
def test_the_headings_beside_a_table_are_not_those_of_another_table(table: dict[str, Any]) -> None:
    sheet = [HEADINGS, LINDI_ROW, UMOJA_ROW]
    frame, _ = read_bytes(json.dumps({"2023": table, "2024": sheet}).encode())
    assert facilities(frame)[-2:] == READ_ROWS
    bare, _ = read_bytes(json.dumps({"2023": table, "2024": [LINDI_ROW], "all": [A]}).encode())
    assert "Lindi Clinic" not in bare["facility_name"][:-1]
    assert bare.height == frame.height - 1


def test_a_large_table_is_read_to_its_end_and_its_empty_rows_are_counted() -> None:
    rows = [[f"Lindi Clinic {number}", "Nairobi", "x" * 900, None] for number in range(3_000)]
    content = json.dumps({"values": [["GBV SERVICES"], HEADINGS, *rows, ["", None], ["Umoja Clinic"]]}).encode()
    frame, reading = read_bytes(content)
    assert (frame.height, frame["facility_name"][-1]) == (3_001, "Umoja Clinic")
    assert reading.notes == ["passed over: 1 above the headings of a table", "passed over: 1 empty in a table"]


def test_a_large_table_of_columns_is_read_to_its_end() -> None:
    names = {str(number): f"Lindi Clinic {number}" for number in range(20_000)}
    content = json.dumps({"Name": names, "County": dict.fromkeys(names, "Nairobi"), "Phone": dict.fromkeys(names)})
    assert read_bytes(content.encode())[0].height == 20_000


def test_names_in_two_languages_are_no_columns_of_a_table() -> None:
    record = {"name": {"en": "Lindi Clinic", "sw": "Zahanati"}, "county": {"en": "Nairobi", "sw": "Nairobi"}}
    document = {"facilities": {"a": record | {"phone": {"en": "0700000016", "sw": "0700000016"}}, "b": A}}
    assert len(facilities(read_bytes(json.dumps(document).encode())[0])) == 2


def test_what_is_passed_over_in_a_list_is_counted() -> None:
    document = {"counties": [{"name": "Nairobi"}, {"name": "Kisumu"}], "facilities": [A]}
    assert read_bytes(json.dumps(document).encode())[1].notes == ["passed over: 2 without a facility"]


def test_a_large_document_with_an_object_on_its_own_line_is_no_list_of_lines() -> None:
    start = b'{"pages": [\n{"page": 1}\n],\n"results": [\n'
    records = b",\n".join(json.dumps(A | {"x": "x" * 900}).encode() for _ in range(3_000))
    frame, reading = read_bytes(start + records + b"\n]}")
    assert (frame.height, reading.path_taken) == (3_000, "results")


TOO_LONG = "holds a value of more than 16 MB at byte 5. Take it out"
LARGE: dict[str, tuple[bytes, int | str]] = {
    "white space": (b" " * 30_000_000, "is empty"),
    "white space between records": (b'[{"name": "A Clinic"}' + b" " * 9_000_000 + b', {"name": "B Clinic"}]', 2),
    "commas": (b"[" + b"," * 9_000_000 + b'{"name": "A Clinic"}]', 1),
    "numbers": (b"[" + b"1," * 2_000_000 + b"1]", "holds no facilities"),
    "lists": (b"[" + b"[]," * 300_000 + b"[]]", "holds no facilities"),
    "pages": (b"[" + b'[{"name": "A Clinic"}],' * 2_000 + b"[]]", 2_000),
    "a number without an end": (b'{"a":' + b"1" * (2 * MAX_VALUE_BYTES), TOO_LONG),
    "a text without an end": (b'{"a":"' + b"x" * (2 * MAX_VALUE_BYTES), TOO_LONG),
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


SAFE = {"id": 1, "name": "Umoja Clinic", "county": "Nairobi"}
KAYOLE = {"id": 2, "name": "Kayole Clinic", "county": "Nairobi"}
CONTACT = {"id": 7, "facility_id": 2, "phone": "0700000016"}


def joined(document: object) -> list[tuple[str, str | None, str | None]]:
    frame, _ = read_bytes(json.dumps(document).encode())
    return frame.select("facility_name", "contacts", "services").rows()


PHONE = '[{"key":"parent_contacts.phone","value":"0700000016"}]'


@pytest.mark.parametrize(
    "document",
    [
        {"facilities": [SAFE, KAYOLE], "contacts": [CONTACT]},
        {"facility_contacts": [CONTACT], "facilities": [SAFE, KAYOLE]},
        {"data": {"facilities": [SAFE, KAYOLE], "phones": [{"facilityId": "2", "phone": "0700000016"}]}},
        {"shelters": [SAFE, KAYOLE], "contacts": [{"shelter_id": 2, "phone": "0700000016"}]},
        {"police_stations": [SAFE, KAYOLE], "contacts": [{"station": 2, "phone": "x"}, CONTACT]},
        {
            "facilities": [SAFE | {"mfl_code": 21}, KAYOLE | {"mfl_code": 22}],
            "contacts": [{"mfl_code": "22", "phone": "0700000016"}],
        },
        {
            "tbl_facility": [{"facility_id": 1} | SAFE, {"facility_id": 2} | KAYOLE],
            "tbl_facility_contacts": [CONTACT],
        },
        {"facilities": [SAFE, KAYOLE], "shelters": [KAYOLE | {"name": "Sample Shelter"}], "contacts": [CONTACT]},
        {"facilities": [SAFE | {"contacts": []}, KAYOLE], "facility_contacts": [CONTACT]},
        {"stations": [SAFE | {"contacts": ""}, KAYOLE], "contacts": [{"stationId": 2, "phone": "0700000016"}]},
        {"shelters": [SAFE | {"contacts": None}, KAYOLE], "contacts": [{"facility": 2, "phone": "0700000016"}]},
    ],
)
def test_a_table_of_contacts_beside_the_facilities_is_joined_by_their_id(document: object) -> None:
    assert joined(document)[:2] == [("Umoja Clinic", None, None), ("Kayole Clinic", PHONE, None)]
    assert all(contacts is None for _, contacts, _ in joined(document)[2:])


def test_a_table_of_services_is_joined_and_may_refer_to_their_catalogue() -> None:
    names = [{"facility_id": 2, "name": "PEP"}, {"facility_id": 2, "name": "Legal aid", "available": False}]
    assert joined({"facilities": [SAFE, KAYOLE], "services": names}) == [
        ("Umoja Clinic", None, None),
        ("Kayole Clinic", None, '[{"name":"PEP"},{"name":"Legal aid","available":false}]'),
    ]
    catalogue = {"services": [{"id": 3, "name": "PEP"}], "facility_services": [{"facility_id": 2, "service_id": 3}]}
    assert joined({"facilities": [SAFE, KAYOLE]} | catalogue)[1][2] == '[{"service_id":3,"name":"PEP"}]'
    catalogue["services"] = [{"service_id": 3, "service_name": "PEP"}]
    assert joined({"facilities": [SAFE, KAYOLE]} | catalogue)[1][2] == '[{"service_id":3,"name":"PEP"}]'


TABLES: dict[str, list[dict[str, Any]]] = {
    "counties": [{"id": 47, "name": "Nairobi"}],
    "facility_types": [{"id": 3, "name": "Dispensary"}],
    "services": [{"id": 8, "name": "PEP"}],
    "facility_services": [{"id": 1, "facility": 2, "service": 8}],
    "facilities": [{"id": 2, "name": "Lindi Clinic", "code": 3, "ward_id": 900, "facility_type_id": 3}],
    "contacts": [{"id": 1, "facility": 2, "phone": "0700000016"}],
    "constituencies": [{"id": 12, "name": "Kibra", "county_id": 47}],
    "wards": [{"id": 900, "name": "Lindi", "constituency_id": 12}],
}


@pytest.mark.parametrize(
    "document",
    [
        TABLES,
        {"exported": "2026-10-01", "tables": TABLES},
        {"data": {name: {"rows": rows, "count": len(rows)} for name, rows in TABLES.items()}},
        [{"table": name, "rows": rows} for name, rows in TABLES.items()],
        [{"collectionName": name, "count": len(rows), "records": rows} for name, rows in TABLES.items()],
        [
            {"type": "header", "version": "5.2.1", "comment": "Export to JSON plugin for PHPMyAdmin"},
            {"type": "database", "name": "gbv"},
            *({"type": "table", "name": name, "database": "gbv", "data": rows} for name, rows in TABLES.items()),
        ],
    ],
)
def test_the_tables_of_a_database_are_joined_however_they_stand_together(document: object) -> None:
    found = READ_C | {"source_key": "2", "facility_type": "Dispensary", "services": '[{"name":"PEP"}]'}
    contacts = '[{"key":"parent_contacts.phone","value":"0700000016"}]'
    assert facilities(read_bytes(json.dumps(document).encode())[0]) == [found | {"contacts": contacts}]


def test_the_sheets_of_a_workbook_are_read_under_their_names() -> None:
    rows = [["Facility", "Code", "Phone"], ["Lindi Clinic", 3, "0700000016"]]
    sheets = [{"sheet": "Nairobi", "rows": rows}, {"sheet": "Shelters", "rows": [B]}, {"sheet": "Staff", "rows": [A]}]
    frame, reading = read_bytes(json.dumps(sheets).encode())
    told = [
        (record["facility_name"], record.get("county_name"), record.get("facility_type"))
        for record in facilities(frame)
    ]
    assert told == [("Lindi Clinic", "Nairobi", None), ("Kayole Clinic", "Nairobi", "Shelters")]
    assert reading.notes == ["passed over: 1 without a facility"]


def test_every_row_of_a_joined_table_that_names_no_facility_is_counted() -> None:
    rows = [CONTACT, {"facility_id": 9, "phone": "1"}, {"facility_id": None, "phone": "1"}, {"location_id": 2}]
    _, reading = read_bytes(json.dumps({"facilities": [SAFE, KAYOLE], "contacts": rows}).encode())
    assert reading.notes == ["rows of contacts and services that name no facility beside them: 3"]


@pytest.mark.parametrize(
    "document",
    [
        {"facilities": [KAYOLE, KAYOLE | {"name": "Umoja Clinic"}], "contacts": [CONTACT]},
        {"hospitals": [KAYOLE], "shelters": [SAFE | {"id": 2}], "contacts": [CONTACT]},
        {"facilities": [SAFE], "contacts": [CONTACT]},
        {"Nairobi": {"facilities": [KAYOLE]}, "Kisumu": {"contacts": [CONTACT]}},
        [{"facilities": [KAYOLE], "contacts": [CONTACT]}, {"facilities": [KAYOLE | {"name": "Umoja Clinic"}]}],
    ],
)
def test_a_contact_that_may_be_anothers_is_joined_to_nobody_and_told(document: object) -> None:
    frame, reading = read_bytes(json.dumps(document).encode())
    assert frame["contacts"].null_count() == len(frame)
    assert any("1" in note for note in reading.notes)


def test_services_that_a_record_lists_by_their_ids_are_those_of_the_catalogue_beside_it() -> None:
    listed = [SAFE | {"services": [1, 3]}, KAYOLE | {"service_ids": ["2"]}, SAFE | {"services": [1, 9]}]
    catalogue = [{"id": 1, "name": "PEP"}, {"id": 2, "name": "Legal aid"}, {"id": 3, "name": "Counselling"}]
    for document in (
        {"facilities": listed, "services": catalogue},
        {"services": catalogue, "facilities": listed},
    ):
        frame, reading = read_bytes(json.dumps(document).encode())
        assert [json.loads(text) if text else None for text in frame["services"]] == [
            [{"name": "PEP"}, {"name": "Counselling"}],
            [{"name": "Legal aid"}],
            None,  # one of them is not there: which ones it meant, nobody knows
        ]
        assert reading.unmapped["services"] == (2, "a list of 2")


def test_the_tables_of_hsds_are_joined_by_their_location_and_its_services_are_no_facilities() -> None:
    document = {
        "organization": [{"id": "o1", "name": "Sample Trust"}],
        "location": [{"id": "l1", "name": "Lindi Safe House", "organization_id": "o1", "latitude": -1.317}],
        "service": [
            {"id": "s1", "organization_id": "o1", "name": "Post-rape care", "status": "active"},
            {"id": "s2", "organization_id": "o1", "name": "Legal aid", "status": "inactive"},
        ],
        "service_at_location": [
            {"id": "x1", "service_id": "s1", "location_id": "l1"},
            {"id": "x2", "service_id": "s2", "location_id": "l1"},
        ],
        "phone": [
            {"id": "p1", "location_id": "l1", "number": "0700000016"},
            {"id": "p2", "location_id": "", "contact_id": "c1", "number": "0700000017"},
        ],
    }
    frame, _ = read_bytes(json.dumps(document).encode())
    read = transform(frame, {1: named_source("hsds")}, shipped_places(), Demands()).to_dicts()
    assert [(record["facility_name"], record["services"]) for record in read] == [
        ("Lindi Safe House", ["Post-rape care"])
    ]
    assert [contact["contact_value"] for contact in read[0]["contacts"]] == ["+254700000016"]
    assert "Legal aid" in read[0]["issue.service_invalid"]


@pytest.mark.parametrize(
    ("rows", "read"),
    [
        (
            [
                ["Facility", None, "Location", None, "Contacts", ""],
                ["Name", "Code", "County", "Ward", "Phone", "Email"],
                ["Umoja Clinic", 1, "Nairobi", None, None, None],
            ],
            [READ_A],
        ),
        (
            [
                ["Facility", "Code", "Location", None],
                [None, None, "County", "Ward"],
                ["Umoja Clinic", 1, "Nairobi", ""],
            ],
            [READ_A],
        ),
        (  # a name below Contact is nobody's facility
            [
                ["Contact", None, "Facility", "County"],
                ["Name", "Phone", "Centre", None],
                ["Sample Person", "1195", "Umoja Clinic", "Nairobi"],
            ],
            None,
        ),
    ],
)
def test_headings_that_stand_in_two_rows_are_read_together(rows: object, read: list[dict[str, Any]] | None) -> None:
    frame, _ = read_bytes(json.dumps(rows).encode())
    if read is None:
        assert "Sample Person" not in frame["facility_name"].to_list()
    else:
        assert facilities(frame) == read


def test_a_list_of_json_ld_is_no_facility_and_what_it_lists_are() -> None:
    address = {"@type": "PostalAddress", "addressRegion": "Nairobi County"}
    page = {
        "@type": "CollectionPage",
        "name": "Find a shelter",
        "breadcrumb": {
            "@type": "BreadcrumbList",
            "itemListElement": [{"@type": "ListItem", "position": 1, "item": {"@type": "Thing", "name": "Shelters"}}],
        },
        "mainEntity": {
            "@type": "ItemList",
            "name": "Shelters in Nairobi",
            "itemListElement": [
                {"@type": "ListItem", "item": {"@type": "NGO", "name": "Lindi Safe House", "address": address}},
                {"@type": "ListItem", "item": {"@id": "https://example.org/umoja"}},
            ],
        },
    }
    clinic = {"@type": "MedicalClinic", "name": "Umoja Clinic", "address": address}
    for document, names in (
        (page["mainEntity"], ["Lindi Safe House"]),
        (page, ["Lindi Safe House"]),
        ({"@graph": [clinic, page, page["breadcrumb"]]}, ["Umoja Clinic", "Lindi Safe House"]),
        (
            {"@graph": [clinic, {"@type": "WebPage", "mainEntity": [{"@type": "Question", "name": "Why?"}]}]},
            ["Umoja Clinic"],
        ),
    ):
        frame, _ = read_bytes(json.dumps(document).encode())
        assert [record["facility_name"] for record in facilities(frame)] == names


def test_the_services_of_fhir_are_those_of_the_locations_that_they_name() -> None:
    def service(known: str, *places: str, **more: Any) -> dict[str, Any]:
        at = [{"reference": place} for place in places]
        return {"resourceType": "HealthcareService", "id": known, "location": at} | more

    resources = [
        service("s-1", "Location/l-1", "Location/l-2", name="Counselling", telecom=[{"value": "0700000016"}]),
        service("s-2", "https://example.org/fhir/Location/l-1", name="PEP", telecom=[{"value": "0700000017"}]),
        service("s-3", "Location/l-1", name="Legal aid", active=False, telecom=[{"value": "0700000018"}]),
        service("s-4", "Location/l-3", name="Shelter"),
        service("s-5", providedBy={"reference": "Organization/l-2"}, type=[{"coding": [{"display": "HIV testing"}]}]),
        {"resourceType": "Location", "id": "l-1", "name": "Lindi Clinic"},
        {"resourceType": "Location", "id": "l-2", "name": "Umoja Clinic"},
        {"resourceType": "Location", "id": "l-3", "name": "Kayole Clinic"},
        {"resourceType": "Location", "id": "l-3", "name": "Amani Clinic"},  # nobody knows which of the two is meant
        {"resourceType": "Organization", "id": "l-2", "name": "Sample Trust"},
    ]
    bundle = json.dumps({"resourceType": "Bundle", "entry": [{"resource": one} for one in resources]})
    for content in (bundle, "\n".join(map(json.dumps, resources))):
        frame, _ = read_bytes(content.encode())
        read = transform(frame, {1: named_source("fhir")}, shipped_places(), Demands()).to_dicts()
        assert [
            (one["facility_name"], one["services"], [contact["contact_value"] for contact in one["contacts"]])
            for one in read
        ] == [
            ("Lindi Clinic", ["Counselling", "PEP"], ["+254700000017"]),
            ("Umoja Clinic", ["Counselling"], []),
            ("Kayole Clinic", [], []),
            ("Amani Clinic", [], []),
            ("Sample Trust", ["HIV testing"], []),
        ]
        assert "Legal aid" in read[0]["issue.service_invalid"]
