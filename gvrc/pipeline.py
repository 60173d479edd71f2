"""Read this first: what a run does, from files to an account.

    find the files -> connect, lock, migrate -> leave out the files that were loaded before ->
    find a batch of records -> leave out the settled ones -> open the others, put together what is few ->
    transform and stage them ->
    load them (one transaction) -> ... -> give numbers that were freed meanwhile -> the account

``gvrc/extract.py`` finds and opens, ``gvrc/settled.py`` leaves out, ``gvrc/transform.py`` is the chain of steps,
``gvrc/stage.py`` stages, ``gvrc/load.py`` merges, ``gvrc/freed.py`` gives. What needs polars is imported when a file
must be read: an unchanged run, a wrong option and a missing file never wait for it.
"""

from __future__ import annotations

import time
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from gvrc import ledger
from gvrc.account import FileAccount, RunAccount
from gvrc.connecting import connect_to_directory
from gvrc.contract import demand_contract
from gvrc.errors import NEVER_IMPORTED, DatabaseUnavailableError, GvrcError, RunStoppedError, UsageError
from gvrc.files import find_files
from gvrc.first_load import first_load
from gvrc.keep import archive_processed, keep_validated
from gvrc.log import log_event, log_records
from gvrc.memory import share_heap
from gvrc.migrations import look_at_database, migrate
from gvrc.progress import NoProgress
from gvrc.resilience import CircuitBreaker, is_transient, retry_transient
from gvrc.stopping import stoppable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Future

    import polars as pl

    from gvrc.batches import Batch
    from gvrc.cache import Cache
    from gvrc.connecting import Connected
    from gvrc.database import Database
    from gvrc.directory import Directory
    from gvrc.geography import PlaceResolver, Thresholds
    from gvrc.ledger import ListedFile
    from gvrc.load import Loader, Outcome
    from gvrc.metrics import MetricsCollector
    from gvrc.migrations import DatabaseKind
    from gvrc.progress import Progress
    from gvrc.settings import Settings


LARGE_LOAD = 1_000  # facilities inserted, from which on fresh statistics pay for themselves,
LARGE_SHARE = 0.5  # if they are this share of the directory; the server's own process sees to less, within a minute


@dataclass(frozen=True)
class Options:
    """How one run differs from the next: what the command was called with."""

    dry_run: bool = False
    force: bool = False  # read files that were loaded before, too
    source: str | None = None  # the source that the files come from, whatever their names say
    wait: bool = False  # for another importer to end
    kind: str = "import"
    run_id: str | None = None  # where the caller has made one already, for its logs
    metrics: MetricsCollector | None = None  # that the caller serves
    progress: Progress = field(default_factory=NoProgress)  # that the caller shows
    connecting: Future[Connected] | None = None  # that the caller has begun


@dataclass
class Run:
    """A run while it goes on: the open database and the account so far."""

    database: Database
    url: str
    settings: Settings
    options: Options
    account: RunAccount
    is_managed: bool
    fingerprint: str
    breaker: CircuitBreaker  # gives a dead server up
    run_no: int = 0

    @property
    def metrics(self) -> MetricsCollector | None:
        """Give the collector that the caller serves, if it does."""
        return self.options.metrics


def run(paths: Iterable[str], settings: Settings, options: Options | None = None) -> RunAccount:
    """Import the files that the paths name, and give the account.

    Raises:
        UsageError: a path, an option or a setting is wrong; nothing was done.
        DatabaseUnavailableError: the database cannot be reached, or is not one to write to.
    """
    options = options or Options()
    share_heap()
    with (
        ledger.look_ahead(settings, find_files(paths)) as upcoming,
        open_run(settings, options) as this_run,
    ):
        load_files(this_run, ledger.list_files(this_run, upcoming))
    if settings.archive_processed and not options.dry_run:
        archive_processed(this_run.account, settings)
    return this_run.account


