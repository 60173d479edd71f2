"""Superseded records that count again, because the records that superseded them no longer come.

If a body lists a facility twice and later takes the wrong record out, it sends the other one word for word. That record
was remembered as superseded, so the facility kept what nobody said any more. Which records the files of a run hold is
known only at their end: if the batch does not show it, the files are looked through, which few runs need. A file that
is not part of the run says nothing: a body may send one file for each county, and any of them may be run alone. The SQL
is in ``sql/merge/11_reinstate.sql``.
"""

from __future__ import annotations

import json
from collections import defaultdict
from functools import cached_property
from pathlib import PurePath
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from gvrc.enrich import add_source
from gvrc.errors import SourceFileError
from gvrc.extract import FileReading, FoundRecords, SourceFile, find_in_file
from gvrc.reading.raw import hash_contents
from gvrc.rejects import read_headers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from gvrc.database import Database


class Known(NamedTuple):
    """What a record is known by."""

    source: str
    content_hash: str


class NamedFile(NamedTuple):
    """A file by its source and name: many bodies send each month's file under the same name."""

    source: str
    name: str


class Reinstating:
    """Knows the superseded records of a directory and their rivals, and the files of the run."""

    def __init__(self, database: Database, run_no: int, files: list[SourceFile], *, salvage: bool) -> None:
        self.database = database
        self.run_no = run_no
        self.files = files
        self.names = {file.file_no: NamedFile(file.source.name, PurePath(file.path).name) for file in files}
        self.salvage = salvage
        self.rivals: defaultdict[Known, set[Known]] = defaultdict(set)  # of each superseded record
        self.came_in: dict[Known, NamedFile] = {}
        self.read_rivals()

    def read_rivals(self) -> None:
        """Read the superseded records, each with those that may stand in its way, and the files that they came in."""
        for row in self.database.rows("find_rivals"):
            known, rival = Known(row["source"], row["content_hash"]), Known(row["rival_source"], row["rival_hash"])
            self.rivals[known].add(rival)
            self.came_in[known] = NamedFile(known.source, PurePath(row["path"]).name)
            self.came_in[rival] = NamedFile(rival.source, PurePath(row["rival_path"]).name)

    @cached_property
    def wanted(self) -> frozenset[Known]:
        """Name the rivals that are looked for."""
        return frozenset(rival for rivals in self.rivals.values() for rival in rivals)

    @cached_property
    def hashes(self) -> list[str]:
        """Give the content hashes of superseded records and rivals."""
        return sorted({known.content_hash for known in (*self.rivals, *self.wanted)})

    @cached_property
    def coming_as_written(self) -> set[Known]:
        """Name the rivals that stand in the files of the run, by their bytes."""
        return self.look_through(named_by_bytes)[0]

    @cached_property
    def coming(self) -> tuple[set[Known], set[NamedFile]]:
        """Name the rivals that the files of the run have, and those of the files that were read in full.

        What a record is known by may not be what stands in the file. To open them takes ten times as long.
        """
        return self.look_through(named_by_opening)

    def look_through(self, name: Callable[[FoundRecords], Iterable[Known]]) -> tuple[set[Known], set[NamedFile]]:
        """Look through the files of the run that may have a record that matters."""
        coming: set[Known] = set()
        read: set[NamedFile] = set()
        sources = {known.source for known in (*self.rivals, *self.wanted)}
        for file in (file for file in self.files if file.source.name in sources):
            reading = FileReading()
            try:
                for found in find_in_file(file, reading, salvage=self.salvage):
                    coming |= self.wanted.intersection(name(found))
            except SourceFileError:  # it is told when its records are loaded
                continue
            if reading.error is None:  # else it was cut off, and who knows what came then
                read.add(self.names[file.file_no])
        return coming, read

    def known_in(self, records: pl.DataFrame) -> Iterator[tuple[Known, int]]:
        """Give those of the records that may matter, with their file_no."""
        if records.is_empty():
            return
        matter = records.filter(pl.col("content_hash").is_in(self.hashes))
        for source, content_hash, file_no in matter.select("source", "content_hash", "file_no").iter_rows():
            yield Known(source, content_hash), file_no

    def reinstate(self, batch: Iterable[pl.DataFrame]) -> None:
        """Let the superseded records of a batch count again whose rivals are gone."""
        if not self.rivals:  # mostly
            return
        here = {known: file_no for records in batch for known, file_no in self.known_in(records)}
        again = [known for known in here if known in self.rivals and self.is_again(known, here)]
        told = [{**known._asdict(), "file_no": here[known], "is_gone": False} for known in again]
        gone = {rival: here[known] for known in again for rival in self.rivals[known] if rival.source == known.source}
        told += [{**rival._asdict(), "file_no": file_no, "is_gone": True} for rival, file_no in gone.items()]
        if told:
            self.database.run("reinstate", self.run_no, json.dumps(told))

    def is_again(self, known: Known, here: Mapping[Known, int]) -> bool:
        """Say whether a superseded record counts again, for its rivals do not come.

        Those of its own source decide; where only others had superseded it, all of them.
        """
        rivals = self.rivals[known]
        decisive = {rival for rival in rivals if rival.source == known.source} or rivals
        places = {self.came_in[rival] for rival in decisive}
        if not decisive.isdisjoint(here) or not places <= {*self.names.values(), self.came_in[known]}:
            return False
        if not decisive.isdisjoint(self.coming_as_written):
            return False
        coming, read = self.coming
        is_read = self.names[here[known]] in read and places <= read | {self.came_in[known]}
        return is_read and decisive.isdisjoint(coming)


def named_by_bytes(found: FoundRecords) -> Iterator[Known]:
    """Name records by what stands in the file."""
    for content_hash in hash_contents(found.elements):
        yield Known(found.file.source.name, content_hash)


def named_by_opening(found: FoundRecords) -> Iterator[Known]:
    """Name records as a run does."""
    file = found.file
    records = read_headers(found.open(FileReading()).pipe(add_source, {file.file_no: file.source}), {})
    return map(Known._make, records.select("source", "content_hash").iter_rows())
