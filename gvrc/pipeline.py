"""Read this first: what a run does, from its files to its account.

    find the files -> connect, lock, migrate -> leave out the files that were loaded before ->
    find a batch of records -> leave out the settled ones -> open the others -> put small batches together ->
    transform and stage them -> load them, in one transaction -> ... the next batch ... ->
    give out the codes and registration numbers that were freed meanwhile -> the account

    open_run.py         connects, locks, migrates       loading/commit.py  makes one transaction of a batch
    extract.py          finds the records               load.py            copies it
    loading/settled.py  leaves out the settled ones     loading/merge.py   merges it
    reading/opening.py  opens the others                loading/freed.py   gives out what was freed
    transform.py        is the chain of the steps       ledger.py          writes the account
    loading/stage.py    stages what comes of it

Behind them: ``reading/`` from bytes to fields, ``meaning/`` which keys mean what, ``values/`` from text to types,
``geography/`` from names to wards, ``loading/`` into the database, ``operating/`` the commands beside the run.

Whatever needs polars is imported only when a file must be read: an unchanged run, a wrong option or a missing file does
not wait for it.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from gvrc import ledger
from gvrc.database_errors import tell_error
from gvrc.errors import GvrcError
from gvrc.files import find_files
from gvrc.keep import archive_processed
from gvrc.lazy import lazy_module
from gvrc.listed_files import list_files, look_ahead
from gvrc.loading.commit import commit_batch
from gvrc.loading.failed import fail_files
from gvrc.loading.first_load import first_load
from gvrc.memory import share_heap
from gvrc.open_run import Options, open_run
from gvrc.placing import places_ahead
from gvrc.resilience import CircuitBreaker

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from concurrent.futures import Future

    from gvrc.account import RunAccount
    from gvrc.batches import Batch
    from gvrc.cache import Cache
    from gvrc.listed_files import ListedFile
    from gvrc.load import Loader
    from gvrc.loading.directory import Directory
    from gvrc.open_run import Run
    from gvrc.placing import RunPlaces
    from gvrc.settings import Settings

__all__ = ["ETLPipeline", "Options", "run"]

# Fresh statistics pay for themselves after a run that inserted so many facilities, and this share of the directory. Of
# smaller changes the server takes account by itself, within a minute (autovacuum).
LARGE_LOAD = 1_000
LARGE_SHARE = 0.5


def run(paths: Iterable[str], settings: Settings, options: Options | None = None) -> RunAccount:
    """Import the files that the paths name, and give the account of it.

    Raises:
        UsageError: a path, an option or a setting is wrong; nothing was done.
        DatabaseUnavailableError: the database cannot be reached, or is not one to write to.
    """
    options = options or Options()
    share_heap()
    lazy_module("importlib.metadata")
    with (
        look_ahead(settings, find_files(paths)) as upcoming,
        open_run(settings, options) as this_run,
    ):
        load_files(this_run, list_files(this_run, upcoming))
        # Before another importer has the lock: it would find the files, and not be able to open them.
        if settings.archive_processed and not options.dry_run:
            archive_processed(this_run.account, upcoming.hashes, settings)
    return this_run.account


def load_files(this_run: Run, files: list[ListedFile]) -> None:
    """Load the files; where all were loaded before, under the same rules, only repeat their accounts."""
    unread = ledger.leave_out_known(this_run, files)
    if not unread:
        return
    from gvrc.loading.settled import rules_by_file, settled_ahead

    with (
        shared_cache(this_run) as cache,
        settled_ahead(this_run) as settled,
        places_ahead(this_run, cache) as places,
    ):
        with directory_ahead(this_run) as preparing:
            from gvrc.batches import ask_ahead, gather_batches

        this_run.options.progress.begin(sum(file.size for file in unread))
        directory = preparing.result()
        rules = rules_by_file(this_run, directory, unread)
        gathered = gather_batches(this_run, unread, opens_at_once=settled is None)
        gathered = ask_ahead(gathered, settled, rules) if settled else gathered
        load_gathered(this_run, open_loader(this_run, directory, rules, unread), gathered, unread, places)


def load_gathered(
    this_run: Run,
    loader: Loader,
    gathered: Iterator[Batch],
    files: list[ListedFile],
    places: RunPlaces,
) -> None:
    """Open, transform and load the batches as they are gathered from the files, and look at what they left."""
    from gvrc.batches import make_ahead, open_batches, transform_batches
    from gvrc.loading.unsent import note_unsent

    with first_load(this_run, loader) as foreign_keys:
        opened = open_batches(gathered, files, this_run.settings.batch_size)
        transformed = transform_batches(opened, files, places.resolver, loader.stager)
        with places.asked(), make_ahead(transformed) as batches:
            load_batches(this_run, loader, batches)
        refresh_statistics(this_run)
        with foreign_keys.added_meanwhile():
            look_back(this_run)
            note_unsent(this_run, files)


def load_batches(this_run: Run, loader: Loader, batches: Iterator[Batch]) -> None:
    """Load the batches as they come, and give out the codes and registration numbers that were freed meanwhile."""
    from gvrc.batches import Batch

    for batch in batches:
        fail_files(this_run, loader, batch)
        commit_batch(this_run, loader, batch)
    if loader.merger.has_refused:
        commit_batch(this_run, loader, Batch(is_last=True))


def look_back(this_run: Run) -> None:
    """Look at what all batches together have left in the directory, and note what a person should look at."""
    from gvrc.loading.neighbours import note_far_facilities, note_possible_doubles

    note_far_facilities(this_run)
    note_possible_doubles(this_run)
    ledger.score_quality(this_run)
    this_run.database.run("read_file_accounts", this_run.run_no)


def refresh_statistics(this_run: Run) -> None:
    """Give the planner fresh statistics after a large load; those of a managed database are not ours to touch."""
    inserted = sum(file.inserted for file in this_run.account.files)
    if inserted < LARGE_LOAD or this_run.is_managed:
        return
    if inserted >= LARGE_SHARE * this_run.database.rows("known_size")[0]["facilities"]:
        this_run.database.run("analyze_directory")


@contextmanager
def directory_ahead(this_run: Run) -> Iterator[Future[Directory]]:
    """Prepare the database in a thread. It takes 40 ms: meanwhile the caller imports, and must not use the database."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as preparer:
        yield preparer.submit(prepare_database, this_run)


