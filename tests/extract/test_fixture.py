"""A Django fixture's rows -> one record per facility."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from reading import facilities, read_bytes

if TYPE_CHECKING:
    import pytest


def row(model: str, pk: int, **fields: object) -> dict[str, Any]:
    return {"model": model, "pk": pk, "fields": fields}


ROWS = [
    row("authentication.user", 1, email="a@example.org", full_name="Sample Person"),
    row("lookups.operationalstatus", 2, status_name="Operational"),
    row("lookups.contacttype", 3, type_name="Phone"),
    row("lookups.gbvcategory", 4, category_name="Physical Violence"),
    row("lookups.infrastructuretype", 5, type_name="Beds"),
    row("geography.county", 7, county_name="Nairobi"),
    row("geography.constituency", 8, constituency_name="Kibra", county=7),
    row("geography.ward", 9, ward_name="Sarang'ombe", constituency=8),
    row("facilities.facilitycontact", 1, facility=20, contact_type=3, contact_value="0700000016", is_active=True),
    row("facilities.facilitycontact", 2, facility=20, contact_type=3, contact_value="0700000017", is_active=False),
    row("facilities.facility", 20, facility_name="Kibra Clinic", facility_code="K-1", ward=9, operational_status=2),
    row("facilities.facility", 21, facility_name="Stray Clinic", facility_code="K-2", ward=99, operational_status=98),
    row("facilities.facilitycoordinate", 1, facility=20, latitude="-1.3", longitude="36.8", is_active=True),
    row("facilities.facilityservice", 1, facility=20, service_name="PEP", is_active=True),
    row("facilities.facilityowner", 1, facility=20, owner_name="County"),
    row("facilities.facilitygbvcategory", 1, facility=20, gbv_category=4),
    row("facilities.facilityinfrastructure", 1, facility=20, infrastructure_type=5, capacity=12, is_active=True),
]


def test_contacts_are_joined_whatever_their_table_is_called() -> None:
    contact = row("directory.contact", 1, facility=20, contact_type=3, contact_value="0700000016")
    rows = [row("directory.facility", 20, name="Kibra Clinic", code="K-1", county="Nairobi"), ROWS[2], contact]
    (record,) = facilities(read_bytes(json.dumps(rows).encode())[0])
    assert record["contacts"] == ('[{"key":"contacts","value":{"contact_type":"Phone","contact_value":"0700000016"}}]')


def test_foreign_keys_that_are_named_by_their_columns_are_joined_as_others() -> None:
    keys = {"facility", "contact_type", "county", "constituency", "ward", "operational_status"}
    rows = [
        item | {"fields": {f"{name}_id" if name in keys else name: said for name, said in item["fields"].items()}}
        for item in ROWS
    ]
    assert facilities(read_bytes(json.dumps(rows).encode())[0]) == facilities(read_bytes(json.dumps(ROWS).encode())[0])


def test_foreign_keys_are_joined_wherever_their_rows_stand() -> None:
    for rows in (ROWS, ROWS[::-1]):
        frame, _ = read_bytes(json.dumps(rows).encode())
        kibra = next(record for record in facilities(frame) if record["facility_code"] == "K-1")
        assert kibra == {
            "facility_name": "Kibra Clinic",
            "facility_code": "K-1",
            "source_key": "20",
            "operational_status": "Operational",
            "county_name": "Nairobi",
            "constituency_name": "Kibra",
            "ward_name": "Sarang'ombe",
            "latitude": "-1.3",
            "longitude": "36.8",
            "contacts": '[{"key":"contacts","value":{"contact_type":"Phone","contact_value":"0700000016",'
            '"is_active":true}}]',
            "services": '[{"service_name":"PEP","is_active":true}]',
            "gbv_categories": '["Physical Violence"]',
            "owner_name": "County",
            "beds": "12",
        }


def test_what_is_joined_in_pieces_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    whole, _ = read_bytes(json.dumps(ROWS).encode())
    monkeypatch.setattr("gvrc.reading.fixture.JOINED_BYTES", 1)
    in_pieces, _ = read_bytes(json.dumps(ROWS).encode())
    assert len(whole) == 2
    assert facilities(in_pieces) == facilities(whole)


def test_the_tables_of_another_body_are_read_where_they_are_named_after_facilities() -> None:
    rows = [
        row("geo.county", 1, name="Nairobi"),
        row("geo.subcounty", 2, name="Kibra", county=1),
        row("geo.ward", 3, name="Lindi", sub_county=2),
        row("services.service", 5, name="Shelter"),
        row("directory.shelter", 1, name="Amani House", ward=3, services=[5], phone="0700000016"),
        row("police.policestation", 1, name="Lindi Station", county=1),
        row("trainings.training", 1, name="First Responder Training", county=1),
        row("cases.survivor", 1, name="Sample Survivor", ward=3),
    ]
    frame, reading = read_bytes(json.dumps(rows).encode())
    assert facilities(frame) == [
        {
            "facility_name": "Amani House",
            "source_key": "shelter-1",
            "facility_type": "shelter",
            "county_name": "Nairobi",
            "ward_name": "Lindi",
            "sub_county_name": "Kibra",
            "contacts": '[{"key":"phone","value":"0700000016"}]',
            "services": '["Shelter"]',
        },
        {
            "facility_name": "Lindi Station",
            "source_key": "policestation-1",
            "facility_type": "policestation",
            "county_name": "Nairobi",
        },
    ]
    assert reading.notes == ["passed over: 2 row of a table that is not named after facilities"]


def test_a_key_that_points_nowhere_gives_no_name() -> None:
    frame, reading = read_bytes(json.dumps(ROWS).encode())
    stray = next(record for record in facilities(frame) if record["facility_code"] == "K-2")
    assert stray == {"facility_name": "Stray Clinic", "facility_code": "K-2", "source_key": "21"}
    assert reading.unmapped["ward"] == (1, "99")


def test_a_contact_that_is_not_active_is_told_and_not_used() -> None:
    _, reading = read_bytes(json.dumps(ROWS).encode())
    assert reading.unmapped["inactive_contacts"] == (1, "a list of 1")


def test_rows_of_a_facility_that_the_file_does_not_hold_are_counted() -> None:
    natural = row("facilities.facilityservice", 2, facility=["K-1"], service_name="Shelter")
    gone = row("facilities.facilityservice", 3, facility=77, service_name="Shelter")

    _, reading = read_bytes(json.dumps([*ROWS, natural, gone]).encode())
    _, whole = read_bytes(json.dumps(ROWS).encode())

    assert "passed over: 2 row whose facility is not in the file" in reading.notes
    assert not any("whose facility" in note for note in whole.notes)


def test_users_are_never_read() -> None:
    frame, reading = read_bytes(json.dumps(ROWS).encode())
    assert "Sample Person" not in "".join(frame["raw"])
    assert reading.read == 2


def test_a_broken_row_of_a_fixture_is_a_reject() -> None:
    text = (
        json.dumps(ROWS).encode()[:-1] + b', {"model": "facilities.facility", "pk": 3, "fields": {"facility_name": }}]'
    )
    frame, reading = read_bytes(text)
    assert reading.read == 3
    assert frame["reject_reason"].drop_nulls().to_list() == ["unreadable_record"]
