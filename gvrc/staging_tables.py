"""The temporary tables of a run (``sql/staging/create.sql``)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gvrc.sources import named_source
from gvrc.statements import statement_group

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gvrc.database import Database


def create_staging_tables(database: Database, source_rank: Mapping[Any, list[str]]) -> None:
    """Make the tables; ``source_rank`` is the setting."""
    *tables, rank = statement_group("staging/create.sql")
    database.run_all([*tables, *statement_group("staging/settled.sql")])
    database.run(rank, json.dumps({field: known_names(sources) for field, sources in source_rank.items()}))


def known_names(sources: list[str]) -> list[str]:
    """Give sources as records name theirs, each once: "Kenya Police" is kenya_police, here as with ``--source``."""
    return list(dict.fromkeys(named_source(source).name for source in sources))
