"""Source files -> batches of staged records: what is merged in one transaction.

While the caller merges a batch, a thread finds, opens, transforms and stages the next one. Where records may be
settled, the server is asked about yet another one meanwhile. What the thread finds out about a file travels with its
batch; only the caller writes what the run remembers.
"""

from __future__ import annotations

from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import chain, groupby, pairwise
from pathlib import PurePath
from threading import Lock
from typing import TYPE_CHECKING

import polars as pl

from gvrc.errors import SourceFileError
from gvrc.extract import PART_BYTES, FileReading, FoundRecords, SourceFile, demand_readable, find_in_file
from gvrc.memory import MemoryManager
from gvrc.reading.raw import PackedTexts, hash_contents
from gvrc.rejects import has_headers
from gvrc.structs import Struct, field, replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from gvrc.geography import PlaceResolver
    from gvrc.listed_files import ListedFile
    from gvrc.loading.settled import SettledRecords
    from gvrc.loading.stage import StagedBatch, Stager
    from gvrc.open_run import Run
    from gvrc.settings import Settings

MOST_BYTES = 13_000_000  # of the records of a batch: 5,500 of the usual size, unless their texts are packed
FIRST_BATCH = 5_500  # records: while the first batch is read, nothing is merged
SMALL_FILE = 2_000_000  # bytes: packing a county's texts takes longer than the few batches that it saves
MOST_FRAMES = 200
MOST_SETTLED = 20_000  # settled records counted in one transaction; with 30,000 the eighty-fold load takes 331 MB


class Batch(Struct):
    """Records of one or more files; ``finished`` are the files whose last record is in it.

    ``failed`` are the files that failed since the batch before: what was loaded of them is taken back before this batch
    is loaded.
    """

    found: list[FoundRecords] = field(default_factory=list)  # and not opened yet
    asked: Future[pl.DataFrame] | None = None  # what is known of the settled ones among them
    frames: list[pl.DataFrame] = field(default_factory=list)  # of those that were opened
    texts: PackedTexts = field(default_factory=PackedTexts)  # of the records in the frames
    files: dict[int, SourceFile] = field(default_factory=dict)  # by file_no, as are the next three
    readings: dict[int, FileReading] = field(default_factory=dict)
    finished: dict[int, FileReading] = field(default_factory=dict)
    failed: dict[int, SourceFileError] = field(default_factory=dict)
    records: pl.DataFrame = field(default_factory=pl.DataFrame)  # transformed
    staged: StagedBatch | None = None  # the same as it is copied
    settled: pl.DataFrame = field(default_factory=pl.DataFrame)  # what is known of the records that need no merge
    transform: Callable[[pl.DataFrame], pl.DataFrame] = field(default=lambda records: records)
    read: Counter[int] = field(default_factory=Counter)  # records by file_no
    bytes_read: Counter[int] = field(default_factory=Counter)  # the same, as they stand in the file
    # The bytes of what was found, and of the frames, are counted as they come: asked of each part whenever another one
    # came, they took long where a batch has thousands of small files.
    bytes_found: int = 0
    bytes_opened: int = 0
    landed: pl.DataFrame = field(default_factory=pl.DataFrame)  # what data/validated gets, where that is kept
    told: pl.DataFrame = field(default_factory=pl.DataFrame)  # the lines that logs/processing gets
    is_last: bool = False  # has no records: it does what is left to do when all were merged

    @property
    def size(self) -> int:
        """Count the records."""
        return self.read.total()

    @property
    def opened(self) -> int:
        """Count the records that were opened."""
        return sum(map(len, self.frames))

    @property
    def memory(self) -> int:
        """Estimate the bytes of its records, opened or not."""
        return self.bytes_found + self.bytes_opened + self.texts.size

    @property
    def file_nos(self) -> set[int]:
        """Name the files that the batch says something about."""
        return {*self.read, *self.finished}

    def add(self, found: FoundRecords, reading: FileReading) -> None:
        """Add records of a file."""
        file_no = found.file.file_no
        self.found.append(found)
        self.bytes_found += found.size
        self.files[file_no] = found.file
        self.readings[file_no] = reading
        self.read[file_no] += len(found)
        self.bytes_read[file_no] += found.size

    def open(self) -> None:
        """Read all that was found."""
        self.open_parts(self.found)
        self.forget_found()

    def forget_found(self) -> None:
        """Free the bytes of what was found."""
        self.found, self.bytes_found = [], 0

    def open_parts(self, parts: Iterable[FoundRecords]) -> None:
        """Read records. The texts of large files are packed, except those with a header, which is still to be read."""
        for part in parts:
            records = part.open(self.readings[part.file.file_no])
            stays = part.file.size < SMALL_FILE or has_headers(records["raw"])
            self.frames.append(records if stays else self.texts.pack(records))
            self.bytes_opened += int(self.frames[-1].estimated_size())
            self.join_frames()

    def join_frames(self) -> None:
        """Join the frames of small files once there are many: each takes 50 kB, whatever little it holds."""
        if len(self.frames) >= MOST_FRAMES:
            self.frames = [pl.concat(self.frames, rechunk=True)]

    def open_others(self, settled: pl.DataFrame) -> None:
        """Read what was found, except the settled records, and free its bytes."""
        if settled.is_empty():
            self.open()
            return
        self.settled = settled
        for file_no, rows in settled.group_by("file_no").len().iter_rows():
            self.readings[file_no].settled += rows
            self.readings[file_no].readable += rows
        numbers = dict(settled.group_by("file_no").agg("record_number").iter_rows())
        others = [found.but(numbers.get(found.file.file_no, [])) for found in self.found]
        for parts in group_alike(other for other in others if other):
            self.open_parts(put_together(parts))
        self.forget_found()

    def bring_back(self, row_nos: list[int]) -> None:
        """Read and transform settled records after all: other records of the run are about the same facilities.

        The readings of their files stay as they are: they were made without these records, and the thread that makes
        the next batch may be using them.

        Raises:
            SourceFileError: a file was changed meanwhile.
        """
        is_wanted = pl.col("row_no").is_in(row_nos)
        wanted = self.settled.filter(is_wanted).partition_by("file_no")
        again = self.transform(pl.concat([read_again(self.files[rows["file_no"][0]], rows) for rows in wanted]))
        self.settled = self.settled.filter(is_wanted.not_())
        self.records = pl.concat([self.records, again], how="diagonal").sort("file_no", "record_number")

    def join(self, later: Batch) -> None:
        """Take over what a later batch has; what that one says about a file counts."""
        for file_no in later.failed:
            self.take_out(file_no)
        self.frames += later.frames
        self.bytes_opened += later.bytes_opened
        self.texts.take(later.texts)
        self.files |= later.files
        self.readings |= later.readings
        self.finished |= later.finished
        self.failed |= later.failed
        self.read += later.read
        self.bytes_read += later.bytes_read
        if not later.settled.is_empty():
            settled = [later.settled] if self.settled.is_empty() else [self.settled, later.settled]
            self.settled = pl.concat(settled).with_columns(row_no=pl.int_range(pl.len(), dtype=pl.Int64))

    def fail(self, file_no: int, error: SourceFileError) -> None:
        """Note that a file failed, and take it out."""
        self.take_out(file_no)
        self.failed[file_no] = error

    def take_out(self, file_no: int) -> None:
        """Take out what is there of a file that failed late."""
        self.found = [found for found in self.found if found.file.file_no != file_no]
        self.frames = [left for frame in self.frames if len(left := frame.filter(pl.col("file_no") != file_no))]
        self.bytes_found = sum(found.size for found in self.found)
        self.bytes_opened = sum(int(frame.estimated_size()) for frame in self.frames)
        self.texts.forget(file_no)
        if not self.settled.is_empty():
            self.settled = self.settled.filter(pl.col("file_no") != file_no)
        del self.read[file_no]
        self.finished.pop(file_no, None)


