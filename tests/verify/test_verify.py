"""Each check of the directory finds what it is for, and nothing in a sound one."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from gvrc.operating.findings import look_closely
from gvrc.operating.verify import CHECKS, verify
from tests.conftest import call_script

if TYPE_CHECKING:
    import subprocess

    from gvrc.database import Database
    from gvrc.settings import Settings

FACILITIES = """
INSERT INTO facilities (facility_id, facility_name, facility_code, registration_number, ward_id, created_by)
SELECT facility.id, facility.name, facility.code, facility.registration, wards.ward_id, 1
FROM (
    VALUES
        (1, 'Kitisuru Clinic', 'K-1', 'R-1', 'Kitisuru'),
        (2, 'Parklands Clinic', 'K-2', NULL, 'Parklands/Highridge')
) AS facility (id, name, code, registration, ward_name)
JOIN wards USING (ward_name)
"""
COORDINATES = """
INSERT INTO facility_coordinates (facility_id, latitude, longitude, collection_date, is_active)
VALUES (1, -1.23, 36.78, '2026-11-01', true), (1, -1.24, 36.78, '2026-11-02', false)
"""
CONTACT = """
INSERT INTO facility_contacts (facility_id, contact_type_id, contact_value, created_by)
SELECT 1, contact_type_id, '0700000016', 1 FROM contact_types WHERE type_name = 'Phone'
"""
RUN = """
INSERT INTO etl.runs (run_id, kind, status, fingerprint, finished_at) VALUES ('r1', 'import', 'succeeded', '', now())
"""


@pytest.fixture
def directory(fresh: Database) -> Database:
    """Give a sound directory of two facilities."""
    for sql in (FACILITIES, COORDINATES, CONTACT, RUN):
        fresh.execute(sql)
    return fresh


def verify_command(url: str, *options: str) -> subprocess.CompletedProcess[str]:
    return call_script("verify", *options, env=os.environ | {"DATABASE_URL": url})


def test_a_code_that_is_a_telephone_number_is_not_printed(directory: Database) -> None:
    directory.execute("UPDATE facilities SET facility_code = '0700000016', ward_id = NULL WHERE facility_id = 1")
    (found,) = [finding for finding in verify(directory).findings if finding.count]
    assert found.examples == ["facility ***: has no ward"]


def test_a_sound_directory_is_counted_and_nothing_is_found(directory: Database) -> None:
    found = verify(directory)
    assert found.is_sound
    assert found.tables["facilities"] == 2
    assert found.tables["wards"] == 1450
    assert found.counties == [
        {
            "county_name": "Nairobi",
            "facilities": 2,
            "active": 2,
            "with_ward": 2,
            "with_coordinates": 1,
            "with_contacts": 1,
        }
    ]
    assert {finding.check.statement: finding.count for finding in found.findings if finding.count} == {}
    assert found.last_run is not None
    assert found.last_run["run_id"] == "r1"


WRONG = {
    "verify_account": (
        (
            "INSERT INTO etl.files (run_no, file_no, path, sha256, source, fingerprint, status, read, inserted) "
            "VALUES (1, 1, 'a.json', '', '', '', 'succeeded', 10, 9)"
        ),
        "r1 a.json: read 10, but inserted 9, updated 0, unchanged 0, superseded 0, rejected 0",
    ),
    "verify_orphans": (
        (
            "SET session_replication_role = replica; DELETE FROM facilities WHERE facility_id = 1; "
            "RESET session_replication_role"
        ),
        "facility_contacts 1: facility 1 is not there",
    ),
    "verify_places": (
        (
            "SET session_replication_role = replica; DELETE FROM wards WHERE ward_name = 'Kitisuru'; "
            "RESET session_replication_role"
        ),
        "facility K-1: ward ",
    ),
    "verify_active_coordinates": (
        "UPDATE facility_coordinates SET is_active = true",
        "facility K-1: 2 active pairs of coordinates",
    ),
    "verify_outside_kenya": (
        "UPDATE facility_coordinates SET latitude = 36.78, longitude = -1.23 WHERE is_active",
        "facility K-1: latitude 36.78, longitude -1.23 is not in Kenya: they are exchanged",
    ),
    "verify_duplicate_keys": (
        "UPDATE facilities SET facility_code = 'k-1 ' WHERE facility_id = 2",
        "facility_code K-1: 2 facilities: K-1, k-1 ",
    ),
    "verify_duplicate_children": (CONTACT, "facility K-1: 2 times the same contact"),
    "verify_same_place": (
        (
            "UPDATE facilities SET facility_name = 'KITISURU clinic', "
            "ward_id = (SELECT ward_id FROM facilities WHERE facility_id = 1) WHERE facility_id = 2"
        ),
        "KITISURU clinic (Kitisuru): 2 facilities: K-1, K-2",
    ),
    "verify_same_constituency": (
        (
            "INSERT INTO etl.code_map VALUES ('K-2', 2); "
            "UPDATE facilities SET facility_name = 'Kit\u00edsuru-clinic' WHERE facility_id = 2"
        ),
        "Kitisuru Clinic (Westlands): 2 facilities: K-1 in Kitisuru, K-2 in Parklands/Highridge",
    ),
    "verify_former_codes": (
        (
            "INSERT INTO etl.imported_facilities (facility_id, run_no, facility_name, facility_code, is_active, "
            "address_line_1, description, website_url, place_level, ward_match) "
            "VALUES (1, 1, 'Kitisuru Clinic', 'K-2', true, '', '', '', 'ward', 'exact')"
        ),
        "facility K-1: its former code K-2 is borne by Parklands Clinic",
    ),
    "verify_wards_at_risk": (
        "CREATE TABLE django_migrations (); UPDATE wards SET ward_name = 'Kitisuru Ward' WHERE ward_name = 'Kitisuru'",
        "Kitisuru Ward (Westlands): 1 facilities",
    ),
    "verify_without_ward": (
        "UPDATE facilities SET ward_id = NULL WHERE facility_id = 2",
        "facility K-2: has no ward",
    ),
    "verify_lineage": (
        (
            "INSERT INTO etl.facility_source (source, content_hash, facility_id, run_no, file_no, record_number) "
            "VALUES ('kmhfl', md5('x')::uuid, 77, 1, 1, 1)"
        ),
        "facility 77: was deleted since it was imported",
    ),
}


def test_there_is_a_case_for_every_check() -> None:
    assert set(WRONG) == {check.statement for check in CHECKS}


@pytest.mark.parametrize("statement", list(WRONG))
def test_what_is_wrong_is_found_by_its_check(directory: Database, statement: str) -> None:
    sql, example = WRONG[statement]
    for part in sql.split("; "):
        directory.execute(part)
    found = verify(directory)
    findings = {finding.check.statement: finding for finding in found.findings}
    assert any(line.startswith(example) for line in findings[statement].examples), findings[statement]
    assert found.is_sound is not findings[statement].check.is_error
    others = {name for name, finding in findings.items() if finding.is_error} - {statement}
    assert others == set()


def test_two_of_one_name_in_two_wards_that_have_given_codes_are_no_finding(directory: Database) -> None:
    directory.execute("UPDATE facilities SET facility_name = 'Kitisuru clinic' WHERE facility_id = 2")
    assert [finding for finding in verify(directory).findings if finding.count] == []


def test_the_command_prints_counts_findings_and_hints(directory: Database, fresh_url: str) -> None:
    done = verify_command(fresh_url)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("sound\n")
    assert "\nwards                    1,450\n" in done.stdout
    directory.execute("UPDATE facility_coordinates SET is_active = true")
    done = verify_command(fresh_url)
    assert done.returncode == 1
    assert "BAD        1  facilities with several active coordinates" in done.stdout
    assert "-> set is_active = false on all but the right one" in done.stdout
    assert done.stdout.endswith("not sound\n")


def test_the_command_shows_no_contact_value(directory: Database, fresh_url: str) -> None:
    directory.execute(CONTACT)
    done = verify_command(fresh_url, "--json")
    assert json.loads(done.stdout)["tables"]["facility_contacts"] == 2
    assert "0700000016" not in done.stdout


def test_no_ward_of_a_directory_of_ours_is_called_at_risk(settings: Settings, fresh: Database) -> None:
    found = look_closely(fresh, settings)
    assert found.fits
    assert [line for line in found.lines if "at risk" in line] == []


def test_a_database_that_was_not_set_up_is_told(empty_url: str) -> None:
    done = verify_command(empty_url)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == "error: The importer's tables are not those of this version: python scripts/migrate.py\n"
