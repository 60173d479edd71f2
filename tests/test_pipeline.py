"""The run as a whole: literal files in, rows of a real database out, twice."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import polars as pl
import pytest

from gvrc import ledger, run_lock
from gvrc.batches import Batch
from gvrc.database import connect
from gvrc.errors import DatabaseUnavailableError, RunStoppedError, UsageError
from gvrc.files import hash_file
from gvrc.health import HealthChecker
from gvrc.loading import commit, failed
from gvrc.log import start_logging, stop_logging
from gvrc.operating.undo import undo
from gvrc.pipeline import Options, run
from gvrc.progress import Progress
from gvrc.transform import transform
from tests.conftest import variables_of

if TYPE_CHECKING:
    from gvrc.account import RunAccount
    from gvrc.database import Database
    from gvrc.settings import Settings

PROJECT = Path(__file__).resolve().parent.parent
CLINIC = {
    "code": 13080,
    "name": "Mukuru Crisis Clinic",
    "county_name": "Nairobi",
    "constituency_name": "Makadara",
    "ward_name": "Viwandani",
    "lat": "36.875",
    "long": "-1.31",
    "operation_status_name": "Operational",
    "facility_type_name": "Medical Clinic",
    "owner_name": "Ministry of Health",
    "service_names": ["Counselling", "Post-rape care"],
    "phone": "0700000016",
    "beds": 4,
}
HAVEN = {"code": 13081, "name": "Kayole Safe House", "county_name": "Nairobi"}
END_OTHERS = """
SELECT pg_terminate_backend(pid) AS ended
FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
DEADLOCKS = """
CREATE SEQUENCE etl.tries;
CREATE FUNCTION etl.deadlock_four_times() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF nextval('etl.tries') <= 4 THEN
        RAISE EXCEPTION 'deadlock detected' USING ERRCODE = '40P01';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER deadlock AFTER INSERT ON etl.facility_source EXECUTE FUNCTION etl.deadlock_four_times();
"""
CHILDREN = (
    "facility_contacts",
    "facility_coordinates",
    "facility_services",
    "facility_owners",
    "facility_gbv_categories",
    "facility_infrastructure",
)
TABLES = ("facilities", *CHILDREN)


def write(folder: Path, name: str, records: list[Any]) -> str:
    path = folder / name
    path.write_text(json.dumps({"results": records}), "utf-8")
    return str(path)


def with_sources(settings: Settings, folder: Path, entries: str) -> Settings:
    """Give settings whose sources.yaml has these entries."""
    sources = folder / "sources.yaml"
    sources.write_text(f"sources: [{entries}]", "utf-8")
    return msgspec.structs.replace(settings, sources=sources)


def rows(database: Database, sql: str) -> list[dict[str, Any]]:
    import polars as pl

    with database._statement(sql) as statement:
        stream, _ = statement.execute_query()
        return pl.DataFrame(stream).to_dicts()


def content(database: Database) -> dict[str, list[dict[str, Any]]]:
    return {
        table: rows(database, f"SELECT to_jsonb(t)::text AS row FROM {table} AS t ORDER BY to_jsonb(t)::text")
        for table in TABLES
    }


def outcome(account: RunAccount) -> dict[str, int]:
    return {name: count for name, count in account.totals().items() if count and name != "issues"}


def outcomes(account: RunAccount) -> list[dict[str, int]]:
    return [{name: count for name, count in file.counts().items() if count} for file in account.files]


def codes(database: Database) -> list[str]:
    return [row["facility_code"] for row in rows(database, "SELECT facility_code FROM facilities ORDER BY 1")]


def test_a_nul_in_a_value_that_is_not_used_costs_no_run(settings: Settings, fresh: Database, tmp_path: Path) -> None:
    path = write(tmp_path, "clinics.json", [CLINIC | {"sub_county": ["Starehe", "Maka\0dara"]}])
    assert outcome(run([path], settings)) == {"read": 1, "inserted": 1}
    told = rows(fresh, "SELECT raw_value FROM etl.issues WHERE kind = 'value_not_used'")
    assert told == [{"raw_value": "sub_county=Starehe; sub_county=Maka\ufffddara"}]