def read_again(file: SourceFile, settled: pl.DataFrame) -> pl.DataFrame:
    """Read settled records of a file again; their bytes were freed when they were found to be settled.

    Raises:
        SourceFileError: the file was changed meanwhile.
    """
    wanted = dict(settled.select("record_number", "content_hash").iter_rows())
    finds = []
    for found in find_in_file(file, FileReading(), salvage=True):
        finds.append(found.only([row for row, number in enumerate(found.numbers) if number in wanted]))
        if found.numbers[-1] >= max(wanted):
            break
    again = joined(finds)
    if hash_contents(again.elements) != [wanted[number] for number in again.numbers] or len(again) != len(wanted):
        raise SourceFileError(f"{file.path}: was changed while it was imported. Import it again.")
    return pl.concat([found.open(FileReading()) for found in finds if found])


def group_alike(parts: Iterable[FoundRecords]) -> Iterator[list[FoundRecords]]:
    """Group finds of one file that are read in the same way: a later list of it may have no codes of its own."""
    for _, alike in groupby(parts, key=lambda part: (part.file.file_no, part.keys, part.no_points)):
        yield list(alike)


def put_together(parts: list[FoundRecords]) -> Iterator[FoundRecords]:
    """Join many small finds in a file to a few, each of a handy size to read."""
    gathered: list[FoundRecords] = []
    for part in parts:
        gathered.append(part)
        if sum(one.size for one in gathered) >= PART_BYTES:
            yield joined(gathered)
            gathered = []
    if gathered:
        yield joined(gathered)


def joined(parts: list[FoundRecords]) -> FoundRecords:
    """Join several finds in a file to one."""
    elements = [element for part in parts for element in part.elements]
    numbers = [number for part in parts for number in part.numbers]
    return replace(parts[0], elements=elements, numbers=numbers, size=sum(part.size for part in parts))


@contextmanager
def make_ahead(batches: Iterator[Batch]) -> Iterator[Iterator[Batch]]:
    """Give the batches, each made in a thread while the caller works on the one before; the first is begun at once.

    The thread ends with the caller, also when an error ends that. Inside a generator that nobody reads any more, the
    thread was waited for during garbage collection, perhaps while another thread was starting: then all threads waited
    for ever.
    """
    with ThreadPoolExecutor(1) as maker:
        yield hand_over(maker, batches, maker.submit(next, batches, None))


