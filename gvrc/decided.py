"""The places that earlier runs decided: a run over the same places reads what was found, and makes no gazetteer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import adbc_driver_manager
import polars as pl

from gvrc.database_errors import first_line
from gvrc.geography.resolver import DECIDED, NAMES
from gvrc.log import log_event

if TYPE_CHECKING:
    from gvrc.database import Database
    from gvrc.geography import PlaceResolver

MOST_KEPT = 20_000  # the national list names 1,073 places; what sources misspell is kept too, but not without end


def read_decided(database: Database, fingerprint: str) -> pl.DataFrame:
    """Give the places (resolver.DECIDED) that resolvers of this fingerprint decided."""
    kept = database.read("decided_places", fingerprint)
    return kept.cast(DECIDED).unique(NAMES, keep="first", maintain_order=True)


def keep_decided(database: Database, places: PlaceResolver) -> None:
    """Keep what a run decided anew, and forget what other rules did; that it is not kept is no fault of the run."""
    new = places.newly_decided.head(MOST_KEPT - places.decided_before).with_columns(
        fingerprint=pl.lit(places.fingerprint)
    )
    if new.is_empty():
        return
    try:
        with database.transaction():
            database.run("forget_other_places", places.fingerprint)
            database.run("keep_decided_places", new.write_json())
    except adbc_driver_manager.Error as error:
        log_event("places_not_kept", "WARNING", error=first_line(error))
