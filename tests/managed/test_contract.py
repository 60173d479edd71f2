"""A managed database is compared with the contract before anything is written."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from gvrc.contract import check_contract, check_privileges, fits, read_contract
from gvrc.database import connect
from gvrc.errors import DatabaseUnavailableError
from gvrc.statements import statement, statement_group
from tests.conftest import copied_database

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gvrc.database import Database
    from tests.managed.conftest import Application

GBV_KEY = "facility_gbv_categories_facility_id_gbv_category_id_key"


@pytest.fixture(scope="module")
def unchanged(server: Database, server_url: str, application_template: str) -> Iterator[Database]:
    """Open one database for all the changes that are rolled back."""
    for url in copied_database(server, server_url, application_template):
        with connect(url) as database:
            yield database


def test_the_applications_database_fits(application: Application) -> None:
    with connect(application.url) as database:
        assert check_contract(database) == []
        assert check_privileges(database, application.settings(create_actor=True)) == []


def test_more_than_the_contract_is_fine(application: Application) -> None:
    application.change("more_columns")
    application.execute("ALTER TABLE facilities ALTER facility_name TYPE varchar(400)")
    application.execute("ALTER TABLE facilities ALTER website_url TYPE text")
    application.execute("ALTER TABLE facility_coordinates ALTER latitude TYPE numeric")
    application.execute("CREATE TABLE facility_notes (note_id integer NOT NULL)")
    with connect(application.url) as database:
        assert check_contract(database) == []


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        ("DROP TABLE facility_owners", "facility_owners: the table is missing."),
        (
            "ALTER TABLE facilities DROP COLUMN website_url",
            "facilities.website_url: the column is missing; varchar(500) is expected.",
        ),
        (
            "ALTER TABLE facilities ALTER facility_name TYPE varchar(100)",
            "facilities.facility_name: is varchar(100); varchar(200) or wider is expected.",
        ),
        (
            "ALTER TABLE facility_coordinates ALTER latitude TYPE numeric(9, 6)",
            "facility_coordinates.latitude: is numeric(9,6); numeric(10,8) or wider is expected.",
        ),
        (
            "ALTER TABLE facility_services ALTER is_free TYPE integer USING is_free::integer",
            "facility_services.is_free: is integer; boolean or wider is expected.",
        ),
        (
            "ALTER TABLE facilities ADD COLUMN region_id integer NOT NULL",
            "facilities.region_id: must be filled and has no default; the importer sends no value for it.",
        ),
        (
            "ALTER TABLE operational_statuses DROP CONSTRAINT operational_statuses_status_name_key",
            "operational_statuses: no unique key on status_name.",
        ),
        (
            f"ALTER TABLE facility_gbv_categories DROP CONSTRAINT {GBV_KEY}",
            "facility_gbv_categories: no unique key on facility_id, gbv_category_id.",
        ),
        (
            "ALTER TABLE facility_contacts ALTER contact_id DROP IDENTITY",
            "facility_contacts.contact_id: no identity or serial sequence gives its values.",
        ),
        (
            "ALTER TABLE facility_contacts ALTER contact_id SET GENERATED ALWAYS",
            "facility_contacts.contact_id: is GENERATED ALWAYS; the importer sends a value, BY DEFAULT is expected.",
        ),
        (
            "CREATE RULE quiet AS ON INSERT TO facility_contacts DO INSTEAD NOTHING",
            (
                "facility_contacts: the rule quiet does something INSTEAD of what the importer asks for: "
                "drop it, or make a trigger of it."
            ),
        ),
        (
            "CREATE RULE tell AS ON INSERT TO facility_contacts DO ALSO SELECT 1",
            (
                "facility_contacts: the rule tell does something beside what the importer asks for: "
                "drop it, or make a trigger of it."
            ),
        ),
    ],
)
def test_a_difference_is_told_in_one_line(unchanged: Database, change: str, difference: str) -> None:
    with unchanged.transaction(keep=False):
        unchanged.execute(change)
        assert check_contract(unchanged) == [difference]


def test_a_rule_that_adds_something_or_is_on_a_table_that_is_only_read_is_fine(unchanged: Database) -> None:
    with unchanged.transaction(keep=False):
        unchanged.execute("CREATE TABLE told (what text)")
        unchanged.execute("CREATE RULE tell AS ON UPDATE TO facilities DO ALSO INSERT INTO told VALUES ('updated')")
        unchanged.execute("CREATE RULE keep AS ON DELETE TO wards DO INSTEAD NOTHING")
        assert check_contract(unchanged) == []


def test_a_run_stops_at_a_difference_and_changes_nothing(application: Application) -> None:
    application.execute("ALTER TABLE facilities ALTER facility_name TYPE varchar(100)")
    with pytest.raises(DatabaseUnavailableError, match=r"facility_name: is varchar\(100\)") as stopped:
        application.load([{"name": "Port Reitz Clinic"}])
    assert stopped.value.exit_status == 3
    assert application.query("SELECT 1 AS one FROM pg_namespace WHERE nspname = 'etl'") == []


@pytest.mark.parametrize(
    ("live", "expected", "is_fit"),
    [
        ("varchar(50)", "varchar(50)", True),
        ("varchar(49)", "varchar(50)", False),
        ("varchar", "varchar(50)", True),
        ("varchar(500)", "text", False),
        ("numeric(12,9)", "numeric(10,8)", True),
        ("numeric(10,9)", "numeric(10,8)", False),
        ("bigint", "integer", False),
        ("timestamp without time zone", "timestamptz", False),
    ],
)
def test_a_type_fits_when_every_value_has_room(live: str, expected: str, is_fit: bool) -> None:
    assert fits(live, expected) is is_fit


def test_the_contract_names_exactly_the_columns_that_our_inserts_send() -> None:
    insert = re.compile(r"INSERT INTO (\w+) \(([^)]*)\)")
    sent: dict[str, set[str]] = {}
    for part in ("lookups", "3_facilities", "4_contacts", "4_coordinates", "4_children"):
        for name in statement_group(f"merge/{part}.sql"):
            if not name.endswith("_fresh"):
                for table, columns in insert.findall(statement(name)):
                    sent.setdefault(table, set()).update(re.findall(r"\w+", columns))
    expected = {
        table: {column.name for column in columns} for table, columns in read_contract().items() if columns[0].is_sent
    }
    assert {table: sent.get(table) for table in expected} == expected
