"""registration_number is a second unique key that must be filled, and most records have none."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from gvrc.operating.undo import undo
from gvrc.pipeline import Options, run
from tests.managed.records import CLINIC, POST
from tests.managed.test_triggers import add_trigger

if TYPE_CHECKING:
    from tests.managed.conftest import Application


def numbers(application: Application) -> dict[str, str]:
    return {row["facility_code"]: row["registration_number"] for row in application.rows("facility_rows")}


def other(code: str, **changed: object) -> dict[str, Any]:
    """Give a further facility: another name in another ward."""
    return POST | {"facility_code": code, "facility_name": f"Test Post {code}"} | changed


def test_the_code_stands_for_a_registration_number_that_nobody_gave(application: Application) -> None:
    application.load([POST, other("90003", registration_number="N/A"), other("90004", registration_number="0")])
    assert numbers(application) == {"90002": "90002", "90003": "90003", "90004": "90004"}


def test_a_code_that_stands_for_a_number_gives_way_with_the_code(application: Application) -> None:
    uncoded = {key: value for key, value in POST.items() if key != "facility_code"}
    application.load([uncoded, other("90003", registration_number="90009")])
    before = numbers(application)
    account = application.load([POST])
    assert numbers(application) == {"90002": "90002", "90003": "90009"}
    keyed = POST | {"id": "7f0c8a52-0000-4000-8000-000000000001"}
    application.load([keyed])
    recoded = application.load([keyed | {"facility_code": "90009"}])
    assert numbers(application) == {"90009": "-90009", "90003": "90009"}
    again = application.load([keyed | {"facility_code": "90009"}], force=True).totals()
    assert (again["updated"], again["unchanged"]) == (0, 1)
    recoded_again = application.load([keyed])
    undo(account.run_id, application.settings())
    assert numbers(application) == {"90002": "90002", "90003": "90009"}  # the last run gave the same code, and stands
    for taken_back in (recoded_again, recoded):
        undo(taken_back.run_id, application.settings())
    assert numbers(application) == before


def test_a_code_that_is_another_facilitys_registration_number_gets_a_dash(application: Application) -> None:
    application.load([CLINIC | {"registration_number": "90002"}, POST])
    assert numbers(application) == {"90001": "90002", "90002": "-90002"}
    application.load([other("90007", registration_number="90008")])
    application.load([other("90008")])
    assert numbers(application)["90008"] == "-90008"


def test_a_number_claimed_by_two_in_a_file_stays_with_the_first(application: Application) -> None:
    records = [CLINIC, POST | {"registration_number": "TEST-0001"}]
    account = application.load(records)
    assert numbers(application) == {"90001": "TEST-0001", "90002": "90002"}
    assert account.files[0].issues == {"registration_number_claimed_twice": 1}
    totals = application.load(records, force=True).totals()
    assert (totals["inserted"], totals["updated"], totals["unchanged"]) == (0, 0, 2)


def test_a_number_that_another_facility_has_is_not_taken_from_it(application: Application) -> None:
    application.load([CLINIC])
    account = application.load([other("90003", registration_number="TEST-0001")])
    assert numbers(application) == {"90001": "TEST-0001", "90003": "90003"}
    assert account.files[0].issues == {"registration_number_claimed_twice": 1}


def test_two_facilities_exchange_their_numbers_in_one_file(application: Application) -> None:
    first = [CLINIC, POST | {"registration_number": "TEST-0002"}]
    application.load(first)
    exchanged = [CLINIC | {"registration_number": "TEST-0002"}, POST | {"registration_number": "TEST-0001"}]
    assert application.load(exchanged).totals()["updated"] == 2
    assert numbers(application) == {"90001": "TEST-0002", "90002": "TEST-0001"}
    assert application.load(exchanged, force=True).totals()["unchanged"] == 2


def test_a_number_moves_along_a_chain_of_facilities(application: Application) -> None:
    application.load([CLINIC, POST | {"registration_number": "TEST-0002"}])
    moved = [CLINIC | {"registration_number": "TEST-0003"}, POST | {"registration_number": "TEST-0001"}]
    assert application.load(moved).totals()["updated"] == 2
    assert numbers(application) == {"90001": "TEST-0003", "90002": "TEST-0001"}


def test_numbers_that_changed_hands_are_taken_back_to_who_bore_them(application: Application) -> None:
    application.load([CLINIC, POST | {"registration_number": "TEST-0002"}])
    before = numbers(application)
    exchanged = [CLINIC | {"registration_number": "TEST-0002"}, POST | {"registration_number": "TEST-0003"}]
    account = application.load([*exchanged, other("90003", registration_number="TEST-0001")])
    undo(account.run_id, application.settings())
    assert numbers(application) == before


def test_a_facility_comes_back_with_its_code_for_a_number_that_another_one_bears_now(application: Application) -> None:
    undone = undo(application.load([CLINIC]).run_id, application.settings())
    application.load([POST | {"registration_number": "TEST-0001"}])
    assert undo(undone.run_id, application.settings()).files[0].issues == {"changed_since": 1}
    assert numbers(application) == {"90001": "-90001", "90002": "TEST-0001"}


def test_an_absent_number_never_overwrites_a_present_one(application: Application) -> None:
    application.load([CLINIC])
    without = {name: value for name, value in CLINIC.items() if name != "registration_number"}
    assert application.load([without]).totals()["unchanged"] == 1
    assert numbers(application) == {"90001": "TEST-0001"}


def test_what_is_too_long_is_refused_or_cut_and_noted(application: Application) -> None:
    number = "R/" + "12345678" * 13
    records = [
        CLINIC | {"facility_name": "N" * 201},
        other("9" * 51),
        other("90003", address="A" * 300, services=["S" * 201], registration_number=number),
    ]
    account = application.load(records)
    assert account.files[0].rejects == {"name_too_long": 1, "code_too_long": 1}
    assert account.files[0].issues == {"text_cut": 2}
    assert application.query("SELECT address_line_1, registration_number FROM facilities") == [
        {"address_line_1": "A" * 255, "registration_number": "90003"}
    ]
    assert application.query("SELECT service_name FROM facility_services") == [{"service_name": "S" * 200}]
    whole = {row["raw_value"] for row in application.rows("issues") if row["kind"] == "text_cut"}
    assert whole == {"A" * 300 + " | " + number, "S" * 201}


def test_services_that_differ_only_behind_what_is_cut_are_one(application: Application) -> None:
    long = "Counselling after " + "x" * 200
    application.load([CLINIC])
    for clinic in (
        CLINIC,
        CLINIC | {"facility_code": "90009", "facility_name": "Kipevu Test Clinic", "registration": ""},
    ):
        account = application.load([clinic | {"services": [f"{long} at home", f"{long} by night", long.upper()]}])
        assert account.files[0].tables["facility_services"] == {"inserted": 1}
        assert account.files[0].issues["text_cut"] == 3


def test_a_text_that_looks_like_sql_is_data(application: Application) -> None:
    name = "Robert'); DROP TABLE facilities; -- \\ $1 %s"
    application.load([POST | {"facility_name": name, "facility_code": "'; SELECT 1; --"}])
    assert [row["facility_name"] for row in application.rows("facility_rows")] == [name]
    assert [row["facility_code"] for row in application.rows("facility_rows")] == ["'; SELECT 1; --"]


def test_an_absent_status_never_overwrites_a_present_one(application: Application) -> None:
    status = """
        SELECT status_name
        FROM facilities
        JOIN operational_statuses USING (operational_status_id)
        ORDER BY facility_code
    """
    without = {name: value for name, value in CLINIC.items() if name != "operational_status"}
    application.load([CLINIC, POST])
    assert application.query(status) == [{"status_name": "Operational"}, {"status_name": "Unknown"}]
    assert application.load([without, POST], force=True).totals()["unchanged"] == 2
    assert application.query(status) == [{"status_name": "Operational"}, {"status_name": "Unknown"}]


def test_a_ranked_source_keeps_the_number_that_it_gave_and_not_the_one_that_stands_for_none(
    application: Application,
) -> None:
    ranks = {"registration_number": ["kmhfl"]}
    without = {name: value for name, value in CLINIC.items() if name != "registration_number"}
    numbered = CLINIC | {"registration_number": "TEST-0009"}
    for source, record, expected in [
        ("kmhfl", without, "90001"),
        ("regulator", CLINIC, "TEST-0001"),
        ("kmhfl", numbered, "TEST-0009"),
        ("regulator", CLINIC | {"beds": 13}, "TEST-0009"),
    ]:
        path = application.folder / "records.json"
        path.write_text(json.dumps([record]), "utf-8")
        run([str(path)], application.settings(source_rank=ranks), Options(source=source))
        assert numbers(application) == {"90001": expected}


def test_a_code_that_stands_for_a_number_is_no_number_by_which_a_facility_is_met(application: Application) -> None:
    application.load([POST | {"facility_code": "14001", "facility_name": "Test Dispensary"}])
    uncoded = {
        name: value for name, value in other("1", registration_number="14001").items() if name != "facility_code"
    }
    account = application.load([uncoded | {"facility_name": "Test Legal Aid Office"}])
    assert account.totals()["inserted"] == 1
    names = {row["facility_name"] for row in application.rows("facility_rows")}
    assert names == {"Test Dispensary", "Test Legal Aid Office"}


@pytest.mark.parametrize("is_watched", [False, True])
def test_a_body_that_numbers_its_facilities_anew_has_its_codes_and_what_stands_in_for_numbers_after_one_run(
    application: Application, is_watched: bool
) -> None:
    if is_watched:
        add_trigger(application, "facilities", "BEFORE UPDATE", "RETURN NEW;")
    names = {1: "Amani Clinic", 2: "Baraka Dispensary", 3: "Chemi Hospital"}
    listed = [POST | {"id": f"HF00{key}", "facility_name": name} for key, name in names.items()]
    application.load([record | {"facility_code": f"9001{at}"} for at, record in enumerate(listed)])
    anew = [record | {"facility_code": f"9001{at + 1}"} for at, record in enumerate(listed)]
    account = application.load(anew)
    assert numbers(application) == {f"9001{at}": f"9001{at}" for at in (1, 2, 3)}
    assert (account.totals()["updated"], "code_claimed_twice" in account.files[0].issues) == (3, False)
    assert application.load(anew, force=True).totals()["unchanged"] == 3
    undo(account.run_id, application.settings())
    assert numbers(application) == {f"9001{at}": f"9001{at}" for at in (0, 1, 2)}
