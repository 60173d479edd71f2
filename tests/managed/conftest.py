"""The application's database, in the states in which it was found."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from gvrc.database import connect
from gvrc.geography import read_shipped_reference
from gvrc.pipeline import Options, run
from gvrc.statements import split_statements
from tests.conftest import copied_database, database_created, settings_of
from tests.test_pipeline import rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gvrc.account import RunAccount
    from gvrc.database import Database
    from gvrc.settings import Settings

HERE = Path(__file__).parent
STATES = dict(split_statements((HERE / "states.sql").read_text("utf-8")))


@dataclass
class Application:
    """One application's database, and the importer run on it."""

    url: str
    folder: Path

    def change(self, *states: str) -> None:
        """Bring the database into further states."""
        with connect(self.url) as database:
            for state in states:
                database.execute(STATES[state])

    def execute(self, sql: str) -> int:
        """Run SQL as the application would."""
        with connect(self.url) as database, database.transaction():
            return database.execute(sql)

    def rows(self, name: str) -> list[dict[str, Any]]:
        """Read the rows of a statement of states.sql."""
        return self.query(STATES[name])

    def query(self, sql: str) -> list[dict[str, Any]]:
        """Read rows."""
        with connect(self.url) as database:
            return rows(database, sql)

    def settings(self, **changed: object) -> Settings:
        """Give settings that write only to the test's folder and database."""
        return replace(settings_of(self.url, self.folder), **changed)

    def load(
        self, records: list[dict[str, Any]], *, force: bool = False, dry_run: bool = False, **changed: object
    ) -> RunAccount:
        """Import records from a file."""
        path = self.folder / "records.json"
        path.write_text(json.dumps(records), "utf-8")
        return self.load_files(path, force=force, dry_run=dry_run, **changed)

    def load_files(self, path: Path, *, force: bool = False, dry_run: bool = False, **changed: object) -> RunAccount:
        """Import files."""
        return run([str(path)], self.settings(**changed), Options(force=force, dry_run=dry_run))


@pytest.fixture(scope="session")
def application_template(server_url: str) -> str:
    """Make the application's database with the official places, lookups and users."""
    with database_created(server_url, "application_template") as url:
        fill_application(url)
    return "application_template"


@pytest.fixture
def application(server: Database, server_url: str, application_template: str, tmp_path: Path) -> Iterator[Application]:
    """Give an application's database of the test's own."""
    for url in copied_database(server, server_url, application_template):
        yield Application(url, tmp_path)


@pytest.fixture
def in_state(application: Application) -> Callable[..., Application]:
    """Give the application's database after some changes."""

    def change(*states: str) -> Application:
        application.change(*states)
        return application

    return change


def fill_application(url: str) -> None:
    """Make the application's tables and fill them as its own seeds do."""
    places = read_shipped_reference().drop("centroid_lat", "centroid_lng").to_dicts()
    with connect(url) as database:
        database.execute((HERE / "application.sql").read_text("utf-8"))
        database.execute(STATES["fill_places"], json.dumps(places))
        database.execute(STATES["fill_lookups"])
        database.execute(STATES["fill_users"])
