"""No part of a password is shown, whatever is wrong with the URL that it stands in."""

from __future__ import annotations

import os
import traceback
from threading import Timer
from typing import TYPE_CHECKING

import msgspec
import pytest

from gvrc.database import Database, connect
from gvrc.database_url import demand_readable_url, shown_url
from gvrc.errors import DatabaseUnavailableError
from gvrc.health import HealthChecker
from gvrc.psql import psql_call
from tests.test_pipeline import rows

if TYPE_CHECKING:
    from pathlib import Path

    from gvrc.settings import Settings

MALFORMED = [
    "postgresql://u:S3cret%Pw@localhost/db",
    "postgresql://u:S3cret/Pw@localhost/db",
    "postgresql://u:S3cret Pw@localhost/db",
    "postgresql://u:12@S3cret@localhost/db",
    "postgresql://u:12/S3cret@localhost/db",
    "postgresql://u:12?3/S3cret@localhost/db",
    "postgresql://u:%00S3cret@localhost/db",
    "postgresql://u:S3cret",
    "postgresql://u:S3cret@[::1:5/db",
    "postgresql://localhost:1/db?password=x&S3cret",
    "postgresql://localhost:1/db?password=x=S3cret",
    "u:S3cret@localhost/db",
    "u:S3=cret@localhost/db",
    "host=localhost password=x S3cret",
    "host=localhost password='S3cret",
]
REFUSED_BY_LIBPQ = [
    "postgresql://localhost:1/db?password=x&S3cret=y",
    "host=localhost port=1 password=x S3cret=y",
    "postgresql://localhost:1/db?sslmode=require&service=S3cret",
]
NOBODY_THERE = [
    ("postgresql://u:S3c?r#et@localhost:1/db", "postgresql://u:***@localhost:1/db"),
    ("postgresql://u:S3c%2Fret@localhost:1,[::1]:1/db", "postgresql://u:***@localhost:1,[::1]:1/db"),
    ("postgresql://localhost:1/db?user=u&password=S3cret", "postgresql://localhost:1/db?user=u&password=***"),
    ("host=localhost port=1 password=S3c'ret", "host=localhost port=1 password=***"),
    (r"host=localhost port=1 password='S3 \' cret'", "host=localhost port=1 password=***"),
]


@pytest.mark.parametrize("url", [*MALFORMED, *REFUSED_BY_LIBPQ, *(url for url, _ in NOBODY_THERE)])
def test_no_part_of_a_password_is_in_an_error_nor_in_what_led_to_it(url: str) -> None:
    with pytest.raises(DatabaseUnavailableError) as raised:
        connect(url)
    told = "".join(traceback.format_exception_only(raised.value)) + str(raised.value.__cause__)
    assert "S3" not in told
    assert "ret" not in told.replace("retry", "")


@pytest.mark.parametrize("url", MALFORMED)
def test_what_is_wrong_with_a_url_is_said_and_what_to_do(url: str) -> None:
    with pytest.raises(DatabaseUnavailableError, match=r"percent-encoded|must begin with postgresql://"):
        demand_readable_url(url)


@pytest.mark.parametrize("around", ['"{}"', "'{}'", " {}", "{} ", "{}\r", "{}\n"])
def test_what_a_file_of_variables_left_around_a_url_is_named(around: str) -> None:
    with pytest.raises(DatabaseUnavailableError, match="quotation mark, a blank or a line end stands around") as raised:
        demand_readable_url(around.format("postgresql://u:S3cret@localhost/db"))
    assert "S3cret" not in str(raised.value)


@pytest.mark.parametrize(("url", "shown"), NOBODY_THERE)
def test_a_url_that_is_sound_is_shown_without_its_password(url: str, shown: str) -> None:
    with pytest.raises(DatabaseUnavailableError, match="cannot be reached: connection to server"):
        connect(url)
    assert shown_url(url) == shown


@pytest.mark.parametrize(
    "url", ["postgresql://", "postgres:///db?host=/run", "postgresql://a,b:5/db?", "postgresql://u@h", "dbname=db"]
)
def test_every_form_of_a_url_is_taken(url: str) -> None:
    demand_readable_url(url)
    assert shown_url(url) == url


