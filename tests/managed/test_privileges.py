"""The importer works with no more rights than sql/checks/grants.sql gives, and says what is missing."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

import pytest

from gvrc import ledger
from gvrc.contract import check_privileges
from gvrc.database import connect
from gvrc.errors import DatabaseUnavailableError
from gvrc.migrations import look_at_database, migrate
from gvrc.operating.findings import look_closely
from gvrc.pipeline import Options, run
from gvrc.psql import find_psql
from tests.conftest import PROJECT, call_script
from tests.managed.records import RECORDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gvrc.open_run import Run
    from tests.managed.conftest import Application

GRANTS = PROJECT / "sql" / "checks" / "grants.sql"
ROLE = "gvrc_importer"
PASSWORD = "right-secret-1"  # noqa: S105 - of a role of this test


@pytest.fixture
def role(application: Application) -> Iterator[str]:
    """Make a role that may log in and nothing more; the tables belong to the application's."""
    application.execute(f"CREATE ROLE {ROLE} LOGIN")
    yield ROLE
    application.execute(f"DROP OWNED BY {ROLE}")
    application.execute(f"DROP ROLE {ROLE}")


@pytest.fixture
def narrowed(application: Application, role: str) -> Application:
    """Give the application's database as that role sees it."""
    application.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
    return type(application)(application.url.replace("postgres:@", f"{role}:@"), application.folder)


def grant(application: Application, *statements: str) -> None:
    for statement in statements:
        application.execute(statement)


def grant_all_that_the_file_gives(application: Application, role: str) -> None:
    subprocess.run(
        [find_psql(), "--dbname", application.url, "-v", "ON_ERROR_STOP=1", "-v", f"role={role}", "-f", GRANTS],
        check=True,
        capture_output=True,
    )


def test_an_import_needs_only_what_the_grants_give(application: Application, narrowed: Application, role: str) -> None:
    grant_all_that_the_file_gives(application, role)
    application.change("empty_lookups")
    assert narrowed.load(RECORDS).totals()["inserted"] == 3
    changed = [RECORDS[0] | {"facility_name": "Port Reitz Test Hospital", "beds": 14, "latitude": -4.04}]
    assert narrowed.load(changed).totals()["updated"] == 1
    with pytest.raises(Exception, match="permission denied for table wards"):
        narrowed.execute("DELETE FROM wards")
    with pytest.raises(Exception, match="permission denied for table users"):
        narrowed.query("SELECT password FROM users")


def test_an_import_stops_where_row_level_security_may_hide_facilities_from_it(
    application: Application, narrowed: Application, role: str
) -> None:
    grant_all_that_the_file_gives(application, role)
    closed = [{"facility_name": "Kangemi Test Shelter", "county": "Nairobi", "ward": "Kangemi", "status": "Closed"}]
    assert narrowed.load(closed).totals()["inserted"] == 1
    application.execute("ALTER TABLE facilities ENABLE ROW LEVEL SECURITY")
    application.execute("CREATE POLICY active ON facilities USING (is_active) WITH CHECK (true)")
    with pytest.raises(DatabaseUnavailableError, match="facilities: row level security may hide rows from this user"):
        narrowed.load([closed[0] | {"facility_code": "70001"}])
    assert application.query("SELECT count(*) AS facilities FROM facilities") == [{"facilities": 1}]


def test_row_level_security_that_hides_nothing_from_the_importer_is_fine(
    application: Application, narrowed: Application, role: str
) -> None:
    grant_all_that_the_file_gives(application, role)
    application.execute("ALTER TABLE facilities ENABLE ROW LEVEL SECURITY")
    application.execute("CREATE POLICY active ON facilities USING (is_active)")
    application.execute(f"CREATE POLICY importer ON facilities TO {role} USING (true)")
    assert narrowed.load(RECORDS).totals()["inserted"] == 3
    application.execute("DROP POLICY active ON facilities")
    application.execute("DROP POLICY importer ON facilities")


