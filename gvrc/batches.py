"""Source files -> batches of transformed records: what is merged in one transaction.

Three batches are in work at a time: one is read, one transformed, one merged by the database. What the threads find out
about a file travels with its batch; only the caller writes what the run remembers.
"""

from __future__ import annotations

from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING

import polars as pl

from gvrc.errors import SourceFileError
from gvrc.extract import FileReading, SourceFile, read_records
from gvrc.memory import MemoryManager
from gvrc.transform import transform

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gvrc.geography import PlaceResolver
    from gvrc.ledger import ListedFile
    from gvrc.pipeline import Run
    from gvrc.settled import SettledRecords
    from gvrc.stage import StagedBatch, Stager

MOST_BYTES = 22_000_000  # of the frames of a batch: 10,000 records of the usual size, fewer where they are long


@dataclass
class Batch:
    """Records of one or more files; ``finished`` are the files whose last record is in it.

    ``failed`` are those that failed since the batch before: what was loaded of them goes before this one is loaded.
    """

    frames: list[pl.DataFrame] = field(default_factory=list)
    finished: dict[int, FileReading] = field(default_factory=dict)
    failed: dict[int, SourceFileError] = field(default_factory=dict)
    records: pl.DataFrame = field(default_factory=pl.DataFrame)  # transformed
    staged: StagedBatch | None = None  # the same as it is copied
    settled: pl.DataFrame = field(default_factory=pl.DataFrame)  # what is known of the records that need no merge
    transform: Callable[[pl.DataFrame], pl.DataFrame] = field(default=lambda records: records)
    counted: Counter[int] | None = None  # records by file_no, once the frames are gone

    @property
    def size(self) -> int:
        """Count the records."""
        return self.read.total()

    @property
    def is_heavy(self) -> bool:
        """Say whether its records take so much memory that it is merged before it has ``batch_size`` of them."""
        return sum(frame.estimated_size() for frame in self.frames) >= MOST_BYTES

    def size_in_file(self, file_no: int) -> int:
        """Count the bytes of a file's records, as they stand in it."""
        return sum(int(frame["raw"].str.len_bytes().sum()) for frame in self.frames if frame["file_no"][0] == file_no)

    @property
    def read(self) -> Counter[int]:
        """Count the records by file_no."""
        if self.counted is not None:
            return self.counted
        counted: Counter[int] = Counter()
        for frame in self.frames:
            counted[frame["file_no"][0]] += frame.height
        return counted

    @property
    def file_nos(self) -> set[int]:
        """Name the files that the batch says something about."""
        return {*self.read, *self.finished}

    def forget_frames(self) -> None:
        """Let the records go as they were read: a batch is transformed and merged while others take memory."""
        self.counted = self.read
        self.frames = []

    def bring_back(self, row_nos: list[int]) -> None:
        """Transform settled records after all: other records of the run speak of the same facilities."""
        again = self.transform(pl.concat(self.frames)[sorted(row_nos)])
        self.settled = self.settled.filter(pl.col("row_no").is_in(row_nos).not_())
        self.records = pl.concat([self.records, again], how="diagonal").sort("file_no", "record_number")
        self.staged = None

    def take_out(self, file_no: int) -> None:
        """Take a file out that failed late."""
        self.frames = [frame for frame in self.frames if frame["file_no"][0] != file_no]


def read_ahead(batches: Iterator[Batch]) -> Iterator[Batch]:
    """Give the batches, each made in a thread while the caller works on the one before; the first is begun at once."""
    reader = ThreadPoolExecutor(1)
    return hand_over(reader, batches, reader.submit(next, batches, None))


def hand_over(reader: ThreadPoolExecutor, batches: Iterator[Batch], upcoming: Future[Batch | None]) -> Iterator[Batch]:
    """Give the upcoming batch as soon as the one after it is begun."""
    with reader:
        while (batch := upcoming.result()) is not None:
            upcoming = reader.submit(next, batches, None)
            yield batch


def transform_batches(
    batches: Iterator[Batch],
    files: list[ListedFile],
    places: PlaceResolver,
    stager: Stager,
    settled: SettledRecords | None,
) -> Iterator[Batch]:
    """Bring the records of each batch into the directory's form, but those that are settled, and stage them."""
    sources = {file.file_no: file.source for file in files}
    one_at_a_time = Lock()  # the resolver remembers what it found

    def transform_alone(records: pl.DataFrame) -> pl.DataFrame:
        with one_at_a_time:
            return transform(records, sources, places, stager.directory.demands)

    for batch in batches:
        if batch.frames:
            batch.transform = transform_alone
            records = settled.leave_out(batch) if settled else pl.concat(batch.frames, rechunk=True)
            if batch.settled.is_empty():
                batch.forget_frames()
            if not records.is_empty():
                batch.records = transform_alone(records)
                batch.staged = stager.stage(batch.records)
            del records
        yield batch


def gather_batches(this_run: Run, files: list[ListedFile]) -> Iterator[Batch]:
    """Read the files and put their frames together to batches; a file that fails is taken out of its batch.

    Small files share a batch. It is full at ``batch_size`` records, or at what memory allows.
    """
    batch = Batch()
    settings, progress = this_run.settings, this_run.options.progress
    memory, size = MemoryManager(settings.max_memory_mb), settings.batch_size
    for file in files:
        progress.file(file.path.name, file.size)
        reading = FileReading()
        try:
            for frame in read_records(
                as_source_file(file), reading, salvage=settings.salvage, chunk_rows=settings.batch_size
            ):
                batch.frames.append(frame)
                if batch.size >= size or batch.is_heavy:
                    yield batch
                    progress.read(batch.size_in_file(file.file_no))
                    batch, size = Batch(), memory.fit_batch(size)
            batch.finished[file.file_no] = reading
        except SourceFileError as error:
            batch.take_out(file.file_no)
            batch.failed[file.file_no] = error
    yield batch


def as_source_file(file: ListedFile) -> SourceFile:
    """Give the file as extract wants it."""
    return SourceFile(
        file_no=file.file_no,
        path=file.shown,
        sha256=file.sha256,
        size=file.size,
        source=file.source,
        stored_at=file.path,
    )
