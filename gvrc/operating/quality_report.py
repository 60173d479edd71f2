"""The reports on a directory: how good its entries are, and how many there are of each kind."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from gvrc.errors import GvrcError, UsageError
from gvrc.masking import mask_contacts
from gvrc.migrations import demand_migrated
from gvrc.operating.ending import NO_ROOM
from gvrc.written import whole_file

if TYPE_CHECKING:
    from pathlib import Path

    from gvrc.database import Database
    from gvrc.settings import Settings

Report = dict[str, list[dict[str, Any]]]

# title of a table -> the named statement that gives it
QUALITY = {
    "by county": "quality_by_county",
    "by source": "quality_by_source",
    "issues": "quality_issues",
    "open rejects": "quality_rejects",
    "lowest scores": "quality_worst",
}
STATISTICS = {
    "tables": "count_tables",
    "counties": "count_counties",
    "types": "statistics_by_type",
    "statuses": "statistics_by_status",
    "GBV categories": "statistics_by_gbv_category",
}


def read_reports(database: Database) -> dict[str, Report]:
    """Read both reports: ``quality`` and ``statistics``, each with its tables by title.

    Raises:
        DatabaseUnavailableError: the importer has not been set up in this database.
    """
    demand_migrated(database)
    return {
        name: {title: masked_rows(database.rows(statement)) for title, statement in tables.items()}
        for name, tables in (("quality", QUALITY), ("statistics", STATISTICS))
    }


def masked_rows(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Hide contacts in any column: a source may give a telephone number as a code or a type."""
    return [
        {name: mask_contacts(value) if isinstance(value, str) else value for name, value in row.items()} for row in rows
    ]


def write_reports(reports: dict[str, Report], settings: Settings) -> list[Path]:
    """Write each report as JSON to its folder under ``reports_dir``, whole or not at all; return the files' paths.

    Raises:
        GvrcError: the disk is full.
        UsageError: a file cannot be written for another reason.
    """
    written = []
    for name, report in reports.items():
        now = datetime.now(UTC)
        path = settings.reports_dir / name / f"{name}_{now:%Y%m%d_%H%M%S}.json"
        try:
            with whole_file(path) as part:
                text = json.dumps({"at": now.isoformat(), **report}, indent=2, ensure_ascii=False)
                part.write_text(text + "\n", "utf-8")
        except OSError as error:
            raise unwritten(path, error) from error
        written.append(path)
    return written


def unwritten(path: Path, error: OSError) -> GvrcError:
    """Say why a report was not written: a full disk is no wrong setting, and ends with 1, as after an import."""
    said = f"{path}: cannot be written: {error.strerror}."
    if error.errno in NO_ROOM:
        return GvrcError(f"{said} Make room there, then repeat the command.")
    return UsageError(f"{said} See reports_dir.")
