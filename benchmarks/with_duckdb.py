"""The same plain load with DuckDB and its extension for PostgreSQL; takes part when both are installed.

python -m benchmarks.with_duckdb URL [FOLDER_OR_FILE]
"""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb
import duckdb_extension_postgres_scanner

from benchmarks.plain_merge import COLUMNS, MERGE, TABLES

EXTENSION = next(Path(duckdb_extension_postgres_scanner.__file__).parent.rglob("*.duckdb_extension"))
RECORDS = (
    "SELECT unnest(results, recursive := false) AS record FROM read_json($files, maximum_object_size = 2000000000)"
)


def main() -> None:
    url, *path = sys.argv[1:]
    with duckdb.connect() as database:
        database.execute(f"LOAD '{EXTENSION}'")
        database.execute(f"ATTACH '{url}' AS target (TYPE postgres)")
        for sql in TABLES:
            run_there(database, sql)
        if path:
            load(database, Path(path[0]))


def load(database: duckdb.DuckDBPyConnection, path: Path) -> None:
    files = sorted(str(file) for file in path.glob("*.json")) if path.is_dir() else [str(path)]
    wanted = ", ".join(f"record.{name}" for name in [*COLUMNS, "lat", "long", "service_names"])
    database.execute(f"CREATE TABLE facilities AS SELECT {wanted} FROM ({RECORDS})", {"files": files})
    database.execute(
        "CREATE TABLE target.staged_facilities AS SELECT * EXCLUDE service_names FROM facilities WHERE code IS NOT NULL"
    )
    database.execute(
        "CREATE TABLE target.staged_services AS SELECT DISTINCT code, unnest(service_names) AS "
        "service_name FROM facilities WHERE code IS NOT NULL"
    )
    for sql in MERGE:
        run_there(database, sql)


def run_there(database: duckdb.DuckDBPyConnection, sql: str) -> None:
    database.execute("CALL postgres_execute('target', $sql)", {"sql": sql})


if __name__ == "__main__":
    main()
