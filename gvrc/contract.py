"""What a managed database must look like (``contract.csv``: all that the importer reads or sends), and whether it does.

More than the contract is fine: longer texts, further tables, further columns that may be null or have a default.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from gvrc.account import CHILD_TABLES
from gvrc.errors import DatabaseUnavailableError
from gvrc.lazy import lazy_pattern
from gvrc.setting_types import LOOKUP_TABLES
from gvrc.structs import Struct

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable

    from gvrc.database import Database
    from gvrc.settings import Settings

CONTRACT = Path(__file__).parent / "contract.csv"
# Of these an import takes rows back, too: of a file that fails after some of its batches were committed.
FACILITY_TABLES = ("facilities", *CHILD_TABLES)
SHORT_TYPE_NAMES = {"character varying": "varchar", "timestamp with time zone": "timestamptz"}
TYPE = lazy_pattern(r"(?P<name>\w+)(?:\((?P<length>\d+)(?:,(?P<scale>\d+))?\))?")


class ContractColumn(NamedTuple):
    """One column of the contract; columns of a table with the same ``unique_key`` are unique together."""

    table: str
    name: str
    type_name: str
    is_sent: bool
    unique_key: str


class LiveColumn(Struct, frozen=True):
    """One column as the catalogue has it."""

    type_name: str
    is_required: bool
    is_filled: bool
    is_always_generated: bool
    is_loose: bool  # its collation takes different texts for one


LiveTables = dict[str, dict[str, LiveColumn]]


def demand_contract(database: Database, settings: Settings) -> None:
    """Go on only with a managed database that fits, and where this user may do what an import does.

    Raises:
        DatabaseUnavailableError: it does not fit, or may not be written to; with every difference on a line.
    """
    if differences := check_contract(database):
        raise DatabaseUnavailableError(
            listed(
                "The application's tables are not the ones that this version of the importer writes to:", differences
            )
            + "\nNothing was changed. Use the importer's version for this application, or bring the tables into line."
        )
    if missing := check_privileges(database, settings):
        raise DatabaseUnavailableError(
            listed("This user may not do in the database what an import does:", missing)
            + "\nNothing was changed. The tables' owner runs: "
            + "psql -v role=THIS_USER -d THIS_DATABASE -f sql/checks/grants.sql"
            + (" (and once, for create_actor, what that file says of users)" if settings.create_actor else "")
        )


def listed(heading: str, lines: Iterable[str]) -> str:
    """Put lines under a heading."""
    return "\n".join([heading, *(f"  - {line}" for line in lines)])


def check_contract(database: Database) -> list[str]:
    """Compare the live catalogue of schema public with the contract; each difference is one readable line."""
    live = live_tables(database)
    contract = read_contract()
    missing = [table for table in contract if table not in live]
    present = {table: columns for table, columns in contract.items() if table in live}
    return [
        *(f"{table}: the table is missing." for table in missing),
        *(line for table, columns in present.items() for line in compare_columns(columns, live[table])),
        *(line for table, columns in present.items() for line in find_unsent(table, columns, live[table])),
        *compare_unique_keys(database, present),
        *compare_sequences(database, present, live),
        *find_obstacles(database),
    ]


@cache
def read_contract() -> dict[str, list[ContractColumn]]:
    """Read the contract's columns by table."""
    tables: dict[str, list[ContractColumn]] = defaultdict(list)
    with CONTRACT.open(encoding="utf-8", newline="") as lines:
        for table, name, type_name, is_sent, unique_key in list(csv.reader(lines))[1:]:
            tables[table].append(ContractColumn(table, name, type_name, is_sent == "yes", unique_key))
    return dict(tables)


def live_tables(database: Database) -> LiveTables:
    """Read the columns of schema public by table and name."""
    tables: LiveTables = defaultdict(dict)
    for row in database.rows("live_columns"):
        about = {name: row[name] for name in ("is_required", "is_filled", "is_always_generated", "is_loose")}
        tables[row["table_name"]][row["column_name"]] = LiveColumn(short_type_name(row["type_name"]), **about)
    return tables


def short_type_name(type_name: str) -> str:
    """Write a type as the contract does."""
    for long, short in SHORT_TYPE_NAMES.items():
        type_name = type_name.replace(long, short)
    return type_name


def compare_columns(columns: list[ContractColumn], live: dict[str, LiveColumn]) -> list[str]:
    """Find columns that are missing, have another type or less room, or that the database insists on filling."""
    differences = []
    for column in columns:
        found = live.get(column.name)
        where = f"{column.table}.{column.name}"
        if found is None:
            differences.append(f"{where}: the column is missing; {column.type_name} is expected.")
        elif not fits(found.type_name, column.type_name):
            differences.append(f"{where}: is {found.type_name}; {column.type_name} or wider is expected.")
        elif found.is_loose and column.table != "users":
            differences.append(
                f"{where}: has a nondeterministic collation; one that tells all texts apart is expected."
            )
        elif column.is_sent and found.is_always_generated:
            differences.append(f"{where}: is GENERATED ALWAYS; the importer sends a value, BY DEFAULT is expected.")
    return differences


