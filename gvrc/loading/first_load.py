"""Loading into an empty directory of ours: less is asked, and foreign keys are checked once for all rows."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

import adbc_driver_manager

from gvrc.database_errors import QUERY_CANCELED, first_line, sqlstate
from gvrc.log import log_event
from gvrc.resilience import is_server_down
from gvrc.structs import Struct

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Future

    from gvrc.database import Database
    from gvrc.load import Loader
    from gvrc.open_run import Run


class ForeignKeys(Struct):
    """The foreign keys of the facility tables, which are dropped while a first load goes on."""

    database: Database
    is_dry_run: bool
    are_away: bool = False

    def drop_if_possible(self) -> bool:
        """Drop them, and say so; where the server refuses it (an event trigger, a lock) they stay: a load is longer."""
        if self.is_dry_run:
            self.database.check_constraints()  # those of the seed wait in the same transaction, and forbid ALTER TABLE
        try:
            with self.database.transaction(), self.database.savepoint():
                self.database.run("drop_foreign_keys")
        except adbc_driver_manager.Error as error:
            if is_server_down(error) or sqlstate(error) in ("", QUERY_CANCELED):
                raise
            log_event("foreign_keys_kept", "WARNING", error=first_line(error))
            return False
        self.are_away = True
        return True

    def add(self) -> None:
        """Add them if they were dropped; while the connection was lost, another importer may have added them."""
        if self.are_away and self.database.is_alive():
            with self.database.transaction():
                self.database.run("drop_foreign_keys")
                self.database.run("add_foreign_keys")
            self.are_away = False

    @contextmanager
    def added_meanwhile(self) -> Iterator[None]:
        """Add them on a connection of their own while the caller reads the tables (0.4 s for the ten-fold list).

        Not in a dry run, whose rows no other connection sees. Where it cannot be done, ``add`` does it at the end.
        """
        other = self.database.connect_again_if_possible() if self.are_away and not self.is_dry_run else None
        if other is None:
            yield
            return
        with other, ThreadPoolExecutor(1) as adder:
            adding = adder.submit(add_foreign_keys, other)
            yield
            self.are_away = not were_added(adding)


def were_added(adding: Future[bool]) -> bool:
    """Say whether the foreign keys were added; what stood in the way (a deadlock, say) may be gone at the next try."""
    try:
        return adding.result()
    except adbc_driver_manager.Error as error:
        log_event("foreign_keys_added_later", "WARNING", error=first_line(error))
        return False


def add_foreign_keys(database: Database) -> bool:
    """Add the foreign keys if there are none, and say so. Dropping any would wait for whoever reads the tables."""
    if database.rows("directory_state")[0]["foreign_keys"]:
        return False
    with database.transaction():
        database.run("add_foreign_keys")
    return True


@contextmanager
def first_load(this_run: Run, loader: Loader) -> Iterator[ForeignKeys]:
    """Ask less, and check the foreign keys at the end; a run that finds them dropped by a killed one adds them."""
    foreign_keys = ForeignKeys(this_run.database, this_run.options.dry_run)
    if not this_run.is_managed:
        state = this_run.database.rows("directory_state")[0]
        foreign_keys.are_away = not state["foreign_keys"]
        is_first = state["may_make_foreign_keys"] and not state["has_facilities"]
        if is_first and foreign_keys.drop_if_possible():
            loader.begin_first_load(must_merge=state["must_merge"])
    try:
        yield foreign_keys
    finally:
        foreign_keys.add()
