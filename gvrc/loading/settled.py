"""Records that came before, under the same rules, whose facility still stands as they left it: there is nothing to do.

In a file that a source sends every month nearly all records are the same. Opening, transforming and merging them again,
only to find that, cost 99 % of the run. ``sql/merge/6_settle.sql`` says what must hold for a facility to be settled. A
superseded record is settled, too, if it is known how to count it. Polars is imported late: the connection is made
meanwhile.
"""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import replace
from functools import cache
from queue import Empty, SimpleQueue
from threading import Lock
from typing import TYPE_CHECKING

import adbc_driver_manager

from gvrc.database_errors import first_line
from gvrc.log import log_event
from gvrc.settings import PROJECT
from gvrc.statements import SQL_FOLDER, statement_group

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Self

    import polars as pl

    from gvrc.database import Database
    from gvrc.extract import FoundRecords
    from gvrc.listed_files import ListedFile
    from gvrc.loading.directory import Directory
    from gvrc.open_run import Run
    from gvrc.sources import SourceRules

ASKERS = 2  # batches that are asked about at the same time: the server works on them with two processes
CODE = {".py", ".csv", ".sql"}


@contextmanager
def settled_ahead(this_run: Run) -> Iterator[SettledRecords | None]:
    """Begin to connect; give None where nothing is settled, or where all that lands must be written out again."""
    if this_run.settings.keep_validated or not this_run.database.rows("has_settled")[0]["has_settled"]:
        yield None
        return
    with Askers(this_run.database) as connections, ThreadPoolExecutor(ASKERS) as askers:
        askers.submit(connections.open_first)
        yield SettledRecords(askers, connections)


class Askers:
    """Connections to ask on, as many as are in use at once: one batch is asked about while the one before still is."""

    def __init__(self, merging: Database) -> None:
        self.merging = merging
        self.opened: list[Database] = []
        self.idle: SimpleQueue[Database] = SimpleQueue()
        self.opening = Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for database in self.opened:
            database.close()

    def open_first(self) -> None:
        """Connect before there is anything to ask; an error here is left to the first who asks."""
        with suppress(adbc_driver_manager.Error), self.lent():
            pass

    @contextmanager
    def lent(self) -> Iterator[Database]:
        """Lend an idle connection; where there is none, a new one, or the next one that is given back."""
        database = self.take()
        try:
            yield database
        finally:
            self.idle.put(database)

    def take(self) -> Database:
        """Take a connection.

        Raises:
            adbc_driver_manager.Error: the server gives none.
        """
        with self.opening:
            # Within the lock: of two who saw that one was idle, the second waited for the first, though another one
            # could be opened.
            with suppress(Empty):
                return self.idle.get_nowait()
            if len(self.opened) < ASKERS:
                with suppress(adbc_driver_manager.Error) if self.opened else nullcontext():
                    self.opened.append(connect_to_ask(self.merging))
                    return self.opened[-1]
        return self.idle.get()


def connect_to_ask(merging: Database) -> Database:
    """Open a connection, and make its tables."""
    database = merging.connect_again()
    database.run_all([*statement_group("staging/settled.sql"), "create_asked_records", "create_known_records"])
    return database


def rules_by_file(this_run: Run, directory: Directory, files: list[ListedFile]) -> dict[int, int]:
    """Hash all that decides how the records of a file come out, by file_no: 64 bits.

    This is stricter than the fingerprint by which whole files are left out: people use ``--force`` when something other
    than the data has changed, such as the code.
    """
    settings = this_run.settings
    decides = hashlib.sha256(this_run.fingerprint.encode() + hash_code(PROJECT))
    known = (
        directory.demands.lengths,
        directory.demands.needs_ward,
        directory.needs_status,
        directory.lookup_names,
        directory.wards_at_risk,
        directory.triggers,
        this_run.database.rows("reference_digest"),
    )
    chosen = settings.lookup_defaults, settings.keep_manual_edits
    decides.update(json.dumps([known, chosen], sort_keys=True).encode())
    return {file.file_no: hash_source(decides.digest(), file.source) for file in files}


@cache
def hash_code(project: Path) -> bytes:
    """Hash the code: once for a process, which goes on with the code that it began with, whatever is installed."""
    digest = hashlib.sha256()
    code = (path for folder in (project / "gvrc", SQL_FOLDER) for path in folder.rglob("*") if path.suffix in CODE)
    for path in [*sorted(code), project / "requirements.txt"]:
        digest.update(path.read_bytes() if path.exists() else b"")
    return digest.digest()


def hash_source(decides: bytes, source: SourceRules) -> int:
    """Add what is pinned for a source; give a bigint of the database.

    Whose rejects may come back in its files is the same for all of them, and in the fingerprint.
    """
    digest = hashlib.sha256(decides + repr(replace(source, returned=())).encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


class SettledRecords:
    """Finds the settled records of a batch, on connections of its own: the main one is merging an earlier batch."""

    def __init__(self, askers: ThreadPoolExecutor, connections: Askers) -> None:
        self.askers = askers
        self.connections = connections
        self.have_asked: set[Database] = set()

    def find_ahead(self, found: list[FoundRecords], rules: dict[int, int]) -> Future[pl.DataFrame]:
        """Begin to find the settled records among those found, while the caller goes on; ``rules`` by file_no."""
        return self.askers.submit(self.find, name_records(found, rules))

    def find(self, named: pl.DataFrame) -> pl.DataFrame:
        """Give what is known of the settled ones among the records."""
        try:
            settled = self.ask(named)
        except adbc_driver_manager.Error as error:  # the long way gives the same
            log_event("settled_not_asked", "WARNING", error=first_line(error))
            return named.clear()
        known = named.select("row_no", "file_no", "record_number", "source", "content_hash")
        return settled.join(known, on="row_no", validate="1:1")

    def ask(self, named: pl.DataFrame) -> pl.DataFrame:
        """Ask which records are settled. The correction of a reject never is, nor a record that could not be read.

        Nor is a record whose list has points that are read as nobody's: what it says then depends on its neighbours.
        """
        import polars as pl

        asked = named.filter(pl.col("must_be_opened").not_()).select(
            "row_no",
            "source",
            "content_hash",
            "rules",
        )
        with self.connections.lent() as database:
            if database in self.have_asked:  # to empty new tables takes 10 ms
                database.run("empty_asked")
            self.have_asked.add(database)
            database.copy("asked_records", asked)
            database.run_all(
                ("analyze_asked", "find_known", "find_known_to_weigh", "find_spans_to_weigh", "weigh_facilities")
            )
            return database.read("find_settled")


def name_records(found: list[FoundRecords], rules: dict[int, int]) -> pl.DataFrame:
    """Give what records are known by, as they will have it once they are opened: file, number, source, content hash.

    The text that is hashed then is what came, but where it had to be mended to be read: such a record is not known.
    """
    import polars as pl

    from gvrc.enrich import add_source
    from gvrc.reading.raw import hash_contents
    from gvrc.rejects import is_correction

    parts = [
        pl.DataFrame(
            {
                "record_number": part.numbers,
                "content_hash": hash_contents(part.elements),
                "must_be_opened": [bool(part.no_points) or is_correction(element) for element in part.elements],
            },
            schema_overrides={"record_number": pl.Int64},
        ).with_columns(file_no=pl.lit(part.file.file_no, pl.Int64), rules=pl.lit(rules[part.file.file_no], pl.Int64))
        for part in found
    ]
    named = pl.concat(parts).with_columns(row_no=pl.int_range(pl.len(), dtype=pl.Int64))
    return named.pipe(add_source, {part.file.file_no: part.file.source for part in found})
