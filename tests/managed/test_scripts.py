"""scripts/migrate.py and scripts/psql.py, run as a user runs them."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from gvrc.psql import psql_call, take_out_password
from tests.conftest import call_script
from tests.managed.records import RECORDS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.managed.conftest import Application

IMPORTER = "production_json_importer"
MIGRATIONS = [
    "etl/0001_etl.sql",
    "etl/0002_settled_facilities.sql",
    "etl/0003_refused_numbers.sql",
    "etl/0004_superseded_records.sql",
    "etl/0005_decided_places.sql",
    "etl/0006_former_codes.sql",
    "etl/0007_switched_contacts.sql",
    "etl/0008_corrected_rejects.sql",
    "etl/0009_corrections.sql",
    "etl/0010_nobodys.sql",
]


def test_check_prints_what_was_found_and_changes_nothing(application: Application) -> None:
    application.change("ward_suffixes")
    ended = call_script("migrate", "--check", "--database-url", application.url)
    assert (ended.returncode, ended.stderr) == (0, "")
    lookups = "condition_statuses 2, contact_types 4, gbv_categories 1, infrastructure_types 2"
    more_lookups = "operational_statuses 3, owner_types 3, service_categories 3"
    wards = "Port Reitz Ward, Kipevu Ward, Airport Ward, Changamwe Ward, Chaani Ward, ..."
    lines = ended.stdout.splitlines()
    assert lines[0].endswith(", managed")
    assert lines[1:] == [
        "Migrations applied: none",
        f"Migrations pending: {', '.join(MIGRATIONS)}",
        "Contract: fits",
        "Privileges that this user lacks: none",
        "Directory: 47 counties, 290 constituencies, 1450 wards, 0 facilities",
        f"Lookups: {lookups}, {more_lookups}",
        f'Wards at risk (stored with " Ward" at the end): 1450 ({wards})',
        "Actor: the user 2",
    ]
    assert application.query("SELECT 1 AS one FROM pg_namespace WHERE nspname = 'etl'") == []


def test_check_and_migrate_stop_with_3_where_the_database_does_not_fit(application: Application) -> None:
    application.execute("ALTER TABLE facilities DROP COLUMN description")
    ended = call_script("migrate", "--check", "--database-url", application.url)
    assert ended.returncode == 3
    assert "  - facilities.description: the column is missing; text is expected." in ended.stdout.splitlines()
    ended = call_script("migrate", "--database-url", application.url)
    assert ended.returncode == 3
    assert "facilities.description: the column is missing" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_the_importer_loads_a_managed_database_and_stops_with_3_where_it_does_not_fit(
    application: Application, tmp_path: Path
) -> None:
    (tmp_path / "records.json").write_text(json.dumps(RECORDS), "utf-8")
    config = tmp_path / "settings.yaml"
    folders = (f"{name}_dir: {tmp_path / name}\n" for name in ("data", "logs", "reports"))
    config.write_text("".join(folders), "utf-8")
    options = ("--config", str(config), "--database-url", application.url)
    ended = call_script(IMPORTER, tmp_path / "records.json", *options, "--summary", tmp_path / "summary.json")
    assert (ended.returncode, ended.stdout.count("Account: 3 read = 3 inserted")) == (0, 1)
    summary = json.loads((tmp_path / "summary.json").read_text("utf-8"))
    assert summary["database"]["mode"] == "managed"
    application.execute("ALTER TABLE facilities ADD COLUMN region_id integer")
    assert call_script(IMPORTER, tmp_path / "records.json", *options).returncode == 0
    application.execute("UPDATE facilities SET region_id = 1")
    application.execute("ALTER TABLE facilities ALTER region_id SET NOT NULL")
    ended = call_script(IMPORTER, tmp_path / "records.json", *options)
    assert ended.returncode == 3
    assert ended.stderr.splitlines()[1] == (
        "  - facilities.region_id: must be filled and has no default; the importer sends no value for it."
    )
    assert len(ended.stderr.splitlines()) == 3


def test_migrate_applies_what_is_pending_once(application: Application) -> None:
    ended = call_script("migrate", "--database-url", application.url)
    assert ended.returncode == 0
    assert ended.stdout.splitlines() == [f"applied {migration}" for migration in MIGRATIONS]
    ended = call_script("migrate", "--database-url", application.url)
    assert (ended.returncode, ended.stdout) == (0, "nothing to apply\n")


def test_psql_takes_further_arguments_and_ends_with_psqls_status(application: Application) -> None:
    ended = call_script("psql", "--database-url", application.url, "-tA", "-c", "SELECT count(*) FROM wards")
    assert (ended.returncode, ended.stdout) == (0, "1450\n")
    assert call_script("psql", "--database-url", application.url, "-c", "SELECT nothing").returncode == 1


@pytest.mark.parametrize(
    ("url", "shown", "password"),
    [
        ("postgresql://me:se%40cret@host:5432/gvrc", "postgresql://me@host:5432/gvrc", "se@cret"),
        ("postgresql://me@host/gvrc?password=secret", "postgresql://me@host/gvrc", "secret"),
        (
            "postgresql://me@host/gvrc?password=secret&sslmode=require",
            "postgresql://me@host/gvrc?sslmode=require",
            "secret",
        ),
        ("postgresql://me:p@ss/w@host/gvrc?name=a@b", "postgresql://me@host/gvrc?name=a@b", "p@ss/w"),
        ("host=here password=secret dbname=gvrc", "host=here dbname=gvrc", "secret"),
        (r"host=here password='se \'cret' dbname=gvrc", "host=here dbname=gvrc", "se 'cret"),
        ("postgresql://me@host/gvrc", "postgresql://me@host/gvrc", None),
        ("postgresql://postgres:@/gvrc?host=/tmp/x", "postgresql://postgres@/gvrc?host=/tmp/x", ""),
    ],
)
def test_a_password_goes_to_psql_by_the_environment(url: str, shown: str, password: str | None) -> None:
    assert take_out_password(url) == (shown, password)
    _, environment, argument = psql_call(url, os.environ | {"PGPASSWORD": "inherited"})
    assert environment["PGPASSWORD"] == (password or "inherited")
    assert argument == shown


def test_tuning_a_database_into_which_nothing_was_imported_says_what_to_do_first(application: Application) -> None:
    ended = call_script("tune", "--database-url", application.url)
    assert (ended.returncode, ended.stdout) == (3, "")
    assert ended.stderr.endswith("see what is lacking: python scripts/migrate.py --check\n")
