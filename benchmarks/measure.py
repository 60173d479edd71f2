"""Run one command as a cold process and say what it cost: the client, the server, and what was written.

It stays light (no polars, no pyarrow): Linux counts the peak memory of the process that starts a command as the
command's own until the command has grown past it.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

import adbc_driver_manager
import adbc_driver_postgresql
import nanoarrow
import psutil

if TYPE_CHECKING:
    import resource
    from collections.abc import Iterator

PROJECT = Path(__file__).resolve().parents[1]
# dlt's second load of the ten-fold list was in one DELETE for an hour; the slowest others take 100 seconds eighty-fold.
LONGEST_SECONDS = 600.0
WRITTEN = """
    SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint AS wal,
        coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del) FILTER (WHERE schemaname = 'public'), 0)::bigint AS rows,
        coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del) FILTER (WHERE schemaname = 'etl'), 0)::bigint AS own_rows
    FROM pg_stat_user_tables"""

ENDED = """
    SELECT count(pg_terminate_backend(pid))
    FROM pg_stat_activity
    WHERE datname = current_database()
        AND pid <> pg_backend_pid()"""


class NoEndError(Exception):
    """A command came to no end in time."""


@dataclass(frozen=True)
class Cost:
    """What one run of a command cost. Memory and WAL are in MB of a million bytes."""

    wall: float  # seconds from the start of the process to its end
    client_cpu: float  # seconds, user and system, of the process and its children
    server_cpu: float | None  # seconds of all the server's processes; None where the server is on another machine
    peak_memory: float  # largest resident set of the process
    wal: float  # write-ahead log
    rows: int  # rows inserted, updated and deleted in the directory (schema public)
    own_rows: int  # the same in schema etl: lineage, images, issues, accounting


class Server:
    """A PostgreSQL server that we may make databases on."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.version = str(self.ask("SELECT current_setting('server_version')")[0]).split()[0]
        self._process = self._find_process()
        self._made: list[str] = []

    def new_database(self, database: str) -> str:
        """Make an empty database, in place of one of that name, and give its URL.

        It stays to the end: ext4 goes past the inodes of files that were deleted in the last minutes one by one, and
        after a database was dropped whoever makes many small tables (ours are temporary) took a sixth longer
        (by hand).
        """
        self._drop(database)
        self.run(f"CREATE DATABASE {database}")
        self._made.append(database)
        return urlunsplit(urlsplit(self.url)._replace(path=f"/{database}"))

    def drop_databases(self) -> None:
        """Drop the databases that were made."""
        for database in self._made:
            self._drop(database)

    def _drop(self, database: str) -> None:
        self.run(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")

    def end_connections(self, url: str) -> None:
        """End what others do in a database."""
        self.ask(ENDED, url)

    def ask(self, sql: str, url: str | None = None) -> list[object]:
        """Give the values of the first row of a SELECT."""
        with self._statement(sql, url) as statement:
            (row, *_) = nanoarrow.ArrayStream(statement.execute_query()[0]).read_all().to_pylist()
        return list(row.values())

    def run(self, sql: str, url: str | None = None) -> None:
        """Run what is not a SELECT."""
        with self._statement(sql, url) as statement:
            statement.execute_update()

    @contextlib.contextmanager
    def _statement(self, sql: str, url: str | None) -> Iterator[adbc_driver_manager.AdbcStatement]:
        with (
            adbc_driver_postgresql.connect(url or self.url) as handle,
            adbc_driver_manager.AdbcConnection(handle) as connection,
            adbc_driver_manager.AdbcStatement(connection) as statement,
        ):
            statement.set_sql_query(sql)
            yield statement

    def written(self, url: str) -> tuple[int, int, int]:
        """Bytes of WAL since ever, rows written in the directory and in ``etl``."""
        wal, rows, own_rows = (int(str(number)) for number in self.ask(WRITTEN, url))
        return wal, rows, own_rows

    def wait_until_alone(self) -> None:
        """Wait until the processes of finished clients are gone, and with them their CPU time and counts are booked."""
        if self._process is None:
            time.sleep(0.3)
        while any("gvrc_bench" in title for title in self._titles()):
            time.sleep(0.01)

    def cpu(self) -> float | None:
        """CPU seconds of the server's processes, those that ended included."""
        if self._process is None:
            return None
        times = self._process.cpu_times()
        total = times.user + times.system + times.children_user + times.children_system
        for child in self._process.children():
            with contextlib.suppress(psutil.NoSuchProcess):
                total += sum(child.cpu_times()[:2])
        return total

    def _titles(self) -> Iterator[str]:
        for child in self._process.children() if self._process else []:
            with contextlib.suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
                yield " ".join(child.cmdline())

    def _find_process(self) -> psutil.Process | None:
        """Find the server's first process, when it runs here and tells us its number."""
        with contextlib.suppress(adbc_driver_manager.Error, psutil.NoSuchProcess):
            number = int(str(self.ask("SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1)")[0]))
            process = psutil.Process(number)
            return process if "postgres" in process.name() else None
        return None


def measure(
    command: list[str], server: Server, url: str, expected_status: int = 0, longest: float = LONGEST_SECONDS
) -> Cost:
    """Run a command against the database and measure it.

    Raises:
        SystemExit: it ended with another status; its output is shown.
        NoEndError: it took longer than ``longest`` seconds, and was ended.
    """
    server.run("CHECKPOINT")
    before = server.written(url)
    server.wait_until_alone()
    cpu_before = server.cpu()
    try:
        wall, usage = run_cold(command, expected_status, longest)
    except NoEndError:
        server.end_connections(url)
        raise
    server.wait_until_alone()
    cpu_after = server.cpu()
    wal, rows, own_rows = (after - earlier for after, earlier in zip(server.written(url), before, strict=True))
    return Cost(
        wall=wall,
        client_cpu=usage.ru_utime + usage.ru_stime,
        server_cpu=None if cpu_after is None or cpu_before is None else cpu_after - cpu_before,
        peak_memory=usage.ru_maxrss * 1024 / 1e6,
        wal=wal / 1e6,
        rows=rows,
        own_rows=own_rows,
    )


def run_cold(
    command: list[str], expected_status: int, longest: float = LONGEST_SECONDS
) -> tuple[float, resource.struct_rusage]:
    """Run a command to its end; give its seconds and what the kernel counted for it.

    Bytecode is kept, as where commands have run before: else every loader would compile its packages each time.

    Raises:
        SystemExit: it ended with another status; its output is shown.
        NoEndError: it took longer than ``longest`` seconds, and was killed.
    """
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryFile() as output:
        start = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=PROJECT, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
        clock = threading.Timer(longest, process.kill)
        clock.start()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        clock.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode == -signal.SIGKILL and wall >= longest:
            raise NoEndError(f"took longer than {longest:g} seconds")
        if process.returncode != expected_status:
            output.seek(0)
            text = output.read().decode(errors="replace")[-3000:]
            raise SystemExit(f"{' '.join(command)} ended with status {process.returncode}:\n{text}")
    return wall, usage