@contextmanager
def open_run(settings: Settings, options: Options, demand: Callable[[Database], object] | None = None) -> Iterator[Run]:
    """Connect, lock, migrate and begin a run; at the end, or on an error, finish its account.

    ``demand`` looks at the database before: what it raises, such as a UsageError, makes no run.
    """
    found = options.connecting.result() if options.connecting else connect_to_directory(settings)
    with (
        found.database as database,
        stoppable(database),
        whole_run(database, options),
        ledger.run_lock(database, settings, options),
    ):
        kind = make_ready(database, settings, demand)
        account = RunAccount(run_id=options.run_id or new_run_id(), started_at=datetime.now(UTC), kind=options.kind)
        account.database = {"mode": found.mode or kind.mode, "version": kind.version}
        fingerprint = ledger.rules_fingerprint(settings)
        breaker = CircuitBreaker(settings.breaker_failures, settings.breaker_wait_seconds)
        this_run = Run(database, found.url, settings, options, account, kind.is_managed, fingerprint, breaker)
        with accounted(this_run):
            yield this_run


def make_ready(database: Database, settings: Settings, demand: Callable[[Database], object] | None) -> DatabaseKind:
    """See that a run can write to the database, and migrate it."""
    kind = look_at_database(database)
    if demand and not kind.has_migrations:
        raise UsageError(NEVER_IMPORTED)
    if kind.is_managed:
        demand_contract(database, settings)
    migrate(database, kind)
    if kind.is_managed and (forgotten := database.run("forget_strangers")) > 0:
        log_event("strangers_forgotten", "WARNING", facilities=forgotten)
    if demand:
        demand(database)
    return kind


@contextmanager
def accounted(this_run: Run) -> Iterator[None]:
    """Begin a run, and however it ends, close it; what the database stopped has its account with the error."""
    started = time.perf_counter()
    if this_run.metrics:
        this_run.metrics.start_processing()
    ledger.begin_run(this_run)
    try:
        yield
    except BaseException as error:
        ledger.close_run(this_run, time.perf_counter() - started, error)
        if is_transient(error) or isinstance(error, DatabaseUnavailableError):
            from gvrc.database import tell_error

            raise RunStoppedError(tell_error(error), this_run.account) from error
        raise
    ledger.close_run(this_run, time.perf_counter() - started)


@contextmanager
def whole_run(database: Database, options: Options) -> Iterator[None]:
    """Keep a dry run in one transaction that is never committed; a real run commits batch by batch."""
    with database.transaction(keep=False) if options.dry_run else nullcontext():
        yield


def load_files(this_run: Run, files: list[ListedFile]) -> None:
    """Load the files that are new or changed; the account of one that was loaded before is repeated."""
    changed = ledger.leave_out_known(this_run, files)
    if not changed:
        return
    from gvrc.settled import rules_by_file, settled_ahead

    with (
        shared_cache(this_run) as cache,
        settled_ahead(this_run) as settled,
        places_ahead(this_run, cache) as places,
    ):
        with directory_ahead(this_run) as knowing:
            from gvrc.batches import gather_batches, open_batches, read_ahead, transform_batches

        this_run.options.progress.begin(sum(file.size for file in changed))
        directory = knowing.result()
        rules = rules_by_file(this_run, directory, changed)
        # Not before: a thread that reads makes each answer of the database wait.
        gathered = read_ahead(gather_batches(this_run, changed, settled, rules))
        loader = open_loader(this_run, directory, rules)
        with first_load(this_run, loader) as foreign_keys:
            opened = open_batches(gathered, changed, this_run.settings.batch_size)
            batches = transform_batches(opened, changed, places, loader.stager)
            load_batches(this_run, loader, read_ahead(batches))
            refresh_statistics(this_run)
            with foreign_keys.added_meanwhile():
                look_back(this_run)


def load_batches(this_run: Run, loader: Loader, batches: Iterator[Batch]) -> None:
    """Load the batches as they come, and give the numbers that were freed meanwhile."""
    from gvrc.batches import Batch

    for batch in batches:
        fail_files(this_run, loader, batch)
        load_batch(this_run, loader, batch)
    if loader.has_refused:
        load_batch(this_run, loader, Batch(is_last=True))


