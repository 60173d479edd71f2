"""The guide's indexes and the slow statements (sql/indexes.sql, sql/checks)."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import adbc_driver_manager

from gvrc.database_errors import NO_RIGHT, first_line, sqlstate
from gvrc.errors import DatabaseUnavailableError
from gvrc.migrations import demand_writes, look_at_database
from gvrc.statements import statement, statement_group

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gvrc.database import Database


@dataclass(frozen=True)
class Tuning:
    """What was done about the guide's indexes."""

    made: list[str]
    missing: list[str]  # not created, because the database is managed and nobody asked for it
    redundant: dict[str, str]  # existing ones of the guide's indexes -> the index that serves as well


def make_indexes(database: Database, *, even_managed: bool = False) -> Tuning:
    """Create the guide's indexes that are missing, outside a transaction; in a managed database only if asked.

    Raises:
        DatabaseUnavailableError: there is no directory yet, an index cannot be made, another command is doing it, or
            the database is only read.
    """
    guide = statement_group("indexes.sql")
    kind = look_at_database(database)
    demand_writes(kind)
    may_make = even_managed or not kind.is_managed
    with tuning_lock(database) if may_make else nullcontext():
        there = read_indexes(database)
        wanted = [name for name in guide if name not in there or not there[name]["is_valid"]]
        for name in wanted if may_make else ():
            make_index(database, name, is_there=name in there)
    now = read_indexes(database)
    redundant = {name: now[name]["redundant_with"] for name in guide if name in now and now[name]["redundant_with"]}
    return Tuning(made=wanted if may_make else [], missing=[] if may_make else wanted, redundant=redundant)


@contextmanager
def tuning_lock(database: Database) -> Iterator[None]:
    """Hold the lock that lets only one command per database create indexes; it ends with the connection.

    Two commands that create indexes of one table CONCURRENTLY wait for each other, and the second takes an index that
    is being created for one that was left invalid.

    Raises:
        DatabaseUnavailableError: another command holds it.
    """
    if not database.rows("try_tuning_lock")[0]["is_locked"]:
        raise DatabaseUnavailableError(
            "Another command is making indexes in this database. Wait for it to end, then repeat the command."
        )
    try:
        yield
    finally:
        database.release("release_tuning_lock")


def make_index(database: Database, name: str, *, is_there: bool) -> None:
    """Create one index; what an earlier attempt left invalid is dropped first.

    Raises:
        DatabaseUnavailableError: it cannot be created.
    """
    try:
        if is_there:
            database.execute(f'DROP INDEX CONCURRENTLY "{name}"')
        database.execute(statement(name))
    except adbc_driver_manager.Error as error:
        is_forbidden = sqlstate(error) == NO_RIGHT
        advice = "Run it as the owner of the table." if is_forbidden else "Repeat the command: it goes on from there."
        raise DatabaseUnavailableError(f"The index {name} cannot be made: {first_line(error)} {advice}") from error


def read_indexes(database: Database) -> dict[str, dict[str, Any]]:
    """Read the indexes of facilities."""
    found = {row["index_name"]: row for row in database.rows("directory_indexes")}
    if not found:
        raise DatabaseUnavailableError("There is no directory in this database yet: python scripts/migrate.py")
    return found


def slow_queries(database: Database) -> tuple[str, list[dict[str, Any]]]:
    """Say whether pg_stat_statements is there, and if so give the ten statements that take longest on average."""
    (available,) = database.rows("slow_queries_available")
    rows = database.rows("slow_queries") if available["installed"] else []
    return available["word"], rows
