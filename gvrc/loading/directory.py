"""What a run must know of the database that it writes to: lengths, lookups, sequences, the actor; read once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvrc.contract import FACILITY_TABLES
from gvrc.enrich import resolve_lookup_names
from gvrc.errors import UsageError
from gvrc.rules import CONTRACT_LENGTHS, Demands
from gvrc.structs import Struct

if TYPE_CHECKING:
    import polars as pl

    from gvrc.database import Database
    from gvrc.settings import Settings


class Directory(Struct, frozen=True):
    """What a run must know of the database that it writes to; read once."""

    actor_id: int
    demands: Demands
    needs_status: bool
    sequences: dict[str, str]
    lookup_names: dict[str, dict[str, str]]
    lookup_ids: dict[str, dict[str, int]]  # by the names of the database
    wards_at_risk: dict[int, str]
    is_managed: bool
    triggers: dict[str, int]  # what stands for the definitions of a table's triggers, by table

    @property
    def is_watched(self) -> bool:
        """Say whether triggers may make something else of what is written: then what they left is checked."""
        return any(table in self.triggers for table in FACILITY_TABLES)


def read_directory(database: Database, settings: Settings, *, is_managed: bool, is_dry_run: bool) -> Directory:
    """Read the demands, lookups and sequences of the database, and find the actor."""
    lengths = {row["column_name"]: row["length"] for row in database.rows("text_lengths")}
    required = {row["column_name"] for row in database.rows("required_columns")}
    lookups = database.read("lookups")
    lookup_names = resolve_lookup_names(lookups, settings.lookup_defaults)
    if "operational_status_id" in required:
        demand_default_status(lookup_names, settings)
    sequences = {row["table_name"]: row["sequence_name"] for row in database.rows("identity_sequences")}
    return Directory(
        actor_id=find_actor(database, settings, is_dry_run=is_dry_run),
        demands=Demands(CONTRACT_LENGTHS | lengths, needs_ward="ward_id" in required),
        needs_status="operational_status_id" in required,
        sequences=sequences,
        lookup_names=lookup_names,
        lookup_ids=number_lookups(lookups),
        wards_at_risk=find_wards_at_risk(database) if is_managed else {},
        is_managed=is_managed,
        triggers={row["table_name"]: row["definitions"] for row in database.rows("live_triggers")},
    )


def number_lookups(lookups: pl.DataFrame) -> dict[str, dict[str, int]]:
    """Give the keys of the rows of the lookup tables, by table and name."""
    ids: dict[str, dict[str, int]] = {}
    for lookup, lookup_id, name in lookups.iter_rows():
        ids.setdefault(lookup, {})[name] = lookup_id
    return ids


def find_wards_at_risk(database: Database) -> dict[int, str]:
    """Find the wards that a managed database's application may delete."""
    return {row["ward_id"]: row["ward_name"] for row in database.rows("wards_at_risk")}


def demand_default_status(lookup_names: dict[str, dict[str, str]], settings: Settings) -> None:
    """Stop before every record is refused for want of a status that none may be made for."""
    default = settings.lookup_defaults.get("operational_statuses")
    if default is None:
        raise UsageError(
            "lookup_defaults: the database demands an operational status of every facility, and none is named for "
            "those that state none. Name one as operational_statuses."
        )
    if not settings.create_lookups and default not in lookup_names.get("operational_statuses", {}):
        raise UsageError(
            f"lookup_defaults: the database has no operational status {default} for facilities that state none. "
            "Name one that it has, or set create_lookups: true."
        )


def find_actor(database: Database, settings: Settings, *, is_dry_run: bool = False) -> int:
    """Find the user that ``created_by`` names, or make the importer's own account where that is allowed.

    Raises:
        UsageError: there is none, and none may be made.
    """
    actor_id = present_actor(database, settings)
    if actor_id is None:
        database.run("create_actor", -1 if is_dry_run else None)
        actor_id = present_actor(database, settings)
    return int(actor_id or 0)


def present_actor(database: Database, settings: Settings) -> int | None:
    """Find the user that ``created_by`` names: the setting, else the lowest superuser; None where one may be made.

    Raises:
        UsageError: there is none, and none may be made.
    """
    if settings.actor:
        found = database.rows("actor_by_email", settings.actor)
        if not found:
            raise UsageError("actor: the database has no user with this e-mail address. Correct it, or leave it out.")
        return int(found[0]["user_id"])
    found = database.rows("lowest_superuser")
    if not found and not settings.create_actor:
        raise UsageError(
            "The database has no superuser that created_by could name: set actor to a user's e-mail address, "
            "or create_actor: true for an account that nobody can sign in to."
        )
    return int(found[0]["user_id"]) if found else None


def required_status(directory: Directory, settings: Settings) -> str | None:
    """Name the status of a new facility for which nobody stated one; None where it may go without.

    A facility that is there keeps the one that it has.
    """
    if not directory.needs_status:
        return None
    default = settings.lookup_defaults["operational_statuses"]  # demanded before
    return directory.lookup_names.get("operational_statuses", {}).get(default, default)
