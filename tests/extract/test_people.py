"""People, and what happened to them, are never taken for facilities, whatever list they stand in."""

from __future__ import annotations

import json
from typing import Any

import pytest
from reading import read_bytes

from gvrc.errors import SourceFileError

CLINIC = {"code": "SV-1", "name": "Umoja Clinic", "county": "Nairobi"}
PERSON = {"name": "Sample Person", "phone": "0700000085", "county": "Nairobi", "ward": "Viwandani"}


def names(document: object) -> list[str]:
    return read_bytes(json.dumps(document).encode())[0]["facility_name"].to_list()


@pytest.mark.parametrize(
    "key",
    [
        *("survivors", "victims", "cases", "clients", "perpetrators", "suspects", "witnesses", "respondents"),
        *("beneficiaries", "doctors", "nurses", "lawyers", "advocates", "focal_persons", "contact_persons", "chiefs"),
        *("volunteers", "GBVSurvivors", "child_survivors", "survivor list", "socialWorkers", "officers_in_charge"),
        *("incidents", "police_officers", "counsellors", "complainants", "county_directors", "health_workers"),
        *("tbl_users", "auth_user", "system_users", "tbl_survivors", "tblOfficers"),
        *("residents", "shelter_residents", "wakazi", "court_users_committee", "gbv_taskforce"),
        *("survivors_last_month", "casesReportedJan2026", "clients served", "officers_on_duty", "grp_survivors"),
    ],
)
def test_a_list_of_people_beside_facilities_is_passed_over_and_counted(key: str) -> None:
    frame, reading = read_bytes(json.dumps({"facilities": [CLINIC], key: [PERSON, PERSON]}).encode())
    assert frame["facility_name"].to_list() == ["Umoja Clinic"]
    assert reading.notes == ["passed over: 2 without a facility"]


@pytest.mark.parametrize(
    "key",
    [
        *("children_homes", "save_the_children", "victim_support", "survivor_centres", "women_lawyers", "police"),
        *("open_centres", "closed_stations", "head_offices", "grp_stations"),
        *("emergency_contacts", "legal_aid_clinics", "child_protection_units", "counselling", "facilities_data"),
    ],
)
def test_a_list_of_places_for_people_is_one_of_facilities(key: str) -> None:
    place = {"name": "Sample Place", "phone": "0700000085", "county": "Nairobi"}
    assert names({"facilities": [CLINIC], key: [place]}) == ["Umoja Clinic", "Sample Place"]


@pytest.mark.parametrize(
    "key",
    [
        *("call_log", "callbacks", "religious_leaders", "peer_educators", "donations", "households", "cause_list"),
        *("hearings", "suppliers", "commodities", "reporting_periods", "forms"),
    ],
)
def test_a_list_of_who_called_gave_or_leads_and_of_what_is_stocked_is_passed_over(key: str) -> None:
    record = {"name": "Sample Kit", "code": "P1", "phone": "0700000085", "county": "Nairobi"}
    assert names({"facilities": [CLINIC], key: [record]}) == ["Umoja Clinic"]


def test_several_names_of_people_are_those_of_people_whatever_their_list_is_called() -> None:
    for key in ("walk_ins", "sheet_2", "wanawake"):
        assert names({"facilities": [CLINIC], key: BARE * 2}) == ["Umoja Clinic"]
    for key in ("safe_houses", "providers", "gbv_desks", "partners_list", "referralPoints", "mashirika"):
        assert len(names({"facilities": [CLINIC], key: BARE * 2})) == 7


def test_two_people_of_a_support_group_are_people_and_a_group_is_a_facility() -> None:
    two = [{"name": name, "phone": "0700000085", "ward": "Lindi"} for name in ("Sample Person", "Another Person")]
    group = {"name": "Sample Support Group", "phone": "0700000085", "ward": "Lindi"}
    assert names({"facilities": [CLINIC], "support_groups": two}) == ["Umoja Clinic"]
    assert names({"facilities": [CLINIC], "support_groups": [group]}) == ["Umoja Clinic", "Sample Support Group"]