def hand_over(maker: ThreadPoolExecutor, batches: Iterator[Batch], upcoming: Future[Batch | None]) -> Iterator[Batch]:
    """Give the upcoming batch as soon as the one after it is begun."""
    while (batch := upcoming.result()) is not None:
        upcoming = maker.submit(next, batches, None)
        yield batch


def transform_batches(
    batches: Iterator[Batch],
    files: list[ListedFile],
    places: Callable[[], PlaceResolver],
    stager: Stager,
) -> Iterator[Batch]:
    """Bring the records of each batch into the directory's form, and stage them; ``places`` gives the resolver."""
    sources = {file.file_no: file.source for file in files}
    one_at_a_time = Lock()  # the resolver remembers what it found

    def transform_alone(records: pl.DataFrame) -> pl.DataFrame:
        from gvrc.transform import transform  # not before: a forced run may open no record

        with one_at_a_time:
            return transform(records, sources, places(), stager.directory.demands)

    for batch in batches:
        batch.transform = transform_alone
        if batch.frames:
            records = pl.concat(batch.frames, rechunk=True)
            batch.frames = []  # a batch is transformed and merged while others take memory
            batch.records = transform_alone(records)
            batch.staged = stager.stage(batch.records, batch.texts)
            del records
        yield batch


def gather_batches(this_run: Run, files: list[ListedFile], *, opens_at_once: bool) -> Iterator[Batch]:
    """Find the records of the files and put them together in batches; a file that fails is taken out of its batch.

    Small files share a batch, which is full at ``batch_size`` records or at what memory allows. Where some records may
    be settled, none is opened at once: only when it is known which.
    """
    batch, settings, progress = Batch(), this_run.settings, this_run.options.progress
    memory, size = MemoryManager(settings.max_memory_mb), settings.batch_size
    full = min(size, FIRST_BATCH)
    for file in files:
        progress.file(PurePath(file.shown).name, file.size)
        reading = FileReading()
        try:
            for found in find_records(file, reading, settings):
                batch.add(found, reading)
                if opens_at_once:
                    batch.open()
                if batch.size >= full or batch.memory >= MOST_BYTES:
                    yield batch
                    progress.read(batch.bytes_read[file.file_no])
                    batch, size = Batch(), memory.fit_batch(size)
                    full = size
            batch.finished[file.file_no] = reading
        except SourceFileError as error:
            batch.fail(file.file_no, error)
    yield batch


def find_records(file: ListedFile, reading: FileReading, settings: Settings) -> Iterator[FoundRecords]:
    """Find the records of a file, which must not change meanwhile.

    Raises:
        SourceFileError: it cannot be read, or was changed.
    """
    yield from find_in_file(as_source_file(file), reading, salvage=settings.salvage, chunk_rows=settings.batch_size)
    file.demand_unchanged()


def ask_ahead(batches: Iterator[Batch], settled: SettledRecords, rules: dict[int, int]) -> Iterator[Batch]:
    """Ask which records of each batch are settled; while the server looks, the next batch is found.

    So a batch is given when the one after it is asked for, too. The answer is not waited for here.
    """

    def ask(batch: Batch) -> Batch:
        if batch.found:
            batch.asked = settled.find_ahead(batch.found, rules)
        return batch

    for batch, _ in pairwise(chain(map(ask, batches), [Batch()])):
        yield batch


def open_batches(batches: Iterator[Batch], files: list[ListedFile], batch_size: int) -> Iterator[Batch]:
    """Open what is not settled, as soon as that is known, and put batches together of which little is left.

    Merging few records takes nearly as long as merging many. A batch that is half full does not wait for more.
    """
    paths = {file.file_no: file.shown for file in files}
    pending = Batch()
    for batch in batches:
        complete(batch, paths)
        has_room = pending.opened + batch.opened <= batch_size and pending.memory + batch.memory <= MOST_BYTES
        if pending.size and not has_room:
            yield pending
            pending = Batch()
        pending.join(batch)
        is_half_full = pending.opened * 2 >= batch_size or pending.memory * 2 >= MOST_BYTES
        if is_half_full or len(pending.settled) >= MOST_SETTLED or not batch.asked:
            yield pending
            pending = Batch()
    if pending.file_nos or pending.failed:
        yield pending


def complete(batch: Batch, paths: dict[int, str]) -> None:
    """Open what must be opened of a full batch; a file that ends in it must have had a readable record."""
    if batch.asked:
        batch.open_others(batch.asked.result())
    for file_no, reading in list(batch.finished.items()):
        try:
            demand_readable(paths[file_no], reading)
        except SourceFileError as error:
            batch.fail(file_no, error)


def as_source_file(file: ListedFile) -> SourceFile:
    """Give the file as extract wants it."""
    return SourceFile(
        file_no=file.file_no,
        path=file.shown,
        size=file.size,
        source=file.source,
        stored_at=file.path,
    )
