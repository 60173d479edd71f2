"""The account of a run: what became of every record, per file and in all. The pipeline fills it, all others read it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Literal

from gvrc.structs import Struct, field

if TYPE_CHECKING:
    from datetime import datetime

FileStatus = Literal["pending", "succeeded", "unchanged", "failed", "not_attempted"]
RunStatus = Literal["running", "succeeded", "partial", "failed", "dry_run", "interrupted"]

ROW_OUTCOMES = ("inserted", "updated", "unchanged", "superseded")
OUTCOMES = (*ROW_OUTCOMES, "rejected")
SUMMARY_COUNTERS = ("rejects", "corrected", "issues", "ward_match")
NOT_GIVEN = "not_given"  # of the rows updated: a contact that was switched off, or is no longer the primary one
CHILD_TABLES = (
    "facility_contacts",
    "facility_coordinates",
    "facility_services",
    "facility_owners",
    "facility_gbv_categories",
    "facility_infrastructure",
)


class FileAccount(Struct, kw_only=True):
    """What became of one source file: ``read = inserted + updated + unchanged + superseded + rejected``.

    The status ``unchanged`` is a file that was met before and skipped; ``not_attempted`` one that a dead server cost.
    """

    path: str
    sha256: str | None = None
    source: str | None = None
    status: FileStatus = "pending"
    error: str | None = None
    read: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    superseded: int = 0
    rejects: Counter[str] = field(default_factory=Counter)  # reason -> records
    corrected: Counter[str] = field(default_factory=Counter)  # run_id that loaded their corrections -> rejects
    issues: Counter[str] = field(default_factory=Counter)  # kind -> issues
    ward_match: Counter[str] = field(default_factory=Counter)  # match method -> facilities
    path_taken: str | None = None  # where in the document the records were
    notes: list[str] = field(default_factory=list)  # what the document says of itself, what was passed over
    unmapped: dict[str, tuple[int, str]] = field(default_factory=dict)  # key that nobody knows -> (values, an example)
    mixed_types: dict[str, list[str]] = field(default_factory=dict)  # key -> the JSON types of its values
    tables: dict[str, Counter[str]] = field(default_factory=dict)  # child table -> outcome -> rows
    not_given: Counter[str] = field(default_factory=Counter)  # child table -> rows that its records do not give

    @property
    def rejected(self) -> int:
        """Count the rejects; each has exactly one reason."""
        return self.rejects.total()

    def balances(self) -> bool:
        """Say whether every record that was read is accounted for."""
        return self.read == self.inserted + self.updated + self.unchanged + self.superseded + self.rejected

    def counts(self) -> dict[str, int]:
        """Give the numbers by name, without the issues."""
        return {name: getattr(self, name) for name in ("read", *OUTCOMES)}

    def totals(self) -> dict[str, int]:
        """Give the numbers by name, that of the issues last."""
        return self.counts() | {"issues": self.issues.total()}

    def add_rows(self, tables: dict[str, Counter[str]]) -> None:
        """Add what became of the rows that the file's records gave for each table."""
        for table, outcomes in tables.items():
            self.not_given[table] += outcomes[NOT_GIVEN]
            said = Counter({name: rows for name, rows in outcomes.items() if name != NOT_GIVEN})
            self.tables[table] = self.tables.get(table, Counter()) + said

    def as_summary(self) -> dict[str, Any]:
        """Give the file's entry in the JSON summary."""
        about = {name: getattr(self, name) for name in ("path", "sha256", "source", "status", "error")}
        reasons = {name: dict(getattr(self, name).most_common()) for name in SUMMARY_COUNTERS}
        found = {name: getattr(self, name) for name in ("path_taken", "notes", "mixed_types")}
        unmapped = {key: {"count": count, "example": example} for key, (count, example) in self.unmapped.items()}
        return about | self.counts() | reasons | found | {"unmapped": unmapped}


class RunAccount(Struct, kw_only=True):
    """What became of one run."""

    run_id: str
    started_at: datetime  # with its time zone
    kind: str = "import"  # import, retry, undo
    database: dict[str, str] = field(default_factory=dict)  # mode (managed, fresh, embedded) and version
    status: RunStatus = "running"
    seconds: float = 0.0
    quality_score: float | None = None  # mean of the accepted facilities, 0 to 100; None where there was none
    files: list[FileAccount] = field(default_factory=list)
    known_rejects: int = 0  # of the rejects: those that were open already
    reopened_rejects: int = 0  # and those that an earlier run had closed
    plan: list[str] = field(default_factory=list)  # of a dry run: what it would change, a line each
    unwritten: list[str] = field(default_factory=list)  # files beside the database that could not be written, and why

    def totals(self) -> dict[str, int]:
        """Add the files up: read, the five outcomes, and issues."""
        totals = Counter(dict.fromkeys(("read", *OUTCOMES, "issues"), 0))
        for file in self.files:
            totals.update(file.totals())
        return dict(totals)

    def tables(self) -> dict[str, dict[str, int]]:
        """Count the rows of each table of the directory by what became of them; a facility's row is a record's."""
        totals = self.totals()
        counted = {"facilities": {name: totals[name] for name in ROW_OUTCOMES}}
        for table in CHILD_TABLES:
            rows = [file.tables[table] for file in self.files if table in file.tables]
            counted[table] = {name: sum(outcomes[name] for outcomes in rows) for name in ROW_OUTCOMES}
        return counted

    def corrected(self) -> Counter[str]:
        """Count the rejects whose corrections stand, by the run that loaded these."""
        return sum((file.corrected for file in self.files), Counter())

    def rejects_by_news(self) -> dict[str, int]:
        """Count the rejects by what is new about them; those of a run that lost its database all count as new."""
        known, reopened, corrected = self.known_rejects, self.reopened_rejects, self.corrected().total()
        new = self.totals()["rejected"] - known - reopened - corrected
        return {"new": new, "known": known, "reopened": reopened, "corrected": corrected}

    def paths(self) -> dict[int, str]:
        """Give the paths of the files by file_no."""
        return {file_no: file.path for file_no, file in enumerate(self.files, start=1)}

    def balances(self) -> bool:
        """Say whether every file balances."""
        return all(file.balances() for file in self.files)

    def reject_ratio(self) -> float:
        """Give the share of the records read that were rejected, 0 to 1."""
        totals = self.totals()
        return totals["rejected"] / max(1, totals["read"])

    def as_summary(self) -> dict[str, Any]:
        """Give the run as the JSON summary that ``--summary`` writes."""
        return {
            "run_id": self.run_id,
            "status": self.status,
            "started_at": self.started_at.isoformat(),
            "seconds": round(self.seconds, 3),
            "database": self.database,
            "totals": self.totals(),
            "rejects": self.rejects_by_news(),
            "tables": self.tables(),
            "quality_score": self.quality_score,
            "unwritten": self.unwritten,
            "files": [file.as_summary() for file in self.files],
        }
