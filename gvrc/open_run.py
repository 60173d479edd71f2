"""A run that is open: connected, locked, migrated, with an account that is closed however the run ends."""

from __future__ import annotations

import time
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import adbc_driver_manager

from gvrc import ledger
from gvrc.account import RunAccount
from gvrc.connecting import connect_to_directory
from gvrc.contract import demand_contract
from gvrc.database_errors import advice_on, first_line, tell_error
from gvrc.errors import NEVER_IMPORTED, DatabaseUnavailableError, RunStoppedError, UsageError
from gvrc.log import log_event
from gvrc.masking import mask
from gvrc.migrations import look_at_database, migrate
from gvrc.progress import Progress
from gvrc.resilience import CircuitBreaker, is_transient
from gvrc.run_lock import run_lock
from gvrc.stopping import stoppable
from gvrc.structs import Struct, field

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future

    from gvrc.connecting import Connected
    from gvrc.database import Database
    from gvrc.metrics import MetricsCollector
    from gvrc.migrations import DatabaseKind
    from gvrc.settings import Settings


class Options(Struct, frozen=True):
    """What the command was called with: how one run differs from the next."""

    dry_run: bool = False
    force: bool = False  # read files that were loaded before, too
    source: str | None = None  # the source that the files come from, whatever their names say
    wait: bool = False  # until another importer has ended
    kind: str = "import"  # import, retry, undo
    run_id: str | None = None  # if the caller has made one already, for its logs
    metrics: MetricsCollector | None = None  # which the caller serves
    progress: Progress = field(default_factory=Progress)  # which the caller shows
    connecting: Future[Connected] | None = None  # which the caller has begun


class Run(Struct):
    """A run while it goes on: the open database and the account so far."""

    database: Database
    url: str
    settings: Settings
    options: Options
    account: RunAccount
    is_managed: bool
    fingerprint: str
    breaker: CircuitBreaker  # gives up a server that stays dead
    run_no: int = 0

    @property
    def metrics(self) -> MetricsCollector | None:
        """Give the collector that the caller serves, if there is one."""
        return self.options.metrics


@contextmanager
def open_run(settings: Settings, options: Options, demand: Callable[[Database], object] | None = None) -> Iterator[Run]:
    """Connect, lock, migrate and begin a run; at the end, or on an error, finish its account.

    ``demand`` looks at the database first: if it raises, a UsageError for example, no run is begun.
    """
    # Before anything waits: the rules that are changed while another importer is waited for are not those of this run.
    fingerprint = ledger.rules_fingerprint(settings)
    found = options.connecting.result() if options.connecting else connect_to_directory(settings)
    with (
        found.database as database,
        stoppable(database),
        # A dry run is one transaction that is never committed; a real run commits batch by batch.
        database.transaction(keep=False) if options.dry_run else nullcontext(),
        run_lock(database, settings, options),
    ):
        kind = make_ready(database, settings, demand)
        account = RunAccount(run_id=options.run_id or new_run_id(), started_at=datetime.now(UTC), kind=options.kind)
        account.database = {"mode": found.mode or kind.mode, "version": kind.version}
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
    """Begin a run, and close it however it ends; the error of a run that the database stopped carries its account."""
    started = time.perf_counter()
    if this_run.metrics:
        this_run.metrics.start_processing()
    begin(this_run)
    try:
        yield
    except BaseException as error:
        ledger.close_run(this_run, time.perf_counter() - started, error)
        if is_transient(error) or isinstance(error, DatabaseUnavailableError | adbc_driver_manager.Error):
            raise RunStoppedError(tell_error(error), this_run.account) from error
        raise
    ledger.close_run(this_run, time.perf_counter() - started)


def begin(this_run: Run) -> None:
    """Begin a run in the ledger.

    Raises:
        DatabaseUnavailableError: not even that is possible, as for a role that may only read; nothing was done.
    """
    try:
        ledger.begin_run(this_run)
    except adbc_driver_manager.Error as error:
        told = f"The run did not begin, and changed nothing: {mask(first_line(error))} To mend it, {advice_on(error)}"
        raise DatabaseUnavailableError(told) from error


def new_run_id() -> str:
    """Make the name of a run: when it began, and four letters that tell two of the same second apart.

    Digits made one run in sixteen look like a telephone number, so that it was masked in its own log; vowels could make
    words.
    """
    import secrets

    return f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{''.join(secrets.choice(CONSONANTS) for _ in range(4))}"


CONSONANTS = "bcdfghjkmnpqrstvwxz"
