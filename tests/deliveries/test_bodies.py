"""What a body sends that nobody has seen: each facility stands once, and nobody stands there who is none."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from gvrc.pipeline import run
from tests.test_pipeline import outcome, rows, write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gvrc.database import Database
    from gvrc.settings import Settings

LINDI = {"county": "Nairobi", "constituency": "Kibra", "ward": "Lindi"}
NAMES = "SELECT facility_name AS name FROM facilities ORDER BY 1"


def names(database: Database) -> list[str]:
    return [row["name"] for row in rows(database, NAMES)]


def error_of(path: Path, settings: Settings) -> str:
    """Give what stands in the way of a file that fails, or nothing."""
    return run([str(path)], settings).files[0].error or ""


@pytest.mark.parametrize(
    "shared",
    [
        {"tags": [{"uuid": "b8bbf83e-645f-451f-8efe-a0db56f09676", "display": "Login Location"}]},  # OpenMRS
        {"attributes": [{"uuid": "b8bbf83e-645f-451f-8efe-a0db56f09677", "display": "Level 3"}]},
        {"source": {"id": "SRC-0001", "name": "Ministry of Health", "url": "https://example.org"}},
        {"metadata": {"uuid": "b8bbf83e-645f-451f-8efe-a0db56f09678"}},
        {"tags[0].uuid": "b8bbf83e-645f-451f-8efe-a0db56f09676"},
        {"metadata.uuid": "b8bbf83e-645f-451f-8efe-a0db56f09678"},
    ],
)
def test_what_all_records_of_a_file_share_is_the_key_of_none(
    settings: Settings, fresh: Database, tmp_path: Path, shared: dict[str, Any]
) -> None:
    places = [LINDI | shared | {"name": name} for name in ("Lindi Clinic", "Lindi Shelter", "Umoja Shelter")]
    assert outcome(run([write(tmp_path, "a.json", places)], settings)) == {"read": 3, "inserted": 3}
    assert names(fresh) == ["Lindi Clinic", "Lindi Shelter", "Umoja Shelter"]
    assert rows(fresh, "SELECT DISTINCT website_url FROM facilities") == [{"website_url": ""}]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("regional_commander", {"name": "Sample Person", "phone": "0700 000 017"}),
        ("deputyCountyDirectors", [{"name": "Sample Person", "phone": "0700 000 017"}]),
        ("prepared_by", {"name": "Sample Person", "phone": "0700 000 017", "designation": "M&E Officer"}),
        ("contact_for_questions", {"name": "Sample Person", "email": "sample@example.org"}),
        ("data_steward", {"name": "Sample Person", "email": "sample@example.org"}),
        ("publisher", {"name": "Sample Ministry", "type": "Ministry", "email": "sample@example.org"}),
        ("meta", {"name": "Sample GBV directory", "phone": "0700 000 017", "email": "sample@example.org"}),
        ("about", {"name": "Sample GBV directory", "email": "sample@example.org"}),
        ("data_source", {"name": "Sample Ministry", "phone": "0700 000 017"}),
        ("viewer", {"name": "api user", "email": "sample@example.org"}),
        ("roles", [{"name": "Administrator", "status": "active"}]),
        ("facility_levels", [{"name": "Level 4", "category": "Hospital"}]),
        ("gbvTrainings", [LINDI | {"name": "First Responder Training", "phone": "0700 000 017"}]),
        ("projects", {"data": [{"name": "Safe Cities", "county": "Nairobi", "status": "Active"}]}),
        ("upcoming_events", {"Nairobi": [LINDI | {"name": "16 Days Launch", "type": "Event"}]}),
        ("donors", [{"name": "Sample Donor", "email": "sample@example.org"}]),
        ("summary", [{"name": "Nairobi region", "county": "Nairobi", "total": 12}]),
        ("reports", {"r1": LINDI | {"name": "Sample Person", "phone": "0700 000 017", "message": "help"}}),
        ("survivor_stories", [LINDI | {"name": "Sample (not her real name)", "story": "I was helped"}]),
        ("team", [LINDI | {"name": "Sample Person", "phone": "0700 000 017", "bio": "Lawyer"}]),
        ("outreaches", [LINDI | {"name": "Lindi medical camp", "venue": "Lindi School", "date": "2024-03-01"}]),
        ("sos_alerts", [LINDI | {"name": "Sample Person", "phone": "0700 000 017"}]),
    ],
)
def test_who_and_what_stands_around_facilities_is_none(
    settings: Settings, fresh: Database, tmp_path: Path, key: str, value: Any
) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps({key: value, "offices": [LINDI | {"name": "Lindi Office", "code": 7}]}), "utf-8")
    assert outcome(run([str(path)], settings)) == {"read": 1, "inserted": 1}
    assert names(fresh) == ["Lindi Office"]


def test_one_project_may_be_around_all_that_a_file_lists(settings: Settings, fresh: Database, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    project = {"title": "A mapping", "data": [LINDI | {"name": "Lindi Office", "code": 7}]}
    path.write_text(json.dumps({"project": project}), "utf-8")
    assert outcome(run([str(path)], settings)) == {"read": 1, "inserted": 1}
    assert names(fresh) == ["Lindi Office"]


@pytest.mark.parametrize(
    "wards",
    [
        {"data": [{"name": "Lindi", "code": "12", "county": "Nairobi"}]},
        {"count": 1, "results": [{"name": "Lindi", "code": "12", "county": "Nairobi"}]},
        {"12": {"name": "Lindi", "code": "12", "county": "Nairobi"}},
        {"edges": [{"node": {"name": "Lindi", "code": "12", "county": "Nairobi"}}]},
    ],
)
def test_a_page_of_wards_is_none_of_facilities(
    settings: Settings, fresh: Database, tmp_path: Path, wards: dict[str, Any]
) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"wards": wards, "offices": [LINDI | {"name": "Lindi Office", "code": 7}]}), "utf-8")
    assert outcome(run([str(path)], settings)) == {"read": 1, "inserted": 1}
    assert names(fresh) == ["Lindi Office"]


@pytest.mark.parametrize("wrap", [lambda units: {"nodes": units}, lambda units: {"edges": [{"node": units[0]}]}])
def test_the_units_of_a_tree_that_was_queried_name_the_place_of_what_is_in_them(
    settings: Settings, fresh: Database, tmp_path: Path, wrap: Callable[[list[Any]], Any]
) -> None:
    ward = {"name": "Lindi", "safeHouses": wrap([{"name": "Amani House", "hotline": "0700 000 016"}])}
    constituency = {"name": "Kibra", "wards": wrap([ward])}
    counties = wrap([{"name": "Nairobi", "constituencies": wrap([constituency])}])
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"data": {"counties": counties}}), "utf-8")
    assert outcome(run([str(path)], settings)) == {"read": 1, "inserted": 1}
    found = (
        "SELECT facility_name AS name, facility_type AS type, ward_name FROM facilities LEFT JOIN wards USING (ward_id)"
    )
    assert rows(fresh, found) == [{"name": "Amani House", "type": "Shelter", "ward_name": "Lindi"}]


def test_facilities_inside_of_what_is_none_are_found(settings: Settings, fresh: Database, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    office = LINDI | {"name": "Lindi Office", "code": 7}
    path.write_text(json.dumps({"name": "A directory", "types": [{"name": "Courts", "offices": [office]}]}), "utf-8")
    assert outcome(run([str(path)], settings)) == {"read": 1, "inserted": 1}
    assert names(fresh) == ["Lindi Office"]


def test_the_tables_of_a_dump_are_no_facilities_and_only_what_is_named_after_them_holds_some(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    tables = {
        "counties": [{"id": "1", "name": "Nairobi"}],
        "users": [{"id": "1", "name": "Sample Admin", "phone": "0700 000 017", "county": "Nairobi"}],
        "tbl_cases": [{"id": "1", "name": "Sample Survivor", "phone": "0700 000 018", "status": "open"}],
        "facility_levels": [{"id": "1", "name": "Level 4", "status": "active"}],
        "kenya_wards": [{"id": "1", "name": "Lindi", "constituency": "Kibra"}],
        "tbl_facilities": [LINDI | {"id": "1", "name": "Lindi Shelter"}, LINDI | {"id": "2", "name": "Umoja Shelter"}],
    }
    dump: list[dict[str, Any]] = [{"type": "header", "version": "5.2.1"}, {"type": "database", "name": "gbv"}]
    dump += [{"type": "table", "name": name, "database": "gbv", "data": data} for name, data in tables.items()]
    path = tmp_path / "a.json"
    path.write_text(json.dumps(dump), "utf-8")
    account = run([str(path)], settings)
    assert outcome(account) == {"read": 2, "inserted": 2}
    assert names(fresh) == ["Lindi Shelter", "Umoja Shelter"]
    assert account.files[0].notes == ["passed over: 5 table of a dump that is not named after facilities"]


def test_a_dump_with_a_table_that_cannot_be_read_is_a_failed_file(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    table = '{"type": "table", "name": "facilities", "data": [{"name": "Lindi Shelter", "county": Nairobi}]}'
    path.write_text(f'[{{"type": "header", "version": "5.2.1"}}, {table}]', "utf-8")
    assert "a table that cannot be read" in error_of(path, settings)


@pytest.mark.parametrize("key", ["retired", "is_retired", "voided", "inactive", "isInactive"])
def test_what_its_source_has_retired_is_closed_and_opens_when_it_is_not_any_more(
    settings: Settings, fresh: Database, tmp_path: Path, key: str
) -> None:
    for flag, status in ((True, "Operational"), (False, "Operational")):
        run(
            [write(tmp_path, "a.json", [LINDI | {"name": "Lindi Clinic", "code": 7, "status": status, key: flag}])],
            settings,
        )
        assert rows(fresh, "SELECT is_active FROM facilities") == [{"is_active": not flag}]


@pytest.mark.parametrize(
    ("node", "kind"),
    [
        ({"__typename": "Facility", "facilityType": {"name": "Shelter"}}, "Shelter"),
        ({"__typename": "HealthFacilityNode", "type": "Dispensary"}, "Dispensary"),
        ({"__typename": "PoliceStation"}, "Police Station"),
        ({"__typename": "Facility"}, None),
    ],
)
def test_what_a_node_says_of_its_type_goes_before_the_schema_of_its_server(
    settings: Settings, fresh: Database, tmp_path: Path, node: dict[str, Any], kind: str | None
) -> None:
    run([write(tmp_path, "a.json", [LINDI | {"name": "Lindi House"} | node])], settings)
    assert rows(fresh, "SELECT facility_type FROM facilities") == [{"facility_type": kind}]


POINT = {"type": "Point", "coordinates": [36.79, -1.31]}
AROUND_LINDI = [[36.78, -1.31], [36.79, -1.31], [36.79, -1.3], [36.78, -1.31]]


@pytest.mark.parametrize(
    "place",
    [
        {"ward": {"name": "Lindi", "latitude": -1.31, "longitude": 36.79}},
        {"county": {"name": "Nairobi", "coordinates": [-1.286, 36.817]}},
        {"ward": {"name": "Lindi", "centroid": POINT, "geometry": {"type": "Polygon", "coordinates": [AROUND_LINDI]}}},
        {"constituency": {"name": "Kibra", "center": {"lat": -1.31, "lng": 36.79}, "address": "Sample Road"}},
        {"ward.latitude": -1.31, "ward.longitude": 36.79},
        {"region": {"lat": -1.28, "lng": 36.8}},
        {"ward_centroid": POINT},
        {"catchment_area": {"type": "Polygon", "coordinates": [AROUND_LINDI]}},
    ],
)
def test_the_middle_of_a_ward_or_county_is_where_no_facility_is(
    settings: Settings, fresh: Database, tmp_path: Path, place: dict[str, Any]
) -> None:
    house = LINDI | {"name": "Lindi House"} | place
    gate = LINDI | {"name": "Lindi Gate", "location": {"lat": -1.312, "lng": 36.785}}
    run([write(tmp_path, "a.json", [house, gate])], settings)
    found = (
        "SELECT facility_name AS name, ward_name, address_line_1 AS address FROM facilities JOIN wards USING (ward_id)"
    )
    assert rows(fresh, f"{found} ORDER BY 1") == [
        {"name": name, "ward_name": "Lindi", "address": ""} for name in ("Lindi Gate", "Lindi House")
    ]
    points = "SELECT facility_name AS name FROM facility_coordinates JOIN facilities USING (facility_id)"
    assert rows(fresh, points) == [{"name": "Lindi Gate"}]


def test_what_the_codes_of_a_table_mean_are_no_facilities(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    items = {
        "facAAAAAAA1": {"name": "Lindi Clinic", "code": "7"},
        "dxAAAAAAAA1": {"name": "Survivors", "code": "GBV-1"},
    }
    analytics = {"headers": [{"name": "ou"}], "metaData": {"items": items}, "rows": [["facAAAAAAA1", "12"]]}
    path.write_text(json.dumps(analytics), "utf-8")
    assert "holds no facilities" in error_of(path, settings)


@pytest.mark.parametrize(
    "answer",
    [
        {"name": "NotFoundError", "message": "No such resource", "code": 404, "type": "error"},
        {"error": {"name": "AuthError", "code": 401, "status": "error"}},
        {"@type": "hydra:Error", "name": "Internal Server Error", "code": "500"},
    ],
)
def test_what_a_server_says_in_the_place_of_facilities_is_none(
    settings: Settings, tmp_path: Path, answer: dict[str, Any]
) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps(answer), "utf-8")
    assert "holds no facilities" in error_of(path, settings)


def test_those_who_wrote_to_a_flow_are_no_facilities(settings: Settings, tmp_path: Path) -> None:
    person = {"uuid": "c-1", "name": "Sample Person", "status": "active", "urns": ["tel:+254700000017"]}
    path = tmp_path / "a.json"
    groups = [{"uuid": "g-1", "name": "Survivors"}]
    path.write_text(json.dumps({"results": [person | {"groups": groups, "fields": LINDI}]}), "utf-8")
    assert "holds no facilities" in error_of(path, settings)


def test_the_answers_in_a_flow_are_what_it_says_of_a_facility(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    def answer(name: str, value: str) -> dict[str, Any]:
        return {"name": name, "value": value, "category": "Has Text", "node": "n-1", "input": value}

    told = {"facility": "Lindi Shelter", "county": "Nairobi", "constituency": "Kibra", "ward": "Lindi"}
    flow = {"uuid": "f-1", "name": "Register a facility"}
    person = {"uuid": "c-1", "name": "Sample Person", "urn": "tel:+254700000017"}
    values = {name: answer(name, value) for name, value in told.items()}
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"results": [{"id": 1, "flow": flow, "contact": person, "values": values}]}), "utf-8")
    assert outcome(run([str(path)], settings)) == {"read": 1, "inserted": 1}
    found = (
        "SELECT facility_name AS name, facility_type AS type, ward_name FROM facilities LEFT JOIN wards USING (ward_id)"
    )
    assert rows(fresh, found) == [{"name": "Lindi Shelter", "type": None, "ward_name": "Lindi"}]


def test_the_authors_of_an_export_of_sanity_are_no_facilities(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    house = LINDI | {"_id": "a-1", "_type": "facility", "name": "Lindi House"}
    others = [{"_id": f"b-{kind}", "_type": kind, "name": "Sample Person"} for kind in ("author", "person", "category")]
    account = run([write(tmp_path, "a.json", [house, *others])], settings)
    assert outcome(account) == {"read": 1, "inserted": 1}
    assert account.files[0].notes == ["passed over: 1 author", "passed over: 1 person", "passed over: 1 category"]
    assert names(fresh) == ["Lindi House"]


@pytest.mark.parametrize(
    "kind", ["ward", "county", "taxonomy_term--ward", "user--user", "facility_category", "programme", "event"]
)
def test_what_a_resource_refers_to_is_no_facility(
    settings: Settings, fresh: Database, tmp_path: Path, kind: str
) -> None:
    path = tmp_path / "a.json"
    house = {"type": "node--facility", "id": "a-0000001", "attributes": LINDI | {"name": "Lindi House"}}
    other = {"type": kind, "id": "b-0000001", "attributes": {"name": "Lindi", "code": "42", "email": "a@example.org"}}
    path.write_text(json.dumps({"data": [house], "included": [other]}), "utf-8")
    assert outcome(run([str(path)], settings)) == {"read": 1, "inserted": 1}
    assert rows(fresh, "SELECT facility_name AS name, facility_type AS type FROM facilities") == [
        {"name": "Lindi House", "type": None}
    ]


@pytest.mark.parametrize(
    "document",
    [
        {
            "data": [
                {
                    "type": "facility",
                    "id": "7",
                    "attributes": {"name": "Lindi House"},
                    "relationships": {"ward": {"data": {"type": "ward", "id": "1387"}}},
                },
                {
                    "type": "facility",
                    "id": "8",
                    "attributes": LINDI | {"name": "Lindi Clinic"},
                    "relationships": {"ward": {"data": None}},
                },
            ],
            "included": [
                {
                    "type": "ward",
                    "id": "1387",
                    "attributes": {"name": "Lindi"},
                    "relationships": {"constituency": {"data": {"type": "constituency", "id": "274"}}},
                },
                {
                    "type": "constituency",
                    "id": "274",
                    "attributes": {"name": "Kibra"},
                    "relationships": {"county": {"data": {"type": "county", "id": "47"}}},
                },
                {"type": "county", "id": "47", "attributes": {"name": "Nairobi"}},
            ],
        },
        {
            "facilities": [{"name": "Lindi House", "ward_id": 900}, LINDI | {"name": "Lindi Clinic"}],
            "wards": [{"id": 900, "name": "Lindi", "constituency_id": 12}],
            "constituencies": [{"id": 12, "name": "Kibra", "county_id": 47}],
            "counties": [{"id": 47, "name": "Nairobi"}],
        },
    ],
)
def test_a_ward_that_a_facility_refers_to_is_where_it_is_and_coming_again_changes_nothing(
    settings: Settings, fresh: Database, tmp_path: Path, document: dict[str, Any]
) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps(document), "utf-8")
    assert outcome(run([str(path)], settings)) == {"read": 2, "inserted": 2}
    placed = (
        "SELECT facility_name AS name, ward_name AS ward FROM facilities LEFT JOIN wards USING (ward_id) ORDER BY 1"
    )
    expected = [{"name": "Lindi Clinic", "ward": "Lindi"}, {"name": "Lindi House", "ward": "Lindi"}]
    assert rows(fresh, placed) == expected
    assert outcome(run([str(path)], settings)) == {"read": 2, "unchanged": 2}
    assert rows(fresh, placed) == expected


def test_a_layer_of_areas_or_of_nothing_is_no_facility_itself(settings: Settings, tmp_path: Path) -> None:
    area = {"type": "Polygon", "coordinates": [[[36.78, -1.31], [36.79, -1.31], [36.79, -1.32], [36.78, -1.31]]]}
    ward = {"type": "Feature", "geometry": area, "properties": {"name": "Lindi", "admin_level": "8"}}
    path = tmp_path / "a.json"
    for features in ([], [ward]):
        path.write_text(json.dumps({"type": "FeatureCollection", "name": "shelters", "features": features}), "utf-8")
        assert "holds no facilities" in error_of(path, settings)


@pytest.mark.parametrize(
    "told",
    [
        {"name": "Lindi", "type": "Ward", "county": "Nairobi"},
        {"name": "Kibera", "type": "informal settlement"},
        {"name": "Kibra", "level": "Sub County", "code": "1379"},
        {"NAME": "LINDI", "WARD": "Lindi", "CONSTITUEN": "Kibra", "COUNTY": "Nairobi", "AREA": 3.2},
        {"NAME": "LINDI", "CONST": "KIBRA", "COUNTY": "NAIROBI"},
        {"NAME": "KIBRA", "COUNTY": "NAIROBI"},
        {"name": "Lindi Sub-Location", "county": "Nairobi"},
        {"name": "Kibra Boundary", "ward": "Lindi", "county": "Nairobi"},
    ],
)
@pytest.mark.parametrize("is_in_metres", [False, True])
@pytest.mark.parametrize("is_of_esri", [False, True])
def test_an_area_that_is_drawn_beside_facilities_is_none(
    settings: Settings, fresh: Database, tmp_path: Path, told: dict[str, str], *, is_in_metres: bool, is_of_esri: bool
) -> None:
    ring = [[36.78, -1.31], [36.79, -1.31], [36.79, -1.32], [36.78, -1.31]]
    if is_in_metres:
        ring = [[253000, 9854000], [254500, 9854000], [254500, 9855500], [253000, 9854000]]
    grounds = LINDI | {"name": "Lindi", "type": "Health Centre"}
    if is_of_esri:
        features = [{"attributes": said, "geometry": {"rings": [ring]}} for said in (told, grounds)]
    else:
        area = {"type": "Polygon", "coordinates": [ring]}
        features = [{"type": "Feature", "geometry": area, "properties": said} for said in (told, grounds)]
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
    account = run([str(path)], settings)
    assert rows(fresh, "SELECT facility_type AS type FROM facilities") == [{"type": "Health Centre"}]
    assert any(note.startswith("passed over: 1 area_of_") for note in account.files[0].notes)


def test_the_point_at_which_a_map_writes_the_name_of_a_ward_is_no_facility(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    told = [{"name": "Lindi", "type": "ward"}, {"name": "Lindi Dispensary", "type": "ward"}]
    told += [{"name": "Tumaini", "type": "ward", "phone": "0700000016"}, {"name": "Umoja", "county": "Nairobi"}]
    point = {"type": "Point", "coordinates": [36.785, -1.315]}
    features = [{"type": "Feature", "geometry": point, "properties": said} for said in told]
    account = run([write(tmp_path, "a.json", features)], settings)
    assert names(fresh) == ["Lindi Dispensary", "Tumaini", "Umoja"]
    assert account.files[0].notes == ["passed over: 1 area_of_ward"]


WHO_DOES_WHAT = {
    "Organisation": "Tumaini Trust",
    "Activity": "Case management",
    "Indicator": "Survivors reached",
    "Reached": 40,
    "Start date": "2026-02-01",
    "End date": "2026-03-31",
    "Status": "Closed",
    "County": "Nairobi",
    "Ward": "Lindi",
}


def test_rows_of_what_organisations_have_done_in_a_time_are_no_directory_of_them(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    rows_of_cluster = [WHO_DOES_WHAT, WHO_DOES_WHAT | {"Activity": "Training", "Status": "Ongoing"}]
    account = run([write(tmp_path, "a.json", rows_of_cluster)], settings)
    assert (account.files[0].status, names(fresh)) == ("failed", [])


@pytest.mark.parametrize(
    "also",
    [
        {"Phone": "0700000016"},
        {"Facility": "Lindi Dispensary"},
        {"Activity": None, "Activities": "Counselling"},
        {"Start date": None},
        {"Indicator": None, "Reached": None},
    ],
)
def test_who_can_be_called_or_tells_no_results_is_in_a_directory(
    settings: Settings, fresh: Database, tmp_path: Path, also: dict[str, Any]
) -> None:
    run([write(tmp_path, "a.json", [WHO_DOES_WHAT | also])], settings)
    assert names(fresh) == [also.get("Facility", "Tumaini Trust")]


def test_the_grounds_of_what_a_map_calls_a_location_are_a_facility(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    ring = [[36.78, -1.31], [36.781, -1.31], [36.781, -1.311], [36.78, -1.31]]
    grounds = {"type": "Polygon", "coordinates": [ring]}
    told = [{"name": "Tumaini", "type": "Location"}, {"name": "Lindi Dispensary", "type": "Location"}]
    run(
        [write(tmp_path, "a.json", [{"type": "Feature", "geometry": grounds, "properties": said} for said in told])],
        settings,
    )
    assert names(fresh) == ["Lindi Dispensary", "Tumaini"]


def test_a_department_of_a_hospital_in_dhis2_is_no_facility(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    hospital = {"id": "aBcDeFgHi00", "name": "Lindi Hospital", "level": 5, "parent": {"id": "aBcDeFgHi09"}}
    # Where a hierarchy begins above Kenya, level 5 is a ward, and level 6 a facility.
    units = [
        hospital,
        hospital | {"id": "aBcDeFgHi01", "level": 6, "name": "Theatre", "parent": hospital},
        hospital | {"id": "aBcDeFgHi02", "level": 6, "name": "Tumaini", "parent": hospital | {"name": "Lindi Ward"}},
    ]
    account = run([write(tmp_path, "a.json", units)], settings)
    assert names(fresh) == ["Lindi Hospital", "Tumaini"]
    assert account.files[0].notes == ["passed over: 1 organisation unit of level 6"]


def test_units_of_dhis2_that_are_told_with_their_borders_alone_are_no_facilities(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    area = {"type": "Polygon", "coordinates": [[[36.78, -1.31], [36.79, -1.31], [36.79, -1.32], [36.78, -1.31]]]}
    named = [(2, "Nairobi County"), (3, "Kibra Sub County"), (4, "Lindi Ward"), (4, "Lindi Hospital")]
    units = [
        {
            "id": f"aBcDeFgHi0{n}",
            "name": name,
            "level": level,
            "geometry": area,
            "lastUpdated": "2024-01-01T00:00:00.000",
        }
        for n, (level, name) in enumerate(named)
    ]
    account = run([write(tmp_path, "a.json", units)], settings)
    assert names(fresh) == ["Lindi Hospital"]
    assert account.files[0].notes == [f"passed over: 1 organisation unit of level {level}" for level in (2, 3, 4)]


def test_who_is_known_beside_the_accounts_of_salesforce_is_no_facility(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    def known(kind: str, name: str) -> dict[str, Any]:
        url = f"/services/data/v58.0/sobjects/{kind}/001"
        return {"attributes": {"type": kind, "url": url}, "Name": name, "Phone": "0700000016"} | LINDI

    told = [known("Account", "Lindi House"), known("Contact", "Sample Person"), known("Lead", "Sample Two")]
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"totalSize": 3, "done": True, "records": told}), "utf-8")
    account = run([str(path)], settings)
    assert account.files[0].notes[:2] == ["passed over: 1 Contact", "passed over: 1 Lead"]
    assert names(fresh) == ["Lindi House"]


@pytest.mark.parametrize("index", ["practitioners", "gbv-survivors-v2", "users_2024.01"])
def test_hits_of_another_index_than_that_of_facilities_are_none(
    settings: Settings, fresh: Database, tmp_path: Path, index: str
) -> None:
    found = [
        {"_index": kind, "_id": str(number), "_source": LINDI | {"name": name, "phone": "0700000016"}}
        for number, (kind, name) in enumerate([("facilities-2024", "Lindi House"), (index, "Sample Person")])
    ]
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"hits": {"hits": found}}), "utf-8")
    account = run([str(path)], settings)
    assert len(account.files[0].notes) == 1
    assert names(fresh) == ["Lindi House"]
