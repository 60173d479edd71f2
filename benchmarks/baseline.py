"""The plain competent loader that we measure ourselves against: what an engineer writes in an afternoon with Polars.

    python -m benchmarks.baseline URL [FOLDER_OR_FILE]

Reads pages of the national list whole, explodes the services, copies all to staging by ADBC and merges by SQL
(``plain_merge.py``), writing only what differs. It resolves no ward, checks no value, refuses no record, keeps no
history and no account, and has no foreign keys. Without a file it only makes its tables.
"""

from __future__ import annotations

import sys
from pathlib import Path

import adbc_driver_postgresql.dbapi
import polars as pl

from benchmarks.plain_merge import COLUMNS, MERGE, STAGED, TABLES


def main() -> None:
    url, *path = sys.argv[1:]
    with adbc_driver_postgresql.dbapi.connect(url) as connection, connection.cursor() as cursor:
        for sql in TABLES:
            cursor.execute(sql)
        if path:
            load(Path(path[0]), connection, cursor)
        connection.commit()


def load(
    path: Path, connection: adbc_driver_postgresql.dbapi.Connection, cursor: adbc_driver_postgresql.dbapi.Cursor
) -> None:
    facilities = read_facilities(sorted(path.glob("*.json")) if path.is_dir() else [path])
    services = facilities.select("code", service_name="service_names").explode("service_name").drop_nulls().unique()
    for table, rows in zip(STAGED, [facilities.drop("service_names"), services], strict=True):
        rows.write_database(table, connection, engine="adbc", if_table_exists="replace")
    for sql in MERGE:
        cursor.execute(sql)


def read_facilities(files: list[Path]) -> pl.DataFrame:
    wanted = [*COLUMNS, "lat", "long", "service_names"]
    pages = (pl.read_json(file).select(pl.col("results").explode()).unnest("results").select(wanted) for file in files)
    records = pl.concat(pages, how="vertical_relaxed")  # relaxed: a column may be null in the whole of one file
    return records.drop_nulls("code").unique("code", keep="last", maintain_order=True)


if __name__ == "__main__":
    main()