def test_health_shows_no_password_of_a_url_that_cannot_be_read(settings: Settings) -> None:
    url = "postgresql://u:S3cret%Pw@localhost/db"
    report = HealthChecker(msgspec.structs.replace(settings, database_url=url)).run_health_checks()
    assert "percent-encoded" in report["checks"]["database"]["hint"]
    assert "S3cret" not in str(report)


def test_psql_is_not_given_what_it_would_quote() -> None:
    assert psql_call("postgresql://u:S3 cret@h/db", os.environ)[2] == "postgresql://u@h/db"
    with pytest.raises(DatabaseUnavailableError, match="is not shown here"):
        psql_call("host=h password=x S3cret", os.environ)


def test_the_url_of_a_server_that_runs_is_taken_in_both_forms(fresh_url: str, fresh: Database) -> None:
    name = fresh.rows("database_kind")[0]["name"]
    folder = fresh_url.partition("host=")[2]
    with connect(f"host='{folder}' dbname={name} user=postgres password='it''s'".replace("''", r"\'")) as database:
        assert database.is_alive()


def test_what_a_server_that_runs_refuses_is_told_as_that_and_not_as_a_server_that_is_down(
    fresh_url: str, fresh: Database
) -> None:
    (kind,) = fresh.rows("database_kind")
    role = f"kept_out_{os.urandom(4).hex()}"
    fresh.execute(f"CREATE ROLE {role}; REVOKE CONNECT ON DATABASE {kind['name']} FROM PUBLIC")
    as_role = fresh_url.replace("://postgres:", f"://{role}:")
    assert told(as_role).endswith("ALTER ROLE ... LOGIN.")
    fresh.execute(f"ALTER ROLE {role} LOGIN")
    assert told(as_role).endswith("GRANT CONNECT ON DATABASE ... TO this user.")
    fresh.execute(f"GRANT CONNECT ON DATABASE {kind['name']} TO {role}")
    assert "Name another role in the options of the URL" in told(f"{as_role}&options=-c%20role%3Dpostgres")
    fresh.execute(f"ALTER ROLE {role} CONNECTION LIMIT 0")
    assert "Wait until another session has ended" in told(as_role)
    fresh.execute(f"DROP OWNED BY {role}; DROP ROLE {role}")
    assert 'role "nobody_here" does not exist. Correct the user' in told(fresh_url.replace("postgres:", "nobody_here:"))
    lost = told(fresh_url.replace(kind["name"], "nowhere"))
    assert 'refused the connection: database "nowhere" does not exist. Correct the name of the database' in lost


def test_a_session_that_is_just_ending_is_waited_for_where_a_role_may_have_one(fresh_url: str, fresh: Database) -> None:
    # The driver itself ends one before it opens ours: on a busy machine the server still counted it, once in a hundred.
    role = f"narrow_{os.urandom(4).hex()}"
    fresh.execute(f"CREATE ROLE {role} LOGIN CONNECTION LIMIT 1")
    as_role = fresh_url.replace("://postgres:", f"://{role}:")
    with connect(as_role) as ending, connect(fresh_url) as ends_it:
        (own,) = rows(ending, "SELECT pg_backend_pid() AS pid")
        late = Timer(0.3, ends_it.execute, [f"SELECT pg_terminate_backend({own['pid']})"])
        late.start()
        with connect(as_role) as database:
            assert database.is_alive()
        late.join()
    fresh.execute(f"DROP ROLE {role}")


def told(url: str) -> str:
    """Give the error of a URL by which nobody is let in."""
    with pytest.raises(DatabaseUnavailableError) as raised:
        connect(url)
    assert "is running" not in str(raised.value)
    return str(raised.value)


def test_where_the_driver_is_not_beside_its_module_its_own_search_finds_it(
    fresh_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gvrc.database.driver_library", lambda: tmp_path / "libadbc_driver_postgresql.so")
    with connect(fresh_url) as database:
        assert database.is_alive()
