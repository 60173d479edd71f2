"""Two places of one name that lie apart are two facilities, though neither has a code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from gvrc.database import connect
from gvrc.pipeline import Options, run
from tests.test_pipeline import outcome, rows, write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gvrc.database import Database
    from gvrc.settings import Settings

SHELTER = {"name": "Amani Shelter", "county": "Nairobi", "constituency": "Westlands", "ward": "Kitisuru"}
SOUTH = SHELTER | {"lat": -1.25, "long": 36.78, "phone": "0700000016"}
NORTH = SHELTER | {"lat": -1.22, "long": 36.78, "phone": "0700000017"}  # 3.3 km
BOTH = [
    {"lat": "-1.25", "contacts": "+254700000016"},
    {"lat": "-1.22", "contacts": "+254700000017"},
]
PLACES = """
    SELECT trim_scale(latitude)::text AS lat, string_agg(contact_value, ' ' ORDER BY contact_value) AS contacts
    FROM facilities JOIN facility_coordinates USING (facility_id) JOIN facility_contacts USING (facility_id)
    GROUP BY facility_id, latitude ORDER BY facility_id
"""
REMEMBERED = "SELECT xmin::text AS written, generated_code, facility_id FROM etl.code_map ORDER BY generated_code"


def load(settings: Settings, folder: Path, *records: dict[str, Any], name: str = "a.json", force: bool = False) -> Any:
    return run([write(folder, name, list(records))], settings, Options(force=force))


@pytest.mark.parametrize("batch_size", [1, 100])
def test_two_of_one_name_more_than_a_kilometre_apart_are_two_and_stay_two(
    settings: Settings, fresh: Database, tmp_path: Path, batch_size: int
) -> None:
    settings = msgspec.structs.replace(settings, batch_size=batch_size)
    account = load(settings, tmp_path, SOUTH, NORTH)
    assert outcome(account) == {"read": 2, "inserted": 2}
    assert account.files[0].issues == {"code_generated": 2, "code_claimed_twice": 1}
    assert rows(fresh, PLACES) == BOTH
    codes = rows(fresh, "SELECT facility_code FROM facilities ORDER BY facility_id")
    remembered = rows(fresh, REMEMBERED)
    for records in ((SOUTH, NORTH), (NORTH, SOUTH)):
        again = load(settings, tmp_path, *records, force=True)
        assert outcome(again) == {"read": 2, "unchanged": 2}
        assert again.files[0].issues == {"code_generated": 2, "code_claimed_twice": 1}
    assert rows(fresh, REMEMBERED) == remembered
    assert rows(fresh, "SELECT facility_code FROM facilities ORDER BY facility_id") == codes


def test_what_is_new_of_one_of_them_goes_to_that_one(settings: Settings, fresh: Database, tmp_path: Path) -> None:
    load(settings, tmp_path, SOUTH, NORTH)
    changed = NORTH | {"phone": "0700000018"}, SOUTH | {"phone": "0700000019"}
    assert outcome(load(settings, tmp_path, *changed)) == {"read": 2, "updated": 2}
    assert rows(fresh, PLACES) == [
        {"lat": "-1.25", "contacts": "+254700000016 +254700000019"},
        {"lat": "-1.22", "contacts": "+254700000017 +254700000018"},
    ]


def test_one_that_lies_within_a_kilometre_is_the_same(settings: Settings, fresh: Database, tmp_path: Path) -> None:
    near = NORTH | {"lat": -1.2505}
    assert outcome(load(settings, tmp_path, SOUTH, near)) == {"read": 2, "inserted": 1, "superseded": 1}
    assert rows(fresh, PLACES) == [{"lat": "-1.2505", "contacts": "+254700000016 +254700000017"}]


def test_one_that_its_source_knows_by_a_key_may_be_moved(settings: Settings, fresh: Database, tmp_path: Path) -> None:
    key = {"id": "7f0c8a52-0000-4000-8000-000000000001"}
    load(settings, tmp_path, SOUTH | key)
    assert outcome(load(settings, tmp_path, NORTH | key)) == {"read": 1, "updated": 1}
    assert rows(fresh, PLACES) == [{"lat": "-1.22", "contacts": "+254700000016 +254700000017"}]


@pytest.mark.parametrize(("latitude", "expected"), [(-1.2585, "updated"), (-1.2395, "inserted")])
@pytest.mark.parametrize("is_coded_first", [True, False])
def test_a_record_without_a_code_is_met_by_its_name_within_a_kilometre_and_no_farther(
    settings: Settings, tmp_path: Path, latitude: float, expected: str, is_coded_first: bool
) -> None:
    coded, other = SOUTH | {"code": "13080"}, SOUTH | {"lat": latitude}
    first, second = (coded, other) if is_coded_first else (other, coded)
    load(settings, tmp_path, first, name="one_body.json")
    assert outcome(load(settings, tmp_path, second, name="another_body.json")) == {"read": 1, expected: 1}


@pytest.mark.parametrize("name", ["Amani Shelter", "Amani House"])  # by which it goes on; a person renamed it
def test_a_facility_with_two_points_is_met_near_either_of_them(
    settings: Settings, fresh: Database, tmp_path: Path, name: str
) -> None:
    load(settings, tmp_path, SOUTH)
    fresh.execute("UPDATE facilities SET facility_name = $1", name)
    fresh.execute(
        "INSERT INTO facility_coordinates (facility_id, latitude, longitude, collection_method, data_source,"
        " collection_date) SELECT facility_id, -1.22, 36.78, 'survey', 'a person', '2026-01-01' FROM facilities"
    )
    for record in (SOUTH, NORTH):
        account = load(settings, tmp_path, record | {"description": f"At {record['lat']}"})
        assert outcome(account) == {"read": 1, "updated": 1}
        assert "code_claimed_twice" not in account.files[0].issues


SOUTH_KEYED = SOUTH | {"id": "7f0c8a52-0000-4000-8000-000000000001"}
NORTH_KEYED = NORTH | {"id": "7f0c8a52-0000-4000-8000-000000000002"}
NEAR_NORTH = SOUTH_KEYED | {"lat": -1.2235}


@pytest.mark.parametrize("batch_size", [1, 100])
def test_of_two_of_one_name_each_is_met_by_its_key_though_a_record_says_not_where(
    settings: Settings, fresh: Database, tmp_path: Path, batch_size: int
) -> None:
    settings = msgspec.structs.replace(settings, batch_size=batch_size)
    load(settings, tmp_path, SOUTH_KEYED, NORTH_KEYED)
    unplaced = [
        SHELTER | {"id": record["id"], "phone": phone}
        for record, phone in ((NORTH_KEYED, "0700000018"), (SOUTH_KEYED, "0700000019"))
    ]
    assert outcome(load(settings, tmp_path, *unplaced)) == {"read": 2, "updated": 2}
    assert rows(fresh, PLACES) == [
        {"lat": "-1.25", "contacts": "+254700000016 +254700000019"},
        {"lat": "-1.22", "contacts": "+254700000017 +254700000018"},
    ]


def test_one_that_moved_to_the_other_of_its_name_stays_itself(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    load(settings, tmp_path, SOUTH_KEYED, NORTH_KEYED)
    load(settings, tmp_path, NEAR_NORTH, NORTH_KEYED)
    remembered = rows(fresh, REMEMBERED)
    for records in ((NEAR_NORTH, NORTH_KEYED), (NORTH_KEYED, NEAR_NORTH)):
        assert outcome(load(settings, tmp_path, *records, force=True)) == {"read": 2, "unchanged": 2}
        assert rows(fresh, REMEMBERED) == remembered
    changed = NORTH_KEYED | {"phone": "0700000018"}, NEAR_NORTH | {"phone": "0700000019"}
    assert outcome(load(settings, tmp_path, *changed)) == {"read": 2, "updated": 2}
    assert rows(fresh, PLACES) == [
        {"lat": "-1.2235", "contacts": "+254700000016 +254700000019"},
        {"lat": "-1.22", "contacts": "+254700000017 +254700000018"},
    ]


KEYED = st.builds(
    lambda keyed, where, said: SHELTER | {"id": keyed["id"]} | where | said,
    st.sampled_from([SOUTH_KEYED, NORTH_KEYED]),
    st.sampled_from([{}, *({"lat": latitude, "long": 36.78} for latitude in (-1.25, -1.2235, -1.22))]),
    st.sampled_from([{}, {"phone": "0700000018"}, {"name": "Amani House"}]),
)
BORNE_BY = "SELECT DISTINCT source_key, facility_id FROM etl.facility_source ORDER BY 1, 2"


@examples(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(KEYED, min_size=1, max_size=3), min_size=1, max_size=3))
def test_wherever_two_of_one_name_are_said_to_be_each_key_stays_with_its_facility(
    settings: Settings, tmp_path: Path, further_urls: Callable[[], str], months: list[list[dict[str, Any]]]
) -> None:
    own = msgspec.structs.replace(settings, database_url=further_urls())
    with connect(str(own.database_url)) as database:
        load(own, tmp_path, SOUTH_KEYED, NORTH_KEYED)
        borne = rows(database, BORNE_BY)
        for records in months:
            load(own, tmp_path, *records)
            remembered = rows(database, REMEMBERED)
            again = load(own, tmp_path, *records, force=True)
            assert (again.totals()["inserted"], again.totals()["updated"]) == (0, 0)
            assert rows(database, REMEMBERED) == remembered
        assert rows(database, BORNE_BY) == borne
