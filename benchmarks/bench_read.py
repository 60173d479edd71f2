"""Measure the reader: records per CPU second on the ten-fold national list, and the peak memory of one huge array.

    python benchmarks/bench_read.py [PATH ...] [--copies 10] [--size-mb 500] [--rounds 3]

A file is read whole, with every check, in a cold process; start and imports are not counted. Beside it stands a bare
``msgspec.json.decode`` of the same bytes, chunk by chunk of records: the machine's own pace, and the least that any
reader in Python can take. ``--size-mb 2000`` is the array of the goal. Goals: 70,000 records per CPU second, 120 MB.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT))

MOST_MEGABYTES = 120
LEAST_RECORDS = 70_000  # per CPU second


def main() -> None:
    arguments = parse_arguments()
    if arguments.child:
        print(json.dumps(read_all(arguments.paths) | {"bare": decode_all(arguments.paths) if arguments.bare else None}))
    elif arguments.paths:
        report("given", arguments.paths, arguments.rounds)
    else:
        with tempfile.TemporaryDirectory() as folder:
            measure_generated(Path(folder), arguments)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure the reader.")
    parser.add_argument("paths", nargs="*", help="files to read; default: the ten-fold list, and one large array")
    parser.add_argument("--copies", type=int, default=10, help="copies of the national list")
    parser.add_argument("--size-mb", type=int, default=500, help="size of the array; 0 for none")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--bare", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def measure_generated(folder: Path, arguments: argparse.Namespace) -> None:
    from benchmarks.big_file import FORMS, write_big_file
    from benchmarks.scale import write_scaled

    write_scaled(folder / "list", range(arguments.copies))
    report(f"list x{arguments.copies}", sorted(map(str, (folder / "list").iterdir())), arguments.rounds)
    if arguments.size_mb:
        array = folder / "array.json"
        write_big_file(array, arguments.size_mb * 1_000_000, *FORMS["array"])
        report(f"array of {arguments.size_mb} MB", [str(array)], 1, bare=False)


def report(name: str, paths: list[str], rounds: int, *, bare: bool = True) -> None:
    """Print the best of the rounds (the machine is shared) and the largest peak."""
    runs = [run_child(paths, bare=bare) for _ in range(rounds)]
    best = min(runs, key=lambda run: run["seconds"])
    peak = max(run["peak_mb"] for run in runs)
    pace = best["records"] / best["seconds"]
    print(
        f"{name}: {best['records']:,} records, {best['seconds']:.2f} CPU s, {pace:,.0f} records per CPU second", end=""
    )
    print(f" (goal {LEAST_RECORDS:,}), peak {peak:.0f} MB (goal {MOST_MEGABYTES})", end="")
    if bare:
        decode = min(run["bare"] for run in runs)
        print(f"; bare decoding {decode:.2f} CPU s, ratio {best['seconds'] / decode:.1f}", end="")
    print()


def run_child(paths: list[str], *, bare: bool) -> dict[str, float]:
    command = [sys.executable, __file__, "--child", *(["--bare"] if bare else []), *paths]
    told = subprocess.run(command, cwd=PROJECT, env=os.environ, capture_output=True, text=True, check=True)
    run: dict[str, float] = json.loads(told.stdout)
    return run


def read_all(paths: list[str]) -> dict[str, float]:
    from gvrc.extract import FileReading, SourceFile, read_records
    from gvrc.sources import named_source

    records = 0
    started = time.process_time()
    for number, path in enumerate(paths, 1):
        file = SourceFile(file_no=number, path=path, source=named_source("benchmark"))
        records += sum(frame.height for frame in read_records(file, FileReading()))
    seconds = time.process_time() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    return {"records": records, "seconds": seconds, "peak_mb": peak}


def decode_all(paths: list[str]) -> float:
    import gc

    import msgspec

    gc.disable()
    decode = msgspec.json.Decoder().decode
    seconds = 0.0
    for path in paths:
        (records,) = (
            msgspec.json.decode(value, type=list[msgspec.Raw])
            for value in msgspec.json.decode(Path(path).read_bytes(), type=dict[str, msgspec.Raw]).values()
            if bytes(value).startswith(b"[")
        )
        started = time.process_time()
        for start in range(0, len(records), 1_000):
            _ = [decode(record) for record in records[start : start + 1_000]]
        seconds += time.process_time() - started
    return seconds


if __name__ == "__main__":
    main()
