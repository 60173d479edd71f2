"""The guide's indexes and slow statements, on real servers."""

from __future__ import annotations

import os
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from gvrc.database import connect
from gvrc.errors import DatabaseUnavailableError
from gvrc.loading.commit import commit_batch
from gvrc.operating.tune import make_indexes, slow_queries, tuning_lock
from gvrc.pipeline import run
from gvrc.settings import PROJECT
from gvrc.statements import statement_group
from tests.conftest import call_script
from tests.console.test_console import wait_until_it_waits
from tests.test_pipeline import CLINIC, write

if TYPE_CHECKING:
    from concurrent.futures import Future
    from pathlib import Path

    from gvrc.database import Database
    from gvrc.settings import Settings

GUIDE = """
CREATE INDEX CONCURRENTLY idx_facilities_facility_code ON facilities(facility_code);
CREATE INDEX CONCURRENTLY idx_facilities_registration_number ON facilities(registration_number);
CREATE INDEX CONCURRENTLY idx_facilities_ward_id ON facilities(ward_id);
CREATE INDEX CONCURRENTLY idx_facilities_operational_status ON facilities(operational_status_id);
CREATE INDEX CONCURRENTLY idx_facilities_active ON facilities(facility_id) WHERE is_active = TRUE;
CREATE INDEX CONCURRENTLY idx_facilities_location_status ON facilities(ward_id, operational_status_id);
CREATE INDEX CONCURRENTLY idx_facilities_created_updated ON facilities(created_at, updated_at);
"""
NAMES = re.findall(r"idx_\w+", GUIDE)


def indexes(database: Database) -> dict[str, bool]:
    return {row["index_name"]: row["is_valid"] for row in database.rows("directory_indexes")}


def tune(url: str, *options: str) -> subprocess.CompletedProcess[str]:
    return call_script("tune", *options, env=os.environ | {"DATABASE_URL": url})


def test_the_guides_own_statements_run_verbatim_on_a_fresh_database(fresh: Database) -> None:
    for sql in GUIDE.strip().splitlines():
        fresh.execute(sql)
    assert set(NAMES) < set(indexes(fresh))


def test_the_file_makes_the_same_indexes_as_the_guide(fresh: Database) -> None:
    assert statement_group("indexes.sql") == NAMES
    for sql in GUIDE.strip().splitlines():
        fresh.execute(sql)
    by_guide = index_definitions(fresh)
    for name in NAMES:
        fresh.execute(f"DROP INDEX {name}")
        fresh.run(name)
    assert index_definitions(fresh) == by_guide


def index_definitions(database: Database) -> list[str]:
    from gvrc import statements

    sql = "SELECT indexdef AS sql FROM pg_indexes WHERE tablename = 'facilities' ORDER BY 1"
    statements.all_statements()["index_definitions"] = sql
    return [row["sql"] for row in database.rows("index_definitions")]


def test_a_fresh_database_gets_all_seven_and_is_told_which_are_redundant(fresh: Database) -> None:
    first, second = make_indexes(fresh), make_indexes(fresh)
    assert (first.made, first.missing) == (NAMES, [])
    assert (second.made, second.missing) == ([], [])
    assert (
        first.redundant
        == second.redundant
        == {
            "idx_facilities_facility_code": "facilities_facility_code_key",
            "idx_facilities_ward_id": "idx_facilities_location_status",
            "idx_facilities_active": "facilities_pkey",
        }
    )


def test_an_index_that_was_left_invalid_is_made_again(fresh: Database) -> None:
    make_indexes(fresh)
    # What a CREATE INDEX CONCURRENTLY that was cut short leaves.
    fresh.execute(
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'idx_facilities_active'::regclass",
    )
    assert indexes(fresh)["idx_facilities_active"] is False
    assert make_indexes(fresh).made == ["idx_facilities_active"]
    assert indexes(fresh)["idx_facilities_active"] is True


def test_a_managed_database_gets_indexes_only_when_asked(fresh: Database, fresh_url: str) -> None:
    fresh.execute("DELETE FROM etl.migrations WHERE name LIKE 'directory/%'")
    before = indexes(fresh)
    done = tune(fresh_url)
    assert done.returncode == 0
    assert "missing    idx_facilities_active: this database is managed; --create-indexes makes it" in done.stdout
    assert indexes(fresh) == before
    done = tune(fresh_url, "--create-indexes")
    assert "made       idx_facilities_active" in done.stdout
    assert set(NAMES) < set(indexes(fresh))


def test_an_index_that_the_server_stopped_is_made_when_the_command_is_repeated(fresh: Database, fresh_url: str) -> None:
    with connect(fresh_url) as application, application.transaction():
        application.execute("LOCK TABLE facilities IN ROW EXCLUSIVE MODE")
        fresh.execute("SET lock_timeout = '50ms'")
        with pytest.raises(DatabaseUnavailableError, match=r"due to lock timeout[.] Repeat the command") as raised:
            make_indexes(fresh)
    assert "owner" not in str(raised.value)
    assert len(make_indexes(fresh).made) == len(NAMES)


