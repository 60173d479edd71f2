"""One import on each server that we support, into a fresh directory and into a managed one."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gvrc.contract import check_contract
from gvrc.database import connect
from gvrc.embedded import start_server, stop_server
from tests.managed.conftest import Application, fill_application
from tests.managed.records import RECORDS

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def sixteen_url() -> Iterator[str]:
    """Start the wheel's PostgreSQL 16."""
    folder = Path(tempfile.mkdtemp(prefix="gvrc-sixteen-"))
    folder.chmod(0o755)  # root's server runs as a user of its own, who must pass
    yield str(start_server(folder / "postgres", 16).get_uri())
    stop_server(folder / "postgres")
    shutil.rmtree(folder)


def import_twice(server_url: str, folder: Path, *, is_managed: bool, version: str) -> None:
    name = f"test_{os.urandom(6).hex()}"
    with connect(server_url) as server:
        server.execute(f"CREATE DATABASE {name}")
    application = Application(server_url.replace("/postgres?", f"/{name}?"), folder)
    if is_managed:
        fill_application(application.url)
    account = application.load(RECORDS)
    assert account.database["mode"] == ("managed" if is_managed else "fresh")
    assert account.database["version"].startswith(version)
    assert account.totals()["inserted"] == 3
    again = application.load(RECORDS, force=True).totals()
    assert (again["inserted"], again["updated"], again["unchanged"]) == (0, 0, 3)


@pytest.mark.parametrize("is_managed", [False, True], ids=["fresh", "managed"])
def test_postgresql_15_takes_an_import(debian_url: str, tmp_path: Path, is_managed: bool) -> None:
    import_twice(debian_url, tmp_path, is_managed=is_managed, version="15.")


@pytest.mark.parametrize("is_managed", [False, True], ids=["fresh", "managed"])
def test_postgresql_16_takes_an_import(sixteen_url: str, tmp_path: Path, is_managed: bool) -> None:
    import_twice(sixteen_url, tmp_path, is_managed=is_managed, version="16.")


def test_a_column_that_takes_two_texts_for_one_is_told_before_a_run(debian_url: str) -> None:
    """PostgreSQL looks for no part of such a text, and stopped runs in the middle; the wheel's server has no ICU."""
    with connect(debian_url) as server:
        server.execute("CREATE DATABASE loose")
    url = debian_url.replace("/postgres?", "/loose?")
    fill_application(url)
    with connect(url) as database:
        database.execute(
            "CREATE COLLATION any_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false)"
        )
        database.execute("ALTER TABLE facilities ALTER facility_name TYPE varchar(200) COLLATE any_case")
        database.execute("ALTER TABLE users ALTER email TYPE varchar(254) COLLATE any_case")
        assert check_contract(database) == [
            "facilities.facility_name: has a nondeterministic collation; one that tells all texts apart is expected."
        ]