def test_an_ambulance_that_is_told_by_its_number_plate_is_no_facility() -> None:
    called = [{"name": name, "phone": "0700000085", "county": "Nairobi"} for name in ("KBZ 123A", "GKB 012D")]
    assert names({"facilities": [CLINIC], "ambulances": called}) == ["Umoja Clinic"]
    service = {"name": "Sample Ambulance Service", "phone": "0700000085", "county": "Nairobi"}
    assert names({"ambulances": [service]}) == ["Sample Ambulance Service"]


@pytest.mark.parametrize("key", ["children", "branches_by_county"])
def test_the_branches_of_a_tree_are_gone_through_whatever_they_are_called(key: str) -> None:
    for inside in ({"Nairobi": {"clinics": [CLINIC]}}, [{"name": "Nairobi", key: [CLINIC]}]):
        assert names({"name": "Kenya", key: inside}) == ["Umoja Clinic"]


def test_a_facility_that_names_the_nearest_one_is_not_above_it() -> None:
    nearest = {"name": "Sample Hospital", "county": "Nairobi", "phone": "0700000086"}
    assert names({"name": "Umoja Clinic", "nearest_hospital": nearest}) == ["Umoja Clinic"]
    assert names({"name": "Directory", "by_code": {"a": CLINIC, "b": nearest}}) == ["Umoja Clinic", "Sample Hospital"]


def test_who_holds_an_office_beside_facilities_is_no_facility_whatever_the_office() -> None:
    person = {"name": "Sample Person", "phone": "0700000080", "email": "sample@example.org"}
    offices = ["sub_county_coordinator", "nyumbaKumiChairperson", "SCRH Nurse", "mratibu_wa_kaunti", "nurse_in_charge"]
    offices += ["priest_in_charge", "Sister in charge", "ccp", "SCPC", "scmoh"]
    for office in offices:
        county = {"sub_county": "Kibra", office: person, "wards": [{"ward": "Lindi", "facilities": [CLINIC]}]}
        assert names({"county": "Nairobi", "sub_counties": [county]}) == ["Umoja Clinic"]
    trust = person | {"name": "Sample Trust"}
    assert names({"Nairobi": {"pro_bono_advocate": trust, "clinics": [CLINIC]}}) == ["Sample Trust", "Umoja Clinic"]


def test_where_somebody_in_an_address_book_works_is_no_facility() -> None:
    card = {
        "names": [{"displayName": "Sample Person", "givenName": "Sample", "familyName": "Person"}],
        "phoneNumbers": [{"value": "0700000043"}],
        "organizations": [{"name": "Lindi Safe House", "title": "Manager"}],
    }
    frame, reading = read_bytes(json.dumps({"facilities": [CLINIC], "connections": [card] * 2}).encode())
    assert frame["facility_name"].to_list() == ["Umoja Clinic"]
    assert "2 of people in an address book, with where they work" in "".join(reading.notes)
    with pytest.raises(SourceFileError, match="holds no facilities"):
        names({"connections": [card]})


def test_what_lies_in_a_person_is_passed_over_too() -> None:
    survivor = {
        "name": "Sample Person",
        "treated_at": {"name": "Sample Ward", "phone": "0700000086", "county": "Nairobi"},
    }
    assert names({"facilities": [CLINIC], "survivors": [survivor]}) == ["Umoja Clinic"]
    assert names({"facilities": [CLINIC], "survivors": {"2025": [survivor]}}) == ["Umoja Clinic"]


