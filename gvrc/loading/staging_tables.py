"""The temporary tables and functions of a run (``sql/staging/``)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gvrc.sources import named_source
from gvrc.statements import statement_group

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gvrc.database import Database


FEW_ROWS = 1_000  # staged records whose rows are deleted in 2 ms each time; to truncate took 4 to 9, and up to 77


class StagingTables:
    """The temporary tables of a connection; remembers which may hold rows: those of staging, those of merging."""

    def __init__(self, database: Database, source_rank: Mapping[Any, list[str]]) -> None:
        self.database = database
        self.source_rank = source_rank
        self.filled: set[str] = set()
        self.rows_staged = 0  # since they were made or truncated

    def make_again(self) -> None:
        """Make them on a new connection."""
        self.filled, self.rows_staged = set(), 0
        create_staging_tables(self.database, self.source_rank)

    def empty(self) -> None:
        """Empty those that hold rows of the batch before; new ones are left alone."""
        emptying = self.emptying()
        for tables in sorted(self.filled):
            self.database.run(f"{emptying}_{tables}")
        self.filled = set()
        self.rows_staged = 0 if emptying == "truncate" else self.rows_staged

    def emptying(self) -> str:
        """Say how they are emptied: to truncate one costs a new file, to delete rows leaves them to be read over."""
        return "delete" if self.rows_staged <= FEW_ROWS else "truncate"

    def empty_merging(self) -> None:
        """Empty those of a round."""
        if "merging" in self.filled:
            self.database.run(f"{self.emptying()}_merging")
        self.filled.add("merging")

    def fill(self, rows: int) -> None:
        """Remember that rows are staged."""
        self.filled.add("staging")
        self.rows_staged += rows

    def mark_filled(self) -> None:
        """Take it that all hold rows: what takes a file back fills some, a transaction that is rolled back others."""
        self.filled = {"staging", "merging"}


def create_staging_tables(database: Database, source_rank: Mapping[Any, list[str]]) -> None:
    """Make the tables, and the functions that the merge compares by; ``source_rank`` is the setting."""
    *tables, rank = statement_group("staging/create.sql")
    functions = statement_group("staging/functions.sql")
    database.run_all([*tables, *statement_group("staging/settled.sql"), *functions])
    database.run(rank, json.dumps({field: known_names(sources) for field, sources in source_rank.items()}))


def known_names(sources: list[str]) -> list[str]:
    """Give sources as records name theirs, each once: "Kenya Police" is kenya_police, here as with ``--source``."""
    return list(dict.fromkeys(named_source(source).name for source in sources))