def look_back(this_run: Run) -> None:
    """Look at what all batches left together."""
    from gvrc.neighbours import note_far_facilities

    note_far_facilities(this_run)
    ledger.score_quality(this_run)
    this_run.database.run("read_file_accounts", this_run.run_no)


def refresh_statistics(this_run: Run) -> None:
    """After a large load, tell the planner of it; a managed database is left to its own."""
    inserted = sum(file.inserted for file in this_run.account.files)
    if inserted < LARGE_LOAD or this_run.is_managed:
        return
    if inserted >= LARGE_SHARE * this_run.database.rows("known_size")[0]["facilities"]:
        this_run.database.run("analyze_directory")


@contextmanager
def directory_ahead(this_run: Run) -> Iterator[Future[Directory]]:
    """Prepare the database in a thread: it takes 40 ms, in which the caller imports and must not use the database."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as preparer:
        yield preparer.submit(prepare_database, this_run)


def prepare_database(this_run: Run) -> Directory:
    """Make the staging tables, and read what must be known of the database before a record is read."""
    from gvrc.staging_tables import create_staging_tables

    database, settings, is_dry_run = this_run.database, this_run.settings, this_run.options.dry_run
    create_staging_tables(database, settings.source_rank)
    from gvrc.directory import read_directory  # not before: it imports polars, for which the server need not wait

    return read_directory(database, settings, is_managed=this_run.is_managed, is_dry_run=is_dry_run)


def open_loader(this_run: Run, directory: Directory, rules: dict[int, int]) -> Loader:
    """Make the loader, over the staging tables."""
    from gvrc.load import Loader

    settings, is_dry_run = this_run.settings, this_run.options.dry_run
    return Loader(this_run.database, directory, this_run.run_no, settings, rules, is_dry_run=is_dry_run)


def fail_files(this_run: Run, loader: Loader, batch: Batch) -> None:
    """Before a batch is loaded: the files that failed since the one before are failed files, and taken back."""
    for file_no, error in batch.failed.items():
        ledger.fail_file(this_run.account.files[file_no - 1], error)
        take_failed_back(this_run, loader, file_no)


def take_failed_back(this_run: Run, loader: Loader, file_no: int) -> None:
    """A file that failed after some of its batches were committed is taken back: it is loaded whole or not at all."""
    file = this_run.account.files[file_no - 1]
    if not file.read:
        ledger.save_accounts(this_run, [file_no])
        return
    emptied = FileAccount(path=file.path, sha256=file.sha256, source=file.source)
    emptied.status, emptied.error = file.status, file.error
    this_run.account.files[file_no - 1] = emptied
    if this_run.options.dry_run:
        give_back(this_run, file_no)
    else:
        retry_transient(lambda: give_back(this_run, file_no), this_run.settings, lambda: revive(this_run, loader))
    loader.mark_filled()
    log_event("failed_file_taken_back", "WARNING", file=file.path)


def give_back(this_run: Run, file_no: int) -> None:
    """Take a file back; the records of earlier files that its own had superseded count as they did before."""
    from gvrc.take_back import take_file_back

    database = this_run.database
    with database.transaction():
        given_back = take_file_back(database, this_run.run_no, file_no, is_managed=this_run.is_managed)
        accounts = ledger.give_back_outcomes(this_run, given_back)
        ledger.save_accounts(this_run, [file_no, *accounts], accounts)
    for number, account in accounts.items():
        this_run.account.files[number - 1] = account


@contextmanager
def shared_cache(this_run: Run) -> Iterator[Cache | None]:
    """Open the cache that machines share, where one is set."""
    if this_run.settings.redis_url is None:
        yield None
        return
    from gvrc.cache import Cache

    with Cache(this_run.settings.redis_url, this_run.fingerprint) as cache:
        yield cache


@contextmanager
def places_ahead(this_run: Run, cache: Cache | None) -> Iterator[Callable[[], PlaceResolver]]:
    """Begin to make the resolver, on a connection of its own.

    A forced run may not need it, when all is settled: there it is made for the first record that must be transformed,
    before anything is merged. In a dry run, which alone sees what it wrote, and where no other connection can be had,
    it is made at once.
    """
    from concurrent.futures import ThreadPoolExecutor

    reading = None if this_run.options.dry_run else this_run.database.connect_again_if_possible()
    if reading is None:
        points = this_run.database.read("ward_points")
        only = make_places(this_run, this_run.database, lambda: points, cache)
        yield lambda: only
        return
    made: list[Future[PlaceResolver]] = []

    def make() -> Future[PlaceResolver]:
        if not made:
            made.append(maker.submit(read_places, this_run, reading, cache))
        return made[0]

    with reading, ThreadPoolExecutor(1) as maker:
        if not this_run.options.force:
            make()
        yield lambda: make().result()
        from gvrc.decided import keep_decided  # not before: it imports polars, which the making thread may do, too

        for making in made:
            if not making.exception():
                keep_decided(this_run.database, making.result())


def read_places(this_run: Run, reading: Database, cache: Cache | None) -> PlaceResolver:
    """Make the resolver from the database as it is now, before anything is merged."""
    places = make_places(this_run, reading, lambda: read_ward_points(reading), cache)
    reading.run_all(("begin_snapshot", "take_snapshot"))
    return places


def read_ward_points(reading: Database) -> pl.DataFrame:
    """Read where the facilities of each ward were when the snapshot was taken, and let it go.

    The server takes 0.1 s for 90,000 of them, and only a record with tied wards asks: none of the national list does.
    """
    points = reading.read("ward_points")
    reading.run("end_snapshot")
    return points


def make_places(
    this_run: Run, reading: Database, ward_points: Callable[[], pl.DataFrame], cache: Cache | None
) -> PlaceResolver:
    """Make the resolver over the database's own wards, with the aliases and thresholds of the settings."""
    from gvrc.decided import read_decided
    from gvrc.geography import PlaceResolver, read_aliases
    from gvrc.keep import read_reference

    settings = this_run.settings
    return PlaceResolver(
        read_reference(reading, cache),
        read_aliases(settings.ward_aliases if settings.ward_aliases.exists() else None),
        thresholds(settings),
        settings.boundaries,
        ward_points=ward_points,
        warns_by_points=False,  # gvrc/neighbours.py does, when all have landed
        cache=cache,
        decided=lambda fingerprint: read_decided(reading, fingerprint),
    )


