"""What no loader of the same rows can go below here, beside what the importer and the plain loader take.

    python -m benchmarks.floor [--scale N]

Floors: the rows that a load leaves, written again from table to table with no question asked, into their indexes or
with all indexes built afterwards; its foreign keys checked; its records decoded, or only found and hashed; its files
hashed; a process that imports, connects and ends. Each is measured once: repeat it, on a machine that is not busy.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import time
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.bench import IMPORTER, a_server, working_folder, write_data
from benchmarks.bench_read import decode_all
from benchmarks.measure import measure, run_cold
from gvrc.extract import FileReading, SourceFile, find_in_file
from gvrc.reading.raw import hash_contents
from gvrc.sources import named_source
from gvrc.statements import statement

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmarks.measure import Server

TABLES = """
    SELECT string_agg(relation.oid::regclass::text, ' ') AS tables
    FROM pg_class AS relation
    JOIN pg_stat_user_tables AS written ON written.relid = relation.oid
    WHERE relation.relkind = 'r'
        AND written.n_tup_ins > 100"""
COPY_OF_TABLE = "CREATE TABLE floor (LIKE {} INCLUDING DEFAULTS INCLUDING INDEXES INCLUDING IDENTITY)"
BARE_TABLE = "CREATE TABLE bare (LIKE floor INCLUDING DEFAULTS INCLUDING IDENTITY)"
# None where a table has none, as etl.decided_places.
INDEXES = """
    SELECT coalesce(string_agg(replace(indexdef, 'floor', 'bare'), ';'), '') AS indexes
    FROM pg_indexes
    WHERE tablename = 'floor'"""
WRITE = "INSERT INTO {} OVERRIDING SYSTEM VALUE SELECT * FROM {}"
START = (
    "import polars, adbc_driver_manager, adbc_driver_postgresql, gvrc.command, sys; from gvrc.database import connect"
)


class Floor(NamedTuple):
    """A part of a run that cannot be spared."""

    what: str
    wall: float  # seconds
    server_cpu: float  # seconds; 0 where the server has no part


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure what no loader can go below.")
    parser.add_argument("--scale", type=int, default=1)
    arguments = parser.parse_args()
    with working_folder() as folder, a_server(None, folder) as server:
        compare(server, write_data(folder / "list", arguments.scale)["first load"])


def compare(server: Server, path: Path) -> None:
    """Print what the loaders take, and the floors, as parts of what the plain loader takes."""
    ours, plain = (server.new_database(f"gvrc_bench_floor_{name}") for name in ("ours", "plain"))
    run_cold([sys.executable, "scripts/migrate.py", "--database-url", ours], 0)
    taken = measure([sys.executable, "-m", "benchmarks.baseline", plain, str(path)], server, plain)
    unit = taken.wall
    print_part(Floor("the plain loader", taken.wall, taken.server_cpu or 0), unit)
    print_part(Floor("its rows", written_again(server, plain)[0], 0), unit)
    taken = measure([sys.executable, IMPORTER, str(path), "--quiet", "--database-url", ours], server, ours)
    print_part(Floor("the importer", taken.wall, taken.server_cpu or 0), unit)
    for floor in floors(server, ours, path):
        print_part(floor, unit)


def floors(server: Server, url: str, path: Path) -> Iterator[Floor]:
    """Measure the floors of a database that the importer has filled."""
    into_indexes, indexed_after = written_again(server, url)
    yield Floor("its rows", into_indexes, 0)
    yield Floor("its rows, their indexes built after", indexed_after, 0)
    server.run(statement("drop_foreign_keys"), url)
    yield Floor("its foreign keys, added", *timed(server, statement("add_foreign_keys"), url))
    files = sorted(path.glob("*.json"))
    yield Floor("its records, decoded", decode_all(list(map(str, files))), 0)
    yield Floor("its records, found and hashed", find_all(files), 0)
    yield Floor("its files, hashed", hash_all(files), 0)
    wall, _ = run_cold([sys.executable, "-c", f"{START}; connect(sys.argv[1]).close()", url], 0)
    yield Floor("start, imports and one connection", wall, 0)


def written_again(server: Server, url: str) -> tuple[float, float]:
    """Write the rows of each large table again, into one of its kind and into one whose indexes are built after."""
    into_indexes = indexed_after = 0.0
    for table in str(server.ask(TABLES, url)[0]).split():
        server.run(f"DROP TABLE IF EXISTS floor, bare; {COPY_OF_TABLE.format(table)}; {BARE_TABLE}", url)
        indexes = str(server.ask(INDEXES, url)[0])
        indexed_after += timed(server, f"{WRITE.format('bare', table)}; {indexes}", url)[0]
        into_indexes += timed(server, WRITE.format("floor", table), url)[0]
    server.run("DROP TABLE floor, bare", url)
    return into_indexes, indexed_after


def timed(server: Server, sql: str, url: str) -> tuple[float, float]:
    """Give the wall time and the server's CPU time of SQL."""
    server.wait_until_alone()
    before, started = server.cpu() or 0, time.perf_counter()
    server.run(sql, url)
    wall = time.perf_counter() - started
    server.wait_until_alone()
    return wall, (server.cpu() or 0) - before


def find_all(files: list[Path]) -> float:
    """Find and hash the records of files, which tells the changed ones, in CPU seconds."""
    started = time.process_time()
    for file_no, path in enumerate(files, start=1):
        rules = named_source("floor")
        file = SourceFile(file_no=file_no, path=str(path), source=rules)
        for found in find_in_file(file, FileReading()):
            hash_contents(found.elements)
    return time.process_time() - started


def hash_all(files: list[Path]) -> float:
    """Hash files as the importer does, in CPU seconds."""
    started = time.process_time()
    for file in files:
        hashlib.sha256(file.read_bytes())
    return time.process_time() - started


def print_part(part: Floor, unit: float) -> None:
    print(f"{part.what:36} {part.wall:7.2f} s {part.wall / unit:6.2f} of plain {part.server_cpu:8.2f} s of the server")


if __name__ == "__main__":
    main()