def test_the_person_to_ask_for_a_county_is_none_of_its_clinics() -> None:
    contact = {"name": "Sample Officer", "phone": "0700000080"}
    assert names({"Nairobi": {"clinics": [CLINIC], "contact": contact}}) == ["Umoja Clinic"]
    for role in ("liaison", "head_of_station", "court_registrar", "county_commissioner"):
        assert names({"data": [{"county": "Nairobi", role: contact, "clinics": [CLINIC]}]}) == ["Umoja Clinic"]


@pytest.mark.parametrize(
    "more",
    [{"age": 23, "gender": "F"}, {"sex": "F", "occupation": "Trader"}, {"first_name": "Sample", "dob": "1.1.99"}],
)
def test_a_record_with_the_marks_of_a_person_is_none_of_a_facility(more: dict[str, Any]) -> None:
    assert names([CLINIC, PERSON]) == ["Umoja Clinic", "Sample Person"]  # nothing tells
    with pytest.raises(SourceFileError, match="holds no facilities"):
        read_bytes(json.dumps([PERSON | more]).encode())


def test_a_shelter_may_say_whom_it_takes_in() -> None:
    shelter = {"name": "Sample Shelter", "county": "Nairobi", "type": "Shelter", "age": "18+", "gender": "Female"}
    assert names([shelter]) == ["Sample Shelter"]


@pytest.mark.parametrize(
    "more",
    [
        {"gender": "Mixed", "age_range": "5-17", "religion": "Catholic"},
        {"sex": "Female, Male", "age_group": "18+"},
        {"gender": "Women and girls", "age": "All ages"},
        {"case_id": "no", "patient_id": False},
        {"survivor": {"counselling": True, "shelter": "Yes"}},
        {"survivor_code": []},
        {"victim": {}},
    ],
)
def test_whom_a_house_takes_in_and_what_it_has_for_them_make_no_person_of_it(more: dict[str, Any]) -> None:
    shelter = {"name": "Sample Shelter", "county": "Nairobi", "phone": "0700000016"}
    assert names([shelter | more]) == ["Sample Shelter"]


@pytest.mark.parametrize(
    "more", [{"gender": "Female", "age_group": "18+"}, {"sex": "M", "age_range": "10-14"}, {"survivor": {"age": 9}}]
)
def test_one_gender_with_an_age_is_that_of_a_person(more: dict[str, Any]) -> None:
    assert names([CLINIC, PERSON | more]) == ["Umoja Clinic", None]


CASE = {"facility": "Umoja Clinic", "county": "Nairobi", "phone": "0700000085", "services": ["PEP"]}


@pytest.mark.parametrize("around", [0, 60])  # few records are read as objects, many as columns
@pytest.mark.parametrize(
    "record",
    [
        PERSON | {"age": 17, "gender": "F"},
        PERSON | {"given_at": {"$date": "2025-01-02"}, "dob": {"$date": "2008-01-02"}, "sex": "F"},
        CASE | {"survivor_name": "Sample Person"},
        CASE | {"Case No.": "OB 12/3/25"},
        CASE | {"Client Tel": "0700000085"},
        CASE | {"victim": {"name": "Sample Person"}},
        {"properties": PERSON | {"AGE": 17, "SEX": "F"}, "geometry": None},
        PERSON | {"type": "contact", "date_of_birth": "2008-01-02", "sex": "female"},  # CHT
        PERSON | {"type": "Person"},
        {"id": "a", "doc": PERSON | {"type": "contact", "contact_type": "person"}},
        {"doc": {"type": "data_record", "fields": {"patient_name": "Sample Person", "facility": "Umoja Clinic"}}},
        {"case_type": "survivor", "name": "Sample Person", "county": "Nairobi"},  # CommCare
        {"name": "Sample Person", "is_company": False, "parent_id": [11, "Lindi Safe House"], "phone": "1195"},  # Odoo
        {"name": "Sample Person", "company_type": "person", "function": "Director", "phone": "1195"},
        PERSON | {"Rank": "IP", "Service No.": "12345", "station": "Lindi Police Station", "status": "Active"},
        {
            "full_name": "Sample Person",
            "designation": "Nurse",
            "PF No": "7",
            "facility": "Umoja Clinic",
            "phone": "1195",
        },
    ],
)
def test_a_person_or_a_case_in_a_list_of_facilities_is_refused_and_no_facility(
    record: dict[str, Any], around: int
) -> None:
    frame, reading = read_bytes(json.dumps([CLINIC, *[record] * (around + 1), CLINIC]).encode())
    refused = ["not_a_facility"] * (around + 1)
    assert frame["reject_reason"].to_list() == [None, *refused, None]
    assert frame.drop_nulls("reject_reason").select("facility_name", "contacts", "services").null_count().row(0) == (
        (around + 1,) * 3
    )
    assert not {"age", "gender", "survivor_name", "dob.$date"} & reading.unmapped.keys()


