"""Bytes of a source file -> frames of its records, with the columns of ``columns.EXTRACTED``, every value as text."""

from __future__ import annotations

import gc
from collections import defaultdict
from contextlib import contextmanager
from functools import partial
from itertools import chain, groupby
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from gvrc.errors import SourceFileError
from gvrc.faces import encode_record, is_made
from gvrc.meaning.meanings import keys_of_source
from gvrc.reading.decode import CutOffError, open_text
from gvrc.reading.document import find_records
from gvrc.reading.links import Links
from gvrc.reading.raw import hash_texts
from gvrc.reading.repeated_codes import codes_under, without_nobodys_codes
from gvrc.reading.walked import Walked
from gvrc.rejects import HEADLESS, are_rejects, header_first, is_correction, read_header
from gvrc.sources import REJECTED, SourceRules, match_source
from gvrc.structs import Struct, field, replace

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gvrc.meaning.meanings import Keys
    from gvrc.reading.elements import Elements
    from gvrc.reading.shared_points import Point

CHUNK_ROWS: Final = 20_000
PART_BYTES: Final = 1024 * 1024  # what a part is read into stays near the processor: larger ones take longer


class SourceFile(Struct, frozen=True, kw_only=True):
    """One file of a run, as its records are found in it."""

    file_no: int  # in the run, from 1
    path: str  # as shown; "-" for standard input
    source: SourceRules
    size: int = 0  # bytes; of a large file the texts of a batch are packed (gvrc/batches.py)
    stored_at: Path | None = None  # where the content is, when that is not ``path`` (standard input is spooled)


class FileReading(Struct, kw_only=True):
    """What was found out about a file while it was read; complete when the last frame was taken."""

    path_taken: str = ""  # where the records were: "results", "Nairobi.medical, Nairobi.legal", ...
    read: int = 0  # records, the unreadable ones among them
    settled: int = 0  # of them, which were not opened
    readable: int = 0
    first_reject: str = ""
    unmapped: dict[str, tuple[int, str]] = field(default_factory=dict)  # key -> (values, a masked example)
    types_met: dict[str, set[str]] = field(default_factory=dict)  # key -> the JSON types of its values
    notes: list[str] = field(default_factory=list)  # for the report, one line each
    error: str | None = None  # why reading stopped, when salvage kept what came before

    @property
    def mixed_types(self) -> dict[str, set[str]]:
        """Give the keys whose values came in more than one JSON type, null apart."""
        return {key: types for key, types in self.types_met.items() if len(types) > 1}


class FoundRecords(Struct, frozen=True, kw_only=True):
    """Records of a file that were found and not opened: each is still the bytes that it came as."""

    file: SourceFile
    keys: Keys
    elements: Elements
    numbers: Sequence[int]  # in the file, from 1
    size: int  # bytes
    no_points: frozenset[Point] = frozenset()  # of the file, that facilities of many wards share

    def __len__(self) -> int:
        return len(self.elements)

    def only(self, rows: Sequence[int]) -> FoundRecords:
        """Give some of the records."""
        if len(rows) == len(self):
            return self
        elements = [self.elements[row] for row in rows]
        numbers = [self.numbers[row] for row in rows]
        return replace(self, elements=elements, numbers=numbers, size=_size(elements))

    def but(self, numbers: Sequence[int]) -> FoundRecords:
        """Give the records without those of the numbers."""
        spared = set(numbers)
        return self.only([row for row, number in enumerate(self.numbers) if number not in spared])

    def open(self, reading: FileReading) -> pl.DataFrame:
        """Read the records as a frame of ``columns.EXTRACTED`` and the issue columns that extract may set."""
        if not any(map(is_correction, self.elements)):
            return _opened(self, reading)
        from gvrc.reading.opening import without_nobodys_points

        frames = [_opened(found, reading) for found in self._by_own_keys()]
        return pl.concat(frames).sort("record_number").pipe(without_nobodys_points)

    def _by_own_keys(self) -> list[FoundRecords]:
        """Part records that come back (rejects, corrected) by the keys that each is read by.

        They are those of its source, without what its list had shown not to be codes.
        """
        keys = {rules.name: keys_of_source(rules.keys) for rules in self.file.source.returned if rules.keys}
        rows: defaultdict[Keys, list[int]] = defaultdict(list)
        for row, element in enumerate(self.elements):
            header = read_header(element)
            own = keys.get(str(header.get("source")), self.keys)
            rows[without_nobodys_codes(own, element, header)].append(row)
        return [replace(self.only(own), keys=own_keys) for own_keys, own in rows.items()]