def prepare_database(this_run: Run) -> Directory:
    """Make the staging tables, and read what must be known of the database before the first record is read."""
    from gvrc.loading.staging_tables import create_staging_tables

    database, settings, is_dry_run = this_run.database, this_run.settings, this_run.options.dry_run
    create_staging_tables(database, settings.source_rank)
    # Imported only now, because it brings polars in: the server need not wait for that.
    from gvrc.loading.directory import read_directory

    return read_directory(database, settings, is_managed=this_run.is_managed, is_dry_run=is_dry_run)


def open_loader(this_run: Run, directory: Directory, rules: dict[int, int], unread: list[ListedFile]) -> Loader:
    """Make the loader of a run."""
    from gvrc.batches import as_source_file
    from gvrc.load import Loader

    settings, is_dry_run = this_run.settings, this_run.options.dry_run
    files = [as_source_file(file) for file in unread]
    return Loader(this_run.database, directory, this_run.run_no, settings, rules, files=files, is_dry_run=is_dry_run)


@contextmanager
def shared_cache(this_run: Run) -> Iterator[Cache | None]:
    """Open the cache that machines share, where one is set."""
    if this_run.settings.redis_url is None:
        yield None
        return
    from gvrc.cache import Cache

    with Cache(this_run.settings.redis_url, this_run.fingerprint) as cache:
        yield cache


class ETLPipeline:
    """The guide's face: ``ETLPipeline("config/production.yaml").run(["data/raw"])``.

    After ``breaker_failures`` runs in a row that failed because of the database, further runs fail at once, without
    trying it, for ``breaker_wait_seconds``.
    """

    def __init__(self, config_path: str | None = None) -> None:
        from gvrc.metrics import MetricsCollector
        from gvrc.settings import ConfigManager

        self.config = ConfigManager(config_path)
        self.metrics = MetricsCollector()
        settings = self.config.settings
        self.circuit_breaker = CircuitBreaker(settings.breaker_failures, settings.breaker_wait_seconds)

    def run(self, data_sources: list[str]) -> dict[str, Any]:
        """Import files.

        Gives success, metrics, processed_count and error_count, and error where a file failed; only success, error and
        metrics where nothing could be imported.
        """
        import adbc_driver_manager

        try:
            account = self.circuit_breaker.call(
                lambda: run(data_sources, self.config.settings, Options(metrics=self.metrics))
            )
        except (GvrcError, adbc_driver_manager.Error) as error:
            return {"success": False, "error": tell_error(error), "metrics": self.metrics.get_metrics_summary()}
        failed = [file.error for file in account.files if file.error]
        totals = account.totals()
        return {
            "success": not failed,
            "processed_count": totals["read"] - totals["rejected"],
            "error_count": totals["rejected"] + len(failed),
            "metrics": self.metrics.get_metrics_summary(),
        } | ({"error": "; ".join(failed)} if failed else {})

    def extract_data(self, data_sources: Iterable[str]) -> list[dict[str, Any]]:
        """Give the records of files, folders and globs, as JSONExtractor finds them."""
        from gvrc.extract import JSONExtractor

        extractor = JSONExtractor()
        return [record for path in find_files(data_sources) for record in extractor.extract_facilities(str(path))]

    def transform_data(self, raw_data: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
        """Give records in the directory's form; what the rules refuse stays as it came, for load_data to count it."""
        from gvrc.errors import DataTransformationError
        from gvrc.transform import FacilityTransformer

        transformer = FacilityTransformer()
        transformed = []
        for record in raw_data:
            try:
                transformed.append(transformer.transform_facility(record))
            except DataTransformationError:
                transformed.append(record)
        return transformed

    def load_data(self, transformed_data: list[dict[str, Any]]) -> dict[str, Any]:
        """Load records, as DatabaseLoader does; give success_count, error_count and errors."""
        from gvrc.load import DatabaseLoader

        return DatabaseLoader(self.config).load_facilities(transformed_data)


if __name__ == "__main__":
    import sys

    from gvrc.command import main

    sys.exit(main())