def test_the_rank_and_number_of_who_is_in_charge_make_no_person_of_a_station() -> None:
    station = {"station_name": "Lindi Police Station", "county": "Nairobi"}
    assert names([station | {"OCS": "Sample Officer", "rank": "CI", "service_no": "12345"}]) == ["Lindi Police Station"]
    assert names([station | {"staff_no": 12}]) == ["Lindi Police Station"]


@pytest.mark.parametrize(
    "more",
    [
        {"is_company": True, "parent_id": [11, "Lindi Safe House"]},
        {"is_company": False, "parent_id": False, "function": False},  # imported without saying what it is
        {"is_company": False, "parent_id": [11, "Lindi Safe House"], "name": "Lindi Gender Desk"},
        {"is_company": False, "parent_id": [11, "Lindi Safe House"], "services": ["PEP"]},
    ],
)
def test_what_an_address_book_calls_no_company_is_a_facility_unless_it_belongs_to_one(more: dict[str, Any]) -> None:
    entry = {"name": "Sample Haven", "phone": "0700000016"} | more
    assert names([CLINIC, entry]) == ["Umoja Clinic", entry["name"]]


def test_many_people_whose_records_have_the_keys_of_facilities_are_refused_too() -> None:
    alike = {"age": None, "sex": None}
    frame, _ = read_bytes(json.dumps([*[PERSON | alike] * 60, PERSON | {"age": 17, "sex": "F"}]).encode())
    assert frame["reject_reason"].to_list() == [*[None] * 60, "not_a_facility"]


def test_a_register_of_cases_that_names_facilities_holds_none() -> None:
    assert names({"referrals": [CASE | {"survivor_name": "Sample Person"}], "facilities": [CLINIC]}) == ["Umoja Clinic"]


def test_the_two_names_of_a_contact_person_make_no_person_of_a_facility() -> None:
    flat = CLINIC | {
        "type": "Clinic",
        "first_name": "Sample",
        "last_name": "Person",
        "survivor_name": "",
        "victim": "any",
    }
    assert names([flat]) == ["Umoja Clinic"]


@pytest.mark.parametrize("key", ["OCS", "ocpd", "Afisa", "msimamizi", "mkurugenzi", "imeandaliwa_na", "waathiriwa"])
@pytest.mark.parametrize("station", ["station", "kituo_cha_polisi"])  # known as a name, and not
def test_the_officer_of_a_station_is_no_facility(key: str, station: str) -> None:
    officer = {"name": "Sample Officer", "mobile": "0700 000 021", "county": "Nairobi"}
    stations = [{station: "Lindi Patrol Base", key: officer, "ward": "Lindi"}]
    document = {"facilities": [CLINIC], "counties": [{"county": "Nairobi", "stations": stations}]}
    assert names(document) == ["Umoja Clinic", *(["Lindi Patrol Base"] if station == "station" else [])]


