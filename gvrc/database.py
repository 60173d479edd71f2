"""One ADBC connection: copy, run, read, transaction.

It uses the low-level driver with nanoarrow, not the driver's dbapi: that one imports pyarrow (0.5 s cold), and an
unchanged run needs no frame at all. Polars is imported where a frame is read or copied. Facts about the driver are
in docs/decisions.md; the two that bite: errors of a SELECT come at fetch (we always fetch), and an ingest does not
compare types (``copy`` does, before it sends a byte).
"""

from __future__ import annotations

import os
import time
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from threading import Lock, Thread, current_thread, main_thread
from typing import TYPE_CHECKING, Any, Self

import adbc_driver_manager
import adbc_driver_postgresql

from gvrc.database_errors import QUERY_CANCELED, advice_on_refusal, first_line, is_full, sqlstate
from gvrc.database_url import demand_readable_url, shown_url
from gvrc.errors import DatabaseUnavailableError
from gvrc.lazy import lazy_pattern
from gvrc.log import log_event
from gvrc.masking import HIDDEN
from gvrc.statements import statement
from gvrc.structs import Struct, field

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import nanoarrow
    import polars as pl

# What libpq says before it knocks at a server quotes the URL, perhaps a part of its password.
NETWORK_ERROR = lazy_pattern(r"connection to server|could not translate host name")
QUOTED = lazy_pattern(r'"[^"]*"')

# libpq waits for ever for a server that takes a connection and says nothing, deaf to Ctrl-C meanwhile.
CONNECT_SECONDS = "30"
# How long a server that gives no more connections is asked again, and how often.
FULL_SECONDS = 1.0
FULL_ATTEMPTS = 20
QUOTES_ALL = (
    "The setting quote_all_identifiers is on for this database or this role, with which the importer cannot read. An "
    "owner runs ALTER DATABASE ... RESET quote_all_identifiers (or ALTER ROLE); without one, give the URL the option "
    "options=-c%20quote_all_identifiers%3Doff"
)
POOLED = (
    "Between here and the database at {url} a pooler gives each transaction another session (PgBouncer's pool_mode = "
    "transaction). The importer needs one of its own, for its lock and its staging tables: name the server itself, or "
    "a pool with pool_mode = session, by --database-url, or DATABASE_URL."
)

Opened = tuple[adbc_driver_manager.AdbcDatabase, adbc_driver_manager.AdbcConnection]
Parameter = str | int | float | bool | None

# What PostgreSQL calls the types that a frame may be copied into; anything else would be stored as garbage.
COPY_TYPES = {
    "text": "String",
    "bigint": "Int64",
    "double precision": "Float64",
    "boolean": "Boolean",
    "integer": "Int32",
    "smallint": "Int16",
    "character varying": "String",
    "date": "Date",
    "timestamp with time zone": "Datetime(time_unit='us', time_zone='UTC')",
    "uuid": "Binary",
}


def connect(url: str) -> Database:
    """Connect, with the settings of a run: no JIT, memory for the merge's sorts, names as in PostgreSQL's errors.

    Raises:
        DatabaseUnavailableError: it is no URL, nothing answers there, it refuses this user, keeps no session for it, or
            quotes all names; without the password.
    """
    demand_readable_url(url)
    try:
        handle, connection = connect_patiently(url)
    except adbc_driver_manager.Error as error:
        is_of_network = NETWORK_ERROR.search(str(error)) is not None
        raise DatabaseUnavailableError(
            f"The database at {shown_url(url)} {told_unreachable(error, is_of_network=is_of_network)}"
        ) from (error if is_of_network else None)
    database = Database(handle, connection)
    if complaint := complaint_about(database, url):  # before it is configured: the session may be an application's
        database.close()
        raise DatabaseUnavailableError(complaint)
    database.run("configure_connection")
    return database


def complaint_about(database: Database, url: str) -> str:
    """Say what keeps the importer from working by a connection; empty where nothing does."""
    if not database.run("types_are_known"):
        return QUOTES_ALL
    return "" if database.has_own_session() else POOLED.format(url=shown_url(url))


def told_unreachable(error: adbc_driver_manager.Error, *, is_of_network: bool) -> str:
    """Say why there is no connection, and what to do: a server that refuses a password is not one that is down."""
    if advice := advice_on_refusal(error):
        return f"refused the connection: {first_line(error)} {advice}"
    told = first_line(error) if is_of_network else QUOTED.sub(HIDDEN, first_line(error))
    return f"cannot be reached: {told} Check --database-url, or DATABASE_URL, and that the server is running."