def read_records(source_file: SourceFile, reading: FileReading) -> Iterator[pl.DataFrame]:
    """Read a source file as frames of ``columns.EXTRACTED`` and the issue columns that extract may set."""
    for found in find_in_file(source_file, reading):
        yield found.open(reading)
    demand_readable(source_file.path, reading)


def find_in_file(
    source_file: SourceFile, reading: FileReading, *, salvage: bool = False, chunk_rows: int = CHUNK_ROWS
) -> Iterator[FoundRecords]:
    """Find the records of a source file, to be opened by the caller.

    Until the last find the file may still fail: then SourceFileError names the file, the place and what to do. With
    ``salvage`` a file that is cut off gives the records before the cut, and ``reading.error`` says so. Whether any of
    the records is readable is known only after they were opened: see ``demand_readable``.
    """
    walked = Walked()
    rules = source_file.source
    keys = keys_of_source(rules.keys)
    try:
        reopen = partial(open_text, Path(source_file.stored_at or source_file.path), rules.encoding)
        links = Links(reopen)
        with reopen() as chunks:
            first = next(chunks, b"")
            found = find_records(chain((first,), chunks), keys, rules.path, walked, links)
            if are_rejects(first):
                found = (list(map(header_first, elements)) for elements in found)
            yield from _numbered(_with_own_keys(found, keys, walked, chunk_rows), source_file, reading)
        _conclude(rules, reading, walked)
        reading.notes += links.notes()
    except CutOffError as error:
        reading.error = f"{source_file.path}: {error} Records that begin before: {reading.read:,}."
        if not (salvage and reading.read):
            raise SourceFileError(reading.error) from error
        _conclude(rules, reading, walked)
    except SourceFileError as error:
        raise SourceFileError(f"{source_file.path}: {error}") from error


def demand_readable(path: str, reading: FileReading) -> None:
    """Go on only if a record of the file could be read, once all were opened.

    Raises:
        SourceFileError: none could be read.
    """
    if not reading.readable:
        raise SourceFileError(
            reading.error or f"{path}: holds no readable record. {reading.first_reject}. Correct it, or fetch it again."
        )


def read_record(record: Mapping[str, object]) -> pl.DataFrame:
    """Read one record that is a dict already, as a source file with nothing else in it would be read.

    A record that another face has made keeps its text as it came, and the issues that were found when it was read.
    """
    from gvrc.reading.fields import EXTRACT_ISSUES
    from gvrc.reading.opening import open_elements

    frame, _ = open_elements([encode_record(record)], 1, [1], keys_of_source({}), FileReading())
    if not is_made(record):
        return frame
    told = frame.with_columns(pl.lit(record[name]).alias(name) for name in ("raw", *EXTRACT_ISSUES) if name in record)
    return told.with_columns(hash_texts(told["raw"]))


class JSONExtractor:
    """The face of ``read_records`` for one file at a time (founding guide, section 2)."""

    def extract_facilities(self, file_path: str) -> list[dict[str, Any]]:
        """Give the records of a file as dicts of the fields that are present.

        Raises:
            SourceFileError: the file cannot be read: an unreadable file is never an empty list.
        """
        file = SourceFile(file_no=1, path=str(file_path), source=match_source(file_path, []))
        frames = read_records(file, FileReading())
        return [
            {name: value for name, value in row.items() if value is not None}
            for frame in frames
            for row in frame.to_dicts()
        ]