def test_a_record_arrives_whole_and_with_its_coordinates_the_right_way_round(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    account = run([write(tmp_path, "clinics.json", [CLINIC])], settings)
    assert outcome(account) == {"read": 1, "inserted": 1}
    assert rows(
        fresh,
        """
        SELECT facility_code, facility_name, registration_number, ward_name, status_name, facilities.is_active,
            latitude::float8 AS latitude, longitude::float8 AS longitude, type_name AS contact_type, contact_value
        FROM facilities
        JOIN wards USING (ward_id)
        JOIN operational_statuses USING (operational_status_id)
        JOIN facility_coordinates USING (facility_id)
        JOIN facility_contacts USING (facility_id)
        JOIN contact_types USING (contact_type_id)
        """,
    ) == [
        {
            "facility_code": "13080",
            "facility_name": "Mukuru Crisis Clinic",
            "registration_number": None,
            "ward_name": "Viwandani",
            "status_name": "Operational",
            "is_active": True,
            "latitude": -1.31,
            "longitude": 36.875,
            "contact_type": "Mobile",
            "contact_value": "+254700000016",
        }
    ]
    services = rows(fresh, "SELECT service_name FROM facility_services ORDER BY 1")
    assert [service["service_name"] for service in services] == ["Counselling", "Post-rape care"]
    assert account.files[0].issues["coordinates_exchanged"] == 1


def test_a_second_run_writes_nothing_forced_or_not(settings: Settings, fresh: Database, tmp_path: Path) -> None:
    files = [write(tmp_path, "clinics.json", [CLINIC, CLINIC | {"code": 13081, "name": "Embakasi Clinic"}])]
    run(files, settings)
    before = content(fresh)
    keys = rows(fresh, "SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public' ORDER BY 1")
    assert outcome(run(files, settings)) == {"read": 2, "unchanged": 2}
    assert outcome(run(files, settings, Options(force=True))) == {"read": 2, "unchanged": 2}
    assert content(fresh) == before
    assert keys == rows(
        fresh, "SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public' ORDER BY 1"
    )


def test_absent_never_overwrites_present(settings: Settings, fresh: Database, tmp_path: Path) -> None:
    run(
        [write(tmp_path, "first.json", [CLINIC | {"description": "Open to all", "registration_number": "R-77"}])],
        settings,
    )
    newer = {"code": 13080, "name": "Mukuru Clinic", "registration_number": None, "description": "N/A"}
    account = run([write(tmp_path, "second.json", [newer])], settings)
    assert outcome(account) == {"read": 1, "updated": 1}
    assert rows(
        fresh, "SELECT facility_name, registration_number, description, ward_id IS NULL AS lost FROM facilities"
    ) == [
        {
            "facility_name": "Mukuru Clinic",
            "registration_number": "R-77",
            "description": "Open to all",
            "lost": False,
        }
    ]


def test_the_later_record_of_a_facility_wins_field_by_field_and_the_earlier_is_superseded(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    earlier, later = CLINIC | {"description": "Open to all"}, {"code": 13080, "name": "Mukuru Centre"}
    files = [write(tmp_path, "a.json", [earlier]), write(tmp_path, "b.json", [later])]
    account = run(files, settings)
    assert [file.counts() for file in account.files] == [
        {"read": 1, "inserted": 0, "updated": 0, "unchanged": 0, "superseded": 1, "rejected": 0},
        {"read": 1, "inserted": 1, "updated": 0, "unchanged": 0, "superseded": 0, "rejected": 0},
    ]
    assert rows(fresh, "SELECT facility_name, description FROM facilities") == [
        {"facility_name": "Mukuru Centre", "description": "Open to all"}
    ]
    assert outcome(run(files, settings, Options(force=True))) == {"read": 2, "superseded": 1, "unchanged": 1}


@pytest.mark.parametrize("batch_size", [1, 2, 100])
def test_the_account_does_not_depend_on_where_batches_end(
    settings: Settings, fresh: Database, tmp_path: Path, batch_size: int
) -> None:
    records = [CLINIC, CLINIC | {"name": "Mukuru Centre"}, CLINIC | {"code": 13081, "name": "Kwa Njenga Clinic"}]
    account = run([write(tmp_path, "a.json", records)], msgspec.structs.replace(settings, batch_size=batch_size))
    assert outcome(account) == {"read": 3, "inserted": 2, "superseded": 1}
    names = rows(fresh, "SELECT facility_name FROM facilities ORDER BY facility_code")
    assert [row["facility_name"] for row in names] == ["Mukuru Centre", "Kwa Njenga Clinic"]


def test_two_facilities_that_exchange_registration_numbers_both_keep_one(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    one, two = (
        CLINIC | {"registration_number": "R-77"},
        CLINIC | {"code": 13081, "name": "B", "registration_number": "R-78"},
    )
    run([write(tmp_path, "a.json", [one, two])], settings)
    exchanged = [one | {"registration_number": "R-78"}, two | {"registration_number": "R-77"}]
    assert outcome(run([write(tmp_path, "b.json", exchanged)], settings)) == {"read": 2, "updated": 2}
    assert rows(fresh, "SELECT facility_code, registration_number FROM facilities ORDER BY 1") == [
        {"facility_code": "13080", "registration_number": "R-78"},
        {"facility_code": "13081", "registration_number": "R-77"},
    ]


def test_a_registration_number_claimed_twice_stays_with_the_first_and_is_an_issue(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    records = [
        CLINIC | {"registration_number": "R-77"},
        CLINIC | {"code": 13081, "name": "B", "registration_number": "R-77"},
    ]
    account = run([write(tmp_path, "a.json", records)], settings)
    assert account.files[0].issues["registration_number_claimed_twice"] == 1
    assert rows(fresh, "SELECT facility_code, registration_number FROM facilities ORDER BY 1") == [
        {"facility_code": "13080", "registration_number": "R-77"},
        {"facility_code": "13081", "registration_number": None},
    ]


def test_a_code_that_a_quite_different_facility_claims_is_not_overwritten(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    other = {
        "code": 13080,
        "name": "Kisauni Police Post",
        "county_name": "Mombasa",
        "constituency_name": "Kisauni",
        "ward_name": "Bamburi",
    }
    files = [write(tmp_path, "a.json", [CLINIC, other])]
    account = run(files, settings)
    assert account.files[0].issues["code_claimed_twice"] == 1
    assert outcome(account) == {"read": 2, "inserted": 2}
    found = rows(fresh, "SELECT facility_name, facility_code FROM facilities ORDER BY facility_id")
    assert [row["facility_name"] for row in found] == ["Mukuru Crisis Clinic", "Kisauni Police Post"]
    assert found[0]["facility_code"] == "13080"
    assert found[1]["facility_code"].startswith("A-")
    assert outcome(run(files, settings, Options(force=True))) == {"read": 2, "unchanged": 2}


def test_a_point_that_a_person_collected_is_kept_and_what_the_source_says_is_told(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    run([write(tmp_path, "a.json", [CLINIC])], settings)
    fresh.execute("UPDATE facility_coordinates SET latitude = -1.26, collection_method = 'GPS'")
    files = [write(tmp_path, "a.json", [CLINIC | {"lat": "36.87", "long": "-1.27"}])]
    for _ in range(2):
        account = run(files, settings, Options(force=True))
        assert (outcome(account), account.files[0].issues["manual_edit_kept"]) == ({"read": 1, "unchanged": 1}, 1)
    assert rows(fresh, "SELECT field, raw_value FROM etl.issues WHERE kind = 'manual_edit_kept'") == [
        {"field": "coordinates", "raw_value": "-1.27, 36.87"}
    ]
    assert rows(fresh, "SELECT latitude::text FROM facility_coordinates") == [{"latitude": "-1.26000000"}]
    overwriting = msgspec.structs.replace(settings, keep_manual_edits=False)
    account = run(files, overwriting, Options(force=True))
    assert (outcome(account), account.files[0].issues["manual_edit_kept"]) == ({"read": 1, "updated": 1}, 0)


def test_a_code_that_another_facility_bears_is_told_at_every_run_that_reads_the_record(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    other = {"code": 13080, "name": "Kisauni Police Post", "county_name": "Mombasa", "constituency_name": "Kisauni"}
    files = [write(tmp_path, "a.json", [CLINIC, other])]
    first = run(files, settings).files[0].issues
    assert (first["code_claimed_twice"], first["code_generated"]) == (1, 1)
    for _ in range(2):
        again = run(files, settings, Options(force=True))
        assert (outcome(again), again.files[0].issues) == ({"read": 2, "unchanged": 2}, first)
    fresh.execute("UPDATE facilities SET facility_code = '13080-A' WHERE facility_code = '13080'")
    freed = run(files, settings, Options(force=True))
    assert "code_claimed_twice" not in freed.files[0].issues


@pytest.mark.parametrize("place", [{"constituency_name": "Kisauni", "ward_name": "Bamburi"}, {}])
def test_a_health_centre_of_another_place_does_not_take_the_code_of_one(
    settings: Settings, fresh: Database, tmp_path: Path, place: dict[str, str]
) -> None:
    kibera = CLINIC | {"name": "Kibera Health Centre"}
    other = {"code": 13080, "name": "Kaloleni Health Centre", "county_name": "Mombasa"} | place
    files = [write(tmp_path, "a.json", [kibera]), write(tmp_path, "b.json", [other])]
    account = run(files, settings)
    assert outcome(account) == {"read": 2, "inserted": 2}
    assert account.files[1].issues["code_claimed_twice"] == 1
    found = rows(fresh, "SELECT facility_name, facility_code FROM facilities ORDER BY facility_id")
    assert [row["facility_name"] for row in found] == ["Kibera Health Centre", "Kaloleni Health Centre"]
    assert [row["facility_code"] == "13080" for row in found] == [True, False]
    assert outcome(run(files, settings, Options(force=True))) == {"read": 2, "unchanged": 2}


def test_a_claimed_code_can_be_a_reject_by_setting(settings: Settings, tmp_path: Path) -> None:
    other = {
        "code": 13080,
        "name": "Kisauni Police Post",
        "county_name": "Mombasa",
        "constituency_name": "Kisauni",
        "ward_name": "Bamburi",
    }
    strict = msgspec.structs.replace(settings, code_claimed_twice="reject")
    account = run([write(tmp_path, "a.json", [CLINIC, other])], strict)
    assert account.files[0].rejects == {"code_claimed_twice": 1}


def test_a_facility_without_a_code_keeps_its_generated_one_when_it_is_renamed(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    shelter = {key: value for key, value in CLINIC.items() if key != "code"} | {
        "id": "7f0c8a52-0000-4000-8000-000000000001"
    }
    run([write(tmp_path, "a.json", [shelter])], settings)
    code = rows(fresh, "SELECT facility_code FROM facilities")[0]["facility_code"]
    renamed = write(tmp_path, "a.json", [shelter | {"name": "Mukuru Safe House"}])
    assert outcome(run([renamed], settings)) == {"read": 1, "updated": 1}
    assert rows(fresh, "SELECT facility_name, facility_code FROM facilities") == [
        {"facility_name": "Mukuru Safe House", "facility_code": code}
    ]


def test_a_row_number_of_another_export_is_no_identity(settings: Settings, fresh: Database, tmp_path: Path) -> None:
    places = [
        CLINIC | {"OBJECTID": 1, "name": "Mukuru Clinic"},
        CLINIC | {"OBJECTID": 2, "name": "Hazina Clinic", "lat": "36.86", "long": "-1.32"},
    ]
    first = [{key: value for key, value in place.items() if key not in ("code", "phone")} for place in places]
    second = [first[0] | {"OBJECTID": 2}, first[1] | {"OBJECTID": 1, "name": "Hazina Health Centre"}]
    run([write(tmp_path, "a.json", first)], settings)
    account = run([write(tmp_path, "a.json", second)], settings)
    assert outcome(account) == {"read": 2, "inserted": 1, "unchanged": 1}
    assert account.files[0].issues["source_key_claimed_twice"] == 1
    found = rows(fresh, "SELECT facility_name FROM facilities ORDER BY facility_id")
    assert [row["facility_name"] for row in found] == ["Mukuru Clinic", "Hazina Clinic", "Hazina Health Centre"]
    assert outcome(run([write(tmp_path, "a.json", second)], settings, Options(force=True))) == {
        "read": 2,
        "unchanged": 2,
    }


@pytest.mark.parametrize("form", ["ID_0000{}", "facilities.{}", "row 1{}", "#{}"])
def test_a_row_number_as_tools_write_it_is_no_identity_either(
    settings: Settings, fresh: Database, tmp_path: Path, form: str
) -> None:
    """ArcGIS numbers the places of a KML file (ID_00001), GeoServer the rows of a layer (facilities.1)."""
    place = {"county_name": "Nairobi", "constituency_name": "Makadara", "ward_name": "Viwandani"}
    lindi = place | {"id": form.format(1), "name": "Lindi Clinic", "phone": "0700000016"}
    refuge = place | {"id": form.format(2), "name": "Hazina Refuge", "phone": "0700000017"}
    run([write(tmp_path, "a.json", [lindi, refuge])], settings)
    new = place | {"id": form.format(1), "name": "Amani Shelter", "phone": "0700000018"}
    renumbered = write(tmp_path, "a.json", [new, refuge | {"id": form.format(3)}])
    account = run([renumbered], settings)
    assert outcome(account) == {"read": 2, "inserted": 1, "unchanged": 1}
    assert account.files[0].issues["source_key_claimed_twice"] == 1
    found = rows(
        fresh,
        "SELECT facility_name, contact_value FROM facilities JOIN facility_contacts USING (facility_id) ORDER BY 2",
    )
    assert [tuple(row.values()) for row in found] == [
        ("Lindi Clinic", "+254700000016"),
        ("Hazina Refuge", "+254700000017"),
        ("Amani Shelter", "+254700000018"),
    ]
    assert outcome(run([renumbered], settings, Options(force=True))) == {"read": 2, "unchanged": 2}


@pytest.mark.parametrize(
    "key",
    ["aBcDeFgHi01", "recUmojaClinic12", "node/2345678901", "7f0c8a52-00ab-4000-8000-000001", "MSAADA/00027", "HF012"],
)
def test_a_key_that_counts_nothing_is_an_identity(
    settings: Settings, fresh: Database, tmp_path: Path, key: str
) -> None:
    shelter = {"id": key, "name": "Umoja Shelter", "county_name": "Nairobi", "constituency_name": "Makadara"}
    run([write(tmp_path, "a.json", [shelter])], settings)
    run([write(tmp_path, "a.json", [shelter | {"name": "Mukuru Safe House"}])], settings)
    assert rows(fresh, "SELECT facility_name FROM facilities") == [{"facility_name": "Mukuru Safe House"}]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"code": 13081, "name": "Hazina Clinic"}, {"read": 1, "inserted": 1}),
        (
            {"code": 13081, "county_name": "Mombasa", "constituency_name": "Kisauni", "ward_name": "Bamburi"},
            {"read": 1, "inserted": 1},
        ),
        ({"id": "7f0c8a52-0000-4000-8000-000000000001", "code": 13081}, {"read": 1, "updated": 1}),
    ],
)
def test_a_key_that_restarts_in_each_file_does_not_overwrite_a_facility_with_another_code(
    settings: Settings, tmp_path: Path, changed: dict[str, Any], expected: dict[str, int]
) -> None:
    known = CLINIC | {"id": changed.get("id", 1)}
    run([write(tmp_path, "a.json", [known])], settings)
    assert outcome(run([write(tmp_path, "a.json", [known | changed])], settings)) == expected


def test_a_facility_that_a_person_renamed_and_its_source_moved_is_known_by_the_key(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    home = {"name": "Hope Home", "county_name": "Nairobi", "constituency_name": "Makadara", "ward_name": "Viwandani"}
    keyed = home | {"id": "7f0c8a52-0000-4000-8000-000000000001"}
    run([write(tmp_path, "a.json", [keyed])], settings)
    fresh.execute("UPDATE facilities SET facility_name = 'Zuhura Refuge'")
    moved = keyed | {"constituency_name": "Kamukunji", "ward_name": "Pumwani"}
    assert outcome(run([write(tmp_path, "a.json", [moved])], settings)) == {"read": 1, "updated": 1}
    assert rows(fresh, "SELECT facility_name, ward_name FROM facilities JOIN wards USING (ward_id)") == [
        {"facility_name": "Zuhura Refuge", "ward_name": "Pumwani"}
    ]


def test_one_key_under_two_codes_is_two_facilities_and_no_key(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    key = {"id": "7f0c8a52-0000-4000-8000-000000000001"}
    run([write(tmp_path, "a.json", [CLINIC | key, CLINIC | key | {"code": 13081}])], settings)
    third = write(tmp_path, "a.json", [CLINIC | key, CLINIC | key | {"code": 13082, "name": "B"}])
    assert outcome(run([third], settings)) == {"read": 2, "inserted": 1, "unchanged": 1}
    codes = rows(fresh, "SELECT facility_code FROM facilities ORDER BY 1")
    assert [row["facility_code"] for row in codes] == ["13080", "13081", "13082"]
    codeless = {name: value for name, value in (CLINIC | key | {"name": "Anywhere"}).items() if name != "code"}
    account = run([write(tmp_path, "a.json", [codeless])], settings)
    assert account.files[0].rejects == {"identity_ambiguous": 1}


@pytest.mark.parametrize("is_other_first", [True, False])
def test_a_facility_that_its_body_recodes_is_the_same_whichever_body_comes_first(
    settings: Settings, fresh: Database, tmp_path: Path, *, is_other_first: bool
) -> None:
    keyed = CLINIC | {"id": "7f0c8a52-0000-4000-8000-000000000001"}
    codeless = {name: value for name, value in CLINIC.items() if name != "code"}
    other = write(tmp_path, "other.json", [codeless])
    run([write(tmp_path, "a.json", [keyed]), other], settings)
    recoded = write(tmp_path, "a.json", [keyed | {"code": 23080}])
    account = run([other, recoded] if is_other_first else [recoded, other], settings, Options(force=True))
    assert codes(fresh) == ["23080"]
    assert account.totals()["inserted"] == 0
    assert account.files[0].issues["source_key_claimed_twice"] == 0


def test_a_key_that_a_body_gives_to_another_facility_leaves_the_former_one_what_it_is(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    keyed = CLINIC | {"id": "7f0c8a52-0000-4000-8000-000000000001"}
    other = keyed | {"code": 13081, "name": "Hazina Refuge", "phone": "0700000099"}
    run([write(tmp_path, "a.json", [keyed])], settings)
    (before,) = rows(fresh, "SELECT facility_id, facility_name FROM facilities")
    account = run([write(tmp_path, "a.json", [other, keyed])], settings)
    assert (account.totals()["inserted"], account.totals()["unchanged"]) == (1, 1)
    assert before in rows(fresh, "SELECT facility_id, facility_name FROM facilities")
    assert codes(fresh) == ["13080", "13081"]


def test_one_key_under_two_codes_is_two_facilities_though_another_body_speaks_between(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    keyed = CLINIC | {"id": "7f0c8a52-0000-4000-8000-000000000001"}
    codeless = {name: value for name, value in CLINIC.items() if name != "code"}
    first, other = write(tmp_path, "a.json", [keyed]), write(tmp_path, "other.json", [codeless])
    second = tmp_path / "more"
    second.mkdir()
    write(second, "a.json", [keyed | {"code": 13081}])
    for _ in range(2):
        run([first, other, str(second / "a.json")], settings, Options(force=True))
        assert codes(fresh) == ["13080", "13081"]


def test_what_a_person_changed_since_the_last_import_is_kept_and_reported(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    run([write(tmp_path, "a.json", [CLINIC])], settings)
    fresh.execute("UPDATE facilities SET facility_name = 'Mukuru Clinic (moved)'")
    newer = CLINIC | {"name": "MUKURU CLINIC", "description": "Open to all"}
    account = run([write(tmp_path, "b.json", [newer])], settings)
    assert account.files[0].issues["manual_edit_kept"] == 1
    assert rows(fresh, "SELECT facility_name, description FROM facilities") == [
        {"facility_name": "Mukuru Clinic (moved)", "description": "Open to all"}
    ]
    overwriting = msgspec.structs.replace(settings, keep_manual_edits=False)
    run([write(tmp_path, "b.json", [newer])], overwriting, Options(force=True))
    assert rows(fresh, "SELECT facility_name FROM facilities") == [{"facility_name": "MUKURU CLINIC"}]


def test_what_the_database_refuses_costs_the_record_and_not_the_batch(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    fresh.execute("ALTER TABLE facilities ADD CONSTRAINT no_ghosts CHECK (facility_name <> 'Ghost Clinic')")
    records = [CLINIC | {"code": code, "name": f"Clinic {code}"} for code in range(20)]
    records[7]["name"] = "Ghost Clinic"
    account = run([write(tmp_path, "a.json", records)], settings)
    assert outcome(account) == {"read": 20, "inserted": 19, "rejected": 1}
    reject = rows(fresh, "SELECT reason, detail, record_number FROM etl.rejects")[0]
    assert reject["reason"] == "refused_by_database"
    assert reject["record_number"] == 8
    assert "no_ghosts" in reject["detail"]
    assert "Ghost" not in reject["detail"]


def test_a_dry_run_tells_the_same_numbers_and_leaves_no_trace(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    run([write(tmp_path, "a.json", [CLINIC])], settings)
    files = [
        write(
            tmp_path, "b.json", [CLINIC | {"name": "Mukuru Centre"}, CLINIC | {"code": 5, "name": "New"}, {"code": 6}]
        )
    ]
    state = "SELECT (SELECT count(*) FROM etl.runs) AS runs, (SELECT sum(last_value) FROM pg_sequences) AS keys"
    before = content(fresh), rows(fresh, state)
    planned = run(files, settings, Options(dry_run=True))
    assert planned.status == "dry_run"
    assert (content(fresh), rows(fresh, state)[0]["runs"]) == (before[0], before[1][0]["runs"])
    done = run(files, settings)
    assert planned.totals() == done.totals()
    assert outcome(done) == {"read": 3, "inserted": 1, "updated": 1, "rejected": 1}


def test_a_dry_run_on_an_empty_database_tells_what_the_first_import_would_do_and_makes_no_table(
    settings: Settings, empty_url: str, tmp_path: Path
) -> None:
    empty = msgspec.structs.replace(settings, database_url=empty_url, batch_size=1)
    files = [write(tmp_path, "a.json", [CLINIC, CLINIC | {"code": 13081, "name": "Safe House"}])]
    planned = run(files, empty, Options(dry_run=True))
    assert (planned.status, outcome(planned)) == ("dry_run", {"read": 2, "inserted": 2})
    with connect(empty_url) as database:
        assert rows(database, "SELECT tablename FROM pg_tables WHERE schemaname IN ('public', 'etl')") == []
    assert outcome(run(files, empty)) == outcome(planned)


def test_undo_restores_the_state_before_and_can_be_undone(settings: Settings, fresh: Database, tmp_path: Path) -> None:
    run([write(tmp_path, "a.json", [CLINIC])], settings)
    first = content(fresh)
    newer = CLINIC | {"name": "Mukuru Centre", "phone": "0700000017", "service_names": ["Shelter"], "beds": 6}
    second = run([write(tmp_path, "b.json", [newer, CLINIC | {"code": 9, "name": "New"}])], settings)
    after = content(fresh)
    undone = undo(second.run_id, settings)
    assert content(fresh) == first
    undo(undone.run_id, settings)
    assert content(fresh) == after


def test_undo_keeps_what_something_later_changed(settings: Settings, fresh: Database, tmp_path: Path) -> None:
    run([write(tmp_path, "a.json", [CLINIC])], settings)
    second = run([write(tmp_path, "b.json", [CLINIC | {"name": "Mukuru Centre", "description": "Open"}])], settings)
    fresh.execute("UPDATE facilities SET description = 'Open at night'")
    account = undo(second.run_id, settings)
    assert account.files[0].issues["changed_since"] == 1
    assert rows(fresh, "SELECT facility_name, description FROM facilities") == [
        {"facility_name": "Mukuru Crisis Clinic", "description": "Open at night"}
    ]


def test_undo_switches_off_what_the_application_refers_to(settings: Settings, fresh: Database, tmp_path: Path) -> None:
    account = run([write(tmp_path, "a.json", [CLINIC, CLINIC | {"code": 9, "name": "New"}])], settings)
    fresh.execute("CREATE TABLE referrals (facility_id integer REFERENCES facilities)")
    fresh.execute("INSERT INTO referrals SELECT facility_id FROM facilities WHERE facility_code = '9'")
    undo(account.run_id, settings)
    assert rows(fresh, "SELECT facility_code, is_active FROM facilities") == [
        {"facility_code": "9", "is_active": False}
    ]


def test_undoing_a_run_twice_or_a_run_that_never_was_is_a_clear_error(settings: Settings, tmp_path: Path) -> None:
    account = run([write(tmp_path, "a.json", [CLINIC])], settings)
    undo(account.run_id, settings)
    with pytest.raises(UsageError, match="taken back already"):
        undo(account.run_id, settings)
    with pytest.raises(UsageError, match="There is no run nonsense"):
        undo("nonsense", settings)
    assert outcome(run([write(tmp_path, "a.json", [CLINIC])], settings)) == {"read": 1, "inserted": 1}


def test_what_cannot_be_undone_is_no_run_and_leaves_the_health_as_it_was(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    account = run([write(tmp_path, "a.json", [CLINIC])], settings)
    undo(account.run_id, settings)
    before = rows(fresh, "SELECT run_id, status FROM etl.runs ORDER BY run_no")
    for run_id in ("nonsense", account.run_id):
        with pytest.raises(UsageError):
            undo(run_id, settings)
    assert rows(fresh, "SELECT run_id, status FROM etl.runs ORDER BY run_no") == before
    assert HealthChecker(settings).run_health_checks()["checks"]["etl_pipeline"]["status"] == "healthy"


def test_a_reject_that_a_person_corrects_is_closed_when_it_lands(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    nameless = {key: value for key, value in CLINIC.items() if key != "name"}
    account = run([write(tmp_path, "a.json", [CLINIC | {"code": 9, "name": "Umoja Clinic"}, nameless])], settings)
    path = settings.data_dir / "rejected" / f"{account.run_id}.jsonl"
    line = json.loads(path.read_text("utf-8"))
    assert line["_reject"]["reason"] == "name_missing"
    assert line["code"] == 13080
    path.write_text(json.dumps(line | {"name": "Mukuru Crisis Clinic"}) + "\n", "utf-8")
    assert outcome(run([str(path)], settings)) == {"read": 1, "inserted": 1}
    assert rows(fresh, "SELECT count(*) AS open FROM etl.rejects WHERE closed_by_run_no IS NULL") == [{"open": 0}]
    assert rows(fresh, "SELECT DISTINCT source FROM etl.facility_source") == [{"source": "a"}]


def test_a_second_importer_is_told_to_wait(settings: Settings, fresh: Database, tmp_path: Path) -> None:
    assert fresh.rows("try_run_lock")[0]["is_locked"]
    with pytest.raises(DatabaseUnavailableError, match="--wait"):
        run([write(tmp_path, "a.json", [CLINIC])], msgspec.structs.replace(settings, lock_wait_seconds=0.1))


def test_an_importer_waits_for_a_lock_that_a_killed_one_holds_for_a_moment(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    path = write(tmp_path, "a.json", [CLINIC])
    assert fresh.rows("try_run_lock")[0]["is_locked"]
    with ThreadPoolExecutor(1) as other:
        waiting = other.submit(run, [path], settings)
        time.sleep(0.5)
        fresh.run("release_run_lock")
        assert waiting.result().status == "succeeded"


def test_an_undo_is_not_told_of_an_option_that_it_has_not(settings: Settings, fresh: Database, tmp_path: Path) -> None:
    run_id = run([write(tmp_path, "a.json", [CLINIC])], settings).run_id
    fresh.rows("try_run_lock")
    with pytest.raises(DatabaseUnavailableError, match=r"Wait for it to end, then repeat the command\.$"):
        undo(run_id, msgspec.structs.replace(settings, lock_wait_seconds=0))


def test_an_importer_that_lost_its_lock_to_another_one_says_so_and_no_more(
    settings: Settings, fresh: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    merge_batch = commit.merge_batch

    def lose(*given: Any) -> None:
        fresh.execute(END_OTHERS)
        while not fresh.rows("try_run_lock")[0]["is_locked"]:
            time.sleep(0.01)
        merge_batch(*given)

    monkeypatch.setattr(commit, "merge_batch", lose)
    monkeypatch.setattr(run_lock, "LOCK_RETURN_SECONDS", 0.1)
    with pytest.raises(RunStoppedError) as raised:
        run([write(tmp_path, "clinic.json", [CLINIC])], msgspec.structs.replace(settings, retry_wait_seconds=0.01))
    assert str(raised.value).startswith("The connection was lost, and another importer is writing")
    assert str(raised.value).endswith("when that one has ended.")


def test_a_run_that_the_database_refuses_something_tells_what_it_had_loaded_until_then(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    fresh.execute(
        "CREATE FUNCTION refuse() RETURNS event_trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE insufficient_privilege USING MESSAGE = 'no tables by day'; END $$;"
        "CREATE EVENT TRIGGER by_day ON ddl_command_start WHEN tag IN ('CREATE TABLE') EXECUTE FUNCTION refuse()"
    )
    with pytest.raises(RunStoppedError, match=r"^The database stopped the run: no tables by day\.") as raised:
        run([write(tmp_path, "clinic.json", [CLINIC])], settings)
    assert [file.status for file in raised.value.account.files] == ["not_attempted"]


def test_an_importer_that_is_told_to_wait_begins_when_the_other_one_ends(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    path = write(tmp_path, "a.json", [CLINIC])
    assert fresh.rows("try_run_lock")[0]["is_locked"]
    with ThreadPoolExecutor(1) as other:
        waiting = other.submit(run, [path], settings, Options(wait=True))
        time.sleep(0.5)
        assert rows(fresh, "SELECT count(*) AS runs FROM etl.runs") == [{"runs": 0}]
        fresh.run("release_run_lock")
        assert waiting.result().status == "succeeded"


def test_what_came_while_an_importer_waited_is_imported_and_nothing_else_counts_as_loaded(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    pinned = with_sources(settings, tmp_path, "{name: b, code_prefix: NAI, files: ['b*']}")
    paths = [write(tmp_path, "a.json", [CLINIC]), write(tmp_path, "b.json", [HAVEN])]
    assert fresh.rows("try_run_lock")[0]["is_locked"]
    with ThreadPoolExecutor(1) as other:
        waiting = other.submit(run, paths, pinned, Options(wait=True))
        time.sleep(0.5)
        write(tmp_path, "a.json", [CLINIC, CLINIC | {"code": 13082, "name": "Soweto Legal Aid Centre"}])
        with_sources(settings, tmp_path, "{name: b, code_prefix: NAI, files: ['b*'], defaults: {beds: '7'}}")
        fresh.run("release_run_lock")
        assert outcome(waiting.result()) == {"read": 3, "inserted": 3}
    assert rows(fresh, "SELECT sha256 FROM etl.files ORDER BY file_no") == [
        {"sha256": hash_file(Path(path))[0]} for path in paths
    ]
    assert outcome(run(paths[1:], pinned)) == {"read": 1, "updated": 1}  # by the rules that came meanwhile


class Replacing(Progress):
    """Puts other records into a file as soon as the run begins to read it."""

    def __init__(self, path: str, records: list[Any]) -> None:
        self.path, self.records = Path(path), records

    def file(self, name: str, size: int) -> None:  # noqa: ARG002 - the bar's names
        write(self.path.parent, self.path.name, self.records)


def test_a_file_that_is_replaced_before_it_is_read_fails_and_neither_content_counts_as_loaded(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    path = write(tmp_path, "a.json", [CLINIC])
    account = run([path], settings, Options(progress=Replacing(path, [HAVEN])))
    assert account.files[0].error == f"{path}: was changed while it was imported. Import it again."
    assert codes(fresh) == []
    assert outcome(run([path], settings)) == {"read": 1, "inserted": 1}
    assert outcome(run([write(tmp_path, "a.json", [CLINIC])], settings)) == {"read": 1, "inserted": 1}


class ReplacingOne(Replacing):
    """Puts other records into a file as soon as the run begins to read that one."""

    def file(self, name: str, size: int) -> None:
        if name == self.path.name:
            super().file(name, size)


def test_of_many_small_files_whose_frames_are_joined_one_that_fails_is_taken_out_alone(
    settings: Settings, fresh: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gvrc.batches.MOST_FRAMES", 3)
    frames: list[int] = []
    join_frames = Batch.join_frames

    def note(batch: Batch) -> None:
        join_frames(batch)
        frames.append(len(batch.frames))

    monkeypatch.setattr(Batch, "join_frames", note)
    paths = [write(tmp_path, f"{code}.json", [CLINIC | {"code": code}]) for code in range(13080, 13086)]
    account = run(paths, settings, Options(progress=ReplacingOne(paths[2], [HAVEN])))
    assert [file.inserted for file in account.files] == [1, 1, 0, 1, 1, 1]
    assert codes(fresh) == ["13080", "13081", "13083", "13084", "13085"]
    assert frames == [1, 2, 1, 2, 1, 2]  # the third is joined with those before it, fails, and is taken out


def test_a_named_source_has_what_is_pinned_for_it_and_one_that_is_not_known_gets_a_warning(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    kps = (
        "{name: kps, code_prefix: POL, files: ['kps*'], keys: {facility_name: jina}, "
        "defaults: {owner_name: Kenya Police Service}}"
    )
    pinned = with_sources(settings, tmp_path, kps)
    record = {name: value for name, value in CLINIC.items() if name not in ("code", "name", "owner_name")}
    path = write(tmp_path, "delivery.json", [record | {"jina": "Viwandani Police Station"}])
    assert outcome(run([path], pinned, Options(source="KPS"))) == {"read": 1, "inserted": 1}
    assert rows(
        fresh,
        "SELECT left(facility_code, 4) AS prefix, owner_name FROM facilities JOIN facility_owners USING (facility_id)",
    ) == [{"prefix": "POL-", "owner_name": "Kenya Police Service"}]
    files = start_logging(pinned, "1", quiet=True)
    run([path], pinned, Options(source="kpz"))
    stop_logging()
    assert '"source_not_configured"' in files["etl"].read_text("utf-8")


def test_a_run_that_was_killed_is_shown_as_interrupted_by_the_next(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    fresh.run("begin_run", "killed", "import", "x", None)
    run([write(tmp_path, "a.json", [CLINIC])], settings)
    assert rows(fresh, "SELECT status FROM etl.runs ORDER BY run_no") == [
        {"status": "interrupted"},
        {"status": "succeeded"},
    ]


def test_a_run_that_a_person_stopped_says_so_in_its_history(
    settings: Settings, fresh: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def press_ctrl_c(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("gvrc.pipeline.look_back", press_ctrl_c)
    with pytest.raises(KeyboardInterrupt):
        run([write(tmp_path, "a.json", [CLINIC])], settings)
    assert rows(fresh, "SELECT status, error FROM etl.runs") == [
        {
            "status": "failed",
            "error": "Stopped by Ctrl-C, SIGTERM or SIGHUP. Repeat the command: it goes on from there.",
        }
    ]


def test_a_failed_file_is_taken_out_and_the_others_go_on(settings: Settings, fresh: Database, tmp_path: Path) -> None:
    good = write(tmp_path, "good.json", [CLINIC])
    cut = tmp_path / "cut.json"
    cut.write_text(json.dumps([CLINIC | {"code": n, "name": f"Clinic {n}"} for n in range(50)])[:-40], "utf-8")
    account = run([str(cut), good], settings)
    assert [file.status for file in account.files] == ["failed", "succeeded"]
    assert account.status == "partial"
    assert rows(fresh, "SELECT facility_code FROM facilities") == [{"facility_code": "13080"}]


def test_texts_that_look_like_sql_are_data(settings: Settings, fresh: Database, tmp_path: Path) -> None:
    name = "Robert'); DROP TABLE facilities;-- $1 %s"
    run([write(tmp_path, "a'; DROP TABLE wards;--.json", [CLINIC | {"name": name}])], settings)
    assert rows(fresh, "SELECT facility_name FROM facilities") == [{"facility_name": name}]


def test_a_file_that_fails_after_batches_were_committed_is_taken_back_whole(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    run([write(tmp_path, "first.json", [CLINIC])], settings)
    before = content(fresh)
    cut = tmp_path / "cut.json"
    records = [CLINIC | {"code": 13080 + n, "name": f"Clinic {n}"} for n in range(50)]
    cut.write_text(json.dumps(records)[:-40], "utf-8")
    account = run([str(cut)], msgspec.structs.replace(settings, batch_size=10))
    assert account.files[0].status == "failed"
    assert account.files[0].read == 0
    assert content(fresh) == before


def test_a_transaction_is_tried_as_often_as_the_setting_says(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    fresh.execute(DEADLOCKS)
    patient = msgspec.structs.replace(settings, retry_attempts=5, retry_wait_seconds=0.01)
    account = run([write(tmp_path, "clinic.json", [CLINIC])], patient)
    assert outcome(account) == {"read": 1, "inserted": 1}
    assert rows(fresh, "SELECT last_value FROM etl.tries") == [{"last_value": 5}]


def test_a_connection_that_is_lost_while_a_file_is_taken_back_leaves_nothing_of_it_to_the_next_batch(
    settings: Settings, fresh: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run([write(tmp_path, "first.json", [CLINIC])], settings)
    fresh.execute("DELETE FROM etl.settled_facilities")  # so that the record is merged when it comes again
    give_back, calls = failed.give_back, itertools.count()

    def lose(*given: Any) -> Any:
        if next(calls) == 0:
            fresh.execute(END_OTHERS)
        return give_back(*given)

    monkeypatch.setattr(failed, "give_back", lose)
    cut = tmp_path / "cut.json"
    records = [CLINIC | {"code": 13080 + n, "description": "Open day and night"} for n in range(50)]
    cut.write_text(json.dumps(records)[:-40], "utf-8")
    changed = msgspec.structs.replace(settings, batch_size=10, retry_wait_seconds=0.01)
    account = run([str(cut), str(tmp_path / "first.json")], changed, Options(force=True))
    assert [file.counts()["unchanged"] for file in account.files] == [0, 1]
    assert outcome(account) == {"read": 1, "unchanged": 1}


def test_a_file_that_failed_before_any_of_it_was_committed_is_told_though_the_connection_was_lost(
    settings: Settings, fresh: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_file = ledger.fail_file

    def fail_and_lose(*given: Any) -> None:
        fail_file(*given)
        rows(fresh, END_OTHERS)

    monkeypatch.setattr(ledger, "fail_file", fail_and_lose)
    broken = tmp_path / "a.json"
    broken.write_text("[{", "utf-8")
    quick = msgspec.structs.replace(settings, retry_wait_seconds=0.01)
    account = run([str(broken), write(tmp_path, "b.json", [CLINIC])], quick)
    assert [(file.status, file.inserted) for file in account.files] == [("failed", 0), ("succeeded", 1)]
    assert rows(fresh, "SELECT status::text FROM etl.files ORDER BY file_no") == [
        {"status": "failed"},
        {"status": "succeeded"},
    ]


def test_a_file_that_fails_late_takes_no_other_files_record_with_it(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    small = msgspec.structs.replace(settings, batch_size=10)
    before, cut, after = CLINIC | {"name": "Mukuru One"}, tmp_path / "b.json", CLINIC | {"code": 13081, "name": "After"}
    records = [CLINIC | {"code": 13080 + number, "name": f"Clinic {number}"} for number in range(50)]
    cut.write_text(json.dumps(records)[:-40], "utf-8")
    files = [write(tmp_path, "a.json", [before]), str(cut), write(tmp_path, "c.json", [after])]
    account = run(files, small)
    assert [file.counts() for file in account.files] == [
        {"read": 1, "inserted": 1, "updated": 0, "unchanged": 0, "superseded": 0, "rejected": 0},
        {"read": 0, "inserted": 0, "updated": 0, "unchanged": 0, "superseded": 0, "rejected": 0},
        {"read": 1, "inserted": 1, "updated": 0, "unchanged": 0, "superseded": 0, "rejected": 0},
    ]
    assert rows(fresh, "SELECT facility_name FROM facilities ORDER BY facility_code") == [
        {"facility_name": "Mukuru One"},
        {"facility_name": "After"},
    ]
    lineage = "SELECT file_no, is_superseded FROM etl.facility_source ORDER BY file_no"
    assert rows(fresh, lineage) == [{"file_no": 1, "is_superseded": False}, {"file_no": 3, "is_superseded": False}]
    kept = "SELECT file_no, inserted, superseded FROM etl.files ORDER BY file_no"
    assert rows(fresh, kept) == [
        {"file_no": 1, "inserted": 1, "superseded": 0},
        {"file_no": 2, "inserted": 0, "superseded": 0},
        {"file_no": 3, "inserted": 1, "superseded": 0},
    ]
    again = run([files[0], files[2]], small, Options(force=True))
    assert outcome(again) == {"read": 2, "unchanged": 2}


def test_a_dry_run_takes_a_file_that_fails_late_back_as_the_import_does(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    small = msgspec.structs.replace(settings, batch_size=1)
    cut = tmp_path / "b.json"
    clinics = [
        CLINIC | {"code": 13080 + number, "name": f"Clinic {number}", "phone": "0700000017"} for number in range(9)
    ]
    cut.write_text(json.dumps(clinics)[:-40], "utf-8")
    files = [write(tmp_path, "a.json", [CLINIC]), str(cut), write(tmp_path, "c.json", clinics[:2])]
    planned = run(files, small, Options(dry_run=True))
    done = run(files, small)
    assert outcomes(planned) == outcomes(done)
    assert planned.tables() == done.tables()
    assert codes(fresh) == ["13080", "13081"]


def test_an_earlier_file_whose_records_a_failed_one_superseded_stands_again(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    records = [CLINIC | {"code": 13080 + n, "name": f"Clinic {n}"} for n in range(50)]
    run([write(tmp_path, "before.json", [records[1] | {"name": "Old Clinic 1"}])], settings)
    good = write(tmp_path, "good.json", records[:3])
    cut = tmp_path / "cut.json"
    cut.write_text(json.dumps([record | {"name": f"{record['name']} B"} for record in records])[:-40], "utf-8")
    account = run([good, str(cut)], msgspec.structs.replace(settings, batch_size=10))
    assert outcomes(account) == [{"read": 3, "inserted": 2, "updated": 1}, {}]
    assert codes(fresh) == ["13080", "13081", "13082"]
    assert outcomes(run([good], settings, Options(force=True))) == [{"read": 3, "unchanged": 3}]


def test_after_an_undo_a_file_that_had_found_its_records_there_is_read_again(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    file = write(tmp_path, "a.json", [CLINIC])
    first = run([file], settings)
    run([file], settings, Options(force=True))
    undo(first.run_id, settings)
    assert codes(fresh) == []
    assert outcomes(run([file], settings)) == [{"read": 1, "inserted": 1}]
    assert codes(fresh) == ["13080"]


def test_a_dry_run_shows_its_plan_field_by_field(settings: Settings, tmp_path: Path) -> None:
    run([write(tmp_path, "a.json", [CLINIC])], settings)
    planned = run([write(tmp_path, "b.json", [CLINIC | {"name": "Mukuru Centre"}])], settings, Options(dry_run=True))
    assert "13080 facilities.facility_name: Mukuru Crisis Clinic -> Mukuru Centre" in planned.plan


def test_a_plan_counts_what_new_facilities_bring_and_names_no_change_of_them(
    settings: Settings, tmp_path: Path
) -> None:
    run([write(tmp_path, "a.json", [CLINIC])], settings)
    newer, other = CLINIC | {"name": "Mukuru Centre", "phone": "0700000017"}, CLINIC | {"code": 13081, "name": "Hazina"}
    files = [write(tmp_path, "b.json", [newer, other, other | {"name": "Hazina Clinic"}])]
    planned = run(files, settings, Options(dry_run=True))
    assert planned.plan == [
        "facilities: insert 1",
        "facilities: update 1",
        "facility_contacts: insert 2",
        "facility_coordinates: insert 1",
        "facility_services: insert 2",
        "facility_owners: insert 1",
        "facility_infrastructure: insert 1",
        "13080 facilities.facility_name: Mukuru Crisis Clinic -> Mukuru Centre",
    ]
    assert run(files, settings).tables() == planned.tables()


def test_a_plan_shows_neither_what_people_wrote_in_free_text_nor_a_code_that_is_a_telephone_number(
    settings: Settings, tmp_path: Path
) -> None:
    clinic = CLINIC | {"code": "0700000016", "description": "Open all days"}
    run([write(tmp_path, "a.json", [clinic])], settings)
    told = clinic | {"description": "Jane Fict came here in May", "name": "Mukuru Centre"}
    planned = run([write(tmp_path, "b.json", [told])], settings, Options(dry_run=True))
    assert [line for line in planned.plan if " -> " in line] == [
        "*** facilities.description: *** -> ***",
        "*** facilities.facility_name: Mukuru Crisis Clinic -> Mukuru Centre",
    ]


def test_a_lost_connection_is_made_again_and_the_batch_repeated(
    settings: Settings, fresh: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost: list[bool] = []

    def save_and_lose_once(*arguments: object) -> None:
        if len(lost) < 1 and len(arguments) == 3:
            lost.append(True)
            rows(fresh, END_OTHERS)
        ORIGINAL(*arguments)  # type: ignore[arg-type]

    ORIGINAL = ledger.save_accounts  # noqa: N806
    monkeypatch.setattr(ledger, "save_accounts", save_and_lose_once)
    account = run([write(tmp_path, "a.json", [CLINIC])], settings)
    assert lost
    assert outcome(account) == {"read": 1, "inserted": 1}
    assert rows(fresh, "SELECT count(*) AS facilities FROM facilities") == [{"facilities": 1}]


def lose_answer_of_commit(monkeypatch: pytest.MonkeyPatch, fresh: Database, committed: str) -> list[bool]:
    """End the run's connection once, after the commit that gives the query rows and before its answer; tell when."""
    from gvrc.database import Database

    execute, lost = Database.execute, list[bool]()

    def execute_and_lose_once(self: Database, sql: str, *parameters: Any) -> int:
        done = execute(self, sql, *parameters)
        if sql == "COMMIT" and not lost and rows(fresh, committed):
            lost.append(True)
            rows(fresh, END_OTHERS)
            execute(self, "SELECT 1")
        return done

    monkeypatch.setattr(Database, "execute", execute_and_lose_once)
    return lost


def test_a_batch_whose_commit_was_not_answered_is_counted_once_and_as_what_it_was(
    settings: Settings, fresh: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = lose_answer_of_commit(monkeypatch, fresh, "SELECT 1 AS one FROM facilities")
    records = [CLINIC, CLINIC | {"code": 13081, "name": "Hazina Clinic"}, CLINIC | {"description": "Said again"}]
    account = run([write(tmp_path, "a.json", records)], settings)
    assert lost
    assert outcome(account) == {"read": 3, "inserted": 2, "superseded": 1}
    assert rows(fresh, "SELECT inserted, superseded, status FROM etl.files") == [
        {"inserted": 2, "superseded": 1, "status": "succeeded"}
    ]


def test_a_file_whose_taking_back_was_not_answered_leaves_the_accounts_of_earlier_files_right(
    settings: Settings, fresh: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = lose_answer_of_commit(monkeypatch, fresh, "SELECT 1 AS one FROM etl.files WHERE status = 'failed'")
    cut = tmp_path / "cut.json"
    records = [CLINIC | {"code": 13080 + n, "name": f"Clinic {n} B"} for n in range(50)]
    cut.write_text(json.dumps(records)[:-40], "utf-8")
    changed = msgspec.structs.replace(settings, batch_size=10, retry_wait_seconds=0.01)
    account = run([write(tmp_path, "a.json", [CLINIC | {"name": "Clinic 0"}]), str(cut)], changed)
    assert lost
    assert outcomes(account) == [{"read": 1, "inserted": 1}, {}]


def test_a_run_that_lost_its_lock_to_another_importer_does_not_write_beside_it(
    settings: Settings, fresh: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost: list[bool] = []

    def save_and_lose_once(*arguments: object) -> None:
        if not lost and len(arguments) == 3:
            lost.append(True)
            rows(fresh, END_OTHERS)
            while not fresh.rows("try_run_lock")[0]["is_locked"]:
                time.sleep(0.01)
        ORIGINAL(*arguments)  # type: ignore[arg-type]

    ORIGINAL = ledger.save_accounts  # noqa: N806
    monkeypatch.setattr(ledger, "save_accounts", save_and_lose_once)
    monkeypatch.setattr(run_lock, "LOCK_RETURN_SECONDS", 0.5)
    with pytest.raises(RunStoppedError, match="another importer"):
        run([write(tmp_path, "a.json", [CLINIC])], settings)
    assert rows(fresh, "SELECT 1 AS one FROM facilities") == []


def test_standard_input_is_imported_like_a_file_and_leaves_nothing_behind(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    environment = os.environ | variables_of(settings) | {"TMPDIR": str(tmp_path)}
    command = [sys.executable, str(PROJECT / "scripts" / "production_json_importer.py"), "-", "--force"]
    records = json.dumps([CLINIC, {"name": "Amani Shelter", "county_name": "Nairobi"}])
    for outcome in ("2 read = 2 inserted", "2 read = 0 inserted + 0 updated + 2 unchanged"):
        done = subprocess.run(
            command, input=records, env=environment, capture_output=True, text=True, check=False, timeout=60
        )
        assert done.returncode == 0, done.stderr
        assert outcome in done.stdout
    assert rows(fresh, "SELECT DISTINCT path, source FROM etl.files") == [
        {"path": "standard-input.json", "source": "standard_input"}
    ]
    assert not list(tmp_path.glob("gvrc-spool-*"))


def test_every_tables_rows_are_counted_exactly(settings: Settings, fresh: Database, tmp_path: Path) -> None:
    newer = CLINIC | {
        "phone": "0700000017",
        "service_names": ["Counselling", "Shelter"],
        "beds": 6,
        "long": "-1.312",
        "gbv_categories": ["Physical Violence"],
    }
    other = CLINIC | {"code": 13081, "name": "Hazina Clinic"}
    first = run([write(tmp_path, "a.json", [CLINIC])], settings)
    files = [write(tmp_path, "b.json", [newer, other, other | {"beds": 8}])]
    planned = run(files, settings, Options(dry_run=True)).tables()
    done = run(files, settings)
    assert first.tables()["facility_services"] == {"inserted": 2, "updated": 0, "unchanged": 0, "superseded": 0}
    assert done.tables() == planned
    assert done.tables() == {
        "facilities": {"inserted": 1, "updated": 1, "unchanged": 0, "superseded": 1},
        "facility_contacts": {"inserted": 2, "updated": 0, "unchanged": 1, "superseded": 0},
        "facility_coordinates": {"inserted": 1, "updated": 1, "unchanged": 1, "superseded": 0},
        "facility_services": {"inserted": 3, "updated": 0, "unchanged": 3, "superseded": 0},
        "facility_owners": {"inserted": 1, "updated": 0, "unchanged": 2, "superseded": 0},
        "facility_gbv_categories": {"inserted": 1, "updated": 0, "unchanged": 0, "superseded": 0},
        "facility_infrastructure": {"inserted": 1, "updated": 1, "unchanged": 0, "superseded": 1},
    }
    for table in TABLES:
        expected = sum(account.tables()[table]["inserted"] for account in (first, done))
        assert rows(fresh, f"SELECT count(*) AS rows FROM {table}") == [{"rows": expected}]
    again = run(files, settings)
    assert again.files[0].status == "unchanged"
    assert sum(count["inserted"] + count["updated"] for count in again.tables().values()) == 0
    assert again.tables()["facility_services"] == {"inserted": 0, "updated": 0, "unchanged": 6, "superseded": 0}
    assert again.as_summary()["tables"] == again.tables()


def test_one_child_in_two_writings_is_one_row(settings: Settings, fresh: Database, tmp_path: Path) -> None:
    record = CLINIC | {
        "service_names": ["Counselling", "COUNSELLING", "counselling "],
        "contacts": [
            {"type": "phone", "value": "0700 000 016"},
            {"type": "mobile", "value": "+254700000016"},
            {"type": "email", "value": "Clinic@example.org"},
            {"type": "email", "value": "clinic@example.org"},
        ],
    }
    for number in (1, 2):
        run([write(tmp_path, "a.json", [record | {"description": f"Said {number}"}])], settings)
        assert rows(fresh, "SELECT service_name FROM facility_services") == [{"service_name": "Counselling"}]
        found = rows(fresh, "SELECT contact_value FROM facility_contacts ORDER BY 1")
        assert [row["contact_value"] for row in found] == ["+254700000016", "clinic@example.org"]


def test_without_a_default_what_needs_the_lookup_is_left_out_and_recorded(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    nowhere = {"code": 9, "name": "Kisima", "county_name": "Nairobi", "services": ["Xyzzy"], "owner": "Jamii Trust"}
    for create, code in ((True, 9), (False, 10)):
        bare = msgspec.structs.replace(settings, lookup_defaults={}, create_lookups=create)
        account = run([write(tmp_path, "a.json", [nowhere | {"code": code, "name": f"Kisima {code}"}])], bare)
        assert outcome(account) == {"read": 1, "inserted": 1}
        assert account.files[0].issues["lookup_missing"] == 2
    assert rows(fresh, "SELECT * FROM facility_services") == rows(fresh, "SELECT * FROM facility_owners") == []
    assert rows(fresh, "SELECT DISTINCT field, raw_value FROM etl.issues WHERE kind = 'lookup_missing' ORDER BY 1") == [
        {"field": "owner_type", "raw_value": "Jamii Trust"},
        {"field": "service_category", "raw_value": "Xyzzy"},
    ]
    assert rows(fresh, "SELECT facility_name FROM facilities WHERE operational_status_id IS NOT NULL") == []


def test_a_text_longer_than_its_column_costs_no_record(settings: Settings, tmp_path: Path) -> None:
    record = CLINIC | {
        "facility_type_name": "T" * 150,
        "owner_name": "O" * 250,
        "officer_in_charge": {"name": "P" * 150},
    }
    account = run([write(tmp_path, "a.json", [record, CLINIC | {"code": 2, "name": "B"}])], settings)
    assert outcome(account) == {"read": 2, "inserted": 2}


def test_a_trigger_that_refuses_a_record_costs_that_record(settings: Settings, fresh: Database, tmp_path: Path) -> None:
    fresh.execute(
        """
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NEW.service_name = 'Exorcism' THEN
                RAISE EXCEPTION 'not in this directory' USING ERRCODE = '22023';
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER refuse BEFORE INSERT ON facility_services FOR EACH ROW EXECUTE FUNCTION refuse();
        """
    )
    records = [CLINIC | {"code": code, "name": f"Clinic {code}"} for code in range(20)]
    records[3] |= {"service_names": ["Exorcism"]}
    records[17] |= {"service_names": ["Counselling", "Exorcism"]}
    account = run([write(tmp_path, "a.json", records)], settings)
    assert outcome(account) == {"read": 20, "inserted": 18, "rejected": 2}
    assert rows(fresh, "SELECT record_number, detail FROM etl.rejects ORDER BY 1") == [
        {"record_number": 4, "detail": "not in this directory."},
        {"record_number": 18, "detail": "not in this directory."},
    ]
    assert rows(fresh, "SELECT count(*) AS facilities FROM facilities") == [{"facilities": 18}]
    assert outcome(run([write(tmp_path, "a.json", records)], settings, Options(force=True))) == {
        "read": 20,
        "unchanged": 18,
        "rejected": 2,
    }
    assert rows(fresh, "SELECT count(*) AS rejects FROM etl.rejects") == [{"rejects": 2}]


@pytest.mark.parametrize(
    "spoilt",
    [{"latitude": 50.0}, {"facility_name": None}],  # the second is one that the staging table itself refuses
)
def test_a_row_that_breaks_the_schema_is_a_reject_and_the_rest_of_its_batch_lands(
    settings: Settings,
    fresh: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    spoilt: dict[str, float | None],
) -> None:
    def forget_a_rule(*arguments: Any) -> pl.DataFrame:
        return transform(*arguments).with_columns(
            pl.when(pl.col("facility_code") != "13081").then(column).otherwise(pl.lit(value)).alias(column)
            for column, value in spoilt.items()
        )

    monkeypatch.setattr("gvrc.transform.transform", forget_a_rule)
    records = [
        CLINIC,
        CLINIC | {"code": 13081, "name": "Hazina Clinic"},
        CLINIC | {"code": 13082, "name": "Lunga Clinic"},
    ]
    path = write(tmp_path, "a.json", records)
    for force in (False, True):
        account = run([path], settings, Options(force=force))
        assert account.files[0].rejects == {"schema_broken": 1}
        assert outcome(account)["rejected"] == 1
        codes = [row["facility_code"] for row in rows(fresh, "SELECT facility_code FROM facilities ORDER BY 1")]
        assert codes == ["13080", "13082"]
    (reject,) = rows(fresh, "SELECT detail, record_number FROM etl.rejects")
    assert reject["record_number"] == 2
    assert all(column in reject["detail"] for column in spoilt)


def test_a_run_that_is_stopped_leaves_no_thread_that_reads(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("gvrc.pipeline.commit_batch", stop)
    settings = msgspec.structs.replace(settings, batch_size=1)
    path = write(tmp_path, "a.json", [CLINIC | {"code": code, "name": f"Clinic {code}"} for code in range(5)])
    before = set(threading.enumerate())
    with pytest.raises(RuntimeError) as stopped:
        run([path], settings)
    # Its error still holds what the run held: the rubbish that is found later may be found by a thread that begins.
    assert (stopped.type, set(threading.enumerate()) - before) == (RuntimeError, set())