def fits(live: str, expected: str) -> bool:
    """Say whether every value of the expected type has room in the live one."""
    found, wanted = TYPE.fullmatch(live), TYPE.fullmatch(expected)
    if found is None or wanted is None:
        return live == expected
    if (found["name"], wanted["name"]) == ("text", "varchar"):
        return True
    if found["name"] != wanted["name"]:
        return False
    if wanted["length"] is None:
        return found["length"] is None
    # varchar and numeric without a length take any.
    return found["length"] is None or all(has >= needs for has, needs in zip(room(found), room(wanted), strict=True))


def room(parsed: re.Match[str]) -> tuple[int, int]:
    """Give the digits or characters before the point, and the digits after it."""
    scale = int(parsed["scale"] or 0)
    return int(parsed["length"]) - scale, scale


def find_unsent(table: str, columns: list[ContractColumn], live: dict[str, LiveColumn]) -> list[str]:
    """Find columns that a row cannot be inserted without, and that the importer knows nothing of."""
    sent = {column.name for column in columns if column.is_sent}
    return [
        f"{table}.{name}: must be filled and has no default; the importer sends no value for it."
        for name, found in live.items()
        if sent and name not in sent and found.is_required and not found.is_filled
    ]


def compare_unique_keys(database: Database, present: dict[str, list[ContractColumn]]) -> list[str]:
    """Find unique keys that are missing: without them one name or code would mean two rows."""
    found = {(row["table_name"], row["column_names"]) for row in database.rows("live_unique_keys")}
    wanted: dict[tuple[str, str], list[str]] = defaultdict(list)
    for table, columns in present.items():
        for column in columns:
            if column.unique_key:
                wanted[table, column.unique_key].append(column.name)
    return [
        f"{table}: no unique key on {', '.join(names)}."
        for (table, _), names in wanted.items()
        if (table, " ".join(sorted(names))) not in found
    ]


def compare_sequences(database: Database, present: dict[str, list[ContractColumn]], live: LiveTables) -> list[str]:
    """Find keys that no sequence gives: the importer takes its keys from where the application does."""
    found = {(row["table_name"], row["column_name"]) for row in database.rows("live_sequences")}
    return [
        f"{table}.{key.name}: no identity or serial sequence gives its values."
        for table, (key, *_) in present.items()
        if key.is_sent and key.name in live[table] and (table, key.name) not in found
    ]


def find_obstacles(database: Database) -> list[str]:
    """Find what stands between the importer and the rows.

    A write that is dropped is counted as done, and a facility that cannot be seen is inserted once more. Of users the
    importer needs its own only.
    """
    contract = read_contract()
    written = {table for table, columns in contract.items() if any(column.is_sent for column in columns)}
    return [
        *(
            f"{row['table_name']}: the rule {row['rule_name']} does something {row['does']} what the importer asks "
            "for: drop it, or make a trigger of it."
            for row in database.rows("live_rules")
            if row["table_name"] in (written if row["does"] == "INSTEAD of" else CHILD_TABLES)
        ),
        *(
            f"{row['table_name']}: row level security may hide rows from this user, who would insert them once more: "
            "give the role BYPASSRLS, or a policy FOR ALL USING (true)."
            for row in database.rows("live_hidden_rows")
            if row["table_name"] in contract and row["table_name"] != "users"
        ),
    ]


def check_privileges(database: Database, settings: Settings) -> list[str]:
    """Say what this user lacks: SELECT on all tables, the others and USAGE of sequences where an import writes.

    On the importer's own, which another role may have made, all of them.
    """
    tables = {row["table_name"]: row for row in database.rows("live_privileges")}
    may_use = {row["table_name"]: row["may_use"] for row in database.rows("live_sequences")}
    inserted = [table for table in inserted_tables(settings) if table in tables]
    missing = {
        "SELECT": [table for table in read_contract() if not tables.get(table, {}).get("may_select", True)],
        "INSERT": [table for table in inserted if not tables[table]["may_insert"]],
        "UPDATE": [table for table in FACILITY_TABLES if not tables.get(table, {}).get("may_update", True)],
        "DELETE": [table for table in FACILITY_TABLES if not tables.get(table, {}).get("may_delete", True)],
        "USAGE of the sequence": [table for table in inserted if not may_use.get(table, True)],
        "SELECT, INSERT, UPDATE or DELETE": [row["table_name"] for row in database.rows("own_privileges")],
    }
    return [f"{privilege}: {', '.join(names)}." for privilege, names in missing.items() if names]


def inserted_tables(settings: Settings) -> list[str]:
    """Name the tables that an import with these settings may insert into."""
    children = [
        table for table, columns in read_contract().items() if columns[0].is_sent and table not in LOOKUP_TABLES
    ]
    lookups = LOOKUP_TABLES if settings.create_lookups else ()
    return [*children, *lookups, *(["users"] if settings.create_actor else [])]