def test_a_file_that_fails_late_is_taken_back_with_what_the_grants_give(
    application: Application, narrowed: Application, role: str
) -> None:
    grant_all_that_the_file_gives(application, role)
    cut, good = narrowed.folder / "cut.json", narrowed.folder / "good.json"
    many = [RECORDS[1] | {"facility_code": f"L{number}", "facility_name": f"Late {number}"} for number in range(60)]
    cut.write_text(json.dumps(many)[:-30], "utf-8")
    good.write_text(json.dumps(RECORDS[:1]), "utf-8")
    account = run([str(cut), str(good)], narrowed.settings(batch_size=10), Options())
    assert [(file.status, file.inserted) for file in account.files] == [("failed", 0), ("succeeded", 1)]
    assert application.query("SELECT count(*) AS facilities FROM facilities") == [{"facilities": 1}]


def test_a_role_that_may_have_one_connection_imports_the_same(
    application: Application, narrowed: Application, role: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    grant_all_that_the_file_gives(application, role)
    begin_run = ledger.begin_run

    def narrow(this_run: Run) -> None:
        application.execute(f"ALTER ROLE {role} CONNECTION LIMIT 1")  # that one is taken
        begin_run(this_run)

    monkeypatch.setattr(ledger, "begin_run", narrow)
    accounts = []
    for records in (RECORDS, RECORDS[::-1]):
        accounts.append(narrowed.load(records, force=True).totals())
        application.execute(f"ALTER ROLE {role} CONNECTION LIMIT -1")
    assert [(account["inserted"], account["unchanged"]) for account in accounts] == [(3, 0), (0, 3)]


def test_a_table_that_another_role_makes_for_a_new_version_may_be_used(
    application: Application, narrowed: Application, role: str
) -> None:
    application.load(RECORDS[:1])
    application.execute("DROP TABLE etl.decided_places")
    application.execute("DELETE FROM etl.migrations WHERE name = 'etl/0005_decided_places.sql'")
    grant_all_that_the_file_gives(application, role)
    with connect(application.url) as database:
        migrate(database, look_at_database(database))
    assert narrowed.load(RECORDS).totals()["inserted"] == 2


def test_another_role_may_have_made_schema_etl(application: Application, narrowed: Application, role: str) -> None:
    application.load(RECORDS[:1])
    with pytest.raises(DatabaseUnavailableError, match="permission denied for schema"):
        narrowed.load(RECORDS)
    grant_all_that_the_file_gives(application, role)
    assert narrowed.load(RECORDS).totals()["inserted"] == 2


def test_an_empty_directory_of_ours_that_another_role_made_takes_its_first_load(
    application: Application, role: str, fresh_url: str
) -> None:
    owner = type(application)(fresh_url, application.folder)
    grant_all_that_the_file_gives(owner, role)
    importer = type(application)(fresh_url.replace("postgres:@", f"{role}:@"), application.folder)
    assert importer.load(RECORDS, dry_run=True).totals()["inserted"] == 3
    assert importer.load(RECORDS).totals()["inserted"] == 3
    keys = "SELECT count(*) AS keys FROM pg_constraint WHERE contype = 'f' AND conrelid = 'facilities'::regclass"
    assert owner.query(keys) == [{"keys": 4}]


def test_a_right_that_is_missing_on_the_importers_own_tables_is_told_before_a_run(
    application: Application, narrowed: Application, role: str
) -> None:
    application.load(RECORDS[:1])
    grant_all_that_the_file_gives(application, role)
    grant(application, f"REVOKE INSERT ON etl.issues, etl.rejects FROM {role}")
    grant(application, f"REVOKE INSERT, UPDATE, DELETE ON etl.migrations FROM {role}")  # these are for who migrates
    with connect(narrowed.url) as database:
        assert check_privileges(database, narrowed.settings()) == [
            "SELECT, INSERT, UPDATE or DELETE: etl.issues, etl.rejects."
        ]
    with pytest.raises(DatabaseUnavailableError, match=r"DELETE: etl\.issues, etl\.rejects\."):
        narrowed.load(RECORDS)


def test_the_guides_grant_is_not_enough_for_a_managed_database(
    application: Application, narrowed: Application, role: str
) -> None:
    name = application.query("SELECT current_database()::text AS name")[0]["name"]
    grant(application, f"GRANT ALL PRIVILEGES ON DATABASE {name} TO {role}")
    with pytest.raises(DatabaseUnavailableError, match="permission denied for schema public") as refused:
        narrowed.load(RECORDS)
    assert "psql -v role=THIS_USER -d THIS_DATABASE -f sql/checks/grants.sql" in str(refused.value)
    grant(application, f"GRANT USAGE ON SCHEMA public TO {role}")
    with pytest.raises(DatabaseUnavailableError, match="may not do in the database what an import does") as refused:
        narrowed.load(RECORDS)
    lines = str(refused.value).splitlines()
    assert [line.split(":")[0].strip("- ") for line in lines[1:6]] == [
        "SELECT",
        "INSERT",
        "UPDATE",
        "DELETE",
        "USAGE of the sequence",
    ]
    assert lines[4].startswith("  - DELETE: facilities, facility_contacts, facility_coordinates, ")
    assert "psql -v role=THIS_USER -d THIS_DATABASE -f sql/checks/grants.sql" in lines[-1]
    assert application.query("SELECT 1 AS one FROM pg_namespace WHERE nspname = 'etl'") == []


def test_without_the_right_to_make_schema_etl_the_run_stops_in_one_line(
    application: Application, narrowed: Application, role: str
) -> None:
    grant_all_that_the_file_gives(application, role)
    name = application.query("SELECT current_database()::text AS name")[0]["name"]
    grant(application, f"REVOKE CREATE ON DATABASE {name} FROM {role}")
    with pytest.raises(DatabaseUnavailableError, match=f"GRANT CREATE ON DATABASE {name}") as refused:
        narrowed.load(RECORDS)
    assert "\n" not in str(refused.value)


def test_the_guides_grant_is_not_enough_for_a_fresh_database(
    empty_url: str, application: Application, role: str
) -> None:
    [name] = re.findall(r"test_\w+", empty_url)
    grant(application, f"GRANT ALL PRIVILEGES ON DATABASE {name} TO {role}")
    narrowed = type(application)(empty_url.replace("postgres:@", f"{role}:@"), application.folder)
    with pytest.raises(DatabaseUnavailableError, match="GRANT CREATE ON SCHEMA public") as refused:
        narrowed.load(RECORDS)
    assert "\n" not in str(refused.value)
    owner = type(application)(empty_url, application.folder)
    grant(owner, f"GRANT CREATE ON SCHEMA public TO {role}")
    try:
        assert narrowed.load(RECORDS).totals()["inserted"] == 3
    finally:
        grant(owner, f"DROP OWNED BY {role} CASCADE")


def test_check_lists_every_right_that_is_missing_on_a_fresh_database(
    empty_url: str, application: Application, role: str
) -> None:
    [name] = re.findall(r"test_\w+", empty_url)
    owner = type(application)(empty_url, application.folder)
    grant(owner, f"REVOKE ALL ON DATABASE {name} FROM PUBLIC", f"GRANT CONNECT ON DATABASE {name} TO {role}")
    with connect(empty_url.replace("postgres:@", f"{role}:@")) as database:
        found = look_closely(database, application.settings())
    assert not found.fits
    lacking = [line for line in found.lines if line.startswith("  - This user may not create")]
    assert [re.findall(r"GRANT (?:CREATE|TEMPORARY) ON \w+", line) for line in lacking] == [
        ["GRANT CREATE ON DATABASE"],
        ["GRANT CREATE ON SCHEMA"],
        ["GRANT TEMPORARY ON DATABASE"],
    ]
    with connect(empty_url) as database:
        assert look_closely(database, application.settings()).fits


def test_check_tells_that_schema_etl_may_not_be_made_in_a_managed_database(
    application: Application, narrowed: Application, role: str
) -> None:
    grant_all_that_the_file_gives(application, role)
    name = application.query("SELECT current_database()::text AS name")[0]["name"]
    grant(application, f"REVOKE CREATE ON DATABASE {name} FROM {role}")
    with connect(narrowed.url) as database:
        found = look_closely(database, narrowed.settings())
    assert not found.fits
    assert [line for line in found.lines if f"GRANT CREATE ON DATABASE {name}" in line]


def test_lookups_and_users_need_rights_only_when_they_may_be_made(
    application: Application, narrowed: Application, role: str
) -> None:
    grant_all_that_the_file_gives(application, role)
    grant(application, f"REVOKE INSERT ON owner_types FROM {role}")
    with connect(narrowed.url) as database:
        assert check_privileges(database, narrowed.settings()) == ["INSERT: owner_types."]
        assert check_privileges(database, narrowed.settings(create_lookups=False)) == []
        assert check_privileges(database, narrowed.settings(create_lookups=False, create_actor=True)) == [
            "INSERT: users.",
            "USAGE of the sequence: users.",
        ]
    with pytest.raises(DatabaseUnavailableError, match=r"and once, for create_actor, what that file says of users"):
        narrowed.load(RECORDS, create_lookups=False, create_actor=True)


@pytest.fixture
def walled(application: Application, role: str) -> Iterator[str]:
    """Give the URL of the application's database for the role, whom the server now asks for a password."""
    hba = Path(application.query("SELECT current_setting('hba_file') AS path")[0]["path"])
    rules = hba.read_text("utf-8")
    application.execute(f"ALTER ROLE {role} PASSWORD '{PASSWORD}'")
    hba.write_text(f"local all {role} scram-sha-256\n{rules}", "utf-8")
    application.query("SELECT pg_reload_conf()")
    yield application.url.replace("postgres:@", f"{role}:{PASSWORD}@")
    hba.write_text(rules, "utf-8")
    application.query("SELECT pg_reload_conf()")


def test_a_password_is_in_no_error_and_in_no_command_line(walled: str, tmp_path: Path) -> None:
    path = tmp_path / "records.json"
    path.write_text("[]", "utf-8")
    ended = call_script(
        "production_json_importer", path, "--database-url", walled.replace(PASSWORD, "wr0ng-secret"), cwd=tmp_path
    )
    assert ended.returncode == 3
    assert "wr0ng-secret" not in ended.stdout + ended.stderr
    assert re.fullmatch(r"error: .*password authentication failed.*\n", ended.stderr)
    opened = subprocess.run(
        [sys.executable, PROJECT / "scripts" / "psql.py", "-tA", "-c", r"\! ps -ww -o args= -p $PPID"],
        env=os.environ | {"DATABASE_URL": walled},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "psql" in opened.stdout
    assert PASSWORD not in opened.stdout + opened.stderr


def test_a_wrong_password_is_told_as_that_and_not_as_a_server_that_is_down(walled: str) -> None:
    for url in (walled.replace(PASSWORD, "wr0ng-secret"), walled.replace(f":{PASSWORD}", "")):
        with pytest.raises(DatabaseUnavailableError, match=r"refused the connection: .* in ~/[.]pgpass[.]") as raised:
            connect(url)
        assert "is running" not in str(raised.value)
        assert "secret" not in str(raised.value)


@pytest.mark.parametrize("password", ["secret-Passw0rd", "p@ss/w:rd 1", quote("p@ss/w:rd 1", safe="")])
def test_a_server_that_does_not_answer_is_told_in_one_line_without_the_password(tmp_path: Path, password: str) -> None:
    path = tmp_path / "records.json"
    path.write_text("[]", "utf-8")
    ended = call_script(
        "production_json_importer",
        path,
        "--database-url",
        f"postgresql://gvrc_user:{password}@127.0.0.1:1/gvrc",
        cwd=tmp_path,
    )
    assert ended.returncode == 3
    assert password not in ended.stdout + ended.stderr
    assert unquote(password) not in ended.stdout + ended.stderr
    assert re.fullmatch(r"error: .*\n", ended.stderr)
