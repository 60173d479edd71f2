"""Read this first: what a run does, from files to an account.

    find the files -> connect, lock, migrate -> leave out the files that were loaded before ->
    find a batch of records -> leave out the settled ones -> open the others, put together what is few ->
    transform and stage them ->
    load them (one transaction) -> ... -> give numbers that were freed meanwhile -> the account

``open_run.py`` connects, ``extract.py`` finds, ``loading/settled.py`` leaves out, ``reading/opening.py`` opens,
``transform.py`` is the chain of steps, ``loading/stage.py`` stages, ``loading/commit.py`` makes one transaction of a
batch, which ``load.py`` copies and ``loading/merge.py`` merges, ``loading/freed.py`` gives. Behind them: ``reading/``
from bytes to fields, ``meaning/`` which keys mean what, ``values/`` from text to types, ``geography/`` from names to
wards, ``loading/`` into the database, ``operating/`` the commands beside the run. What needs polars is imported when a
file must be read: an unchanged run, a wrong option and a missing file never wait for it.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from gvrc import ledger
from gvrc.database_errors import tell_error
from gvrc.errors import GvrcError
from gvrc.files import find_files
from gvrc.keep import archive_processed
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
    from gvrc.settings import Settings

__all__ = ["ETLPipeline", "Options", "run"]

LARGE_LOAD = 1_000  # facilities inserted, from which on fresh statistics pay for themselves,
LARGE_SHARE = 0.5  # if they are this share of the directory; the server's own process sees to less, within a minute


def run(paths: Iterable[str], settings: Settings, options: Options | None = None) -> RunAccount:
    """Import the files that the paths name, and give the account.

    Raises:
        UsageError: a path, an option or a setting is wrong; nothing was done.
        DatabaseUnavailableError: the database cannot be reached, or is not one to write to.
    """
    options = options or Options()
    share_heap()
    with (
        look_ahead(settings, find_files(paths)) as upcoming,
        open_run(settings, options) as this_run,
    ):
        load_files(this_run, list_files(this_run, upcoming))
    if settings.archive_processed and not options.dry_run:
        archive_processed(this_run.account, settings)
    return this_run.account


def load_files(this_run: Run, files: list[ListedFile]) -> None:
    """Load the files that are new or changed; the account of one that was loaded before is repeated."""
    changed = ledger.leave_out_known(this_run, files)
    if not changed:
        return
    from gvrc.loading.settled import rules_by_file, settled_ahead

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
        with read_ahead(gather_batches(this_run, changed, settled, rules)) as gathered:
            loader = open_loader(this_run, directory, rules, changed)
            with first_load(this_run, loader) as foreign_keys:
                opened = open_batches(gathered, changed, this_run.settings.batch_size)
                with read_ahead(transform_batches(opened, changed, places, loader.stager)) as batches:
                    load_batches(this_run, loader, batches)
                refresh_statistics(this_run)
                with foreign_keys.added_meanwhile():
                    look_back(this_run)


def load_batches(this_run: Run, loader: Loader, batches: Iterator[Batch]) -> None:
    """Load the batches as they come, and give the numbers that were freed meanwhile."""
    from gvrc.batches import Batch

    for batch in batches:
        fail_files(this_run, loader, batch)
        commit_batch(this_run, loader, batch)
    if loader.merger.has_refused:
        commit_batch(this_run, loader, Batch(is_last=True))


def look_back(this_run: Run) -> None:
    """Look at what all batches left together."""
    from gvrc.loading.neighbours import note_far_facilities, note_possible_doubles

    note_far_facilities(this_run)
    note_possible_doubles(this_run)
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
    from gvrc.loading.staging_tables import create_staging_tables

    database, settings, is_dry_run = this_run.database, this_run.settings, this_run.options.dry_run
    create_staging_tables(database, settings.source_rank)
    from gvrc.loading.directory import (
        read_directory,
    )  # not before: it imports polars, for which the server need not wait

    return read_directory(database, settings, is_managed=this_run.is_managed, is_dry_run=is_dry_run)


def open_loader(this_run: Run, directory: Directory, rules: dict[int, int], changed: list[ListedFile]) -> Loader:
    """Make the loader, over the staging tables."""
    from gvrc.batches import as_source_file
    from gvrc.load import Loader

    settings, is_dry_run = this_run.settings, this_run.options.dry_run
    files = [as_source_file(file) for file in changed]
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
        """Give records in the directory's form; what the rules refuse stays as it is, for load_data to count it."""
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
