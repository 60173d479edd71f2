"""What people edited in the application, and what a source goes on sending, is one facility."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gvrc.operating.undo import undo
from tests.managed.records import CLINIC, POST, RECORDS

if TYPE_CHECKING:
    from tests.managed.conftest import Application

CALLED = CLINIC | {"phone": "0700000018"}


def facilities(application: Application) -> list[tuple[Any, ...]]:
    rows = application.query("SELECT facility_code, facility_name, registration_number FROM facilities ORDER BY 1")
    return [tuple(row.values()) for row in rows]


def phones(application: Application) -> list[str]:
    found = application.query(
        "SELECT contact_value FROM facility_contacts WHERE contact_value LIKE '+%' AND facility_id = 1 ORDER BY 1"
    )
    return [row["contact_value"] for row in found]


def test_a_facility_whose_code_a_person_corrected_is_not_doubled_by_the_next_change_at_its_source(
    application: Application,
) -> None:
    application.load([CLINIC])
    application.execute("UPDATE facilities SET facility_code = '90001-B', registration_number = 'HAND-1'")
    before = facilities(application)
    account = application.load([CALLED])
    assert account.totals()["inserted"] == 0
    assert account.files[0].issues == {"manual_edit_kept": 2, "contact_not_repeated": 1}
    assert facilities(application) == before == [("90001-B", "Port Reitz Test Clinic", "HAND-1")]
    assert phones(application) == ["+254700000016", "+254700000018"]
    assert application.load([CALLED], force=True).totals()["unchanged"] == 1
    assert application.load([CALLED | {"beds": 20}]).totals()["updated"] == 1
    assert facilities(application) == before


def test_what_came_under_a_corrected_code_is_taken_back_as_it_was(application: Application) -> None:
    application.load([CLINIC])
    application.execute("UPDATE facilities SET facility_code = '90001-B'")
    undo(application.load([CALLED]).run_id, application.settings())
    assert facilities(application) == [("90001-B", "Port Reitz Test Clinic", "TEST-0001")]
    assert phones(application) == ["+254700000016"]
    assert application.load([CALLED]).totals()["updated"] == 1


def test_a_code_that_was_taken_from_a_facility_is_no_other_facilitys_of_its_constituency(
    application: Application,
) -> None:
    application.load([POST])
    application.execute("UPDATE facilities SET facility_code = '90002-B'")
    account = application.load([POST | {"facility_name": "Kipevu Test Dispensary"}])
    assert account.totals()["inserted"] == 1
    assert [row[1] for row in facilities(application)] == ["Kipevu Test Dispensary", "Kipevu Test Police Post"]


def test_codes_that_a_person_exchanged_are_those_of_who_bears_them_now(application: Application) -> None:
    application.load(RECORDS[:2])
    application.execute("UPDATE facilities SET facility_code = 'X' WHERE facility_id = 1")
    application.execute("UPDATE facilities SET facility_code = '90001' WHERE facility_id = 2")
    application.execute("UPDATE facilities SET facility_code = '90002' WHERE facility_id = 1")
    assert application.load([POST | {"facility_code": "90001", "beds": 3}]).totals()["updated"] == 1
    rooms = application.query("SELECT facility_id FROM facility_infrastructure WHERE capacity = 3")
    assert rooms == [{"facility_id": 2}]


def test_a_facility_that_a_person_renamed_and_moved_is_not_doubled_by_the_next_change_at_its_source(
    application: Application,
) -> None:
    application.load([CLINIC])
    application.execute("UPDATE facilities SET facility_name = 'Tumaini Centre', ward_id = 5010")
    account = application.load([CALLED])
    assert account.totals()["updated"] == 1
    assert account.files[0].issues == {"manual_edit_kept": 2, "contact_not_repeated": 1}
    assert facilities(application) == [("90001", "Tumaini Centre", "TEST-0001")]


def test_a_facility_that_a_person_renamed_is_met_by_its_number_under_the_name_of_its_source(
    application: Application,
) -> None:
    uncoded = {key: value for key, value in CLINIC.items() if key != "facility_code"}
    application.load([CLINIC])
    application.execute("UPDATE facilities SET facility_name = 'Tumaini Centre'")
    assert application.load([uncoded]).totals()["inserted"] == 0
    assert facilities(application) == [("90001", "Tumaini Centre", "TEST-0001")]


def active(application: Application) -> list[tuple[Any, ...]]:
    found = application.query(
        "SELECT contact_value, is_active FROM facility_contacts WHERE contact_value LIKE '+%' ORDER BY 1"
    )
    return [tuple(row.values()) for row in found]


ENDED = CLINIC | {"phone": [{"value": "0700000016", "is_active": False}, "0700000018"]}


def test_a_number_that_its_source_calls_out_of_use_is_switched_off_and_kept(application: Application) -> None:
    application.load([CLINIC])
    account = application.load([ENDED])
    assert account.totals()["updated"] == 1
    assert account.files[0].tables["facility_contacts"] == {"inserted": 1, "updated": 1, "unchanged": 1}
    assert active(application) == [("+254700000016", False), ("+254700000018", True)]
    again = application.load([ENDED], force=True)
    assert again.totals()["unchanged"] == 1
    assert again.files[0].tables["facility_contacts"] == {"unchanged": 2}


def test_a_number_that_a_person_switched_on_again_stays_on(application: Application) -> None:
    application.load([CLINIC])
    application.load([ENDED])
    application.execute("UPDATE facility_contacts SET is_active = true")
    for month, account in enumerate([application.load([ENDED | {"beds": beds}]) for beds in (13, 14)]):
        assert account.files[0].tables["facility_contacts"] == {"unchanged": 2}, month
    assert active(application) == [("+254700000016", True), ("+254700000018", True)]


def test_a_number_that_a_person_added_is_not_switched_off_by_what_was_said_before(application: Application) -> None:
    application.load([POST | {"phone": "0700000018 (old)"}])
    application.execute(
        "INSERT INTO facility_contacts (facility_id, contact_type_id, contact_value, contact_person_name, is_primary,"
        " is_active, created_at, updated_at, created_by) SELECT 1, contact_type_id, '0700 000 018', '', true, true,"
        " now(), now(), min(user_id) FROM contact_types, users WHERE type_name = 'Mobile' GROUP BY contact_type_id"
    )
    for _ in range(2):
        assert application.load([POST | {"phone": "0700000018 (old)"}], force=True).totals()["unchanged"] == 1
    assert application.query("SELECT is_active FROM facility_contacts") == [{"is_active": True}]


def test_a_number_that_a_person_switched_off_stays_off(application: Application) -> None:
    application.load([CLINIC])
    application.execute("UPDATE facility_contacts SET is_active = false")
    application.load([CLINIC | {"beds": 13}])
    assert active(application) == [("+254700000016", False)]
