"""Servers and databases for the suite: real ones, a fresh database for each test that asks."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings as examples

from gvrc.database import Database, connect
from gvrc.embedded import start_server, stop_server
from gvrc.migrations import look_at_database, migrate
from gvrc.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PROJECT = Path(__file__).resolve().parent.parent
SHARED = PROJECT.parent / "shared" / "data"
DEBIAN = Path("/usr/lib/postgresql/15/bin")
PRELOADED = "-c fsync=off -c shared_preload_libraries=pg_stat_statements"  # what scripts/tune.py --slow-queries reads
MEMORY = Path("/dev/shm")  # noqa: S108 - it is looked whether it is there
ROOM = 4_000_000_000  # bytes; a server's log takes up to one, a test's database a hundredth

# A busy machine is not a failure.
examples.register_profile("unhurried", deadline=None)
examples.load_profile("unhurried")


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """Start the embedded server for the session, on a folder of its own; ``GVRC_TEST_POSTGRES`` picks 16 or 18."""
    folder = server_folder("gvrc-tests-")
    folder.chmod(0o755)
    version = int(os.environ.get("GVRC_TEST_POSTGRES", "18"))
    url = str(start_server(folder / "postgres", version).get_uri())
    hurry(url)
    yield url
    stop_server(folder / "postgres")
    shutil.rmtree(folder)


def server_folder(prefix: str) -> Path:
    """Make a folder for a server's data, in memory where there is room.

    On ext4 a database takes 0.3 s to make while files of others were deleted in the last minutes, in memory 0.02 s
    (by hand), and the temporary tables of a run likewise.
    """
    has_room = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM
    return Path(tempfile.mkdtemp(prefix=prefix, dir=MEMORY if has_room else None))


def hurry(url: str) -> None:
    """Have the server wait for no disk: what it holds ends with the tests."""
    with connect(url) as server:
        server.execute("ALTER SYSTEM SET fsync = off")
        server.execute("SELECT pg_reload_conf()")


@pytest.fixture(scope="session")
def server(server_url: str) -> Iterator[Database]:
    """Connect to the server once, to make and drop the databases of the tests: a connection takes as long as both."""
    with connect(server_url) as database:
        yield database


@pytest.fixture(scope="session")
def template(server_url: str) -> str:
    """Make a migrated and seeded fresh database that each test's database is a copy of."""
    with database_created(server_url, "gvrc_template") as url, connect(url) as database:
        migrate(database, look_at_database(database))
    return "gvrc_template"


@pytest.fixture
def fresh_url(server: Database, server_url: str, template: str) -> Iterator[str]:
    """Give the URL of a fresh database of the test's own."""
    yield from copied_database(server, server_url, template)


@pytest.fixture
def further_urls(server: Database, server_url: str, template: str) -> Iterator[Callable[[], str]]:
    """Give a function that makes a further fresh database of the test's own, and gives its URL."""
    with ExitStack() as databases:
        yield lambda: databases.enter_context(contextmanager(copied_database)(server, server_url, template))


@pytest.fixture
def empty_url(server: Database, server_url: str) -> Iterator[str]:
    """Give the URL of a database with nothing in it."""
    yield from copied_database(server, server_url, "template1")


@pytest.fixture
def fresh(fresh_url: str) -> Iterator[Database]:
    """Open a fresh database of the test's own."""
    with connect(fresh_url) as database:
        yield database


@pytest.fixture
def settings(tmp_path: Path, fresh_url: str) -> Settings:
    """Give settings that write only to the test's folder and database."""
    return settings_of(fresh_url, tmp_path)


def settings_of(url: str, folder: Path) -> Settings:
    """Make settings that write only to a folder and a database."""
    return Settings(
        database_url=url,
        data_dir=folder / "data",
        logs_dir=folder / "logs",
        reports_dir=folder / "reports",
        sources=PROJECT / "config" / "sources.yaml",
        ward_aliases=PROJECT / "config" / "ward_aliases.csv",
        max_memory_mb=2048,  # it is the memory of all tests together that is looked at
    )


def variables_of(settings: Settings) -> dict[str, str]:
    """Give the environment variables that name the database and folders of settings to a command."""
    folders = {f"GVRC_{name.upper()}": str(getattr(settings, name)) for name in ("data_dir", "logs_dir", "reports_dir")}
    return folders | {"DATABASE_URL": settings.database_url or ""}


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Give the folder of real data, or skip: the suite is complete without it."""
    if not SHARED.exists():
        pytest.skip("the real data beside the project (../shared/data) is not there")
    return SHARED


@pytest.fixture(scope="session")
def debian_url() -> Iterator[str]:
    """Start the machine's own PostgreSQL 15, or skip where there is none."""
    if not (DEBIAN / "initdb").exists():
        pytest.skip("no PostgreSQL 15 of the machine's own in /usr/lib/postgresql/15")
    with debian_server() as url:
        yield url


def copied_database(server: Database, server_url: str, template: str) -> Iterator[str]:
    name = f"test_{os.urandom(6).hex()}"
    server.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")  # half the work of WAL_LOG
    yield server_url.replace("/postgres?", f"/{name}?")
    server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def database_created(server_url: str, name: str) -> Iterator[str]:
    with connect(server_url) as server:
        server.execute(f"CREATE DATABASE {name}")
    yield server_url.replace("/postgres?", f"/{name}?")


@contextmanager
def debian_server() -> Iterator[str]:
    """Run a throw-away cluster; PostgreSQL refuses root, who hands it to the system's postgres user."""
    folder = server_folder("gvrc-debian-")
    as_user = []
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
        as_user = ["runuser", "-u", "postgres", "--"]

    def call(program: str, *arguments: str) -> None:
        subprocess.run([*as_user, str(DEBIAN / program), *arguments], check=True, capture_output=True)

    data = folder / "data"
    call("initdb", "-D", str(data), "-U", "postgres", "--auth=trust", "-E", "UTF8")
    call("pg_ctl", "-D", str(data), "-w", "-l", str(folder / "log"), "-o", f"-h '' -k {folder} {PRELOADED}", "start")
    try:
        yield f"postgresql://postgres@/postgres?host={folder}"
    finally:
        call("pg_ctl", "-D", str(data), "-w", "-m", "immediate", "stop")
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start a real Redis for the session, or skip where there is none."""
    with redis_server(tmp_path_factory.mktemp("redis")) as (url, _server):
        yield url


@pytest.fixture
def mortal_redis(tmp_path: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Start a real Redis that the test may kill."""
    with redis_server(tmp_path) as found:
        yield found


@contextmanager
def redis_server(folder: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    import redis

    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("no redis-server on this machine (Debian: apt-get install redis-server)")
    path = folder / "redis.sock"
    options = ["--port", "0", "--unixsocket", str(path), "--dir", str(folder), "--save", "", "--daemonize", "no"]
    with subprocess.Popen([program, *options], stdout=subprocess.DEVNULL) as server:
        with redis.Redis.from_url(f"unix://{path}") as client:
            wait_until(client.ping, redis.ConnectionError)
        yield f"unix://{path}", server
        server.kill()


def wait_until(succeeds: Callable[[], object], fault: type[Exception]) -> None:
    for _ in range(100):
        try:
            succeeds()
        except fault:
            time.sleep(0.05)
        else:
            return
    pytest.fail("a server of the tests did not start within 5 s")


def call_script(script: str, *arguments: str | Path, **how: Any) -> subprocess.CompletedProcess[str]:
    """Run a command of ``scripts/`` as a user does."""
    command = [sys.executable, str(PROJECT / "scripts" / f"{script}.py"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, **how)
