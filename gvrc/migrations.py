"""The state of a database: what kind it is, and the files of ``sql/migrations`` that it has had."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import adbc_driver_manager

from gvrc.contract import demand_contract
from gvrc.database_errors import NO_COLUMN, NO_RIGHT, first_line, sqlstate
from gvrc.errors import NOT_MIGRATED, DatabaseUnavailableError
from gvrc.statements import statement_group
from gvrc.structs import Struct
from gvrc.torn import MIGRATIONS, not_ours, tables_in_the_way

if TYPE_CHECKING:
    from gvrc.database import Database
    from gvrc.settings import Settings

OLDEST_SERVER = 150000
NOT_TO_LOOK_AT = (
    "This user may not look into the database: {error} An owner runs: "
    "psql -v role=THIS_USER -d THIS_DATABASE -f sql/checks/grants.sql"
)
MAKE_ANOTHER = (
    "Make one by CREATE DATABASE ... ENCODING 'UTF8' LOCALE_PROVIDER libc LOCALE 'C.UTF-8' TEMPLATE template0 (pg_dump "
    "brings over what is there), and name it by --database-url."
)
TAKES_NO_WRITES = (
    "The database {name} takes no writes (a standby, or default_transaction_read_only is on): name the one that does "
    "by --database-url, or DATABASE_URL."
)


class DatabaseKind(Struct, frozen=True):
    """What was found at the other end: ``mode`` is fresh (ours to shape) or managed (an application's)."""

    mode: str
    version: str
    name: str
    has_migrations: bool
    is_migrated: bool
    may_create_schema: bool
    may_create_tables: bool
    may_stage: bool
    takes_writes: bool
    checks_keys: bool

    @property
    def is_managed(self) -> bool:
        """Say whether schema public belongs to an application."""
        return self.mode == "managed"


def look_at_database(database: Database) -> DatabaseKind:
    """Tell a managed database from a fresh one.

    Raises:
        DatabaseUnavailableError: the server is older than PostgreSQL 15, which has no MERGE and other defaults, the
            database is not in UTF-8 or in Turkish, or this user may not look.
    """
    found = database_kind(database)
    demand_usable(found)
    applied = first_applied_migrations(database, found["name"]) if found["has_migrations"] else {}
    is_ours = any(name.startswith("directory/") for name in applied)
    is_managed = (found["has_django"] or found["has_facilities"]) and not is_ours
    return DatabaseKind(
        mode="managed" if is_managed else "fresh",
        version=found["version"].split(" ")[0],
        name=found["name"],
        has_migrations=found["has_migrations"],
        is_migrated=applied == wanted_migrations(is_managed=is_managed),
        may_create_schema=found["may_create_schema"],
        may_create_tables=found["may_create_tables"],
        may_stage=found["may_stage"],
        takes_writes=found["takes_writes"],
        checks_keys=found["checks_keys"],
    )


def demand_migrated(database: Database) -> None:
    """Go on only with a database that has all migrations of this version.

    Raises:
        DatabaseUnavailableError: the importer has not been set up there, or another version of it.
    """
    if not look_at_database(database).is_migrated:
        raise DatabaseUnavailableError(NOT_MIGRATED)


def database_kind(database: Database) -> dict[str, Any]:
    """Ask what stands in the database; a user who may not pass a schema is refused the question itself."""
    try:
        return database.rows("database_kind")[0]
    except adbc_driver_manager.Error as error:
        if sqlstate(error) != NO_RIGHT:
            raise
        raise DatabaseUnavailableError(NOT_TO_LOOK_AT.format(error=first_line(error))) from error


def first_applied_migrations(database: Database, name: str) -> dict[str, str]:
    """Give the files that a database has had, where that is asked first: perhaps not ours, or not for us to read."""
    try:
        return applied_migrations(database)
    except adbc_driver_manager.Error as error:
        if sqlstate(error) == NO_RIGHT:
            raise DatabaseUnavailableError(NOT_TO_LOOK_AT.format(error=first_line(error))) from error
        if sqlstate(error) == NO_COLUMN:
            raise DatabaseUnavailableError(not_ours(name, ["etl.migrations"])) from error
        raise


def demand_usable(found: dict[str, Any]) -> None:
    """Refuse a server that is too old, and a database that cannot hold every name, or knows it in one spelling only."""
    if found["version_number"] < OLDEST_SERVER:
        raise DatabaseUnavailableError(
            f"This is PostgreSQL {found['version']}; the importer needs 15 or newer. Name another by --database-url."
        )
    if found["encoding"] != "UTF8":  # SQL_ASCII too: it would take anything, and count bytes for characters
        raise DatabaseUnavailableError(
            f"The database {found['name']} is in {found['encoding']}, which lacks characters that names are written "
            f"with; the importer needs UTF8. {MAKE_ANOTHER}"
        )
    if not found["knows_small_i"]:
        raise DatabaseUnavailableError(
            f"The database {found['name']} has a Turkish or Azeri locale, in which the small letter of I is no i: "
            f"Lindi and LINDI would be two. {MAKE_ANOTHER}"
        )


def migrate_database(database: Database, settings: Settings) -> list[str]:
    """Look at a database and apply what it has not had; name what was applied.

    Raises:
        DatabaseUnavailableError: it does not fit, or belongs to another version, or we may not write to it.
    """
    kind = look_at_database(database)
    if kind.is_managed:
        demand_contract(database, settings)
    return migrate(database, kind)


def migrate(database: Database, kind: DatabaseKind) -> list[str]:
    """Apply what a database has not had, all or nothing, seed a fresh directory, and name what was applied.

    Raises:
        DatabaseUnavailableError: a file that was applied has been changed since, or we may not create our schema, or
            not write at all, or no key is checked there, or tables of our names are there that we did not make.
    """
    if kind.is_migrated and kind.takes_writes and kind.checks_keys:
        return []
    check_permission(kind)
    with database.transaction():
        database.run("take_migration_lock")
        database.execute((MIGRATIONS / "bootstrap.sql").read_text("utf-8"))
        applied = applied_migrations(database)
        pending = pending_migrations(applied, is_managed=kind.is_managed)
        if in_the_way := tables_in_the_way(database, pending):
            raise DatabaseUnavailableError(not_ours(kind.name, in_the_way))
        hashes = wanted_migrations(is_managed=kind.is_managed)
        for name in pending:
            database.execute((MIGRATIONS / name).read_text("utf-8"))
            database.run("remember_migration", name, hashes[name])
        if not kind.is_managed and database.rows("directory_is_empty")[0]["is_empty"]:
            seed_directory(database)
    return pending


def demand_writes(kind: DatabaseKind) -> None:
    """Refuse a standby, and any other database that is only read."""
    if not kind.takes_writes:
        raise DatabaseUnavailableError(TAKES_NO_WRITES.format(name=kind.name))


def check_permission(kind: DatabaseKind) -> None:
    """Stop early when we may not make what is missing."""
    if rights := missing_rights(kind):
        raise DatabaseUnavailableError(rights[0])


def missing_rights(kind: DatabaseKind) -> list[str]:
    """Say what this user may not make although it is missing, and which GRANT would mend it.

    Since PostgreSQL 15 GRANT ALL on a database gives no right to make tables in its schema public.
    """
    rights = []
    if not kind.takes_writes:
        rights.append(TAKES_NO_WRITES.format(name=kind.name))
    if not kind.checks_keys:
        rights.append(
            "The setting session_replication_role is replica for this database or this role, with which PostgreSQL "
            "checks no foreign key and fires no trigger: an owner runs ALTER DATABASE ... RESET "
            "session_replication_role (or ALTER ROLE)."
        )
    if not kind.may_create_schema and not kind.has_migrations:
        rights.append(
            f"This user may not create schema etl in the database {kind.name}: an owner runs "
            f"GRANT CREATE ON DATABASE {kind.name} TO this user; sql/checks/grants.sql has all GRANTs."
        )
    if not kind.may_create_tables and not kind.is_managed and not kind.has_migrations:
        rights.append(
            f"This user may not create tables in schema public of {kind.name} (GRANT ... ON DATABASE does not give "
            "that since PostgreSQL 15): an owner runs GRANT CREATE ON SCHEMA public TO this user there."
        )
    if not kind.may_stage:
        rights.append(
            f"This user may not create temporary tables, in which records are staged, in the database {kind.name}: "
            f"an owner runs GRANT TEMPORARY ON DATABASE {kind.name} TO this user."
        )
    return rights


def applied_migrations(database: Database) -> dict[str, str]:
    """Give the files that a database has had, with their hashes."""
    return {row["name"]: row["sha256"] for row in database.rows("applied_migrations")}


def wanted_migrations(*, is_managed: bool) -> dict[str, str]:
    """Give the files that a database of this kind should have had, with their hashes, in their order."""
    folders = ("etl",) if is_managed else ("directory", "etl")
    paths = [path for folder in folders for path in sorted((MIGRATIONS / folder).glob("*.sql"))]
    return {path.relative_to(MIGRATIONS).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def pending_migrations(applied: dict[str, str], *, is_managed: bool) -> list[str]:
    """Name the files still to apply, and refuse a database that was given another text under the same name."""
    wanted = wanted_migrations(is_managed=is_managed)
    for name, sha256 in applied.items():
        if wanted.get(name) != sha256:
            raise DatabaseUnavailableError(
                f"The database had another sql/migrations/{name} than this version's: it belongs to another version "
                "of the importer. Use that version, or a new migration file instead of a changed one."
            )
    return [name for name in wanted if name not in applied]


def seed_directory(database: Database) -> None:
    """Fill a fresh directory: counties, constituencies and wards, lookups, and the importer's own account."""
    import polars as pl

    from gvrc.enrich import LOOKUPS
    from gvrc.geography import read_shipped_tables

    counties, constituencies, wards = read_shipped_tables()
    seeds = {
        "seed_counties": counties.select("county_code", "county_name"),
        "seed_constituencies": constituencies.select("constituency_code", "constituency_name", "county_code"),
        "seed_wards": wards.select("ward_code", "ward_name", "constituency_code"),
        "seed_lookups": pl.read_csv(LOOKUPS).select("lookup", "name", "description", "sort_order"),
    }
    statements = statement_group("run/seed.sql")
    for name in statements[: len(seeds)]:
        database.run(name)
    for table, rows in seeds.items():
        database.copy(table, rows.cast({name: pl.String for name in rows.columns if name != "sort_order"}))
    for name in statements[len(seeds) :]:
        database.run(name)
