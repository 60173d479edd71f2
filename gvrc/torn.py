"""Whether a database still has what its migrations made, and nothing where they would make it.

A dump that was restored in part says that it had them all; a database named by mistake has tables of another's.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gvrc.lazy import lazy_pattern
from gvrc.statements import SQL_FOLDER

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gvrc.database import Database

MIGRATIONS = SQL_FOLDER / "migrations"
CREATED = lazy_pattern(r"^CREATE TABLE (?P<table>[\w.]+) \((?P<columns>.*?)^\);", re.MULTILINE | re.DOTALL)
RESTORE = "Restore the dump whole, with its keys and sequences, into an empty database; see docs/operations.md."


def torn_tables(database: Database, applied: Iterable[str]) -> list[str]:
    """Say which tables of the migrations that were applied are missing, and which have lost their keys."""
    found = {row["table_name"]: row["has_key"] for row in database.rows("tables_and_keys")}
    torn = []
    for table, has_key in made_tables(applied).items():
        if table not in found:
            torn.append(f"{table} is missing")
        elif has_key and not found[table]:
            torn.append(f"{table} has lost its primary key")
    return [*torn, RESTORE] if torn else []


def tables_in_the_way(database: Database, pending: Iterable[str]) -> list[str]:
    """Name the tables that are there, although only migrations that are still to come would make them."""
    found = {row["table_name"] for row in database.rows("tables_and_keys")}
    return [table for table in made_tables(pending) if table in found]


def not_ours(name: str, in_the_way: list[str]) -> str:
    """Say that a database has tables of the importer's names that the importer did not make."""
    return (
        f"The database {name} has tables that bear the importer's names and are not its own ({', '.join(in_the_way)}): "
        "it is another application's, or a dump restored in part. Nothing was changed. Name the right one by "
        "--database-url, or DATABASE_URL."
    )


def made_tables(migrations: Iterable[str]) -> dict[str, bool]:
    """Give the tables that migrations make, and whether each has a primary key."""
    texts = ((MIGRATIONS / name).read_text("utf-8") for name in migrations)
    made = [table for text in texts for table in CREATED.finditer(text)]
    return {qualified(table["table"]): "PRIMARY KEY" in table["columns"] for table in made}


def qualified(table: str) -> str:
    """Name the schema, too."""
    return table if "." in table else f"public.{table}"
