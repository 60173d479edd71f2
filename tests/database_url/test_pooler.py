"""A pooler between the importer and its server: a session of its own is enough, one for each transaction is not."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

import adbc_driver_manager
import msgspec
import pytest

from gvrc.database import Database, connect_once
from gvrc.pipeline import Options, run
from tests.conftest import call_script, server_folder, wait_until
from tests.test_pipeline import CLINIC, rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gvrc.settings import Settings


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "list.json"
    path.write_text(json.dumps([CLINIC]), "utf-8")
    return path


@contextmanager
def pooled(url: str, mode: str) -> Iterator[str]:
    """Start PgBouncer before a database, or skip where there is none; root has it be the server's user."""
    program = shutil.which("pgbouncer", path=os.defpath + ":/usr/sbin")
    if program is None:
        pytest.skip("no pgbouncer on this machine (Debian: apt-get install pgbouncer)")
    before, _, server = url.partition("?host=")
    folder = server_folder("gvrc-pooler-")
    (folder / "users").write_text('"postgres" ""\n', "utf-8")
    (folder / "ini").write_text(
        f"[databases]\n* = host={unquote(server)} user=postgres\n[pgbouncer]\npool_mode = {mode}\nlisten_port = 6432\n"
        f"unix_socket_dir = {folder}\nauth_type = any\nauth_file = {folder}/users\n",
        "utf-8",
    )
    as_user = []
    if os.geteuid() == 0:
        as_user = ["-u", Path(unquote(server)).owner()]
        shutil.chown(folder, as_user[1])
    pooled_url = f"{before}?host={folder}&port=6432"
    pooler = subprocess.Popen([program, "-q", *as_user, folder / "ini"], stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: Database(*connect_once(pooled_url)).close(), adbc_driver_manager.Error)
        yield pooled_url
    finally:
        pooler.terminate()
        pooler.wait(10)
        shutil.rmtree(folder)


def test_a_pool_that_gives_each_transaction_another_session_is_refused_before_anything_is_written(
    empty_url: str, file: Path
) -> None:
    """The lock of a run stayed with the pool's session, and the staging tables were in another one."""
    with pooled(empty_url, "transaction") as url:
        done = [
            call_script("production_json_importer", "--database-url", url, file, *options)
            for options in ([], ["--dry-run"])
        ]
        with Database(*connect_once(url)) as application:  # of another client of the pool
            assert application.rows("database_kind")[0]["has_migrations"] is False
            assert rows(application, "SELECT current_setting('work_mem') AS memory") == [{"memory": "4MB"}]
    assert [(one.returncode, one.stdout) for one in done] == [(3, "")] * 2
    for one in done:
        assert "a pooler gives each transaction another session (PgBouncer's pool_mode = transaction)" in one.stderr
        assert "name the server itself, or a pool with pool_mode = session" in one.stderr


def test_a_pool_that_keeps_a_session_takes_an_import_and_gets_its_sessions_back(
    fresh_url: str, fresh: Database, file: Path, settings: Settings
) -> None:
    with pooled(fresh_url, "session") as url:
        through = msgspec.structs.replace(settings, database_url=url)
        accounts = [run([str(file)], through, Options(force=is_again)).totals() for is_again in (False, True)]
    assert [(one["inserted"], one["unchanged"]) for one in accounts] == [(1, 0), (0, 1)]
    assert rows(fresh, "SELECT facility_name FROM facilities") == [{"facility_name": "Mukuru Crisis Clinic"}]
    assert fresh.rows("try_run_lock") == [{"is_locked": True}]
