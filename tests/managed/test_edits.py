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
    assert account.files[0].issues == {"manual_edit_kept": 2}
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
    assert account.files[0].issues == {"manual_edit_kept": 2}
    assert facilities(application) == [("90001", "Tumaini Centre", "TEST-0001")]


def test_a_facility_that_a_person_renamed_is_met_by_its_number_under_the_name_of_its_source(
    application: Application,
) -> None:
    uncoded = {key: value for key, value in CLINIC.items() if key != "facility_code"}
    application.load([CLINIC])
    application.execute("UPDATE facilities SET facility_name = 'Tumaini Centre'")
    assert application.load([uncoded]).totals()["inserted"] == 0
    assert facilities(application) == [("90001", "Tumaini Centre", "TEST-0001")]