def test_a_second_command_at_once_says_so_and_waits_in_no_deadlock(fresh: Database, fresh_url: str) -> None:
    with tuning_lock(fresh):
        done = tune(fresh_url)
    assert done.returncode == 3
    assert done.stderr.startswith("error: Another command is making indexes in this database. Wait for it to end")
    assert tune(fresh_url).stdout.count("made") == len(NAMES)


@pytest.mark.parametrize("is_first", [True, False])
def test_an_import_and_an_index_that_is_made_meanwhile_do_not_wait_for_each_other(
    settings: Settings, fresh: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_first: bool
) -> None:
    if not is_first:  # one of many: foreign keys stay, statistics are refreshed
        run([write(tmp_path, "a.json", [CLINIC])], settings)
        monkeypatch.setattr("gvrc.pipeline.LARGE_LOAD", 1)
    with ThreadPoolExecutor(1) as maker:
        making: list[Future[object]] = []

        def commit(*arguments: Any) -> None:
            commit_batch(*arguments)
            if not making:
                making.append(maker.submit(make_one_index, str(settings.database_url)))
                wait_until_it_waits(fresh)

        monkeypatch.setattr("gvrc.pipeline.commit_batch", commit)
        second = CLINIC | {"code": 13081, "name": "Amani Clinic"}
        account = run([write(tmp_path, "b.json", [second])], settings)
        assert (account.status, account.totals()["inserted"]) == ("succeeded", 1)
        making[0].result()
    assert indexes(fresh)["idx_facilities_active"] is True


def make_one_index(url: str) -> None:
    with connect(url) as other:
        other.execute("SET lock_timeout = '5s'")  # where both wait for ever, it is this one that fails
        other.run("idx_facilities_active")


def test_psql_makes_the_indexes_from_the_file(fresh: Database, fresh_url: str) -> None:
    path = PROJECT / "sql" / "indexes.sql"
    subprocess.run(["psql", fresh_url, "-q", "-v", "ON_ERROR_STOP=1", "-f", path], check=True, timeout=60)
    assert set(NAMES) < set(indexes(fresh))


def test_a_database_without_a_directory_is_told(empty_url: str) -> None:
    done = tune(empty_url)
    assert done.returncode == 3
    assert done.stderr.startswith("error: There is no directory in this database yet")


def test_a_standby_is_told_to_take_no_writes_and_nobody_to_repeat_the_command(fresh_url: str) -> None:
    url = f"{fresh_url}&options=-c%20default_transaction_read_only%3Don"  # as a hot standby answers
    for options in ([], ["--create-indexes"]):
        done = tune(url, *options)
        assert done.returncode == 3
        assert re.fullmatch(r"error: The database \w+ takes no writes .*: name the one that does by .*\n", done.stderr)
    assert tune(url, "--slow-queries").returncode == 0


def test_a_database_of_others_that_lacks_tables_is_not_told_to_try_again(empty_url: str) -> None:
    with connect(empty_url) as database:
        database.execute("CREATE TABLE facilities (facility_id integer PRIMARY KEY)")
    done = tune(empty_url)
    assert done.returncode == 3
    assert done.stderr.endswith("see what is lacking: python scripts/migrate.py --check\n")


def test_there_is_a_clear_word_where_pg_stat_statements_is_not_installed(fresh: Database, fresh_url: str) -> None:
    word, rows = slow_queries(fresh)
    assert rows == []
    fresh.execute("CREATE ROLE slow_queries_reader")
    with fresh.transaction(keep=False):
        fresh.execute("SET LOCAL ROLE slow_queries_reader")
        assert slow_queries(fresh) == (word, rows)
    fresh.execute("DROP ROLE slow_queries_reader")
    assert word.startswith("pg_stat_statements is not installed: an administrator adds it to shared_preload_libraries")
    assert tune(fresh_url, "--slow-queries").stdout == f"{word}\n"


def test_slow_statements_are_shown_without_their_constants(debian_url: str) -> None:
    with connect(debian_url) as database:
        database.execute("CREATE EXTENSION pg_stat_statements")
        database.execute("SELECT pg_stat_statements_reset()")
        database.execute("SELECT pg_sleep(0.2), '0700000016' AS contact")
        database.execute("CREATE ROLE reader PASSWORD 's3cret'")
        word, rows = slow_queries(database)
        database.execute("SET ROLE reader")  # who is no administrator: nothing may be asked that only one may know
        assert slow_queries(database)[0] == word
    assert word == "pg_stat_statements is installed."
    assert rows[0]["query"] == "SELECT pg_sleep($1), $2 AS contact"
    assert rows[0]["calls"] == 1
    assert 200 <= rows[0]["mean_milliseconds"] < 2000
    path = PROJECT / "sql" / "checks" / "slow_queries.sql"
    told = subprocess.run(
        ["psql", debian_url, "-v", "ON_ERROR_STOP=1", "-f", path],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    ).stdout
    for shown in (tune(debian_url, "--slow-queries").stdout, told):
        assert "pg_sleep" in shown
        assert "0700000016" not in shown
        assert "s3cret" not in shown
