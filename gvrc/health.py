"""Is everything fit for a run? Each check says what it found, and where something is wrong what to do about it."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from gvrc.errors import NOT_MIGRATED, DatabaseUnavailableError, GvrcError
from gvrc.log import log_error
from gvrc.masking import mask
from gvrc.memory import resident_bytes
from gvrc.operating.console import open_database
from gvrc.settings import Settings, read_settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


MEGABYTE = 1024 * 1024
SHOWN_DIFFERENCES = 3
CLOCK_HOURS = 1.0  # that the server's clock may be put back without a word
IMPORT = "python scripts/production_json_importer.py"
REPEATED_BY = {"undo": "python scripts/undo_import.py RUN_ID", "retry": "python scripts/retry_rejects.py"}
ONLY_IN_HINT = ("error", "interrupted_run_id", "kind_to_repeat")


class Finding(NamedTuple):
    """What one check found; a hint means that it is unhealthy, and says what an operator can do."""

    details: dict[str, Any]
    hint: str | None = None

    def __bool__(self) -> bool:
        """Say whether all is well, as the guide's checks do."""
        return self.hint is None


class HealthChecker:
    """The guide's health checks, over the settings of this process or those that are given."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or read_settings(None, os.environ, {})
        self.checks: dict[str, Callable[[], Finding]] = {
            "database": self.check_database_connection,
            "memory": self.check_memory_usage,
            "disk": self.check_disk_space,
            "etl_pipeline": self.check_etl_pipeline_status,
            "reference": self.check_reference_tables,
        }
        if self.settings.redis_url:
            self.checks["redis"] = self.check_redis

    def run_health_checks(self) -> dict[str, Any]:
        """Run every check, each on its own: one that fails does not hide the others.

        Gives ``overall_status`` (healthy, unhealthy), ``checks`` with ``status`` (healthy, unhealthy, error),
        ``details`` and, where not healthy, ``hint``, and ``timestamp`` (UTC).
        """
        results = {name: result_of(name, check) for name, check in self.checks.items()}
        is_healthy = all(result["status"] == "healthy" for result in results.values())
        return {
            "overall_status": "healthy" if is_healthy else "unhealthy",
            "checks": results,
            "timestamp": datetime.now(UTC).isoformat(),
        }

    def check_database_connection(self) -> Finding:
        """Is it reachable, new enough, with all migrations of this version; a managed one as the contract asks?"""
        try:
            return self.look_at_connection()
        except DatabaseUnavailableError as error:
            return Finding({"error": str(error)}, str(error))

    def look_at_connection(self) -> Finding:
        """Look at the database, once it is reached.

        Raises:
            DatabaseUnavailableError: it is not reached, or is none that an import could be run on.
        """
        from gvrc.contract import check_contract, check_privileges
        from gvrc.migrations import look_at_database, missing_rights, wanted_migrations
        from gvrc.torn import torn_tables

        with open_database(self.settings) as database:
            kind = look_at_database(database)
            differences = check_contract(database) if kind.is_managed else []
            torn = torn_tables(database, wanted_migrations(is_managed=kind.is_managed)) if kind.is_migrated else []
            lacking = [] if differences or torn or not kind.is_migrated else check_privileges(database, self.settings)
        lacking = [*torn, *missing_rights(kind), *lacking]
        details = {"name": kind.name, "version": kind.version, "mode": kind.mode, "is_migrated": kind.is_migrated}
        if not kind.is_migrated:
            return Finding(details, NOT_MIGRATED)
        if differences or lacking:
            found = "; ".join([*differences, *lacking][:SHOWN_DIFFERENCES]).rstrip(".")
            return Finding(details, f"An import cannot run there: {found}. All: python scripts/migrate.py --check")
        return Finding(details)

    def check_memory_usage(self) -> Finding:
        """Is there room for the importer's ``max_memory_mb`` on this machine?"""
        import psutil

        available = psutil.virtual_memory().available // MEGABYTE
        needed = self.settings.max_memory_mb
        details = {
            "used_mb": resident_bytes() // MEGABYTE,
            "available_mb": available,
            "max_memory_mb": needed,
        }
        if available < needed:
            return Finding(
                details,
                f"Only {available} MB of memory are free for an import that may use {needed}: end other programs, "
                "or set max_memory_mb lower.",
            )
        return Finding(details)

    def check_disk_space(self) -> Finding:
        """Is there room, and permission to write, where data, logs and reports are?"""
        folders = {name: getattr(self.settings, name) for name in ("data_dir", "logs_dir", "reports_dir")}
        free = {name: shutil.disk_usage(existing(folder)).free // MEGABYTE for name, folder in folders.items()}
        details = {f"{name.removesuffix('_dir')}_free_mb": megabytes for name, megabytes in free.items()}
        for name, folder in folders.items():
            if not os.access(existing(folder), os.W_OK):
                return Finding(details, f"This user may not write to {folder}: chown it, or set {name}.")
            if free[name] < self.settings.min_free_disk_mb:
                return Finding(
                    details,
                    f"Only {free[name]} MB are free for {folder}, min_free_disk_mb is {self.settings.min_free_disk_mb}:"
                    " delete old files there (data/processed, logs), or move the folder.",
                )
        return Finding(details)

    def check_etl_pipeline_status(self) -> Finding:
        """When and how did the last run end, was one cut short, are there rejects to see to?"""
        from gvrc.migrations import look_at_database

        with open_database(self.settings) as database:
            if not look_at_database(database).is_migrated:
                return Finding({}, NOT_MIGRATED)
            (state,) = database.rows("pipeline_state")
        hours = ("age_hours", "success_age_hours")
        shown = {name: value for name, value in state.items() if name not in ONLY_IN_HINT}
        details = {name: round(value, 1) if name in hours and value else value for name, value in shown.items()}
        return Finding(details, self.pipeline_hint(state))

    def pipeline_hint(self, state: dict[str, Any]) -> str | None:
        """Say what to do about the pipeline's state, or nothing when all is well."""
        if state["is_importing"]:
            return None
        if state["run_id"] is None:
            return f"Nothing was imported yet: {IMPORT}"
        again = REPEATED_BY.get(state["kind_to_repeat"], IMPORT)
        if state["interrupted_runs"]:
            return f"Run {state['interrupted_run_id']} was cut short; what it had loaded stays. Repeat it: {again}"
        if state["status"] in ("failed", "partial"):
            # What stopped a run itself says what to do.
            advice = f"{state['error']} The command:" if state["error"] else "see logs/errors/, mend the cause, then"
            return f"Run {state['run_id']} ended {state['status']}: {advice} {again}"
        return self.age_hint(state["success_age_hours"])

    def age_hint(self, hours: float | None) -> str | None:
        """Say what to do where the last success was too long ago, or has a time that is still to come."""
        limit = self.settings.max_run_age_hours
        if hours is None or hours > limit:
            return (
                f"No run succeeded in the last {limit:g} hours (max_run_age_hours): see cron or systemd, then {IMPORT}"
            )
        if hours < -CLOCK_HOURS:
            return (
                f"The last run that succeeded ended {-hours:.0f} hours from now: the clock of the database server was "
                f"wrong then, or is so now. Set it right, then {IMPORT}"
            )
        return None

    def check_reference_tables(self) -> Finding:
        """Are there places and lookups to match against?"""
        from gvrc.migrations import look_at_database

        with open_database(self.settings) as database:
            kind = look_at_database(database)
            if not (kind.is_managed or kind.is_migrated):
                return Finding({}, NOT_MIGRATED)
            counts = {row["table_name"]: row["rows"] for row in database.rows("reference_state")}
        empty = [table for table, count in counts.items() if count == 0]
        if empty:
            return Finding(
                counts,
                f"{', '.join(empty)}: no rows. Fresh database: python scripts/migrate.py; "
                "managed: let the application load its reference data (python scripts/load_fixture.py can).",
            )
        return Finding(counts)

    def check_redis(self) -> Finding:
        """Does the cache answer?"""
        import redis

        try:
            with redis.Redis.from_url(
                self.settings.redis_url or "", socket_timeout=1, socket_connect_timeout=1
            ) as client:
                client.ping()
        except (redis.RedisError, ValueError) as error:
            return Finding({"error": mask(str(error))}, "Imports go on without a cache, more slowly: see redis_url.")
        return Finding({"answers": True})


def result_of(name: str, check: Callable[[], Finding]) -> dict[str, Any]:
    """Run one check and put what it found into the guide's form."""
    try:
        finding = check()
    except GvrcError as error:
        return {"status": "error", "details": {"error": str(error)}, "hint": str(error)}
    except Exception as error:  # noqa: BLE001 - a check that breaks is itself a finding, and is told in the log
        log_error("check_failed", error, check=name)
        from gvrc.database_errors import first_line

        hint = f"The check itself failed ({type(error).__name__}): run python scripts/migrate.py --check, then repeat."
        return {"status": "error", "details": {"error": mask(first_line(error))}, "hint": hint}
    if finding.hint:
        return {"status": "unhealthy", "details": finding.details, "hint": finding.hint}
    return {"status": "healthy", "details": finding.details}


def existing(folder: Path) -> Path:
    """Give the folder, or the nearest one above it that exists: there it would be made."""
    return next(parent for parent in (folder, *folder.parents) if parent.exists())
