"""Names are stored as they are written, or the database is refused: nothing is garbled without a word."""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

import msgspec
import pytest

from gvrc.database import Database, connect
from gvrc.errors import DatabaseUnavailableError
from gvrc.health import HealthChecker
from gvrc.migrations import migrate_database
from gvrc.pipeline import run
from tests.conftest import call_script
from tests.test_pipeline import rows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gvrc.settings import Settings

NAME = "Ng\N{RIGHT SINGLE QUOTATION MARK}ombe Café Clinic 日本"


@contextmanager
def database_in(encoding: str, server_url: str) -> Iterator[str]:
    name = f"encoded_{os.urandom(6).hex()}"
    with connect(server_url) as server:
        server.execute(f"CREATE DATABASE {name} ENCODING '{encoding}' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'")
        yield server_url.replace("/postgres?", f"/{name}?")
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "list.json"
    path.write_text(json.dumps([{"code": "L-9", "name": NAME, "county": "Nairobi"}], ensure_ascii=False), "utf-8")
    return path


@pytest.mark.parametrize("encoding", ["LATIN1", "WIN1252", "SQL_ASCII"])
def test_a_database_that_is_not_in_utf_8_is_refused_before_anything_is_written(
    encoding: str, server_url: str, settings: Settings
) -> None:
    with database_in(encoding, server_url) as url, connect(url) as database:
        with pytest.raises(DatabaseUnavailableError, match=rf"is in {encoding}, .* the importer needs UTF8"):
            migrate_database(database, settings)
        assert not database.rows("database_kind")[0]["has_migrations"]


def test_a_turkish_database_is_refused_because_names_in_capitals_would_be_others(
    debian_url: str, settings: Settings
) -> None:
    """Viwandani Clinic landed beside VIWANDANI CLINIC; the wheel's server has no ICU."""
    with connect(debian_url) as server:
        server.execute("CREATE DATABASE turkish LOCALE_PROVIDER icu ICU_LOCALE 'tr-TR' TEMPLATE template0")
    with connect(debian_url.replace("/postgres?", "/turkish?")) as database:
        with pytest.raises(
            DatabaseUnavailableError, match=r"turkish has a Turkish or Azeri locale, .* LOCALE 'C.UTF-8'"
        ):
            migrate_database(database, settings)
        assert not database.rows("database_kind")[0]["has_migrations"]


def test_the_command_and_health_say_so(server_url: str, settings: Settings, file: Path) -> None:
    with database_in("LATIN1", server_url) as url:
        done = call_script("production_json_importer", "--database-url", url, file)
        report = HealthChecker(msgspec.structs.replace(settings, database_url=url)).run_health_checks()
    assert (done.returncode, done.stdout) == (3, "")
    assert "is in LATIN1" in done.stderr
    assert report["overall_status"] == "unhealthy"
    assert "is in LATIN1" in report["checks"]["database"]["hint"]


def test_what_is_sent_is_utf_8_whatever_the_environment_says(
    settings: Settings, fresh_url: str, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGCLIENTENCODING", "LATIN1")
    run([str(file)], settings)
    monkeypatch.delenv("PGCLIENTENCODING")
    with connect(fresh_url) as database:
        assert stored_names(database) == [NAME]


def test_what_is_sent_is_utf_8_whatever_the_database_says(settings: Settings, fresh: Database, file: Path) -> None:
    name = fresh.rows("database_kind")[0]["name"]
    fresh.execute(f"ALTER DATABASE {name} SET client_encoding TO 'LATIN1'")
    run([str(file)], settings)
    assert stored_names(fresh) == [NAME]


def test_a_database_that_quotes_all_names_is_told_and_read_with_the_option_that_is_told(
    settings: Settings, fresh: Database, fresh_url: str, file: Path
) -> None:
    name = fresh.rows("database_kind")[0]["name"]
    fresh.execute(f"ALTER DATABASE {name} SET quote_all_identifiers = on")
    with pytest.raises(DatabaseUnavailableError, match="quote_all_identifiers is on"):
        run([str(file)], settings)
    url = f"{fresh_url}&options=-c%20quote_all_identifiers%3Doff"
    run([str(file)], msgspec.structs.replace(settings, database_url=url))
    assert stored_names(fresh) == [NAME]


def stored_names(database: Database) -> list[str]:
    return [row["facility_name"] for row in rows(database, "SELECT facility_name FROM facilities")]
