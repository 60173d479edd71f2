"""Write N-fold data in the shape of the national list: 35 county files, about 9,300 facilities a copy.

    python -m benchmarks.scale FOLDER --copies 10 [--changed]

From ``../shared/data/kmhfl`` where it is, else generated (``generated.py``). Copy 0 is the list as it is; every later
copy has codes, names, keys and registration numbers of its own, so that its records are other facilities at the same
places. ``--changed`` renames every hundredth facility of every file. The same call writes the same bytes. A file is
written record by record: memory holds one county of the list, however many copies.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator

REAL = Path(__file__).resolve().parents[2] / "shared" / "data" / "kmhfl"
CODES_OF_A_COPY = 1_000_000  # more than the list's highest code, so that no two copies share a code
CHANGED_EVERY = 100
FIRST_CHANGED = 40  # every file has so many records; the first ones have no code, which the plain loaders drop

Record = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description="Write N-fold data in the shape of the national list.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--copies", type=int, default=1)
    parser.add_argument("--changed", action="store_true", help="rename every hundredth facility")
    arguments = parser.parse_args()
    print(write_scaled(arguments.folder, range(arguments.copies), changed=arguments.changed), "records")


def write_scaled(folder: Path, copies: range, *, changed: bool = False, only: str = "*") -> int:
    """Write the county files whose name matches ``only``, each with these copies, and give the number of records."""
    folder.mkdir(parents=True, exist_ok=True)
    return sum(
        write_page(folder / f"{county}.json", records, copies, changed=changed)
        for county, records in county_files()
        if only in ("*", county)
    )


def county_files() -> Iterator[tuple[str, list[Record]]]:
    """Give the name and the records of every county file: real where they are, else generated."""
    if not REAL.is_dir():
        from benchmarks.generated import generated_county_files

        yield from generated_county_files()
        return
    for path in sorted(REAL.glob("*.json")):
        yield path.stem, msgspec.json.decode(path.read_bytes())["results"]


def write_page(path: Path, records: list[Record], copies: range, *, changed: bool) -> int:
    """Write one page of the list's API, a line for each record."""
    count = len(records) * len(copies)
    with path.open("wb") as file:
        file.write(b'{"count": %d, "next": null, "previous": null, "results": [\n' % count)
        for number, record in enumerate(record_copies(records, copies, changed=changed)):
            file.write(b",\n" * (number > 0) + msgspec.json.encode(record))
        file.write(b"\n]}\n")
    return count


def record_copies(records: list[Record], copies: range, *, changed: bool) -> Iterator[Record]:
    for copy in copies:
        for number, record in enumerate(records):
            copied = copy_record(record, copy)
            if changed and number % CHANGED_EVERY == FIRST_CHANGED:
                copied["name"] = f"{copied['name'][:90]} Annex"
            yield copied


def copy_record(record: Record, copy: int) -> Record:
    """Make another facility of a record; a junk registration number stays the junk that it is."""
    if copy == 0:
        return dict(record)
    code, registration_number = record["code"], record["registration_number"]
    return record | {
        "code": None if code is None else code + copy * CODES_OF_A_COPY,
        "name": f"{record['name']} {copy}",
        "officialname": f"{record['officialname']} {copy}",
        "id": f"{copy:08x}{record['id'][8:]}",
        "registration_number": f"{registration_number}-{copy}" if len(registration_number or "") > 3 else None,
    }


if __name__ == "__main__":
    main()
