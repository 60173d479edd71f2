"""The metrics of all past runs of a database, which the monitor shows when no run is going on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvrc.account import OUTCOMES
from gvrc.errors import DatabaseUnavailableError
from gvrc.metrics import MetricsCollector

if TYPE_CHECKING:
    from gvrc.database import Database


def metrics_of_history(database: Database) -> MetricsCollector:
    """Add up the run history: counters that only grow, from the first run on. The duration of batches is not kept.

    Raises:
        DatabaseUnavailableError: the importer has not been set up in this database.
    """
    if not database.rows("database_kind")[0]["has_migrations"]:
        raise DatabaseUnavailableError("The importer's tables are not in this database: python scripts/migrate.py")
    metrics = MetricsCollector()
    for row in database.rows("history_records"):
        metrics.records.update({(outcome, row["source"]): row[outcome] for outcome in OUTCOMES})
    for row in database.rows("history_reasons"):
        getattr(metrics, row["metric"])[row["label"]] = row["count"]
    for row in database.rows("history_last_run"):
        metrics.last_run_at = row["finished_at"]
        metrics.last_success_at = row["succeeded_at"]
        metrics.seconds = row["seconds"]
        metrics.quality_score = row["quality_score"]
    return metrics
