"""The guide's faces one after the other, as its pipeline calls them: extract, transform, validate, load."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

import gvrc
from gvrc.statements import all_statements
from tests.conftest import variables_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gvrc.database import Database
    from gvrc.settings import Settings

CLINIC = {
    "id": "5f0c1a52-0a3f-4a8e-9d5b-000000000001",
    "name": "Mukuru Crisis Clinic",
    "code": "13080",
    "reg_no": "GK-008957",
    "county": "Nairobi",
    "constituency": "Makadara",
    "ward": "Viwandani",
    "location": {"coordinates": [-1.31, 36.875]},
    "contacts": [{"type": "phone", "value": "0700000016"}, {"type": "email", "value": "clinic@example.org"}],
    "alternative_phone": "0700000017/0700000018",
    "alternative_contact_person": "Sample Officer",
    "services": [{"name": "PEP, within 72 hours"}, {"name": "Counselling"}],
    "gbv_categories": ["Sexual Violence"],
    "owner": "Ministry of Health",
    "status": "Operational",
    "beds": 4,
    "updated": "2020-03-12",
}
ROWS = {
    "facilities": [("13080", "GK-008957", "Mukuru Crisis Clinic", "Viwandani", True)],
    "contacts": [
        ("+254700000016", ""),
        ("+254700000017", "Sample Officer"),
        ("+254700000018", "Sample Officer"),
        ("clinic@example.org", ""),
    ],
    "services": [("Counselling",), ("PEP, within 72 hours",)],
    "others": [("-1.31", "36.875", "2020-03-12", "Ministry of Health", "Sexual Violence", 4)],
}
QUERIES = {
    "facilities": """
        SELECT facility_code, registration_number, facility_name, ward_name, is_active
        FROM facilities JOIN wards USING (ward_id)""",
    "contacts": "SELECT contact_value, contact_person_name FROM facility_contacts ORDER BY 1",
    "services": "SELECT service_name FROM facility_services ORDER BY 1",
    "others": """
        SELECT
            trim_scale(latitude)::text AS lat, trim_scale(longitude)::text AS lng, collection_date::text, owner_name,
            category_name, capacity
        FROM facility_coordinates
        JOIN facility_owners USING (facility_id)
        JOIN facility_gbv_categories USING (facility_id)
        JOIN gbv_categories USING (gbv_category_id)
        JOIN facility_infrastructure USING (facility_id)""",
}


@pytest.fixture(autouse=True)
def environment_of_the_test(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in variables_of(settings).items():
        monkeypatch.setenv(name, value)


def as_it_came(facilities: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return facilities


def transformed(facilities: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [gvrc.FacilityTransformer().transform_facility(facility) for facility in facilities]


def mapped_and_enriched(facilities: list[dict[str, Any]]) -> list[dict[str, Any]]:
    mapper, enricher = gvrc.GeographicMapper(), gvrc.DataEnricher()
    return [enricher.enrich_facility(mapper.map_location(facility)) for facility in transformed(facilities)]


def extracted(tmp_path: Path, *records: object) -> list[dict[str, Any]]:
    path = tmp_path / "clinics.json"
    path.write_text(json.dumps(records), "utf-8")
    return gvrc.JSONExtractor().extract_facilities(str(path))


def rows(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    all_statements().update({f"faces_{name}": query for name, query in QUERIES.items()})
    return {name: [tuple(row.values()) for row in database.rows(f"faces_{name}")] for name in QUERIES}


def issues(database: Database) -> list[tuple[Any, ...]]:
    all_statements()["faces_issues"] = "SELECT kind, raw_value FROM etl.issues ORDER BY 1"
    return [tuple(row.values()) for row in database.rows("faces_issues")]


@pytest.mark.parametrize("between", [as_it_came, transformed, mapped_and_enriched])
def test_what_one_face_made_is_loaded_by_the_next_with_nothing_lost_and_nothing_invented(
    fresh: Database, tmp_path: Path, between: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]
) -> None:
    loaded = gvrc.DatabaseLoader().load_facilities(between(extracted(tmp_path, CLINIC)))
    assert loaded == {"success_count": 1, "error_count": 0, "errors": []}
    assert rows(fresh) == ROWS
    assert issues(fresh) == []


@pytest.mark.parametrize("between", [as_it_came, transformed, mapped_and_enriched])
def test_a_number_that_is_called_out_of_use_is_switched_off_whichever_face_read_it(
    fresh: Database, tmp_path: Path, between: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]
) -> None:
    clinic = {"code": 13080, "name": "Mukuru Crisis Clinic", "phone": "0700000016", "email": "desk@example.org"}
    clinic |= {"county": "Nairobi", "constituency": "Makadara", "ward": "Viwandani"}
    ended = clinic | {"phone": "0700000016 (disconnected)"}
    all_statements()["faces_active"] = "SELECT contact_value FROM facility_contacts WHERE is_active ORDER BY 1"
    gvrc.DatabaseLoader().load_facilities([clinic])
    gvrc.DatabaseLoader().load_facilities(between(extracted(tmp_path, ended)))
    assert fresh.rows("faces_active") == [{"contact_value": "desk@example.org"}]


@pytest.mark.parametrize("between", [as_it_came, transformed])
def test_services_and_contacts_in_one_text_are_handed_on_as_they_came(
    fresh: Database, tmp_path: Path, between: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]
) -> None:
    record = {"name": '"Umoja" Clinic', "code": "[7]", "services": "Outpatient, Counselling", "contacts": "0700000016"}
    gvrc.DatabaseLoader().load_facilities(between(extracted(tmp_path, record)))
    found = rows(fresh)
    assert found["services"] == [("Counselling",), ("Outpatient",)]
    assert found["contacts"] == [("+254700000016", "")]
    all_statements()["faces_names"] = "SELECT facility_code, facility_name FROM facilities"
    assert fresh.rows("faces_names") == [{"facility_code": "[7]", "facility_name": '"Umoja" Clinic'}]


def test_a_record_and_what_was_extracted_from_it_are_transformed_and_scored_alike(tmp_path: Path) -> None:
    (facility,) = extracted(tmp_path, CLINIC)
    of_record, of_extracted = transformed([CLINIC, facility])
    ours = {"raw", "content_hash", "contacts"}
    assert {k: v for k, v in of_extracted.items() if k not in ours} == {
        k: v for k, v in of_record.items() if k not in ours
    }
    assert of_extracted["raw"] == facility["raw"]
    validator = gvrc.DataValidator()
    assert [validator.validate_facility(given).quality_score for given in (CLINIC, facility, of_extracted)] == [
        95.0
    ] * 3


def test_a_record_is_known_by_its_text_as_it_came_whichever_faces_it_went_through(tmp_path: Path) -> None:
    (facility,) = extracted(tmp_path, CLINIC)
    known_by = hashlib.sha256(facility["raw"].encode()).hexdigest()[:32]
    for made in (as_it_came, transformed, mapped_and_enriched):
        (given,) = made([facility])
        assert (given["raw"], given["content_hash"]) == (facility["raw"], known_by)


def test_what_was_changed_between_two_faces_is_what_lands(fresh: Database, tmp_path: Path) -> None:
    (facility,) = transformed(extracted(tmp_path, CLINIC))
    changed = facility | {"facility_name": "Mukuru Recovery Centre", "services": ["Legal aid"]}
    gvrc.DatabaseLoader().load_facilities([changed])
    found = rows(fresh)
    assert found["facilities"] == [("13080", "GK-008957", "Mukuru Recovery Centre", "Viwandani", True)]
    assert found["services"] == [("Legal aid",)]
    assert gvrc.DataValidator().validate_facility(facility | {"facility_name": ""}).errors == [
        "name_missing: The record has no name."
    ]


def test_a_record_that_the_extractor_refused_is_refused_by_the_next_face_for_the_same_reason(
    fresh: Database, tmp_path: Path
) -> None:
    case = {"name": "Sample Survivor", "date_of_birth": "1990-01-01", "gender": "Female", "case_number": "7"}
    found = extracted(tmp_path, CLINIC, case, "a note")
    assert [facility.get("reject_reason") for facility in found] == [None, "not_a_facility", "not_an_object"]
    loaded = gvrc.DatabaseLoader().load_facilities(found)
    assert (loaded["success_count"], loaded["error_count"]) == (1, 2)
    assert {error["error"] for error in loaded["errors"]} == {"not_a_facility: 1 records", "not_an_object: 1 records"}
    assert rows(fresh)["facilities"] == ROWS["facilities"]


def test_a_record_with_a_date_a_number_that_json_has_not_and_half_a_character_is_read_as_from_a_file(
    fresh: Database,
) -> None:
    record = {
        "name": "Umoja Clinic \ud800",
        "code": "13081",
        "updated": date(2020, 3, 12),
        "lat": float("nan"),
        "long": 36.8,
    }
    assert gvrc.DatabaseLoader().load_facilities([record])["error_count"] == 0
    kinds = {"coordinates_dropped", "invalid_text", "number_out_of_range"}
    assert kinds <= {kind for kind, _ in issues(fresh)}
    (of_record,) = transformed([record])
    assert of_record["recorded_on"] == date(2020, 3, 12)
    assert kinds <= {name.removeprefix("issue.") for name in of_record}


WARD = {"county": "Nairobi", "constituency": "Makadara", "ward": "Viwandani"}


@pytest.mark.parametrize(
    "facility",
    [
        WARD,
        {"name": "Mukuru Crisis Clinic", "location": WARD},
        {"County": "NAIROBI", "sub_county": "Makadara", "Ward Name": "viwandani"},
        {"county_name": "Nairobi", "constituency_name": "Makadara", "ward_name": "Viwandani", "latitude": "not known"},
    ],
)
def test_the_mapper_reads_a_place_however_a_record_names_it(facility: dict[str, Any]) -> None:
    mapped = gvrc.GeographicMapper().map_location(facility)
    assert (mapped["ward_id"], mapped["ward_match"]) == (1433, "exact")
    assert facility.items() <= mapped.items()


def test_an_extracted_facility_is_mapped_and_enriched_as_it_stands(tmp_path: Path) -> None:
    (facility,) = extracted(tmp_path, CLINIC | {"open_whole_day": "Yes"})
    enriched = gvrc.DataEnricher().enrich_facility(gvrc.GeographicMapper().map_location(facility))
    assert (enriched["ward_id"], enriched["facility_name"], enriched["source"]) == (
        1433,
        "Mukuru Crisis Clinic",
        "record",
    )
