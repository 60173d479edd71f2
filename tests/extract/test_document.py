"""Where the records are: each accepted nesting, in chunks of any size, against a plain ``json.loads``."""

from __future__ import annotations

import json
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reading import facilities, read_bytes, read_file

from gvrc.errors import SourceFileError
from gvrc.meaning.meanings import Keys
from gvrc.reading.decode import open_text
from gvrc.reading.document import find_records
from gvrc.reading.links import Links
from gvrc.reading.walked import Walked
from gvrc.sources import SourceRules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(['},{"name":', "]", '"', "\\"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
RECORDS = st.lists(st.dictionaries(st.text(max_size=4), VALUES, max_size=3), min_size=1, max_size=12)
ENVELOPES: dict[str, Any] = {
    "a list": lambda records: records,
    "facilities": lambda records: {"facilities": records},
    "a page": lambda records: {"count": 5, "results": records, "next": None, "pages": [1, 2, [3]]},
    "data in data": lambda records: {"status": "ok", "data": {"total": 1, "facilities": records}},
    "an unknown envelope": lambda records: {"meta": {"a": [{"b": 1}]}, "umoja": records},
    "GeoJSON": lambda records: {"type": "FeatureCollection", "crs": {"type": "name"}, "features": records},
}


@pytest.mark.parametrize("envelope", ENVELOPES)
@given(RECORDS, st.sampled_from([None, 1, 4]), st.booleans(), st.integers(1, 200))
@settings(max_examples=40, deadline=None)
def test_a_walk_finds_what_loading_the_whole_finds(
    envelope: str, records: list[dict[str, Any]], indent: int | None, ascii_only: bool, chunk: int
) -> None:
    named = [record | {"name": f"Clinic {number}", "code": number} for number, record in enumerate(records)]
    text = json.dumps(ENVELOPES[envelope](named), indent=indent, ensure_ascii=ascii_only).encode()

    assert walked(text, chunk) == named


@given(RECORDS, st.sampled_from(["\n", "\r\n", "\n\n", "\n\x1e"]), st.booleans(), st.integers(1, 200))
@settings(max_examples=60, deadline=None)
def test_lines_are_records(records: list[dict[str, Any]], end: str, closed: bool, chunk: int) -> None:
    named = [record | {"name": f"Clinic {number}"} for number, record in enumerate(records)]
    text = end.join(map(json.dumps, named)) + (end if closed else "")

    assert walked(text.encode(), chunk) == named


def walked(text: bytes, chunk: int) -> list[Any]:
    pieces = [text[start : start + chunk] for start in range(0, len(text), chunk)]
    found = find_records(iter(pieces), Keys(), None, Walked(), Links(lambda: nullcontext(iter(pieces))))
    return [json.loads(bytes(element)) for batch in found for element in batch]


def read(document: object, rules: Sequence[SourceRules] = ()) -> list[dict[str, Any]]:
    return facilities(read_bytes(json.dumps(document).encode(), rules=rules)[0])


A, B, C = ({"name": f"{name} Clinic", "code": code} for code, name in enumerate(("Umoja", "Kayole", "Dandora"), 1))
NAMES = ["Umoja Clinic", "Kayole Clinic", "Dandora Clinic"]


@pytest.mark.parametrize(
    "document",
    [
        {"data": A},
        A,
        {"payload": {"facility": A}},
        {"Umoja": A},
        [{"facility": A}],
        [{"attributes": A, "geometry": None}],
        {"data": [{"type": "facilities", "id": "1", "attributes": A}]},
        {"hits": {"hits": [{"_id": "a", "_source": A}]}},
        {"data": {"facilities": {"edges": [{"node": A}]}}},
        {"rows": [{"id": "a", "key": "a", "doc": A}]},
    ],
)
def test_one_record_is_found_in_any_wrapping(document: object) -> None:
    assert [record["facility_name"] for record in read(document)] == NAMES[:1]


def test_sibling_lists_are_all_read() -> None:
    document = {
        "about": "x",
        "hotlines": [{"name": "Line", "phone": 1195}],
        "providers": [A, B],
        "users": [{"name": "J"}],
    }
    assert [record["facility_name"] for record in read(document)] == ["Line", *NAMES[:2]]


def test_a_tree_keyed_by_county_gives_the_county() -> None:
    document = {"Nairobi": {"medical": [{"name": "A Clinic"}]}, "Homa Bay": [{"name": "B Clinic", "county": "Siaya"}]}
    records = read(document)
    assert [(record["facility_name"], record["county_name"]) for record in records] == [
        ("A Clinic", "Nairobi"),
        ("B Clinic", "Siaya"),
    ]
    assert records[0]["facility_type"] == "medical"
    assert records[1]["issue.value_not_used"] == "parent_county=Homa Bay"


@pytest.mark.parametrize("place", ["geography", "address", "physical_location"])
def test_the_county_in_a_record_counts_before_that_of_a_tree_wherever_it_stands(place: str) -> None:
    record = read({"Homa Bay": [{"name": "B Clinic", place: {"county": "Siaya"}}]})[0]
    assert (record["county_name"], record["issue.value_not_used"]) == ("Siaya", "parent_county=Homa Bay")


def test_a_constituency_that_is_called_as_its_county_is_no_other_county() -> None:
    document = {"Makueni": {"Makueni": {"Wote": [A]}}, "Tharaka-Nithi": {"Tharaka": [B]}, "Mombasa": {"Kwale": [A]}}
    places = [{key: record.get(key) for key in ("county_name", "ward_name", "place_hint")} for record in read(document)]
    assert places == [
        {"county_name": "Makueni", "ward_name": "Makueni, Makueni, Wote", "place_hint": None},
        {"county_name": "Tharaka-Nithi", "ward_name": None, "place_hint": None},
        {"county_name": "Kwale", "ward_name": None, "place_hint": None},
    ]


def test_a_key_between_a_county_and_its_records_is_a_sub_county_if_a_constituency_of_the_county_is_called_so() -> None:
    document = {
        "Kisumu": {"Muhoroni": [A], "Kondele": [B]},
        "Nairobi City": {"Kibra": {"facilities": [A]}, "Muhoroni": [B]},
    }
    places = [(record.get("sub_county_name"), record.get("place_hint")) for record in read(document)]
    assert places == [("Muhoroni", None), (None, "Kondele"), ("Kibra", None), (None, "Muhoroni")]


def test_the_raw_text_of_a_record_in_a_tree_names_its_county() -> None:
    frame, _ = read_bytes(b'{"Nairobi": [{"name": "A Clinic"}]}')
    assert frame["raw"].to_list() == ['{"parent_county":"Nairobi","name": "A Clinic"}']


def test_counties_that_hold_lists_give_their_name() -> None:
    document = [{"county": "Kisumu", "facilities": [A]}, {"name": "Siaya", "facilities": [B]}]
    assert [record["county_name"] for record in read(document)] == ["Kisumu", "Siaya"]


def test_objects_around_records_give_the_places_that_they_name() -> None:
    wards = [{"ward": "Viwandani", "facilities": [A]}, {"name": "Makongeni", "facilities": [B]}]
    tree = {"county": "Nairobi", "sub_counties": [{"sub_county": "Makadara", "wards": wards}]}
    places = {"county_name": "Nairobi", "sub_county_name": "Makadara"}
    found = [{key: record[key] for key in (*places, "ward_name")} for record in read([tree])]
    assert found == [places | {"ward_name": "Viwandani"}, places | {"ward_name": "Makongeni"}]


def test_a_constituency_in_a_list_of_constituencies_is_no_county_though_it_is_called_like_one() -> None:
    units = [
        {"name": "Makueni", "wards": [{"name": "Wote/Nziu", "facilities": [A]}]},
        {"name": "Kaiti", "facilities": [B]},
    ]
    document = {"counties": [{"name": "Makueni", "constituencies": units}]}
    places = [
        (record["county_name"], record["constituency_name"], record.get("ward_name")) for record in read(document)
    ]
    assert places == [("Makueni", "Makueni", "Wote/Nziu"), ("Makueni", "Kaiti", None)]


BRANCH = {"name": "Imara Trust Kisumu", "county": "Kisumu", "ward": "Railways", "phone": "0700000041"}


@pytest.mark.parametrize("key", ["branches", "satellites", "Regional Offices"])
@pytest.mark.parametrize(
    "around", [lambda trust: [trust], lambda trust: trust, lambda trust: {"organizations": [trust]}]
)
def test_a_branch_with_a_name_and_a_place_of_its_own_is_a_facility(
    key: str, around: Callable[[object], object]
) -> None:
    trust = {"name": "Imara Trust", "county": "Nairobi", "ward": "Viwandani", "phone": "0700000040", key: [BRANCH]}
    first, second = read(around(trust))
    assert (first["facility_name"], second["facility_name"]) == ("Imara Trust", "Imara Trust Kisumu")
    assert (second["county_name"], second["ward_name"]) == ("Kisumu", "Railways")


@pytest.mark.parametrize(
    "branch",
    [
        {"name": "Imara Trust Kisumu"},
        {"name": "Imara Trust Kisumu", "phone": "0700000041"},
        {"name": "Kisumu Branch", "county": "Kisumu"},
        {"name": "Sample Person", "county": "Kisumu"},
        "Kisumu",
        None,
    ],
)
def test_a_branch_that_does_not_say_whose_it_is_and_where_is_counted(branch: object) -> None:
    document = [{"name": "Imara Trust", "county": "Nairobi", "branches": [branch]}]
    frame, reading = read_bytes(json.dumps(document).encode())
    assert frame["facility_name"].to_list() == ["Imara Trust"]
    assert reading.unmapped["branches"][0] == 1
    again = [{"_reject": {"source": "a"}, "name": "Imara Trust", "county": "Nairobi", "branches": [BRANCH]}]
    assert len(read(again)) == 1


LINDI_CLINIC = {"name": "Lindi Clinic", "phone": "0700000040"}
IN_LINDI = {"county_name": "Nairobi", "ward_name": "Lindi"}


@pytest.mark.parametrize(
    "document",
    [
        [{"name": "Kibra", "county": "Nairobi", "wards": [{"name": "Lindi", "facilities": [LINDI_CLINIC]}]}],
        {"county": "Nairobi", "data": [{"name": "Kibra", "wards": [{"name": "Lindi", "clinics": [LINDI_CLINIC]}]}]},
        {
            "county": {
                "@name": "Nairobi",
                "subcounty": {"@name": "Kibra", "ward": {"@name": "Lindi", "facility": {"name": "Lindi Clinic"}}},
            }
        },
        {
            "county": "Nairobi",
            "subcounty": [
                {
                    "name": "Kibra",
                    "ward": [{"name": "Lindi", "facility": LINDI_CLINIC}, {"name": "Makina", "facility": []}],
                }
            ],
        },
        {"Nairobi": {"total": 1, "sub_counties": {"Kibra": {"wards": {"Lindi": {"facilities": [LINDI_CLINIC]}}}}}},
        {"counties": {"Nairobi": {"constituencies": {"Kibra": {"wards": {"Lindi": [LINDI_CLINIC], "total": 1}}}}}},
        {
            "county": {"name": "Nairobi"},
            "ward": {"name": "Lindi", "code": "1234"},
            "subcounty": "Kibra",
            "clinics": [LINDI_CLINIC],
        },
    ],
)
def test_a_tree_of_wards_gives_its_facilities_with_their_places_and_no_ward_for_one(document: object) -> None:
    (record,) = read(document)
    assert record["facility_name"] == "Lindi Clinic"
    assert {name: record[name] for name in IN_LINDI} == IN_LINDI
    assert "Kibra" in (record.get("sub_county_name"), record.get("constituency_name"))


def test_a_facility_may_name_its_wards_and_a_ward_its_lists() -> None:
    served = {"wards": [{"name": "Lindi", "code": "1"}], "ward": {"name": "Lindi", "county": {"name": "Nairobi"}}}
    assert [record["facility_name"] for record in read([LINDI_CLINIC | served])] == ["Lindi Clinic"]
    (record,) = read({"county": "Nairobi", "sub_counties": [{"name": "Kibra", "list": {"clinics": [LINDI_CLINIC]}}]})
    assert record["sub_county_name"] == "Kibra"


def test_branches_do_not_stand_in_the_ward_of_their_organisation() -> None:
    organisation = {"organisation": "Imara Trust", "county": "Nairobi", "ward": "Viwandani", "facilities": [A, B]}
    assert [("ward_name" in record, record["county_name"]) for record in read([organisation])] == [
        (False, "Nairobi")
    ] * 2


@pytest.mark.parametrize("records", [1, 3_000, 12_000])
@pytest.mark.parametrize("around", [lambda county: [county], lambda county: county])
def test_a_county_that_is_named_before_its_facilities_is_theirs_however_many_they_are(
    records: int, around: Callable[[object], object]
) -> None:
    clinics = [{"name": f"Clinic {number}", "description": "x" * 200} for number in range(records)]
    frame, _ = read_bytes(json.dumps(around({"county": "Murang\u2019a", "facilities": clinics})).encode())
    assert frame["county_name"].unique().to_list() == ["Murang\u2019a"]


def test_a_ward_that_is_named_after_many_facilities_is_theirs_where_the_object_is_in_a_list() -> None:
    clinics = [{"name": f"Clinic {number}", "description": "x" * 200} for number in range(3_000)]
    frame, _ = read_bytes(json.dumps([{"facilities": clinics, "ward": "Viwandani"}]).encode())
    assert frame["ward_name"].unique().to_list() == ["Viwandani"]


def test_records_keyed_by_their_own_key_keep_it() -> None:
    document = {"facilities": {"-Mx1": {"name": "A Clinic", "phone": 1}, "-Mx2": {"name": "B Clinic", "phone": 2}}}
    assert [record["facility_name"] for record in read(document)] == ["A Clinic", "B Clinic"]


def test_pages_one_after_the_other_are_all_read() -> None:
    pages = b"\n".join(json.dumps({"count": 3, "results": records}).encode() for records in ([A, B], [C]))
    frame, reading = read_bytes(pages)
    assert frame["facility_name"].to_list() == NAMES
    assert frame["record_number"].to_list() == [1, 2, 3]
    assert reading.path_taken == "results"


def test_patients_and_practitioners_of_a_bundle_are_passed_over() -> None:
    kinds = ["Organization", "Practitioner", "Patient", "Location", "HealthcareService"]
    entries = [{"resource": {"resourceType": kind, "id": kind, "name": kind}} for kind in kinds]
    frame, reading = read_bytes(json.dumps({"resourceType": "Bundle", "total": 5, "entry": entries}).encode())
    assert frame["facility_name"].to_list() == ["Organization", "Location"]
    assert reading.notes[:3] == [f"passed over: 1 {kind}" for kind in ("Practitioner", "Patient", "HealthcareService")]


@pytest.mark.parametrize(
    ("other", "kind"),
    [
        ({"type": "node", "id": 7, "tags": {"place": "suburb", "name": "Lindi"}}, "node_of_place"),
        ({"type": "way", "id": 8, "tags": {"highway": "residential", "name": "Moi Avenue"}}, "way_of_highway"),
        (
            {"type": "relation", "id": 9, "tags": {"boundary": "administrative", "name": "Lindi"}},
            "relation_of_boundary",
        ),
        (
            {
                "resourceType": "Location",
                "name": "Lindi",
                "identifier": [{"value": "42"}],
                "physicalType": {"coding": [{"code": "jdn"}]},
            },
            "Location_jdn",
        ),
    ],
)
def test_a_suburb_a_road_and_a_ward_among_facilities_are_none_and_counted(other: dict[str, Any], kind: str) -> None:
    facilities = [
        {"type": "node", "id": 1, "tags": {"amenity": "clinic", "name": "Lindi Clinic", "place": "city"}},
        {"type": "way", "id": 2, "tags": {"disused:amenity": "clinic", "highway": "x", "name": "Old Clinic"}},
        {"resourceType": "Location", "name": "Lindi Site", "physicalType": {"coding": [{"code": "si"}]}},
    ]
    frame, reading = read_bytes(json.dumps({"elements": [*facilities, other]}).encode())
    assert frame["facility_name"].to_list() == ["Lindi Clinic", "Old Clinic", "Lindi Site"]
    assert reading.notes == [f"passed over: 1 {kind}"]


@pytest.mark.parametrize("kind", ["Person", ["Person"], "WebSite", "PostalAddress", "AdministrativeArea"])
def test_a_person_and_a_page_in_the_graph_of_a_page_are_no_facilities(kind: object) -> None:
    other = {"@type": kind, "name": "Sample Person", "telephone": "0700000002", "url": "https://example.org"}
    graph = [{"@type": ["Hospital", "Place"], "name": "Lindi Hospital", "telephone": "0700000001"}, other, other]
    frame, reading = read_bytes(json.dumps({"@context": "https://schema.org", "@graph": graph}).encode())
    assert frame["facility_name"].to_list() == ["Lindi Hospital"]
    assert reading.notes == [f"passed over: 2 {kind[0] if isinstance(kind, list) else kind}"]
    assert [record["facility_name"] for record in read({"author": other, "hospitals": graph})] == ["Lindi Hospital"]


def test_a_patient_alone_is_no_facility() -> None:
    with pytest.raises(SourceFileError, match="holds no facilities"):
        read({"resourceType": "Patient", "id": "1", "name": "Sample Person", "telecom": [{"value": "0700000016"}]})


def test_a_fhir_resource_gives_code_address_contacts_and_key() -> None:
    resource = {
        "resourceType": "Location",
        "id": "abc",
        "identifier": [{"use": "official", "system": "http://example.org", "value": "13939"}],
        "name": "Umoja Clinic",
        "telecom": [{"system": "phone", "value": "0700000016"}],
        "address": {"text": "Moi Avenue, Nairobi", "line": ["Moi Avenue"], "city": "Nairobi"},
        "position": {"longitude": 36.8, "latitude": -1.28},
    }
    assert read(resource) == [
        {
            "facility_name": "Umoja Clinic",
            "facility_code": "13939",
            "source_key": "abc",
            "place_hint": "Nairobi",
            "latitude": "-1.28",
            "longitude": "36.8",
            "contacts": '[{"key":"telecom","value":{"system":"phone","value":"0700000016"}}]',
            "address": "Moi Avenue, Nairobi",
        }
    ]


def test_elements_of_overpass_give_their_tags_and_centre() -> None:
    elements = [
        {"type": "node", "id": 1, "lat": -1.28, "lon": 36.8, "tags": {"name": "A Clinic", "amenity": "clinic"}},
        {
            "type": "way",
            "id": 2,
            "center": {"lat": -1.3, "lon": 36.9},
            "tags": {"name": "B Police", "amenity": "police"},
        },
        {"type": "node", "id": 3, "lat": -1.28, "lon": 36.8},
    ]
    frame, reading = read_bytes(json.dumps({"version": 0.6, "elements": elements}).encode())
    assert facilities(frame) == [
        {
            "facility_name": "A Clinic",
            "source_key": "1",
            "facility_type": "clinic",
            "latitude": "-1.28",
            "longitude": "36.8",
        },
        {
            "facility_name": "B Police",
            "source_key": "2",
            "facility_type": "police",
            "latitude": "-1.3",
            "longitude": "36.9",
        },
    ]
    assert reading.notes == ["passed over: 1 node without tags"]


@pytest.mark.parametrize(
    ("document", "seen"),
    [
        ({"counties": [{"name": "Nairobi", "code": 47}]}, "holds no facilities"),
        ([{"name": "Nairobi", "code": 47}, {"name": "Mombasa", "code": 1}], "holds no facilities"),
        ({"miritini": {"lat": -4.0, "lon": 39.5, "county": "37"}}, "miritini holds objects with the keys lat, lon"),
        (
            {"data": [{"title": "Guideline", "file_url": "http://example.org"}]},
            "data holds objects with the keys title",
        ),
        (
            [{"username": "sample", "password": "x", "name": "Sample"}],
            "the document holds objects with the keys username",
        ),
        ({"users": [{"name": "Sample Person", "phone": "0700000016"}]}, "holds no facilities"),
        # A board of Trello: its name is that of its cards, of which nothing is known but what they are called.
        (
            {"id": "b1", "name": "GBV facilities", "cards": [{"name": "Lindi Clinic"}, {"name": "Umoja Clinic"}]},
            "cards holds objects with the keys name",
        ),
    ],
)
def test_a_document_without_facilities_is_refused_with_what_was_seen(document: object, seen: str) -> None:
    with pytest.raises(SourceFileError, match=seen):
        read(document)


def test_nothing_of_a_refused_document_is_told_but_its_keys() -> None:
    with pytest.raises(SourceFileError) as caught:
        read({"users": [{"name": "Sample Person", "phone": "0700000016"}]})
    assert "Sample" not in str(caught.value)
    assert "0700" not in str(caught.value)


def test_the_count_of_the_document_and_its_next_page_are_noted() -> None:
    _, reading = read_bytes(
        json.dumps({"count": 12_379, "next": "http://example.org/?page=2", "results": [A]}).encode()
    )
    assert reading.notes == [
        "the file says that there is a next page",
        "the file says that there are 12,379 records, it holds 1",
    ]


def test_the_count_of_elasticsearch_is_that_of_its_hits_and_not_of_its_shards() -> None:
    hits = {"total": {"value": 500, "relation": "eq"}, "hits": [{"_id": "a", "_source": A}]}
    _, reading = read_bytes(json.dumps({"took": 3, "_shards": {"total": 1, "failed": 0}, "hits": hits}).encode())
    assert reading.notes == ["the file says that there are 500 records, it holds 1"]


@pytest.mark.parametrize(
    ("around", "has_next_page"),
    [
        ({"offset": "itrSAMPLE/recSAMPLE"}, True),  # Airtable
        ({"offset": 0}, False),  # CKAN
        ({"exceededTransferLimit": True}, True),  # ArcGIS
        ({"exceededTransferLimit": False}, False),
        ({"nextPageToken": "SAMPLE"}, True),
        ({"nextPageToken": ""}, False),
        ({"pageInfo": {"hasNextPage": True, "endCursor": "SAMPLE"}}, True),
        ({"pageInfo": {"hasNextPage": False, "endCursor": "SAMPLE"}}, False),
        ({"has_more": True}, True),
        ({"last": False, "number": 0}, True),  # Spring
        ({"last": True}, False),
        ({"last_page": 5}, False),
        ({"links": {"self": {"href": "/a"}, "next": {"href": "/a?page=2"}}}, True),  # JSON:API, HAL
        ({"links": {"self": {"href": "/a"}, "next": {"href": None}}}, False),
        ({"links": {"self": "/a", "next": None}}, False),
    ],
)
@pytest.mark.parametrize("is_before", [True, False])
def test_a_next_page_is_told_in_the_words_of_many_servers(
    around: dict[str, object], has_next_page: bool, is_before: bool
) -> None:
    document = around | {"records": [A]} if is_before else {"records": [A]} | around
    _, reading = read_bytes(json.dumps(document).encode())
    assert reading.notes == (["the file says that there is a next page"] if has_next_page else [])


@pytest.mark.parametrize(
    ("pinned", "document"),
    [
        ("list", {"list": [{"title": "A"}], "facilities": [{"name": "B"}]}),
        ("a.b", {"a": {"b": [{"title": "A"}]}}),
        ("$.a[*].b", {"a": [{"b": [{"title": "A"}]}]}),
        ("*.in", {"x": {"in": [{"title": "A"}]}, "y": [{"name": "B"}]}),
        ("a.b", {"a": {"b": {"title": "A"}}}),
        (".", [{"title": "A"}]),
    ],
)
def test_a_pinned_path_wins_over_the_finder(pinned: str, document: object) -> None:
    rules = SourceRules(name="x", code_prefix="X", files=("*",), path=pinned, keys={"facility_name": ("title",)})
    assert [record["facility_name"] for record in read(document, rules=[rules])] == ["A"]


def test_a_pinned_path_that_is_not_there_is_told() -> None:
    rules = SourceRules(name="x", code_prefix="X", files=("*",), path="data.list")
    with pytest.raises(SourceFileError, match=r"no facilities at its pinned path 'data\.list'"):
        read({"data": [A]}, rules=[rules])


@pytest.mark.parametrize(
    ("key", "closed"),
    [
        *(("closed", "closed"), ("Closed Facilities", "closed"), ("nonOperationalClinics", "non operational")),
        *(("do_not_refer", "do not refer"), ("blacklisted", "blacklisted")),
        *(("permanently_closed", "permanently closed"), ("relocated", None), ("open", None), ("facilities", None)),
    ],
)
def test_a_list_of_closed_facilities_says_that_they_are_closed(key: str, closed: str | None) -> None:
    clinic = {"name": "Umoja Clinic", "code": "SV-1"}
    frame, _ = read_bytes(json.dumps({key: [clinic, clinic], "Kitui": {key: [clinic]}}).encode())
    assert frame["is_closed"].to_list() == [closed] * 3


@pytest.mark.parametrize(
    ("around", "told"),
    [
        ('{"county": "Nairobi", "facilities": LIST}', []),
        ('{"ward": "Viwandani", "facilities": LIST}', ["ward"]),
        ('{"facilities": LIST, "county": "Nairobi", "title": "A list"}', ["county"]),
    ],
)
def test_a_place_that_the_records_of_a_large_document_do_not_inherit_is_told(around: str, told: list[str]) -> None:
    records = [{"name": f"Clinic {number}", "code": number, "notes": "x" * 500} for number in range(6_000)]
    _, reading = read_bytes(around.replace("LIST", json.dumps(records)).encode())
    notes = [note for note in reading.notes if "inherit" in note]
    assert [note.split()[2] for note in notes] == told


def test_a_large_list_is_read_in_frames_of_the_size_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "large.json"
    path.write_text(json.dumps([{"name": f"Clinic {number}", "x": "x" * 3_000} for number in range(2_000)]))
    frame, reading = read_file(path, chunk_rows=300)
    assert frame["record_number"].to_list() == list(range(1, 2_001))
    assert reading.read == 2_000


def large(records: list[dict[str, Any]], **lists: object) -> bytes:
    return json.dumps({"facilities": records} | lists).encode()


def test_lists_that_records_refer_to_may_come_after_many_chunks_of_them() -> None:
    records = [{"name": f"Clinic {number}", "ward_id": number % 1450, "note": "x" * 900} for number in range(5_000)]
    wards = [
        {"id": number, "name": f"Ward {number}", "county": "Nairobi", "note": "x" * 400} for number in range(1_450)
    ]
    for lists in (wards, {str(ward["id"]): ward for ward in wards}):
        frame, _ = read_bytes(large(records, wards=lists))
        assert frame["ward_name"].to_list() == [f"Ward {number % 1450}" for number in range(5_000)]
        assert set(frame["county_name"]) == {"Nairobi"}


@pytest.mark.parametrize(
    ("document", "passes"),
    [
        ({"facilities": [{"name": "A Clinic", "ward": "Lindi"}], "wards": [{"id": 1, "name": "Lindi"}]}, 1),
        ({"facilities": [{"name": "A Clinic", "ward_id": 1, "ward_name": "Lindi"}], "wards": []}, 1),
        ([{"name": "A Clinic", "ward_id": 1}], 1),
        ({"facilities": [{"name": "A Clinic", "ward_id": 1}], "wards": [{"id": 1, "name": "Lindi"}]}, 2),
    ],
)
def test_a_file_is_gone_through_again_only_for_what_its_records_refer_to_and_do_not_name(
    monkeypatch: pytest.MonkeyPatch, document: object, passes: int
) -> None:
    opened: list[Path] = []

    def counted(path: Path, encoding: str | None = None) -> AbstractContextManager[Iterator[bytes]]:
        opened.append(path)
        return open_text(path, encoding)

    monkeypatch.setattr("gvrc.extract.open_text", counted)
    read_bytes(json.dumps(document).encode())
    assert len(opened) == passes


def test_a_list_too_long_for_one_of_units_is_not_followed_and_the_report_says_so() -> None:
    wards = [{"id": number, "name": f"Ward {number}"} for number in range(20_001)]
    frame, reading = read_bytes(large([{"name": "A Clinic", "ward_id": 7}], wards=wards))
    assert facilities(frame) == [{"facility_name": "A Clinic"}]
    assert "it lists more than 20,000 of ward: links to them were not followed" in reading.notes


def test_a_file_that_is_cut_off_gives_what_its_whole_lists_say() -> None:
    content = json.dumps(
        {"wards": [{"id": 1, "name": "Lindi"}], "facilities": [{"name": "A Clinic", "ward_id": 1}] * 3}
    )
    frame, _ = read_bytes(content[:-20].encode(), salvage=True)
    assert facilities(frame)[0] == {"facility_name": "A Clinic", "ward_name": "Lindi"}
