"""What is tried again and how often, and when a database is given up."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import TYPE_CHECKING

import msgspec
import pytest
from adbc_driver_manager import AdbcConnection, AdbcDatabase, AdbcStatusCode, DataError, OperationalError

from gvrc.connecting import connecting_ahead
from gvrc.database import connect
from gvrc.database_errors import describe_error
from gvrc.errors import DatabaseUnavailableError
from gvrc.log import start_logging, stop_logging
from gvrc.resilience import CircuitBreaker, is_transient, retry_transient
from gvrc.settings import PROJECT, Settings, read_settings
from gvrc.statements import all_statements

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gvrc.database import Database

LOST = "IO: Failed to prepare query: FATAL:  terminating connection due to administrator command"


def lost() -> OperationalError:
    return OperationalError(LOST, status_code=AdbcStatusCode.IO)


def with_sqlstate(sqlstate: str) -> OperationalError:
    return OperationalError("words", status_code=AdbcStatusCode.UNKNOWN, sqlstate=sqlstate)


def failing(*errors: Exception) -> Callable[[], str]:
    """Raise these errors, one a call, then succeed."""
    left = list(errors)

    def attempt() -> str:
        if left:
            raise left.pop(0)
        return "loaded"

    return attempt


@pytest.fixture
def settings() -> Settings:
    return read_settings(None, {}, {"retry_wait_seconds": 0.001})


@pytest.mark.parametrize(
    ("sqlstate", "transient"),
    [
        ("08006", True),  # connection failure
        ("40001", True),  # serialisation failure
        ("40P01", True),  # deadlock
        ("53300", True),  # too many connections
        ("53100", True),  # disk full
        ("57P01", True),  # admin shutdown
        ("57P03", True),  # cannot connect now
        ("55P03", True),  # lock not available
        ("57014", False),  # query cancelled
        ("22001", False),  # text too long
        ("23505", False),  # unique violation
        ("42P01", False),  # no such table
        ("28P01", False),  # wrong password
    ],
)
def test_the_sqlstate_tells_what_may_succeed_when_done_again(sqlstate: str, transient: bool) -> None:
    assert is_transient(with_sqlstate(sqlstate)) is transient


@pytest.mark.parametrize(
    ("message", "transient"),
    [
        (LOST, True),
        ("IO: Failed to prepare query: no connection to the server", True),
        ("IO: [libpq] PQgetCopyData() failed: server closed the connection unexpectedly", True),
        ('IO: [libpq] Failed to connect: connection to server at "db", port 5432 failed: Connection refused', True),
        ("IO: [libpq] Failed to connect: FATAL:  the database system is starting up", True),
        ("IO: [libpq] Failed to connect: FATAL:  the database system is not yet accepting connections", True),
        ("IO: [libpq] Failed to connect: FATAL:  sorry, too many clients already", True),
        ('IO: [libpq] Failed to connect: FATAL:  too many connections for role "gvrc"', True),
        ("IO: [libpq] Failed to connect: could not receive data from server: Connection reset by peer", True),
        ('IO: [libpq] Failed to connect: connection to server at "db", port 5432 failed: No route to host', True),
        ('IO: could not translate host name "db" to address: Temporary failure in name resolution', True),
        (
            'IO: [libpq] Failed to connect: could not translate host name "db" to address: Name or service not known',
            False,
        ),
        ('IO: [libpq] Failed to connect: FATAL:  database "gvrc" does not exist', False),
        ('IO: [libpq] Failed to connect: FATAL:  password authentication failed for user "gvrc"', False),
        ('IO: [libpq] Failed to connect: missing "=" after "nonsense" in connection info string', False),
    ],
)
def test_where_the_driver_gives_no_sqlstate_the_words_tell(message: str, transient: bool) -> None:
    assert is_transient(OperationalError(message, status_code=AdbcStatusCode.IO)) is transient


def test_an_error_of_ours_is_judged_by_the_one_it_came_from() -> None:
    ours = DatabaseUnavailableError("The database cannot be reached.")
    assert not is_transient(ours)
    ours.__cause__ = lost()
    assert is_transient(ours)
    assert not is_transient(ValueError("words"))


def test_a_transaction_is_tried_again_until_it_succeeds(settings: Settings) -> None:
    recovered: list[None] = []
    attempt = failing(lost(), with_sqlstate("40P01"), with_sqlstate("57P01"), lost())
    assert retry_transient(attempt, settings, lambda: recovered.append(None)) == "loaded"
    assert len(recovered) == 4


def test_the_last_error_is_raised_when_all_tries_are_used(settings: Settings) -> None:
    errors = [lost(), lost(), lost(), lost(), with_sqlstate("40P01"), lost()]
    with pytest.raises(OperationalError) as raised:
        retry_transient(failing(*errors), settings)
    assert raised.value is errors[4]


def test_what_cannot_succeed_is_not_tried_again(settings: Settings) -> None:
    refused = DataError("words", status_code=AdbcStatusCode.INVALID_DATA, sqlstate="22001")
    for errors in ([refused, lost()], [lost(), refused, lost()]):
        with pytest.raises(DataError):
            retry_transient(failing(*errors), settings)


def test_a_connection_that_cannot_be_made_again_uses_tries_up_too(settings: Settings) -> None:
    calls: list[None] = []

    def recover() -> None:
        calls.append(None)
        raise lost()

    with pytest.raises(OperationalError):
        retry_transient(failing(lost()), settings, recover)
    assert len(calls) == settings.retry_attempts - 1


def test_one_attempt_is_no_retry() -> None:
    with pytest.raises(OperationalError):
        retry_transient(failing(lost()), read_settings(None, {}, {"retry_attempts": 1}))


def test_waits_grow() -> None:
    settings = read_settings(None, {}, {"retry_wait_seconds": 0.05, "retry_attempts": 4})
    begun = time.monotonic()
    assert retry_transient(failing(lost(), lost(), lost()), settings) == "loaded"
    # 0.05, 0.1 and 0.2 s, each with up to 0.05 s of chance
    assert 0.35 <= time.monotonic() - begun < 1


def test_nothing_is_printed_by_the_library(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    retry_transient(failing(lost()), settings)
    assert capsys.readouterr() == ("", "")


def test_the_log_has_only_what_the_server_says_first_for_the_rest_quotes_records(
    settings: Settings, tmp_path: Path
) -> None:
    words = "Failed: ERROR:  deadlock detected\nCONTEXT:  SQL statement \"INSERT INTO audit VALUES ('Amina Test')\""
    deadlock = OperationalError(words, status_code=AdbcStatusCode.UNKNOWN, sqlstate="40P01")
    files = start_logging(msgspec.structs.replace(settings, logs_dir=tmp_path), "7")
    assert retry_transient(failing(deadlock), settings) == "loaded"
    stop_logging()
    told = files["etl"].read_text("utf-8")
    assert "deadlock detected" in told
    assert "Amina" not in told


def test_a_real_connection_that_is_cut_is_made_again_and_the_transaction_repeated(
    fresh_url: str, settings: Settings
) -> None:
    connections = [connect(fresh_url)]

    def insert() -> int:
        database = connections[-1]
        with database.transaction():
            inserted = database.execute("INSERT INTO facilities (facility_name, facility_code) VALUES ('A', 'A-1')")
            if len(connections) == 1:
                with connect(fresh_url) as operator:
                    operator.execute(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                    )
        return inserted

    assert retry_transient(insert, settings, lambda: connections.append(connect(fresh_url))) == 1
    assert len(connections) == 2
    assert [row["rows"] for row in connections[-1].rows("count_tables") if row["table_name"] == "facilities"] == [1]
    for connection in connections:
        connection.close()


def test_a_server_that_went_without_a_word_is_told_by_libpqs_words_not_by_our_query() -> None:
    words = (
        "IO: [libpq] Failed to execute query 'ALTER TABLE facilities\n    DROP x': server closed the connection\n\tThis"
    )
    told, status = describe_error(OperationalError(words, status_code=AdbcStatusCode.IO))
    assert told.startswith("The database stopped the run: server closed the connection. What was committed stays;")
    assert status == 3


def test_a_server_that_lets_the_user_in_no_more_in_the_middle_of_a_run_is_told_as_that() -> None:
    refused = (
        'Failed to connect: connection to server at "db", port 5432 failed: FATAL:  password authentication failed'
    )
    told, status = describe_error(OperationalError(f"IO: [libpq] {refused}", status_code=AdbcStatusCode.IO))
    assert status == 3
    assert "What was committed stays; repeat the command when it lets this user in. Correct the user and" in told


def test_connections_that_share_a_handle_are_opened_and_closed_one_at_a_time(
    fresh_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside: list[int] = []

    class Slow(AdbcConnection):
        """The driver's connection, taking its time, which tells how many are being opened or closed."""

        def __init__(self, handle: AdbcDatabase) -> None:
            inside.append(busy.acquire(blocking=False))
            time.sleep(0.02)
            super().__init__(handle)
            busy.release()

        def close(self) -> None:
            inside.append(busy.acquire(blocking=False))
            time.sleep(0.02)
            super().close()
            busy.release()

    busy = Lock()
    with connect(fresh_url) as first, ThreadPoolExecutor(3) as threads:
        monkeypatch.setattr("gvrc.database.adbc_driver_manager.AdbcConnection", Slow)
        opened = list(threads.map(lambda _: first.connect_again(), range(3)))
        list(threads.map(lambda further: further.close(), opened))
    assert inside == [True] * 6


