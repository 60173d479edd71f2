"""What the ADBC driver itself computes: to connect, and to write frames for COPY.

    python -m benchmarks.driver [LIBRARY ...]

CPU seconds of this process, the least of several. Without a library it is the installed one; those of other wheels are
compared with it (``pip download --no-deps adbc-driver-postgresql==VERSION``, unzipped), one after the other.
"""

from __future__ import annotations

import argparse
import time
from typing import TYPE_CHECKING

import adbc_driver_manager
import polars as pl

from benchmarks.bench import a_server, working_folder
from gvrc.database import driver_library

if TYPE_CHECKING:
    from collections.abc import Callable

ROWS = 100_000
TABLE = "CREATE UNLOGGED TABLE copied (number bigint, name text, place text, share double precision, flag boolean)"
WRITTEN = {"adbc.ingest.target_table": "copied", "adbc.ingest.mode": "adbc.ingest.mode.append"}


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the ADBC driver.")
    parser.add_argument("libraries", nargs="*", default=[driver_library()])
    arguments = parser.parse_args()
    with working_folder() as folder, a_server(None, folder) as server:
        url = server.new_database("gvrc_bench_driver")
        for library in arguments.libraries:
            measure(str(library), url)


def measure(library: str, url: str) -> None:
    connecting = least_cpu(lambda: adbc_driver_manager.AdbcDatabase(driver=library, uri=url).close())
    rows = frame()
    with (
        adbc_driver_manager.AdbcDatabase(driver=library, uri=url) as handle,
        adbc_driver_manager.AdbcConnection(handle) as connection,
    ):
        execute(connection, f"DROP TABLE IF EXISTS copied; {TABLE}")
        copying = least_cpu(lambda: copy(connection, rows))
    print(f"{library}\n  connect {1000 * connecting:.1f} ms, copy {ROWS:,} rows of 5 columns {1000 * copying:.1f} ms")


def frame() -> pl.DataFrame:
    numbers = pl.int_range(ROWS, dtype=pl.Int64)
    return pl.select(
        number=numbers,
        name=pl.format("Clinic {}", numbers),
        place=pl.when(numbers % 3 == 0).then(pl.lit("Viwandani")),
        share=numbers / 7,
        flag=numbers % 2 == 0,
    )


def least_cpu(work: Callable[[], object], times: int = 5) -> float:
    seconds = []
    for _ in range(times):
        before = time.process_time()
        work()
        seconds.append(time.process_time() - before)
    return min(seconds)


def execute(connection: adbc_driver_manager.AdbcConnection, sql: str) -> None:
    with adbc_driver_manager.AdbcStatement(connection) as statement:
        statement.set_sql_query(sql)
        statement.execute_update()


def copy(connection: adbc_driver_manager.AdbcConnection, rows: pl.DataFrame) -> None:
    with adbc_driver_manager.AdbcStatement(connection) as statement:
        statement.set_options(**WRITTEN)
        statement.bind_stream(rows.__arrow_c_stream__())
        statement.execute_update()


if __name__ == "__main__":
    main()