def thresholds(settings: Settings) -> Thresholds:
    """Give the place thresholds of the settings as the resolver names them."""
    import msgspec

    from gvrc.geography import Thresholds

    return Thresholds(**msgspec.structs.asdict(settings.places))


def load_batch(this_run: Run, loader: Loader, batch: Batch) -> None:
    """Load one batch; its account counts once it is committed. What is transient is tried again, unless in a dry run.

    A dry run is one transaction: what failed in it cannot be done again alone.
    """
    started = time.perf_counter()
    if this_run.options.dry_run:
        accounts = merge_batch(this_run, loader, batch)
    else:
        attempt = Attempt()
        accounts = retry_transient(
            lambda: this_run.breaker.call(lambda: merge_once(this_run, loader, batch, attempt)),
            this_run.settings,
            lambda: revive(this_run, loader),
        )
    for file_no, account in accounts.items():
        this_run.account.files[file_no - 1] = account
    seconds = time.perf_counter() - started
    if this_run.metrics:
        this_run.metrics.record_batch(seconds, batch.size)
    log_event("batch_merged", records=batch.size, seconds=round(seconds, 3))
    if batch.size:
        tell_records(this_run, loader)


@dataclass
class Attempt:
    """The last try at a batch that came as far as its commit: what the accounts are if that was done."""

    transaction_id: str = ""
    accounts: dict[int, FileAccount] = field(default_factory=dict)


