"""A dump that was restored in part, and a database that is another's, are told as such, and what to do."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from gvrc.database import connect
from gvrc.errors import DatabaseUnavailableError
from gvrc.health import HealthChecker
from gvrc.migrations import migrate_database
from gvrc.operating.findings import look_closely
from gvrc.settings import PROJECT
from gvrc.torn import RESTORE, made_tables, torn_tables
from tests.conftest import variables_of

if TYPE_CHECKING:
    from pathlib import Path

    from gvrc.database import Database
    from gvrc.settings import Settings

APPLIED = ("directory/0001_directory.sql", "etl/0001_etl.sql")


def test_a_database_that_has_all_of_its_tables_is_whole(settings: Settings, fresh: Database) -> None:
    assert look_closely(fresh, settings).fits
    assert torn_tables(fresh, APPLIED) == []
    assert made_tables(APPLIED)["etl.runs"]
    assert made_tables(APPLIED)["public.facilities"]


@pytest.mark.parametrize(
    ("lost", "told"),
    [
        ("DROP TABLE etl.code_map", "etl.code_map is missing"),
        ("DROP TABLE facility_owners", "public.facility_owners is missing"),
        ("ALTER TABLE etl.code_map DROP CONSTRAINT code_map_pkey", "etl.code_map has lost its primary key"),
    ],
)
def test_a_table_or_a_key_that_was_not_restored_is_named(
    *, settings: Settings, fresh: Database, lost: str, told: str
) -> None:
    fresh.execute(lost)
    found = look_closely(fresh, settings)
    assert not found.fits
    assert found.lines[-3:] == ["Tables:", f"  - {told}", f"  - {RESTORE}"]
    health = HealthChecker(settings).run_health_checks()["checks"]["database"]
    assert health["status"] == "unhealthy"
    assert f"An import cannot run there: {told}" in health["hint"]


@pytest.mark.parametrize(
    ("lost", "told"),
    [
        (
            "ALTER SEQUENCE etl.runs_run_no_seq RESTART",
            "a sequence is behind its table, as after a dump restored in part",
        ),
        ("DROP TABLE etl.runs CASCADE", "see what is lacking: python scripts/migrate.py --check"),
    ],
)
def test_a_run_on_a_torn_database_does_not_say_to_repeat_it(
    *, settings: Settings, fresh: Database, tmp_path: Path, lost: str, told: str
) -> None:
    path = tmp_path / "clinic.json"
    path.write_text(json.dumps([{"code": "13080", "name": "Mukuru Crisis Clinic", "county_name": "Nairobi"}]), "utf-8")
    assert call(settings, path).returncode == 0
    fresh.execute(lost)
    done = call(settings, path)
    assert done.returncode == 3
    assert told in done.stderr


def call(settings: Settings, path: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | variables_of(settings)
    command = [sys.executable, "scripts/production_json_importer.py", str(path), "--force"]
    return subprocess.run(
        command, env=environment, cwd=PROJECT, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.parametrize("command", [["production_json_importer.py", "data/sample"], ["migrate.py"]])
def test_a_database_of_another_application_is_told_as_such_and_left_as_it_was(
    empty_url: str, settings: Settings, tmp_path: Path, command: list[str]
) -> None:
    with connect(empty_url) as database:
        database.execute(
            "CREATE TABLE users (id integer); CREATE TABLE wards (bed text); CREATE TABLE patients (n text)"
        )
        told = "tables that bear the importer's names and are not its own (public.wards, public.users)"
        found = look_closely(database, settings)
        assert not found.fits
        assert told in found.lines[-1]
        ended = subprocess.run(
            [sys.executable, f"scripts/{command[0]}", *command[1:], "--database-url", empty_url],
            capture_output=True,
            text=True,
            check=False,
            cwd=PROJECT,
            env=os.environ | {f"GVRC_{name}_DIR": str(tmp_path / name) for name in ("DATA", "LOGS", "REPORTS")},
        )
        assert ended.returncode == 3
        assert told in ended.stderr
        assert "repeat" not in ended.stderr
        assert sorted(row["table_name"] for row in database.rows("tables_and_keys")) == [
            "public.patients",
            "public.users",
            "public.wards",
        ]


def test_a_table_of_anothers_that_is_called_as_the_list_of_our_migrations_is_told(
    settings: Settings, empty_url: str
) -> None:
    with connect(empty_url) as database:
        database.execute("CREATE SCHEMA etl; CREATE TABLE etl.migrations (version integer)")
        for act in (look_closely, migrate_database):
            with pytest.raises(DatabaseUnavailableError, match=r"are not its own \(etl[.]migrations\): it is another"):
                act(database, settings)


def test_two_commands_that_meet_an_empty_database_at_once_make_its_tables_once(
    settings: Settings, empty_url: str
) -> None:
    with connect(empty_url) as first, connect(empty_url) as second, ThreadPoolExecutor(1) as beside:
        with first.transaction():
            assert "etl/0001_etl.sql" in migrate_database(first, settings)
            later = beside.submit(migrate_database, second, settings)
            time.sleep(0.3)
        assert later.result(timeout=30) == []
        assert look_closely(second, settings).fits