def test_a_connection_that_was_begun_and_not_taken_is_closed(settings: Settings) -> None:
    with connecting_ahead(settings) as connecting:
        database = connecting.result().database
        assert database.is_alive()
    assert not database.is_alive()


def test_a_server_that_is_not_there_is_worth_another_try_and_a_wrong_name_is_not(fresh_url: str) -> None:
    with pytest.raises(DatabaseUnavailableError) as raised:
        connect("postgresql://127.0.0.1:1/gvrc")
    assert is_transient(raised.value)
    with pytest.raises(DatabaseUnavailableError) as raised:
        connect(fresh_url.replace("/test_", "/absent_"))
    assert not is_transient(raised.value)


def test_an_error_while_rows_are_read_tells_its_sqlstate(fresh: Database) -> None:
    all_statements()["fails_at_its_fifth_row"] = "SELECT 1 / (n - 5) AS x FROM generate_series(1, 9) AS n"
    for read in (fresh.rows, fresh.read):
        with pytest.raises(DataError) as raised:
            read("fails_at_its_fifth_row")
        assert raised.value.sqlstate == "22012"


def test_a_database_that_fails_three_times_in_a_row_is_given_up() -> None:
    breaker = CircuitBreaker(failures=3)
    for _ in range(3):
        assert not breaker.is_open
        with pytest.raises(OperationalError):
            breaker.call(failing(lost()))
    assert breaker.is_open
    called: list[None] = []
    with pytest.raises(DatabaseUnavailableError, match=r"^The database failed 3 times in a row and is given up\."):
        breaker.call(lambda: called.append(None))
    assert called == []