def connect_patiently(url: str) -> Opened:
    """Open a connection, and wait for a moment where the server gives no more of them.

    The driver opens one to read the types, closes it, and opens the one that is used; until the server has noticed, it
    counts both. On a busy machine one in a hundred was refused so to a role that may have one.
    """
    for _ in range(FULL_ATTEMPTS):
        try:
            return connect_once(url)
        except adbc_driver_manager.Error as error:
            if not is_full(error):
                raise
            time.sleep(FULL_SECONDS / FULL_ATTEMPTS)
    return connect_once(url)


def connect_once(url: str) -> Opened:
    """Open a connection as the driver does; a URL or an environment that sets a time to wait for it is obeyed."""
    os.environ.setdefault("PGCONNECT_TIMEOUT", CONNECT_SECONDS)
    handle = open_handle(url)
    try:
        return handle, adbc_driver_manager.AdbcConnection(handle)
    except adbc_driver_manager.Error:
        handle.close()
        raise


def open_handle(url: str) -> adbc_driver_manager.AdbcDatabase:
    """Load the driver; its package finds itself by importlib.resources, which imports 32 modules for that (20 ms)."""
    library = driver_library()
    if library.exists():
        return adbc_driver_manager.AdbcDatabase(driver=str(library), uri=url)
    handle: adbc_driver_manager.AdbcDatabase = adbc_driver_postgresql.connect(url)
    return handle


def driver_library() -> Path:
    """Say where the wheel of the driver has its library; a package of another kind may have it elsewhere."""
    return Path(adbc_driver_postgresql.__file__).with_name("libadbc_driver_postgresql.so")


class UnfitTableError(Exception):
    """A table that somebody shaped otherwise than the frame that is to be copied into it."""


class Shared(Struct, frozen=True):
    """What the connections of one handle have in common."""

    # The driver counts the connections of a handle without a lock of its own: once in some forty runs in which two
    # threads opened one at a time, the last close said "Open connection count underflowed".
    counting: Lock = field(default_factory=Lock)
    connections: list[adbc_driver_manager.AdbcConnection] = field(default_factory=list)  # that are open
    at_work: dict[adbc_driver_manager.AdbcConnection, Thread] = field(default_factory=dict)  # who waits for which


