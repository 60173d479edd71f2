"""What a database holds before anything is written to it: the output of ``scripts/migrate.py --check``."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gvrc.contract import check_contract, check_privileges
from gvrc.errors import UsageError
from gvrc.migrations import applied_migrations, look_at_database, missing_rights, pending_migrations
from gvrc.torn import not_ours, tables_in_the_way, torn_tables

if TYPE_CHECKING:
    from gvrc.database import Database
    from gvrc.migrations import DatabaseKind
    from gvrc.settings import Settings

SHOWN_WARDS = 5
LACKING = "Privileges that this user lacks"


@dataclass(frozen=True)
class Findings:
    """Lines to print, and whether an import may run there."""

    lines: list[str]
    fits: bool


def look_closely(database: Database, settings: Settings) -> Findings:
    """Say what the database is and whether an import may run there; nothing is changed.

    Raises:
        DatabaseUnavailableError: the server is too old, or its etl belongs to another version of the importer.
    """
    kind = look_at_database(database)
    applied = applied_migrations(database) if kind.has_migrations else {}
    pending = pending_migrations(applied, is_managed=kind.is_managed)
    lines = [
        f"Database: {kind.name}, PostgreSQL {kind.version}, {kind.mode}",
        f"Migrations applied: {', '.join(applied) or 'none'}",
        f"Migrations pending: {', '.join(pending) or 'none'}",
    ]
    if in_the_way := tables_in_the_way(database, pending):
        return Findings([*lines, not_ours(kind.name, in_the_way)], fits=False)
    if pending and not kind.is_managed:
        rights = missing_rights(kind)
        lines += found_lines(LACKING, rights, "none")
        return Findings([*lines, "The directory is made and seeded by: python scripts/migrate.py"], fits=not rights)
    if torn := torn_tables(database, applied):
        return Findings([*lines, *found_lines("Tables", torn, "whole")], fits=False)
    return look_at_directory(database, settings, kind, lines)


def look_at_directory(database: Database, settings: Settings, kind: DatabaseKind, lines: list[str]) -> Findings:
    """Look at the tables of the directory, once they are there."""
    differences = check_contract(database) if kind.is_managed else []
    lines = [*lines, *found_lines("Contract", differences, "fits")]
    if differences:
        return Findings(lines, fits=False)
    missing = [*missing_rights(kind), *check_privileges(database, settings)]
    lines = [*lines, *found_lines(LACKING, missing, "none")]
    if missing:
        return Findings(lines, fits=False)
    actor, has_actor = actor_line(database, settings)
    return Findings([*lines, *directory_lines(database, kind), actor], fits=has_actor)


def found_lines(title: str, found: list[str], nothing: str) -> list[str]:
    """List what was found under a title, or say after the title that nothing was."""
    return [f"{title}:", *(f"  - {line}" for line in found)] if found else [f"{title}: {nothing}"]


def directory_lines(database: Database, kind: DatabaseKind) -> list[str]:
    """Count places and lookups, and name wards that the application of a managed database may delete."""
    sizes = database.rows("directory_sizes")[0]
    lookups = Counter(row["lookup"] for row in database.rows("lookups"))
    return [
        "Directory: " + ", ".join(f"{count} {name}" for name, count in sizes.items()),
        "Lookups: " + (", ".join(f"{name} {count}" for name, count in sorted(lookups.items())) or "all empty"),
        *(at_risk_lines(database) if kind.is_managed else ()),
    ]


def at_risk_lines(database: Database) -> list[str]:
    """Count the wards that the application may delete, and name the first."""
    at_risk = [row["ward_name"] for row in database.rows("wards_at_risk")]
    shown = ", ".join(at_risk[:SHOWN_WARDS]) + (", ..." if len(at_risk) > SHOWN_WARDS else "")
    return [f'Wards at risk (stored with " Ward" at the end): {len(at_risk)}' + (f" ({shown})" if at_risk else "")]


def actor_line(database: Database, settings: Settings) -> tuple[str, bool]:
    """Say which user an import would write as, and whether there is one."""
    from gvrc.loading.directory import present_actor

    try:
        actor_id = present_actor(database, settings)
    except UsageError as error:
        return f"Actor: {error}", False
    if actor_id is None:
        return "Actor: an account of the importer's own would be made (create_actor: true)", True
    return f"Actor: the user {actor_id}", True
