"""Import one huge file, as one JSON array and as lines of JSON, and say how much memory that took at its peak.

    python -m benchmarks.big_file [--megabytes 2000] [--forms array lines] [--database-url URL]

The file is the national list over and over, each copy with facilities of its own (``scale.py``). The importer is to
stay under 512 MB (aim: 320) however large the file is.
"""

from __future__ import annotations

import argparse
import sys
from itertools import count
from typing import TYPE_CHECKING

import msgspec

from benchmarks.bench import IMPORTER, a_server, working_folder
from benchmarks.measure import measure
from benchmarks.scale import copy_record, county_files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MOST_MEGABYTES = 512
FORMS = {"array": (b"[\n", b",\n", b"\n]\n"), "lines": (b"", b"\n", b"\n")}  # before, between, after the records


def main() -> int:
    arguments = parse_arguments()
    peaks = []
    print("| form | MB | records | wall s | peak MB | rows |\n| --- | --- | --- | --- | --- | --- |")
    with working_folder() as folder, a_server(arguments.database_url, folder) as server:
        for form in arguments.forms:
            file = folder / f"{form}.json"
            records = write_big_file(file, arguments.megabytes * 1_000_000, *FORMS[form])
            url = server.new_database("gvrc_bench_big")
            cost = measure([sys.executable, IMPORTER, str(file), "--quiet", "--database-url", url], server, url)
            peaks.append(cost.peak_memory)
            megabytes = file.stat().st_size / 1e6
            print(
                f"| {form} | {megabytes:.0f} | {records:,} | {cost.wall:.1f} | {cost.peak_memory:.0f} | {cost.rows:,} |"
            )
            file.unlink()
    return int(max(peaks) > MOST_MEGABYTES)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure the peak memory of importing one huge file.")
    parser.add_argument("--megabytes", type=int, default=2000, help="size of the file (default 2000)")
    parser.add_argument("--forms", nargs="+", choices=list(FORMS), default=list(FORMS))
    parser.add_argument("--database-url", help="a server to make databases on; default: an embedded one")
    return parser.parse_args()


def write_big_file(path: Path, size: int, before: bytes, between: bytes, after: bytes) -> int:
    """Write records until the file has this size in bytes, and give their number."""
    records = 0
    with path.open("wb") as file:
        file.write(before)
        for record in endless_records():
            file.write(between * (records > 0) + record)
            records += 1
            if file.tell() >= size:
                break
        file.write(after)
    return records


def endless_records() -> Iterator[bytes]:
    for copy in count():
        for _, records in county_files():
            for record in records:
                yield msgspec.json.encode(copy_record(record, copy))


if __name__ == "__main__":
    sys.exit(main())
