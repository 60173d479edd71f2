"""A first load has no foreign keys while it goes on; after it, all of them stand."""

from __future__ import annotations

import secrets
from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec
import pytest

from gvrc.database import connect
from gvrc.loading.first_load import add_foreign_keys
from gvrc.pipeline import Options, run
from tests.test_pipeline import CLINIC, outcome, rows, write

if TYPE_CHECKING:
    from pathlib import Path

    from gvrc.database import Database
    from gvrc.settings import Settings

FOREIGN_KEYS = """
SELECT conrelid::regclass::text AS table_name, conname::text, pg_get_constraintdef(oid) AS definition, convalidated
FROM pg_constraint
WHERE contype = 'f' AND connamespace = 'public'::regnamespace
ORDER BY table_name, conname
"""


def test_after_a_first_load_all_foreign_keys_stand_as_before_it(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    assert len(rows(fresh, FOREIGN_KEYS)) > 20
    load_and_find_them_as_before(fresh, tmp_path, settings)


def test_a_dry_run_leaves_them_where_they_are(settings: Settings, fresh: Database, tmp_path: Path) -> None:
    before = rows(fresh, FOREIGN_KEYS)
    run([write(tmp_path, "clinic.json", [CLINIC])], settings, Options(dry_run=True))
    assert rows(fresh, FOREIGN_KEYS) == before


def test_they_are_added_where_the_importer_may_have_one_connection_only(
    settings: Settings, fresh: Database, empty_url: str, tmp_path: Path
) -> None:
    role = f"importer_{secrets.token_hex(4)}"
    with connect(empty_url) as database:
        (name,) = rows(database, "SELECT current_database()::text AS name")
        database.execute(
            f"CREATE ROLE {role} LOGIN CONNECTION LIMIT 1; ALTER DATABASE {name['name']} OWNER TO {role};"
            f"ALTER SCHEMA public OWNER TO {role}"
        )
        narrow = msgspec.structs.replace(settings, database_url=empty_url.replace("://postgres:", f"://{role}:"))
        assert outcome(run([write(tmp_path, "clinic.json", [CLINIC])], narrow)) == {"read": 1, "inserted": 1}
        assert rows(database, FOREIGN_KEYS) == rows(fresh, FOREIGN_KEYS)
        assert rows(database, "SELECT DISTINCT tableowner::text AS owner FROM pg_tables WHERE schemaname = 'etl'") == [
            {"owner": role}
        ]


def test_they_are_added_where_the_connection_that_adds_them_is_lost(
    settings: Settings, fresh: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = rows(fresh, FOREIGN_KEYS)

    def add_and_be_lost(database: Database) -> bool:
        (own,) = rows(database, "SELECT pg_backend_pid() AS pid")
        rows(fresh, f"SELECT pg_terminate_backend({own['pid']}, 10000) AS ended")
        return add_foreign_keys(database)

    monkeypatch.setattr("gvrc.loading.first_load.add_foreign_keys", add_and_be_lost)
    account = run([write(tmp_path, "clinic.json", [CLINIC])], settings)
    assert (account.status, outcome(account)) == ("succeeded", {"read": 1, "inserted": 1})
    assert rows(fresh, FOREIGN_KEYS) == before


def test_a_run_that_was_killed_after_its_last_file_leaves_them_to_the_next_one(
    settings: Settings, fresh: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = rows(fresh, FOREIGN_KEYS)
    path = write(tmp_path, "clinic.json", [CLINIC])
    run_killed_before_it_looks_back(path, settings, monkeypatch)
    assert len(rows(fresh, FOREIGN_KEYS)) < len(before)
    assert outcome(run([path], settings)) == {"read": 1, "unchanged": 1}
    assert rows(fresh, FOREIGN_KEYS) == before


@pytest.mark.parametrize("dry_run", [False, True])
def test_where_the_server_refuses_to_drop_them_they_stay_and_the_load_goes_on(
    settings: Settings, fresh: Database, tmp_path: Path, *, dry_run: bool
) -> None:
    fresh.execute(
        "CREATE FUNCTION refuse() RETURNS event_trigger LANGUAGE plpgsql"
        " AS $$ BEGIN RAISE EXCEPTION 'no ALTER TABLE in office hours'; END $$;"
        "CREATE EVENT TRIGGER refuse ON ddl_command_start WHEN TAG IN ('ALTER TABLE') EXECUTE FUNCTION refuse()"
    )
    load_and_find_them_as_before(fresh, tmp_path, settings, Options(dry_run=dry_run))


def test_where_somebody_reads_the_tables_for_longer_than_a_lock_is_waited_for_they_stay(
    settings: Settings, fresh: Database, fresh_url: str, tmp_path: Path
) -> None:
    short = msgspec.structs.replace(settings, database_url=f"{fresh_url}&options=-c%20lock_timeout%3D50ms")
    with connect(fresh_url) as application, application.transaction():
        assert rows(application, "SELECT FROM facilities") == []
        load_and_find_them_as_before(fresh, tmp_path, short)


def test_they_stay_where_the_role_owns_the_tables_and_has_no_right_to_refer_to_the_lookups(
    settings: Settings, fresh: Database, fresh_url: str, tmp_path: Path
) -> None:
    role = f"importer_{secrets.token_hex(4)}"
    tables = rows(
        fresh,
        "SELECT schemaname || '.' || tablename AS name FROM pg_tables WHERE schemaname = 'etl'"
        " OR schemaname = 'public' AND starts_with(tablename, 'facilit')",
    )
    fresh.execute(
        f"CREATE ROLE {role} LOGIN; GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO {role};"
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}; ALTER SCHEMA etl OWNER TO {role};"
        + ";".join(f"ALTER TABLE {table['name']} OWNER TO {role}" for table in tables)
    )
    narrow = msgspec.structs.replace(settings, database_url=fresh_url.replace("://postgres:", f"://{role}:"))
    load_and_find_them_as_before(fresh, tmp_path, narrow)
    # A session that is ending still drops its temporary tables, which are the role's, too.
    rows(fresh, f"SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE usename = '{role}'")
    for tidy_up in (f"REASSIGN OWNED BY {role} TO postgres", f"DROP OWNED BY {role}", f"DROP ROLE {role}"):
        fresh.execute(tidy_up)


def load_and_find_them_as_before(
    database: Database, folder: Path, settings: Settings, options: Options | None = None
) -> None:
    before = rows(database, FOREIGN_KEYS)
    assert outcome(run([write(folder, "clinic.json", [CLINIC])], settings, options)) == {"read": 1, "inserted": 1}
    assert rows(database, FOREIGN_KEYS) == before


def run_killed_before_it_looks_back(path: str, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Import as a process does that is gone after its last batch: no foreign key is added, no run closed."""
    with monkeypatch.context() as killed, suppress(KeyboardInterrupt):
        killed.setattr("gvrc.pipeline.refresh_statistics", stop)
        killed.setattr("gvrc.loading.first_load.ForeignKeys.add", lambda _: None)
        killed.setattr("gvrc.ledger.close_run", lambda *_: None)
        run([path], settings)


def stop(_: object) -> None:
    raise KeyboardInterrupt
