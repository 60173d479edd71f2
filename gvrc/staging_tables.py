"""The temporary tables of a run (``sql/staging/create.sql``), made while the caller imports what fills them."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from gvrc.statements import statement_group

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gvrc.database import Database


@contextmanager
def staging_ahead(database: Database, source_rank: Mapping[Any, list[str]]) -> Iterator[None]:
    """Make the tables in a thread: the server takes 20 ms, in which the caller must not use the database."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as maker:
        making = maker.submit(create_staging_tables, database, source_rank)
        yield
        making.result()


def create_staging_tables(database: Database, source_rank: Mapping[Any, list[str]]) -> None:
    """Make the tables; ``source_rank`` is the setting."""
    *tables, rank = statement_group("staging/create.sql")
    database.run_all([*tables, *statement_group("staging/settled.sql")])
    database.run(rank, json.dumps(source_rank))
