"""How the tests of this folder read: bytes in, one frame and the reading out."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from gvrc.extract import FileReading, SourceFile, demand_readable, find_in_file
from gvrc.sources import SourceRules, match_source

if TYPE_CHECKING:
    from collections.abc import Iterable

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"


def read_file(
    path: Path, *, rules: Iterable[SourceRules] = (), salvage: bool = False, chunk_rows: int = 20_000
) -> tuple[pl.DataFrame, FileReading]:
    file = SourceFile(file_no=1, path=path.name, source=match_source(path, rules), stored_at=path)
    reading = FileReading()
    frames = [found.open(reading) for found in find_in_file(file, reading, salvage=salvage, chunk_rows=chunk_rows)]
    demand_readable(file.path, reading)
    return pl.concat(frames), reading


def read_bytes(
    content: bytes, name: str = "made_up.json", *, salvage: bool = False, rules: Iterable[SourceRules] = ()
) -> tuple[pl.DataFrame, FileReading]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        return read_file(path, salvage=salvage, rules=rules)


def facilities(frame: pl.DataFrame) -> list[dict[str, Any]]:
    """Give the fields that are present, without the bookkeeping."""
    bookkeeping = ("file_no", "record_number", "raw", "content_hash", "nobodys")
    return [
        {name: value for name, value in row.items() if value is not None and name not in bookkeeping}
        for row in frame.iter_rows(named=True)
    ]
