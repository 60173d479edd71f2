"""Whether a database still has what its migrations made: a dump that was restored in part says that it had them all."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gvrc.migrations import MIGRATIONS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gvrc.database import Database

CREATED = re.compile(r"^CREATE TABLE (?P<table>[\w.]+) \((?P<columns>.*?)^\);", re.MULTILINE | re.DOTALL)
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


def made_tables(applied: Iterable[str]) -> dict[str, bool]:
    """Give the tables that migrations make, and whether each has a primary key."""
    texts = ((MIGRATIONS / name).read_text("utf-8") for name in applied)
    made = [table for text in texts for table in CREATED.finditer(text)]
    return {qualified(table["table"]): "PRIMARY KEY" in table["columns"] for table in made}


def qualified(table: str) -> str:
    """Name the schema, too."""
    return table if "." in table else f"public.{table}"
