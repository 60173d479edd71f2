"""Whom a record meets by its number, or by its name and place: never another facility, and never nobody in vain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from gvrc.pipeline import Options, run
from tests.test_pipeline import CLINIC, content, outcome, rows, write

if TYPE_CHECKING:
    from pathlib import Path

    from gvrc.database import Database
    from gvrc.settings import Settings

MAKADARA = {"county_name": "Nairobi", "constituency_name": "Makadara", "ward_name": "Viwandani"}
KIBRA = {"county_name": "Nairobi", "constituency_name": "Kibra", "ward_name": "Lindi"}
CODED = {"code": 13080, "name": "Ishiara Clinic", "registration_number": "4/1/6/5B", **MAKADARA}


@pytest.mark.parametrize("place", [MAKADARA, KIBRA])
@pytest.mark.parametrize("batch_size", [1, 10])
def test_a_number_under_quite_another_name_is_another_facility(
    settings: Settings, fresh: Database, tmp_path: Path, batch_size: int, place: dict[str, str]
) -> None:
    settings = msgspec.structs.replace(settings, batch_size=batch_size)
    other = {"name": "Faith and Gracious Clinic", "registration_number": "4/1/6/5B", **place}
    path = write(tmp_path, "a.json", [CODED, other])
    account = run([path], settings)
    assert outcome(account) == {"read": 2, "inserted": 2}
    assert account.files[0].issues["registration_number_claimed_twice"] == 1
    assert rows(fresh, "SELECT facility_name, registration_number FROM facilities ORDER BY facility_id") == [
        {"facility_name": "Ishiara Clinic", "registration_number": "4/1/6/5B"},
        {"facility_name": "Faith and Gracious Clinic", "registration_number": None},
    ]
    before = content(fresh)
    assert outcome(run([path], settings, Options(force=True))) == {"read": 2, "unchanged": 2}
    assert content(fresh) == before


@pytest.mark.parametrize(
    ("said", "ward"),
    [
        ({"name": "Ishiara Medical Clinic", **KIBRA}, "Lindi"),
        ({"name": "Ishiera Dispensary", **MAKADARA}, "Viwandani"),
    ],
)
def test_a_number_is_the_same_facilitys_if_the_names_share_a_telling_word_misspelt_or_not(
    settings: Settings, fresh: Database, tmp_path: Path, said: dict[str, str], ward: str
) -> None:
    run([write(tmp_path, "a.json", [CODED])], settings)
    later = write(tmp_path, "b.json", [said | {"registration_number": "4/1/6/5B"}])
    assert outcome(run([later], settings)) == {"read": 1, "updated": 1}
    landed = rows(fresh, "SELECT facility_code, ward_name FROM facilities JOIN wards USING (ward_id)")
    assert landed == [{"facility_code": "13080", "ward_name": ward}]


@pytest.mark.parametrize(
    "known",
    [
        CODED | {"ward_name": "Nonesuch"},
        {"name": "Ishiara Clinic", "facility_type": "Clinic", **MAKADARA, "ward_name": None},
    ],
)
def test_a_facility_whose_ward_is_not_known_is_met_by_its_name(
    settings: Settings, fresh: Database, tmp_path: Path, known: dict[str, Any]
) -> None:
    run([write(tmp_path, "a.json", [known])], settings)
    account = run([write(tmp_path, "b.json", [{"name": "Ishiara Clinic", **MAKADARA}])], settings)
    assert outcome(account) == {"read": 1, "updated": 1}
    assert rows(fresh, "SELECT ward_name FROM facilities JOIN wards USING (ward_id)") == [{"ward_name": "Viwandani"}]


def test_a_facility_whose_ward_is_not_known_is_met_with_a_code_by_its_name(settings: Settings, tmp_path: Path) -> None:
    known = {"name": "Ishiara Clinic", **MAKADARA, "ward_name": "Nonesuch"}
    run([write(tmp_path, "a.json", [known])], settings)
    coded = {"code": 13080, "name": "Ishiara Clinic", **MAKADARA}
    assert outcome(run([write(tmp_path, "b.json", [coded])], settings)) == {"read": 1, "updated": 1}


@pytest.mark.parametrize("constituency", ["Makadara", None])
def test_a_facility_whose_ward_is_not_known_is_met_by_its_number(
    settings: Settings, tmp_path: Path, constituency: str | None
) -> None:
    known = CODED | {"constituency_name": constituency, "ward_name": None}
    run([write(tmp_path, "a.json", [known])], settings)
    uncoded = {"name": "Ishiara Medical Clinic", "registration_number": "4/1/6/5B", **MAKADARA}
    assert outcome(run([write(tmp_path, "b.json", [uncoded])], settings)) == {"read": 1, "updated": 1}


UNCODED_CLINIC = {name: value for name, value in CLINIC.items() if name != "code"}


@pytest.mark.parametrize("batch_size", [1, 100])
@pytest.mark.parametrize("bodies", [(CLINIC, UNCODED_CLINIC), (UNCODED_CLINIC, CLINIC)])
def test_a_facility_that_a_person_renamed_is_met_by_the_name_that_another_body_gives_it(
    settings: Settings, fresh: Database, tmp_path: Path, batch_size: int, bodies: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    settings = msgspec.structs.replace(settings, batch_size=batch_size)
    first, second = bodies
    run([write(tmp_path, "a.json", [first])], settings)
    fresh.execute("UPDATE facilities SET facility_name = 'Zuhura Refuge'")
    file = write(tmp_path, "b.json", [second | {"phone": "0700000017"}])
    account = run([file], settings)
    assert (outcome(account)["read"], outcome(account)["updated"]) == (1, 1)
    assert account.files[0].issues["manual_edit_kept"] == 1
    assert rows(fresh, "SELECT facility_name FROM facilities") == [{"facility_name": "Zuhura Refuge"}]
    assert outcome(run([file], settings, Options(force=True))) == {"read": 1, "unchanged": 1}


@pytest.mark.parametrize(
    "other",
    [
        {"constituency_name": "Makadara", "ward_name": "Harambee", "lat": None, "long": None},
        {"lat": "36.875", "long": "-1.33"},
        {"code": 13081},
    ],
)
def test_the_former_name_of_a_facility_in_another_place_or_of_another_code_is_another_facilitys(
    settings: Settings, fresh: Database, tmp_path: Path, other: dict[str, Any]
) -> None:
    run([write(tmp_path, "a.json", [CLINIC])], settings)
    fresh.execute("UPDATE facilities SET facility_name = 'Zuhura Refuge'")
    account = run([write(tmp_path, "b.json", [UNCODED_CLINIC | other])], settings)
    assert outcome(account) == {"read": 1, "inserted": 1}


def test_a_name_that_a_person_took_from_one_facility_and_another_there_bears_is_that_ones(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    run([write(tmp_path, "a.json", [CLINIC, CLINIC | {"code": 13081, "name": "Kayole Safe House"}])], settings)
    fresh.execute("UPDATE facilities SET facility_name = 'Zuhura Refuge' WHERE facility_code = '13080'")
    fresh.execute("UPDATE facilities SET facility_name = 'Mukuru Crisis Clinic' WHERE facility_code = '13081'")
    run([write(tmp_path, "b.json", [UNCODED_CLINIC | {"phone": "0700000017"}])], settings)
    met = (
        "SELECT facility_code FROM facilities JOIN facility_contacts USING (facility_id) WHERE contact_value LIKE '%17'"
    )
    assert rows(fresh, met) == [{"facility_code": "13081"}]


@pytest.mark.parametrize("batch_size", [1, 3, 100])
def test_facilities_beside_which_their_body_writes_the_code_of_the_county_are_all_there(
    settings: Settings, fresh: Database, tmp_path: Path, batch_size: int
) -> None:
    settings = msgspec.structs.replace(settings, batch_size=batch_size)
    names = ["Mukuru Crisis Centre", "Tumaini Refuge", "Jamii Legal Aid", "Upendo Shelter", "Faraja Clinic"]
    path = write(tmp_path, "a.json", [{"code": 47, "name": name, **MAKADARA} for name in names])
    assert outcome(run([path], settings)) == {"read": 5, "inserted": 5}
    assert [row["facility_name"] for row in rows(fresh, "SELECT * FROM facilities ORDER BY facility_id")] == names
    assert outcome(run([path], settings, Options(force=True))) == {"read": 5, "unchanged": 5}


@pytest.mark.parametrize("batch_size", [1, 100])
def test_codes_that_two_facilities_of_a_constituency_exchange_do_not_exchange_their_telephones(
    settings: Settings, fresh: Database, tmp_path: Path, batch_size: int
) -> None:
    settings = msgspec.structs.replace(settings, batch_size=batch_size)
    first = {"name": "Ishiara Clinic", "phone": "0700000016", **MAKADARA}
    second = {"name": "Kalwal Dispensary", "phone": "0700000017", **MAKADARA, "ward_name": "Harambee"}
    run([write(tmp_path, "a.json", [first | {"code": 13080}, second | {"code": 13081}])], settings)
    told: list[dict[str, Any]] = [first | {"code": 13081, "description": "By day"}, second | {"code": 13080}]
    account = run([write(tmp_path, "a.json", told)], settings)
    assert outcome(account) == {"read": 2, "updated": 1, "unchanged": 1}
    assert account.files[0].issues["code_claimed_twice"] == 2
    query = "SELECT facility_name, contact_value FROM facilities JOIN facility_contacts USING (facility_id)"
    assert rows(fresh, f"{query} ORDER BY facility_code") == [
        {"facility_name": "Ishiara Clinic", "contact_value": "+254700000016"},
        {"facility_name": "Kalwal Dispensary", "contact_value": "+254700000017"},
    ]
    before = content(fresh)
    again = run([write(tmp_path, "a.json", told)], settings, Options(force=True))
    assert (outcome(again), again.files[0].issues["code_claimed_twice"]) == ({"read": 2, "unchanged": 2}, 2)
    assert content(fresh) == before


@pytest.mark.parametrize(
    "case",
    [
        (("county_name", "constituency_name"), {"read": 3, "updated": 2, "unchanged": 1}),
        (("county_name",), {"read": 3, "inserted": 3}),
    ],
    ids=["constituency", "county"],
)
@pytest.mark.parametrize("batch_size", [1, 100])
def test_codes_that_a_list_without_wards_has_sorted_apart_from_its_names_rename_nothing(
    settings: Settings, fresh: Database, tmp_path: Path, batch_size: int, case: tuple[tuple[str, ...], dict[str, int]]
) -> None:
    said, outcomes = case
    settings = msgspec.structs.replace(settings, batch_size=batch_size)
    wards = {"Ishiara Clinic": "Viwandani", "Kalwal Dispensary": "Harambee", "Umoja Shelter": "Makongeni"}
    listed = [
        {"code": 13080 + number, "name": name, **MAKADARA, "ward_name": ward}
        for number, (name, ward) in enumerate(wards.items())
    ]
    run([write(tmp_path, "a.json", listed)], settings)
    place = {key: MAKADARA[key] for key in said}
    told: list[dict[str, Any]] = [
        {"code": 13080, "name": "Kalwal Dispensary", "phone": "0700000017", **place},
        {"code": 13081, "name": "Umoja Shelter", "phone": "0700000018", **place},
        {"code": 13082, "name": "Ishiara Clinic", **place},
    ]
    account = run([write(tmp_path, "b.json", told)], settings)
    assert (outcome(account), account.files[0].issues["code_claimed_twice"]) == (outcomes, 3)
    landed = rows(fresh, "SELECT facility_name FROM facilities WHERE facility_code ~ '^13' ORDER BY facility_code")
    assert [row["facility_name"] for row in landed] == list(wards)
    query = "SELECT facility_name, contact_value FROM facilities JOIN facility_contacts USING (facility_id)"
    assert rows(fresh, f"{query} ORDER BY contact_value") == [
        {"facility_name": "Kalwal Dispensary", "contact_value": "+254700000017"},
        {"facility_name": "Umoja Shelter", "contact_value": "+254700000018"},
    ]
    before = content(fresh)
    again = run([write(tmp_path, "b.json", told)], settings, Options(force=True))
    assert (outcome(again), again.files[0].issues["code_claimed_twice"]) == ({"read": 3, "unchanged": 3}, 3)
    assert content(fresh) == before


@pytest.mark.parametrize(
    "case",
    [
        (("HF012", "HF013"), ("Ishiara Clinic", "Kalwal Dispensary"), 2),
        (("HF012", "HF013"), ("Ishiara Clinic", "Ishiara Med. Clinic"), 1),
        (("HF012", "HF013"), ("Amani Clinic", "Amani Medical Clinic"), 1),
        (("HF012", "HF012"), ("Ishiara Clinic", "Kalwal Dispensary"), 1),
        (("12", "13"), ("Ishiara Clinic", "Kalwal Dispensary"), 1),
    ],
    ids=["two", "a telling word", "a name that many have", "one key", "row numbers"],
)
@pytest.mark.parametrize("batch_size", [1, 100])
def test_of_two_under_one_code_that_their_body_knows_by_two_keys_none_is_lost(
    settings: Settings,
    fresh: Database,
    tmp_path: Path,
    batch_size: int,
    case: tuple[tuple[str, str], tuple[str, str], int],
) -> None:
    keys, names, landed = case
    settings = msgspec.structs.replace(settings, batch_size=batch_size)
    listed = [{"id": key, "code": 13080, "name": name, **MAKADARA} for key, name in zip(keys, names, strict=True)]
    path = write(tmp_path, "a.json", listed)
    account = run([path], settings)
    assert (outcome(account)["inserted"], account.files[0].issues["code_claimed_twice"]) == (landed, landed - 1)
    before = content(fresh)
    assert not {"inserted", "updated"} & outcome(run([path], settings, Options(force=True))).keys()
    assert content(fresh) == before


@pytest.mark.parametrize("batch_size", [1, 100])
def test_a_code_typed_wrong_renames_nobody_where_the_records_key_leads_to_the_facility_of_its_name(
    settings: Settings, fresh: Database, tmp_path: Path, batch_size: int
) -> None:
    settings = msgspec.structs.replace(settings, batch_size=batch_size)
    listed = {"id": "HF012", "name": "Ishiara Clinic", "phone": "0700000016", **MAKADARA}
    other = {"code": 13080, "name": "Kalwal Dispensary", "phone": "0700000017", **MAKADARA}
    run([write(tmp_path, "ngo.json", [listed]), write(tmp_path, "ministry.json", [other])], settings)
    path = write(tmp_path, "ngo.json", [listed | {"code": 13080}])
    account = run([path], settings)
    assert outcome(account) == {"read": 1, "unchanged": 1}
    assert account.files[0].issues["code_claimed_twice"] == 1
    query = "SELECT facility_name, contact_value FROM facilities JOIN facility_contacts USING (facility_id)"
    assert rows(fresh, f"{query} ORDER BY facility_name") == [
        {"facility_name": "Ishiara Clinic", "contact_value": "+254700000016"},
        {"facility_name": "Kalwal Dispensary", "contact_value": "+254700000017"},
    ]
    before = content(fresh)
    assert outcome(run([path], settings, Options(force=True))) == {"read": 1, "unchanged": 1}
    assert content(fresh) == before


ISHIARA = ("HF012", 13080, "Ishiara Clinic", "0700000016")
KALWAL = ("HF013", 13081, "Kalwal Dispensary", "0700000017")
SISTER = ("HF013", 13081, "Ishiara Dispensary", "0700000017")
RENAMED = ("HF014", 13080, "Ishiara Medical Centre", "0700000018")
NEW = ("HF014", 13080, "Mukuru Hospital", "0700000018")


@pytest.mark.parametrize(
    "case",
    [
        ([ISHIARA], [NEW], [("Ishiara Clinic", "16"), ("Mukuru Hospital", "18")]),
        ([ISHIARA], [NEW, ISHIARA], [("Ishiara Clinic", "16"), ("Mukuru Hospital", "18")]),
        ([("12", *ISHIARA[1:])], [("14", *NEW[1:])], [("Mukuru Hospital", "16 18")]),
        ([ISHIARA], [RENAMED], [("Ishiara Medical Centre", "16 18")]),
        (
            [ISHIARA, SISTER],
            [("HF012", 13081, *ISHIARA[2:]), ("HF013", 13080, *SISTER[2:])],
            [("Ishiara Clinic", "16"), ("Ishiara Dispensary", "17")],
        ),
        (
            [ISHIARA, SISTER],
            [("HF012", 13081, *ISHIARA[2:])],
            [("Ishiara Clinic", "16"), ("Ishiara Dispensary", "17")],
        ),
        (
            [("HF012", 13080, "Dispensary", "0700000016"), ("HF013", 13081, "Dispensary", "0700000017")],
            [("HF012", 13081, "Dispensary", "0700000016"), ("HF013", 13080, "Dispensary", "0700000017")],
            [("Dispensary", "16"), ("Dispensary", "17")],
        ),
        (
            [ISHIARA, KALWAL],
            [("HF012", 13082, *ISHIARA[2:]), NEW, KALWAL],
            [("Ishiara Clinic", "16"), ("Kalwal Dispensary", "17"), ("Mukuru Hospital", "18")],
        ),
    ],
    ids=["new", "new before it", "row numbers", "a telling word", "exchanged", "wrong", "namesakes", "numbered anew"],
)
@pytest.mark.parametrize("batch_size", [1, 100])
def test_the_code_of_a_facility_that_its_body_knows_by_another_key_renames_nobody(
    settings: Settings,
    fresh: Database,
    tmp_path: Path,
    batch_size: int,
    case: tuple[list[tuple[str, int, str, str]], list[tuple[str, int, str, str]], list[tuple[str, str]]],
) -> None:
    before, after, left = case
    settings = msgspec.structs.replace(settings, batch_size=batch_size)
    for month in (before, after):
        listed = [
            {"id": key, "code": code, "name": name, "phone": phone} | MAKADARA for key, code, name, phone in month
        ]
        path = write(tmp_path, "list.json", listed)
        run([path], settings)
    numbers = """
        SELECT facility_name, array_to_string(array_agg(right(contact_value, 2) ORDER BY contact_value), ' ') AS numbers
        FROM facilities
        JOIN facility_contacts USING (facility_id)
        GROUP BY facility_id
        ORDER BY 1, 2
    """
    assert rows(fresh, numbers) == [{"facility_name": name, "numbers": their} for name, their in left]
    stood = content(fresh)
    assert not {"inserted", "updated"} & outcome(run([path], settings, Options(force=True))).keys()
    assert content(fresh) == stood


@pytest.mark.parametrize("batch_size", [1, 100])
def test_a_facility_takes_the_name_of_one_that_its_list_names_before_it_under_a_code_of_its_own(
    settings: Settings, fresh: Database, tmp_path: Path, batch_size: int
) -> None:
    settings = msgspec.structs.replace(settings, batch_size=batch_size)
    run([write(tmp_path, "a.json", [CODED, {"code": 13081, "name": "Kalwal Dispensary", **MAKADARA}])], settings)
    place = {"county_name": "Nairobi", "constituency_name": "Makadara", "name": "Kalwal Dispensary"}
    account = run([write(tmp_path, "b.json", [{"code": 13081, **place}, {"code": 13080, **place}])], settings)
    assert (outcome(account), account.files[0].issues["code_claimed_twice"]) == (
        {"read": 2, "updated": 1, "unchanged": 1},
        0,
    )
    landed = rows(fresh, "SELECT facility_code, facility_name FROM facilities ORDER BY facility_code")
    assert [tuple(row.values()) for row in landed] == [("13080", "Kalwal Dispensary"), ("13081", "Kalwal Dispensary")]


@pytest.mark.parametrize(("name", "ward"), [("Ishiara Medical Clinic", "Viwandani"), ("Kalwal Dispensary", "Harambee")])
def test_a_facility_may_take_the_name_of_one_in_another_ward_or_one_that_shares_a_telling_word(
    settings: Settings, fresh: Database, tmp_path: Path, name: str, ward: str
) -> None:
    run([write(tmp_path, "a.json", [CODED, {"code": 13081, "name": name, **MAKADARA}])], settings)
    renamed = CODED | {"name": name, "ward_name": ward}
    assert outcome(run([write(tmp_path, "a.json", [renamed])], settings)) == {"read": 1, "updated": 1}
    landed = rows(fresh, "SELECT facility_name FROM facilities WHERE facility_code = '13080'")
    assert landed == [{"facility_name": name}]


@pytest.mark.parametrize(("lat", "renamed"), [("-1.313", 0), ("-1.33", 1)])
def test_a_namesake_more_than_a_kilometre_away_has_not_exchanged_its_code(
    settings: Settings, fresh: Database, tmp_path: Path, lat: str, renamed: int
) -> None:
    namesake = {"code": 13081, "name": "Kalwal Dispensary", "lat": "-1.31", "long": "36.86", **MAKADARA}
    run([write(tmp_path, "a.json", [CODED, namesake])], settings)
    told = CODED | {"name": "Kalwal Dispensary", "lat": lat, "long": "36.86"}
    account = run([write(tmp_path, "a.json", [told])], settings)
    assert account.files[0].issues["code_claimed_twice"] == 1 - renamed
    landed = rows(fresh, "SELECT facility_name FROM facilities WHERE facility_code = '13080'")
    assert landed == [{"facility_name": "Kalwal Dispensary" if renamed else "Ishiara Clinic"}]


STATION = {"code": "KPS-12", "name": "Makadara Police Station", "type": "Police Station", "phone": "0700000016"}
DESK = {"code": "KPS-12", "name": "Makadara Gender Desk", "type": "Gender Desk", "phone": "0700000017"}


HOSPITAL = {"code": 13939, "name": "Makadara Hospital", "type": "Secondary care hospitals", "phone": "0700000016"}
CENTRE = {"code": 13939, "name": "Makadara Hospital GBVRC", "type": "GBVRC", "phone": "0700000017"}


@pytest.mark.parametrize("both", [(HOSPITAL, CENTRE), (CENTRE, HOSPITAL)], ids=["hospital first", "centre first"])
@pytest.mark.parametrize("batch_size", [1, 100])
def test_a_recovery_centre_under_the_code_of_its_hospital_does_not_rename_it(
    settings: Settings, fresh: Database, tmp_path: Path, batch_size: int, both: tuple[dict[str, str], ...]
) -> None:
    settings = msgspec.structs.replace(settings, batch_size=batch_size)
    paths = [write(tmp_path, f"{number}.json", [record | MAKADARA]) for number, record in enumerate(both)]
    for _ in range(2):
        account = run(paths, settings, Options(force=True))
        assert account.files[1].issues["code_claimed_twice"] == 1
        query = "SELECT facility_name, contact_value FROM facilities JOIN facility_contacts USING (facility_id)"
        assert rows(fresh, f"{query} ORDER BY contact_value") == [
            {"facility_name": "Makadara Hospital", "contact_value": "+254700000016"},
            {"facility_name": "Makadara Hospital GBVRC", "contact_value": "+254700000017"},
        ]
        assert rows(fresh, "SELECT facility_name FROM facilities WHERE facility_code = '13939'") == [
            {"facility_name": both[0]["name"]}
        ]
    assert account.totals()["unchanged"] == 2


@pytest.mark.parametrize("both", [(STATION, DESK), (DESK, STATION)], ids=["station first", "desk first"])
@pytest.mark.parametrize("batch_size", [1, 100])
def test_a_gender_desk_under_the_code_of_its_police_station_does_not_rename_it(
    settings: Settings, fresh: Database, tmp_path: Path, batch_size: int, both: tuple[dict[str, str], ...]
) -> None:
    settings = msgspec.structs.replace(settings, batch_size=batch_size)
    path = write(tmp_path, "a.json", [record | MAKADARA for record in both])
    account = run([path], settings)
    assert (outcome(account), account.files[0].issues["code_claimed_twice"]) == ({"read": 2, "inserted": 2}, 1)
    query = "SELECT facility_name, contact_value FROM facilities JOIN facility_contacts USING (facility_id)"
    assert rows(fresh, f"{query} ORDER BY contact_value") == [
        {"facility_name": "Makadara Police Station", "contact_value": "+254700000016"},
        {"facility_name": "Makadara Gender Desk", "contact_value": "+254700000017"},
    ]
    assert rows(fresh, "SELECT facility_name FROM facilities WHERE facility_code = 'KPS-12'") == [
        {"facility_name": both[0]["name"]}
    ]
    before = content(fresh)
    again = run([path], settings, Options(force=True))
    assert (outcome(again), again.files[0].issues["code_claimed_twice"]) == ({"read": 2, "unchanged": 2}, 1)
    assert content(fresh) == before


@pytest.mark.parametrize(
    ("second", "name"),
    [
        (DESK | {"name": "Makadara Police Station"}, "Makadara Police Station"),
        (STATION | {"name": "Makadara Central Police Station"}, "Makadara Central Police Station"),
        (STATION | {"name": "Makadara Police Post", "type": "Police Post"}, "Makadara Police Post"),
    ],
    ids=["the very name", "a station renamed", "another kind of station"],
)
def test_what_is_no_desk_or_has_the_very_name_is_the_station(
    settings: Settings, fresh: Database, tmp_path: Path, second: dict[str, str], name: str
) -> None:
    run([write(tmp_path, "a.json", [STATION | MAKADARA])], settings)
    account = run([write(tmp_path, "a.json", [second | MAKADARA])], settings)
    assert account.files[0].issues["code_claimed_twice"] == 0
    assert rows(fresh, "SELECT facility_name FROM facilities") == [{"facility_name": name}]


def test_a_gender_desk_that_lies_elsewhere_than_the_station_of_its_code_is_told_once(
    settings: Settings, tmp_path: Path
) -> None:
    run([write(tmp_path, "a.json", [STATION | MAKADARA])], settings)
    account = run([write(tmp_path, "b.json", [DESK | KIBRA | {"name": "Kibra Gender Desk"}])], settings)
    assert account.files[0].issues["code_claimed_twice"] == 1
