"""The lock that lets one importer at a time write to a database."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from gvrc.errors import DatabaseUnavailableError
from gvrc.log import log_event

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gvrc.database import Database
    from gvrc.open_run import Options
    from gvrc.settings import Settings

LOCK_RETURN_SECONDS = 30.0  # that a server may take to see that a connection is gone


@contextmanager
def run_lock(database: Database, settings: Settings, options: Options) -> Iterator[None]:
    """Hold the lock that only one importer per database can have; it goes with the connection.

    Raises:
        DatabaseUnavailableError: another importer has it, and waiting was not asked for or took too long.
    """
    seconds = 86_400 if options.wait else settings.lock_wait_seconds
    if not take_run_lock(database, seconds):
        advice = "or repeat with --wait." if options.kind == "import" else "then repeat the command."
        raise DatabaseUnavailableError(f"Another importer is writing to this database. Wait for it to end, {advice}")
    try:
        yield
    finally:
        database.release("release_run_lock")


def take_lock_again(database: Database) -> None:
    """After a lost connection: the lock is free as soon as the server has seen the loss, unless somebody took it.

    Raises:
        DatabaseUnavailableError: another importer has it now.
    """
    if not take_run_lock(database, LOCK_RETURN_SECONDS):
        raise DatabaseUnavailableError(
            "The connection was lost, and another importer is writing to this database now. "
            "What was committed stays; repeat the command when that one has ended."
        )


def take_run_lock(database: Database, seconds: float) -> bool:
    """Take the run's lock as soon as it is free; false where it is not within so many seconds."""
    deadline = time.monotonic() + seconds
    is_locked = bool(database.rows("try_run_lock")[0]["is_locked"])
    if not is_locked:
        log_event("run_lock_awaited", "WARNING", at_most_seconds=seconds)
    while not is_locked and time.monotonic() < deadline:
        time.sleep(0.2)
        is_locked = bool(database.rows("try_run_lock")[0]["is_locked"])
    return is_locked