@pytest.mark.parametrize(
    ("key", "sender"),
    [
        ("institution", {"name": "Sample Ministry", "phone": "0700 000 009"}),
        ("lead_agency", {"name": "Sample Agency", "email": "sample@example.org", "county": None}),
    ],
)
def test_who_sends_facilities_with_a_name_and_contacts_only_is_none_and_counted(
    key: str, sender: dict[str, Any]
) -> None:
    _, reading = read_bytes(json.dumps({key: sender, "facilities": [CLINIC]}).encode())
    assert reading.notes == ["passed over: 1 of those who send the facilities, with a name and contacts only"]
    assert names({key: sender, "facilities": [CLINIC] * 3_000}) == ["Umoja Clinic"] * 3_000
    assert names({key: sender | {"county": "Nairobi"}, "facilities": [CLINIC]}) == [sender["name"], "Umoja Clinic"]
    assert names({"status": "ok", key: sender}) == [sender["name"]]


STATION = {"station": "Lindi Police Station", "county": "Nairobi", "phone": "0700000087"}


@pytest.mark.parametrize("around", [0, 60])
@pytest.mark.parametrize(
    "record",
    [
        STATION | {"full_name": "Sample Person"},
        STATION | {"surname": "Person", "other_names": "Sample"},
        STATION | {"Names": "Sample Person", "ID No": "xx"},
        STATION | {"officer": "Sample Person", "shift": "Night"},
        STATION | {"volunteer_name": "Sample Person", "status": "Active"},
        STATION | {"employee": "Sample Person"},
        PERSON | {"designation": "GBV Focal Person"},
        PERSON | {"title": "County GBV Coordinator", "contact": "0700000087"},
        PERSON | {"rank": "Cpl"},
        PERSON | {"role": "Survivor advocate"},
        PERSON | {"designation": "GBV Focal Point"},
        PERSON | {"gender": "F", "station": "Lindi Police Station"},
        PERSON | {"id_number": 12345678},
        PERSON | {"next_of_kin": "Sample Relative"},
        CASE | {"survivor_initials": "S. P."},
        {"jina": "Mtu wa Mfano", "cheo": "Afisa wa Jinsia", "kaunti": "Nairobi", "simu": "0700000087"},
        PERSON | {"organisation": "Sample Trust", "signature": "x"},
        PERSON | {"firm": "Sample & Co", "practising_number": "P.105/1"},
        PERSON | {"survivor": "Sample Person"},
        CASE | {"client_code": "C-1", "date_of_referral": "2026-01-02"},
        CASE | {"caller_name": "Sample Person"},
        PERSON
        | {"Licence No": "PP-0045", "Clinic": "Lindi Family Clinic", "status": "Active"},  # a clinicians' council
        PERSON | {"duty_station": "Lindi Police Station"},
        PERSON | {"place_of_work": "Lindi Clinic", "ward": "Lindi"},
        PERSON | {"ward": None, "organisation": "Lindi Legal Aid Centre", "specialisation": "Family law"},
        PERSON | {"ward": None, "organisation": "Lindi Clinic", "comment": "I was turned away"},
    ],
)
def test_whoever_serves_at_a_place_signs_for_it_or_came_to_it_is_not_that_place(
    record: dict[str, Any], around: int
) -> None:
    frame, _ = read_bytes(json.dumps([CLINIC, *[record] * (around + 1)]).encode())
    assert frame["reject_reason"].to_list() == [None, *["not_a_facility"] * (around + 1)]
    assert frame["contacts"].drop_nulls().is_empty()
    with pytest.raises(SourceFileError, match="holds no facilities"):
        read_bytes(json.dumps([record]).encode())