def test_why_a_database_is_given_up_is_told_and_of_a_full_disk_what_to_do() -> None:
    full = 'IO: [libpq] Failed to execute: ERROR:  could not extend file "base/1/2": No space left on device\nHINT: x'
    breaker = CircuitBreaker(failures=1)
    with pytest.raises(OperationalError):
        breaker.call(failing(OperationalError(full, status_code=AdbcStatusCode.IO, sqlstate="53100")))
    with pytest.raises(DatabaseUnavailableError) as raised:
        breaker.call(failing())
    assert str(raised.value) == (
        "The database failed 1 times in a row and is given up. The last error: could not extend file "
        '"base/1/2": No space left on device. Make room on the disk of its server, then repeat the command: what is '
        "loaded stays loaded."
    )


def test_a_success_in_between_begins_the_count_anew() -> None:
    breaker = CircuitBreaker(failures=2)
    for _ in range(3):
        with pytest.raises(OperationalError):
            breaker.call(failing(lost()))
        assert breaker.call(failing()) == "loaded"
    assert not breaker.is_open


def test_an_error_that_is_no_fault_of_the_server_does_not_count() -> None:
    breaker = CircuitBreaker(failures=2)
    for error in (lost(), ValueError("words"), lost(), with_sqlstate("23505"), lost(), with_sqlstate("40P01"), lost()):
        with pytest.raises(type(error)):
            breaker.call(failing(error))
    assert not breaker.is_open


def test_after_a_while_one_knock_is_allowed_and_decides() -> None:
    breaker = CircuitBreaker(failures=1, wait_seconds=0.05)
    with pytest.raises(OperationalError):
        breaker.call(failing(lost()))
    assert breaker.is_open
    time.sleep(0.06)
    assert not breaker.is_open
    with pytest.raises(OperationalError):
        breaker.call(failing(lost()))
    assert breaker.is_open
    time.sleep(0.06)
    assert breaker.call(failing()) == "loaded"
    assert not breaker.is_open


def test_a_run_without_a_failure_loads_neither_library() -> None:
    script = (
        "import sys; from gvrc.resilience import *; from gvrc.settings import read_settings;"
        "settings = read_settings(None, {}, {});"
        "print(CircuitBreaker().call(lambda: retry_transient(lambda: 'loaded', settings)));"
        "print({'stamina', 'circuitbreaker', 'asyncio'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert done.stdout == "loaded\nset()\n"


def test_a_server_that_ends_idle_connections_keeps_ours(fresh_url: str, fresh: Database) -> None:
    name = fresh.rows("database_kind")[0]["name"]
    fresh.execute(f"ALTER DATABASE {name} SET idle_session_timeout TO '200ms'")
    with connect(fresh_url) as database:
        time.sleep(0.5)
        assert database.is_alive()


def test_a_limit_that_the_server_sets_to_an_applications_statements_ends_no_merge(
    fresh_url: str, fresh: Database
) -> None:
    kind = fresh.rows("database_kind")[0]
    fresh.execute(f"ALTER DATABASE {kind['name']} SET statement_timeout TO '100ms'")
    if kind["version_number"] >= 170000:  # PostgreSQL 17 brought the other one
        fresh.execute(f"ALTER DATABASE {kind['name']} SET transaction_timeout TO '100ms'")
    with connect(fresh_url) as database, database.transaction():
        database.execute("SELECT pg_sleep(0.3)")
        assert database.is_alive()


def test_a_server_that_takes_a_connection_and_says_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGCONNECT_TIMEOUT", "")  # what this test sets is gone after it
    monkeypatch.delenv("PGCONNECT_TIMEOUT")
    monkeypatch.setattr("gvrc.database.CONNECT_SECONDS", "2")
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"postgresql://gvrc@127.0.0.1:{mute.getsockname()[1]}/x"
        with pytest.raises(DatabaseUnavailableError, match="timeout expired"):
            connect(url)