def merge_once(this_run: Run, loader: Loader, batch: Batch, attempt: Attempt) -> dict[int, FileAccount]:
    """Load one batch, unless an attempt whose commit was not answered has done it: its records would be unchanged."""
    database = this_run.database
    if attempt.transaction_id and database.rows("transaction_status", attempt.transaction_id)[0]["is_committed"]:
        return attempt.accounts
    with database.transaction():
        accounts = merge_batch(this_run, loader, batch)
        attempt.accounts, attempt.transaction_id = accounts, database.rows("transaction_id")[0]["transaction_id"]
    return accounts


def merge_batch(this_run: Run, loader: Loader, batch: Batch) -> dict[int, FileAccount]:
    """Load one batch and write its account, in one transaction; give the accounts of its files."""
    with this_run.database.transaction():
        outcomes = load_outcomes(loader, batch)
        accounts = ledger.add_outcomes(this_run, batch, outcomes)
        ledger.save_accounts(this_run, accounts, accounts)
    return accounts


def load_outcomes(loader: Loader, batch: Batch) -> dict[int, Outcome]:
    """Load one batch; the last one has no records, but the registration numbers that were given up in the run."""
    if batch.is_last:
        from gvrc.freed import give_freed_numbers

        return give_freed_numbers(loader)
    return loader.load_batch(batch) if batch.size else {}


def revive(this_run: Run, loader: Loader) -> None:
    """Before a further attempt: where the connection was lost, connect, lock and stage again."""
    if this_run.database.is_alive():
        loader.mark_filled()
    else:
        this_run.database.reconnect(this_run.url)
        ledger.take_lock_again(this_run.database)
        loader.prepare_again()


def tell_records(this_run: Run, loader: Loader) -> None:
    """After a batch is committed: its rejects and issues to the log, what landed to ``data/validated/`` where asked."""
    files = {number: file.path for number, file in enumerate(this_run.account.files, start=1)}
    log_records(loader.told, files)
    if this_run.settings.keep_validated and not this_run.options.dry_run:
        keep_validated(loader.landed, this_run.settings, this_run.account)


def new_run_id() -> str:
    """Make the name of a run: when it began, and four letters that keep two in one second apart.

    With digits, one run in sixteen was masked in its own log as a telephone number; with vowels they may be words.
    """
    import secrets

    return f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{''.join(secrets.choice(CONSONANTS) for _ in range(4))}"


CONSONANTS = "bcdfghjkmnpqrstvwxz"


class ETLPipeline:
    """The guide's face: ``ETLPipeline("config/production.yaml").run(["data/raw"])``.

    When its runs have failed ``breaker_failures`` times in a row because of the database, the next ones are told so
    at once for a while, without another try.
    """

    def __init__(self, config_path: str | None = None) -> None:
        from gvrc.metrics import MetricsCollector
        from gvrc.settings import ConfigManager

        self.config = ConfigManager(config_path)
        self.metrics = MetricsCollector()
        settings = self.config.settings
        self.circuit_breaker = CircuitBreaker(settings.breaker_failures, settings.breaker_wait_seconds)

    def run(self, data_sources: list[str]) -> dict[str, Any]:
        """Import files; give success, processed_count, error_count and metrics, or success, error and metrics."""
        import adbc_driver_manager

        try:
            account = self.circuit_breaker.call(
                lambda: run(data_sources, self.config.settings, Options(metrics=self.metrics))
            )
        except (GvrcError, adbc_driver_manager.Error) as error:
            from gvrc.database import tell_error

            return {"success": False, "error": tell_error(error), "metrics": self.metrics.get_metrics_summary()}
        failed = [file.error for file in account.files if file.error]
        totals = account.totals()
        return {
            "success": not failed,
            "processed_count": totals["read"] - totals["rejected"],
            "error_count": totals["rejected"] + len(failed),
            "metrics": self.metrics.get_metrics_summary(),
        } | ({"error": "; ".join(failed)} if failed else {})


if __name__ == "__main__":
    import sys

    from gvrc.command import main

    sys.exit(main())
