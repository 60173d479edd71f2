"""Whether the directory is sound: counts, and checks for what must not be; nothing is changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from gvrc.masking import mask_contacts
from gvrc.migrations import demand_migrated

if TYPE_CHECKING:
    from gvrc.database import Database

EXAMPLES = 5


class Check(NamedTuple):
    """A condition that must not hold (an error), or that a person should look at (no error)."""

    statement: str
    meaning: str
    is_error: bool
    hint: str


CHECKS = (
    Check(
        "verify_account",
        "records without an outcome",
        is_error=True,
        hint="repeat the run with --force; keep its log, this is a fault of the importer",
    ),
    Check(
        "verify_orphans",
        "rows whose facility is gone",
        is_error=True,
        hint="foreign keys were switched off: restore the facility, or delete the rows",
    ),
    Check(
        "verify_places",
        "rows whose place is gone",
        is_error=True,
        hint="restore the place; foreign keys were switched off",
    ),
    Check(
        "verify_active_coordinates",
        "facilities with several active coordinates",
        is_error=True,
        hint="set is_active = false on all but the right one",
    ),
    Check(
        "verify_outside_kenya",
        "active coordinates outside Kenya",
        is_error=True,
        hint="correct or deactivate them; an import would have exchanged or dropped them",
    ),
    Check(
        "verify_duplicate_keys",
        "keys that differ only in case or spaces",
        is_error=True,
        hint="decide which facility keeps the key, rename the other",
    ),
    Check(
        "verify_duplicate_children",
        "contacts, services or owners twice at one facility",
        is_error=False,
        hint="deactivate one of the two",
    ),
    Check(
        "verify_same_place",
        "facilities of one name in one ward",
        is_error=False,
        hint="see whether they are one facility; deactivate the duplicate",
    ),
    Check(
        "verify_same_constituency",
        "facilities of one name in two wards of a constituency",
        is_error=False,
        hint="see whether they are one facility whose ward two bodies disagree about; deactivate the duplicate",
    ),
    Check(
        "verify_former_codes",
        "facilities whose former code another one bears, after a person changed it",
        is_error=False,
        hint="see whether they are one facility that its source renamed; deactivate the duplicate",
    ),
    Check(
        "verify_wards_at_risk",
        'wards whose name ends in " Ward"',
        is_error=False,
        hint="the application may delete them with their facilities: rename them first",
    ),
    Check(
        "verify_without_ward",
        "active facilities without a ward",
        is_error=False,
        hint="add their spelling to config/ward_aliases.csv and import again with --force",
    ),
    Check(
        "verify_lineage",
        "facilities that were deleted since their import",
        is_error=False,
        hint="their next import makes them anew (an undo names the files); deactivate instead of deleting",
    ),
)


@dataclass(frozen=True)
class DirectoryFinding:
    """What one check of the directory found."""

    check: Check
    count: int
    examples: list[str]  # five at most

    @property
    def is_error(self) -> bool:
        """Say whether something is wrong."""
        return self.check.is_error and self.count > 0


@dataclass(frozen=True)
class Verification:
    """The state of a directory."""

    tables: dict[str, int]  # rows
    counties: list[dict[str, Any]]
    last_run: dict[str, Any] | None
    findings: list[DirectoryFinding]

    @property
    def is_sound(self) -> bool:
        """Say whether nothing is wrong."""
        return not any(finding.is_error for finding in self.findings)


def verify(database: Database) -> Verification:
    """Count and check the directory.

    Raises:
        DatabaseUnavailableError: the importer has not been set up in this database.
    """
    demand_migrated(database)
    return Verification(
        tables={row["table_name"]: row["rows"] for row in database.rows("count_tables")},
        counties=database.rows("count_counties"),
        last_run=next(iter(database.rows("last_run_account")), None),
        findings=[run_check(database, check) for check in CHECKS],
    )


def run_check(database: Database, check: Check) -> DirectoryFinding:
    """Run one check."""
    rows = database.rows(check.statement)
    return DirectoryFinding(
        check, len(rows), [mask_contacts(f"{row['key']}: {row['detail']}") for row in rows[:EXAMPLES]]
    )