class Database:
    """An open connection. Statements are named (``sql/``); a parameter is sent beside them, never inside."""

    def __init__(
        self,
        handle: adbc_driver_manager.AdbcDatabase,
        connection: adbc_driver_manager.AdbcConnection,
        shared: Shared | None = None,
    ) -> None:
        self._handle = handle
        self._connection = connection
        self._is_first = shared is None  # the handle is closed with the first of the connections that share it
        self._shared = shared or Shared()
        self._shared.connections.append(connection)
        self._column_types: dict[str, dict[str, str]] = {}
        self._is_in_transaction = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def connect_again(self) -> Database:
        """Open a second connection to the same database, to be closed before this one.

        It takes 3 ms where ``connect`` takes 50: the driver has read what types the database has.

        Raises:
            adbc_driver_manager.Error: the server gives no second connection.
        """
        database = self._connect_beside()
        database.run("configure_connection")
        return database

    def _connect_beside(self) -> Database:
        with self._shared.counting:
            return Database(self._handle, adbc_driver_manager.AdbcConnection(self._handle), self._shared)

    def has_own_session(self) -> bool:
        """Say whether the server keeps a session for this connection, and not a pooler for each transaction any.

        A pooler with nobody else to serve gives the same one again, so a second connection asks in between. Where there
        is none to be had, nobody can tell.
        """
        try:
            with self._connect_beside() as beside:
                first, second, third, fourth = (
                    asked.rows("session")[0]["session"] for asked in (self, beside, beside, self)
                )
        except adbc_driver_manager.Error:
            return True
        return bool(first == fourth != second == third)

    def connect_again_if_possible(self) -> Database | None:
        """Open a second connection, or none where the server gives none."""
        try:
            return self.connect_again()
        except adbc_driver_manager.Error as error:
            log_event("no_second_connection", "WARNING", error=first_line(error))
            return None

    def reconnect(self, url: str) -> None:
        """Connect again after the connection was lost; whatever was temporary is gone.

        Raises:
            adbc_driver_manager.Error: the server does not answer yet.
        """
        fresh = connect_patiently(url)
        self.close()
        self._handle, self._connection = fresh
        self._shared.connections.append(self._connection)
        self._column_types = {}
        self._is_in_transaction = False
        self.run("configure_connection")

    def is_alive(self) -> bool:
        """Ask the server for a sign of life."""
        try:
            self.rows("server_answers")
        except adbc_driver_manager.Error:
            return False
        return True

    def cancel(self, *, but_tidying: bool = False) -> None:
        """Ask the server to stop the statements that it works on, if it does; for another thread to call.

        Those of the other connections of the handle, too: whoever closes one waits for the thread that uses it.
        ``but_tidying`` spares the main thread, which tidies up, and what nobody works on: it may come to it just then.
        """
        for connection in tuple(self._shared.connections):
            if but_tidying and self._shared.at_work.get(connection, main_thread()) is main_thread():
                continue
            with suppress(adbc_driver_manager.Error):  # the connection is lost, or just being made again
                connection.cancel()

    def close(self) -> None:
        """Close the connection; the server rolls back what is open.

        A signal between two of our lines can leave a statement open, and the driver then refuses to close. The first
        error is the one to tell, and the connection ends with the process; what the driver says of its own books when
        the connection is closed already fails no run that was committed.
        """
        with suppress(ValueError):  # it was closed before
            self._shared.connections.remove(self._connection)
        with self._shared.counting, suppress(RuntimeError, adbc_driver_manager.InternalError):
            self._connection.close()
        if self._is_first:
            with suppress(RuntimeError):
                self._handle.close()

    def run(self, name: str, *parameters: Parameter) -> int:
        """Run a named statement and give the number of rows that it wrote (-1 where PostgreSQL does not say)."""
        return self.execute(statement(name), *parameters)

    def run_all(self, names: Iterable[str]) -> None:
        """Run named statements without parameters, one after the other, at the price of one."""
        self.execute(";\n".join(map(statement, names)))

    def rows(self, name: str, *parameters: Parameter) -> list[dict[str, Any]]:
        """Read the rows of a named statement; for a few rows, without polars."""
        import nanoarrow

        with self._query(name, *parameters) as open_statement:
            stream, _ = open_statement.execute_query()
            return list(nanoarrow.ArrayStream(stream).read_all().to_pylist())

    def read(self, name: str, *parameters: Parameter) -> pl.DataFrame:
        """Read the rows of a named statement as a frame."""
        with self._query(name, *parameters) as open_statement:
            stream, _ = open_statement.execute_query()
            import polars as pl  # not before: another thread may import it while the server works

            return pl.DataFrame(stream)

    def execute(self, sql: str, *parameters: Parameter) -> int:
        """Run SQL text that is ours: a statement, or a whole file of a migration when there are no parameters."""
        with self._statement(sql, *parameters) as open_statement:
            return int(open_statement.execute_update())

    def copy(self, table: str, rows: pl.DataFrame) -> None:
        """Copy a frame into a temporary table of the same columns.

        Raises:
            TypeError: a column's type is not the table's. ADBC would store garbage without a word.
        """
        self._check_types(table, rows)
        self._ingest(rows, table, {"adbc.ingest.temporary": "true"})

    def append(self, table: str, rows: pl.DataFrame) -> None:
        """Copy a frame into columns of a table, brought to their types; the other columns get their defaults.

        Raises:
            UnfitTableError: the table has not such a column, it is of another type, or a value does not fit it.
        """
        import polars as pl

        if table not in self._column_types:
            columns = self.rows("columns_of_table", table)
            self._column_types[table] = {column["column_name"]: column["type_name"] for column in columns}
        known = {name for name, kind in self._column_types[table].items() if kind in COPY_TYPES}
        if lacking := rows.schema.keys() - known:
            raise UnfitTableError(f"{table} has no {', '.join(sorted(lacking))}, or of a type that is not copied.")
        expected = {name: COPY_TYPES[self._column_types[table][name]] for name in rows.columns}
        others = pl.Schema(
            {name: getattr(pl, kind) for name, kind in expected.items() if kind != str(rows.schema[name])}
        )
        try:
            fitting = rows.cast(others) if others else rows
        except pl.exceptions.PolarsError as error:
            raise UnfitTableError(f"{table}: a value fits none of {', '.join(others)}.") from error
        schema, _, name = table.rpartition(".")
        self._ingest(fitting, name, {"adbc.ingest.target_db_schema": schema or "public"})

    def _ingest(self, rows: pl.DataFrame, table: str, place: dict[str, str]) -> None:
        with self._statement(None) as open_statement:
            open_statement.set_options(
                **{"adbc.ingest.target_table": table, "adbc.ingest.mode": "adbc.ingest.mode.append", **place}
            )
            open_statement.bind_stream(rows.__arrow_c_stream__())
            open_statement.execute_update()

    @contextmanager
    def transaction(self, *, keep: bool = True) -> Iterator[None]:
        """Commit at the end, or roll back on any error, Ctrl-C included. ``keep=False`` always rolls back (a dry run).

        Inside another one it is a part of that one. Deferred foreign keys are checked before the commit, where an
        error still names its constraint.
        """
        if self._is_in_transaction:
            yield
            return
        self.execute("BEGIN")
        self._is_in_transaction = True
        try:
            yield
            if keep:
                self.execute("SET CONSTRAINTS ALL IMMEDIATE")
        except BaseException:
            self._roll_back()
            raise
        else:
            self.execute("COMMIT" if keep else "ROLLBACK")
        finally:
            self._is_in_transaction = False

    def check_constraints(self) -> None:
        """Check deferred constraints now: at the commit the error would name no row."""
        self.execute("SET CONSTRAINTS ALL IMMEDIATE")
        self.execute("SET CONSTRAINTS ALL DEFERRED")

    def release(self, name: str, *parameters: Parameter) -> None:
        """Run a statement that ends something; on a lost connection the server has already ended it."""
        try:
            self.run(name, *parameters)
        except adbc_driver_manager.Error as error:
            if sqlstate(error) and not sqlstate(error).startswith(("08", "25", "57")):
                raise

    @contextmanager
    def savepoint(self, error_kind: type[Exception] = adbc_driver_manager.Error) -> Iterator[None]:
        """Undo what is inside on an error of the driver's, or of another kind, and let the transaction live."""
        self.execute("SAVEPOINT part")
        try:
            yield
        except error_kind:
            self.execute("ROLLBACK TO SAVEPOINT part")
            self.execute("RELEASE SAVEPOINT part")
            raise
        self.execute("RELEASE SAVEPOINT part")

    def _roll_back(self) -> None:
        """Roll back; on a lost connection the server already did, and the first error is the one to tell.

        A statement that is cancelled may be this very one.
        """
        try:
            self.execute("ROLLBACK")
        except adbc_driver_manager.Error as error:
            if sqlstate(error) == QUERY_CANCELED:
                self.execute("ROLLBACK")
            elif sqlstate(error) and not sqlstate(error).startswith("08"):
                raise

    @contextmanager
    def _query(self, name: str, *parameters: Parameter) -> Iterator[adbc_driver_manager.AdbcStatement]:
        """Open a named statement whose rows are read.

        By COPY, the driver's default, an error comes while the stream is read: nanoarrow and polars then raise one of
        their own, without the SQLSTATE that tells a deadlock from a mistake.
        """
        with self._statement(statement(name), *parameters) as open_statement:
            open_statement.set_options(**{"adbc.postgresql.use_copy": "false"})
            yield open_statement

    @contextmanager
    def _statement(self, sql: str | None, *parameters: Parameter) -> Iterator[adbc_driver_manager.AdbcStatement]:
        connection = self._connection
        open_statement = adbc_driver_manager.AdbcStatement(connection)
        self._shared.at_work[connection] = current_thread()
        try:
            if sql is not None:
                open_statement.set_sql_query(sql)
            if parameters:
                schema, array = as_arrow(parameters).__arrow_c_array__()
                open_statement.bind(array, schema)
            yield open_statement
        finally:
            self._shared.at_work.pop(connection, None)
            open_statement.close()

    def _check_types(self, table: str, rows: pl.DataFrame) -> None:
        if table not in self._column_types:
            for column in self.rows("temporary_columns"):
                types = self._column_types.setdefault(column["table_name"], {})
                types[column["column_name"]] = column["type_name"]
        expected = self._column_types.get(table, {})
        given = {name: str(kind) for name, kind in rows.schema.items()}
        if {name: COPY_TYPES.get(kind) for name, kind in expected.items()} != given:
            raise TypeError(f"{table} has the columns {expected}, the frame {given}: they must be the same.")


def as_arrow(parameters: tuple[Parameter, ...]) -> nanoarrow.c_array:
    """Make the one row of parameters that a statement is bound to."""
    import nanoarrow

    row, columns = arrow_types(tuple(map(type, parameters)))
    children = [nanoarrow.c_array([value], kind) for value, kind in zip(parameters, columns, strict=True)]
    return nanoarrow.c_array_from_buffers(row, 1, [None], children=children)


@lru_cache(maxsize=64)
def arrow_types(kinds: tuple[type, ...]) -> tuple[nanoarrow.c_schema, list[nanoarrow.c_schema]]:
    """Give the Arrow types of a row of parameters and of each of them: to make them takes longer than the row."""
    import nanoarrow

    known = {str: nanoarrow.string(), bool: nanoarrow.bool_(), int: nanoarrow.int64(), float: nanoarrow.float64()}
    # A null needs a type on the wire; text is the one that PostgreSQL casts to any other.
    columns = [known.get(kind, nanoarrow.string()) for kind in kinds]
    row = nanoarrow.struct({f"parameter_{place}": kind for place, kind in enumerate(columns)})
    return nanoarrow.c_schema(row), [nanoarrow.c_schema(kind) for kind in columns]
