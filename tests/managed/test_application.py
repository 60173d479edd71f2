"""After an import the application finds its database as it was, and does in it what it always did."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from gvrc.operating.undo import undo
from gvrc.psql import bundled_programs
from tests.conftest import PROJECT
from tests.managed.records import CLINIC, POST, RECORDS, SHELTER
from tests.test_pipeline import CHILDREN

if TYPE_CHECKING:
    from tests.managed.conftest import Application

# The newest pg_dump: it reads every server that the suite runs on.
PG_DUMP = f"{bundled_programs()}/pg_dump"


def dump_schema(url: str) -> str:
    """Dump schema public, without the key that newer servers' dumps are sealed with, another one each time."""
    dumped = subprocess.run(
        [PG_DUMP, "--schema-only", "--schema", "public", url], capture_output=True, text=True, check=True
    ).stdout
    return "\n".join(line for line in dumped.splitlines() if not line.startswith((r"\restrict", r"\unrestrict")))


def test_the_applications_schema_is_the_same_to_the_byte_after_an_import(application: Application) -> None:
    before = dump_schema(application.url)
    account = application.load(RECORDS)
    assert account.totals()["inserted"] == 3
    assert dump_schema(application.url) == before
    outside = application.query(
        """
        SELECT conname::text
        FROM pg_constraint
        JOIN pg_class AS one ON one.oid = conrelid
        JOIN pg_class AS other ON other.oid = confrelid
        WHERE one.relnamespace <> other.relnamespace
        """
    )
    assert outside == []


def test_the_sample_files_land_and_leave_the_schema_as_it_was(application: Application) -> None:
    before = dump_schema(application.url)
    totals = application.load_files(PROJECT / "data" / "sample").totals()
    assert totals["read"] > 200
    assert totals["inserted"] > 150
    again = application.load_files(PROJECT / "data" / "sample", force=True).totals()
    assert (again["inserted"], again["updated"]) == (0, 0)
    assert dump_schema(application.url) == before


@pytest.mark.parametrize("moment", ["BEFORE INSERT", "BEFORE UPDATE"])
def test_a_record_that_a_trigger_of_the_application_refuses_costs_the_record_and_not_the_run(
    application: Application, moment: str
) -> None:
    if moment == "BEFORE UPDATE":
        application.load([CLINIC, POST])
    application.execute(
        """
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql
        AS $$ BEGIN RAISE EXCEPTION 'police posts are entered by hand'; END $$
        """
    )
    application.execute(
        f"CREATE TRIGGER refusing {moment} ON facilities FOR EACH ROW"
        " WHEN (NEW.facility_code = '90002') EXECUTE FUNCTION refuse()"
    )
    account = application.load([CLINIC, POST | {"description": "Open at night"}, SHELTER])
    assert account.files[0].rejects == {"refused_by_database": 1}
    assert account.totals()["read"] == 3
    assert account.totals()["rejected"] == 1
    assert application.query("SELECT record_number, detail FROM etl.rejects") == [
        {"record_number": 2, "detail": "police posts are entered by hand."}
    ]


def test_the_application_deletes_a_facility_and_the_next_run_brings_it_back(application: Application) -> None:
    application.load(RECORDS)
    for table in CHILDREN:
        application.execute(f"DELETE FROM {table} WHERE facility_id = 1")
    assert application.execute("DELETE FROM facilities WHERE facility_id = 1") == 1
    totals = application.load(RECORDS, force=True).totals()
    assert (totals["inserted"], totals["unchanged"]) == (1, 2)


def add_facility_by_hand(application: Application) -> None:
    application.execute(
        """
        INSERT INTO facilities (
            facility_name, facility_code, registration_number, address_line_1, address_line_2, is_active, description,
            website_url, created_at, created_by, operational_status_id, ward_id
        )
        VALUES ('By hand', '70001', 'HAND-1', '', '', true, '', '', now(), 1, 1, 5001)
        """
    )


def test_the_applications_own_inserts_go_on_from_its_sequences(application: Application) -> None:
    application.load(RECORDS)
    add_facility_by_hand(application)
    application.execute(
        """
        INSERT INTO facility_contacts (
            facility_id, contact_type_id, contact_value, contact_person_name, is_primary, is_active, created_at,
            created_by
        )
        SELECT facility_id, 1, '0700000016', '', true, true, now(), 1
        FROM facilities
        WHERE facility_code = '70001'
        """
    )
    application.execute(
        "INSERT INTO contact_clicks (contact_id, clicked_at) SELECT contact_id, now() FROM facility_contacts"
    )
    assert application.query("SELECT facility_id FROM facilities WHERE facility_code = '70001'") == [{"facility_id": 4}]


def test_the_application_flushes_its_tables_and_the_next_run_fills_them_again(application: Application) -> None:
    application.load(RECORDS)
    application.execute("TRUNCATE facilities, contact_clicks RESTART IDENTITY CASCADE")
    assert application.load(RECORDS, force=True).totals()["inserted"] == 3
    application.execute("DROP TABLE contact_clicks")
    application.execute("ALTER TABLE facilities ALTER facility_name TYPE varchar(250)")
    assert application.load([CLINIC], force=True).totals()["unchanged"] == 1


def test_a_key_that_was_given_anew_is_another_facilitys(application: Application) -> None:
    account = application.load(RECORDS[1:2])
    application.execute("TRUNCATE facilities, contact_clicks RESTART IDENTITY CASCADE")
    add_facility_by_hand(application)
    assert application.query("SELECT facility_id FROM facilities") == [{"facility_id": 1}]
    undo(account.run_id, application.settings())
    assert application.load(RECORDS[1:2], force=True).totals()["inserted"] == 1
    assert application.load(RECORDS[:1]).totals()["inserted"] == 1
    codes = application.query("SELECT facility_code FROM facilities ORDER BY facility_id")
    assert [row["facility_code"] for row in codes] == ["70001", "90002", "90001"]


def test_a_superseded_record_is_remembered_until_its_key_is_given_anew(application: Application) -> None:
    pair = [CLINIC, CLINIC | {"description": "Open by night"}]
    remembered = "SELECT count(*)::bigint AS records FROM etl.superseded_records"
    accounts = [application.load(pair, force=True) for _ in range(3)]
    assert [(file.superseded, file.unchanged) for account in accounts[1:] for file in account.files] == [(1, 1)] * 2
    assert accounts[1].files[0].issues == accounts[2].files[0].issues
    assert application.query(remembered) == [{"records": 1}]
    application.execute("TRUNCATE facilities, contact_clicks RESTART IDENTITY CASCADE")
    assert application.load(RECORDS[1:2]).totals()["inserted"] == 1
    assert application.query(remembered) == [{"records": 0}]


def test_a_dry_run_leaves_no_trace_not_even_in_a_sequence(application: Application) -> None:
    application.change("empty_lookups", "no_superuser")
    sequences = application.rows("sequence_values")
    account = application.load(RECORDS, dry_run=True, create_actor=True)
    assert account.totals()["inserted"] == 3
    assert application.rows("sequence_values") == sequences
    assert application.query("SELECT count(*) AS rows FROM facilities") == [{"rows": 0}]
    assert application.query("SELECT 1 AS one FROM pg_namespace WHERE nspname = 'etl'") == []