@pytest.mark.parametrize(
    "record",
    [
        {"name": "KRH", "full_name": "Kondele Referral Hospital", "county": "Kisumu"},
        {"name": "Amani", "full_name": "Amani wa Mfano", "county": "Kisumu"},
        {"name": "Amani", "designation": "Gender Officer", "contact_person": "Sample Person", "county": "Kisumu"},
        {"name": "Lindi Police Station", "title": "OCS", "phone": "0700000087", "county": "Nairobi"},
        {"name": "Amani", "designation": "Level 3", "county": "Kisumu"},
        {"name": "Amani", "position": "near the market", "county": "Kisumu"},
        {"name": "Amani", "role": "Lead agency", "county": "Kisumu"},
        {"name": "Amani", "role": "Head office", "title": "Consortium member", "county": "Kisumu"},
        {"name": "Amani", "role": "IP", "county": "Kisumu"},
        {"name": "Amani", "gender": "Female", "county": "Kisumu"},
        {"name": "Amani", "id_number": 17, "county": "Kisumu"},
        {"facility": "Umoja Clinic", "volunteers": 12, "county": "Nairobi"},
        {"facility": "Umoja Clinic", "signature": "x", "assessor": "Sample Person", "county": "Nairobi"},
        {"facility": "Umoja Clinic", "full_name": "Sample Person", "facility_type": "Clinic", "county": "Nairobi"},
        {"name": "Amani", "survivor": "Women and girls", "county": "Nairobi"},
        {"name": "Amani", "organisation": "Lindi Legal Aid Centre", "county": "Nairobi"},
        {"name": "Amani Kwetu", "organisation": "Lindi Legal Aid Centre", "county": "Nairobi", "ward": "Lindi"},
        {"name": "Amani Kwetu", "organisation": "Lindi Legal Aid Centre", "hotline": "0700000087"},
        {"name": "Amani Kwetu", "organisation": "Amani Trust", "county": "Nairobi"},
        {"name": "Lindi Base", "station": "Lindi Police Station", "county": "Nairobi"},
        {"name": "Amani Kwetu", "hospital": "Lindi Hospital", "type": "Shelter", "county": "Nairobi"},
    ],
)
def test_who_is_named_for_a_facility_makes_no_person_of_it(record: dict[str, Any]) -> None:
    assert names([record]) == [record.get("name") or record["facility"]]


@pytest.mark.parametrize(
    "key", ["gbv_focal_points", "attendance", "attendance_sheet", "duty_roster", "staff_directory", "nurses_rota"]
)
def test_a_list_of_who_is_on_duty_or_was_there_is_passed_over(key: str) -> None:
    for inside in ([PERSON], {"Nairobi": [PERSON]}):
        assert names({"facilities": [CLINIC], key: inside}) == ["Umoja Clinic"]


BARE = [
    {"name": f"{first} Person", "county": "Nairobi", "phone": "0700000085"} for first in ("Sample", "Other", "S. A.")
]


@pytest.mark.parametrize(
    "document",
    [
        BARE,
        {"data": [*BARE * 5, {"name": "Person", "county": "Nairobi", "phone": None, "email": "sample@example.org"}]},
        {"0": BARE[0], "1": BARE[1]},
        {"Nairobi": [{"name": "SAMPLE PERSON", "ward": "Lindi", "phone": "0700000085"}]},
        {"values": [["Name", "County", "Phone"], ["Sample Person", "Nairobi", "0700000085"]]},
    ],
)
def test_a_bare_list_of_people_lands_nowhere(document: object) -> None:
    with pytest.raises(SourceFileError, match="lists persons: names that tell no place"):
        names(document)


@pytest.mark.parametrize(
    "record",
    [
        {"name": "Sample Hospital"},
        {"name": "CREAW Nyanza"},
        {"name": "Usikimye"},
        {"name": "Homa Bay", "county": "Homa Bay"},
        {"name": "Sample Person", "services": "Counselling"},
        {"name": "Sample Person", "address": "Sample Plaza"},
        {"name": "Sample Person", "contact_person": "Other Person"},
        {"station_name": "Sample Person"},
    ],
)
def test_a_bare_list_with_a_facility_in_it_is_one_of_facilities(record: dict[str, Any]) -> None:
    assert len(names([{"name": "Sample Place"} | BARE[0] | record, *BARE])) == 4