def _opened(found: FoundRecords, reading: FileReading) -> pl.DataFrame:
    from gvrc.reading.opening import open_elements, without_points  # not before: a forced run may open none

    with _collector_paused():
        frame, rejects = open_elements(found.elements, found.file.file_no, found.numbers, found.keys, reading)
        if found.keys.no_codes:
            frame = frame.with_columns(nobodys=codes_under(found.keys.no_codes, found.elements))
        if found.no_points:
            frame = without_points(frame, found.no_points)
    reading.readable += len(found) - len(rejects)
    if rejects and not reading.first_reject:
        row, (_, detail) = next(iter(rejects.items()))
        reading.first_reject = f"record {found.numbers[row]:,}: {detail}"
    return frame


def _numbered(
    found: Iterator[tuple[Keys, frozenset[Point], Elements]], source_file: SourceFile, reading: FileReading
) -> Iterator[FoundRecords]:
    """Number what was found in a file, and count it in the reading."""
    headless = 0
    for own_keys, no_points, elements in found:
        numbers = range(reading.read + 1, reading.read + len(elements) + 1)
        reading.read += len(elements)
        yield FoundRecords(
            file=source_file,
            keys=own_keys,
            elements=elements,
            numbers=numbers,
            size=_size(elements),
            no_points=no_points,
        )
        if source_file.source.name == REJECTED.name:
            headless += sum(not is_correction(element) for element in elements)
    if headless:
        reading.notes.append(HEADLESS.format(headless))


def _with_own_keys(
    found: Iterator[Elements], keys: Keys, walked: Walked, chunk_rows: int
) -> Iterator[tuple[Keys, frozenset[Point], Elements]]:
    """Give what was found in parts of a handy size, with the keys to read it by and the points to read as nobody's.

    The keys are the file's, without those that the walk so far has shown not to be codes (``repeated_codes``).
    """
    with_keys = ((keys.without_codes(walked.no_codes), walked.no_points, elements) for elements in found)
    for (own_keys, no_points), alike in groupby(with_keys, key=itemgetter(0, 1)):
        for elements in _regroup(map(itemgetter(2), alike), chunk_rows):
            yield own_keys, no_points, elements


def _regroup(parts: Iterator[Elements], chunk_rows: int) -> Iterator[Elements]:
    """Give what was found in parts of a handy size: single records are put together, a long list is cut."""
    pending: Elements = []
    size = 0
    try:
        for elements in parts:
            pending += elements
            size += _size(elements) if len(elements) < FEW else PART_BYTES
            while len(pending) > chunk_rows:
                yield pending[:chunk_rows]
                pending = pending[chunk_rows:]
            if size >= PART_BYTES and pending:
                yield pending
                pending, size = [], 0
    except SourceFileError:
        if pending:
            yield pending  # what came before may be salvaged, and is read again by pieces of another size
        raise
    if pending:
        yield pending


FEW: Final = 100


def _size(elements: Elements) -> int:
    return sum(map(len, map(memoryview, elements)))  # type: ignore[arg-type]


def _conclude(rules: SourceRules, reading: FileReading, walked: Walked) -> None:
    """Note what the walk through a file came upon; raise SourceFileError if there was no record."""
    if not reading.read:
        where = "" if rules.path is None else f" at its pinned path {rules.path!r}"
        raise SourceFileError(
            f"holds no facilities{where}: {walked.what_was_seen()}. "
            "Give another file, or pin path and keys in sources.yaml."
        )
    reading.path_taken = walked.path_taken()
    reading.notes += walked.notes(reading.read)


@contextmanager
def _collector_paused() -> Iterator[None]:
    # Decoding makes a million objects without a cycle; the collector's rounds over them cost a third of the time.
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
