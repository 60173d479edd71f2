#!/usr/bin/env python3
"""Load a Django fixture (dumpdata) into the directory: facilities and what belongs to them.

Facilities are met by their code, lookups by name, wards by name inside constituency and county. Users, sessions and
permissions are never read. All or nothing; loading the same file again changes nothing.

Exit status: 0 loaded, 1 the file was refused or more than max_reject_ratio of a table was left out, 2 wrong use, 3 the
database cannot be reached or does not fit.
"""

from __future__ import annotations

import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import _environment  # noqa: F401

from gvrc.operating.console import end, open_database, parser_for, settings_of

if TYPE_CHECKING:
    import argparse
    from contextlib import AbstractContextManager

    from gvrc.database import Database
    from gvrc.operating.load_fixture import FixtureAccount


def load() -> int:
    """Load one fixture and print its account."""
    parser = parser_for(__doc__)
    parser.add_argument("fixture", type=Path, help="the JSON file")
    parser.add_argument("--keep-ids", action="store_true", help="keep the file's primary keys, advance the sequences")
    parser.add_argument("--dry-run", action="store_true", help="show what would be loaded, and change nothing")
    arguments = parser.parse_args()
    settings = settings_of(arguments)
    from gvrc.migrations import migrate_database
    from gvrc.operating.load_fixture import load_fixture

    with open_database(settings, may_create=True) as database, all_taken_back(database, arguments):
        migrate_database(database, settings)
        account = load_fixture(
            arguments.fixture, database, settings, keep_ids=arguments.keep_ids, dry_run=arguments.dry_run
        )
    print_account(account)
    if arguments.dry_run:
        print("dry run: nothing was changed")
    return int(is_too_much_left_out(account, settings.max_reject_ratio))


def is_too_much_left_out(account: FixtureAccount, share: float) -> bool:
    """Say whether more than this share of a table did not land; coordinates outside Kenya are left out on purpose."""
    return any(unexpected(table, account) > share * counts.read for table, counts in account.tables.items())


def unexpected(table: str, account: FixtureAccount) -> int:
    """Count what was left out of a table for a reason that whoever made the dump can mend."""
    return account.tables[table].left_out - (account.outside if table == "facility_coordinates" else 0)


def all_taken_back(database: Database, arguments: argparse.Namespace) -> AbstractContextManager[None]:
    """Take back what a dry run does, the tables that an empty database was given for it, too."""
    return database.transaction(keep=False) if arguments.dry_run else nullcontext()


def print_account(account: FixtureAccount) -> None:
    """Print a line a table, and what did not land."""
    print(f"{'':<24}{'read':>10}{'inserted':>10}{'updated':>10}{'unchanged':>10}{'left out':>10}")
    for table, counts in account.tables.items():
        numbers = (counts.read, counts.inserted, counts.updated, counts.unchanged, counts.left_out)
        print(f"{table:<24}" + "".join(f"{number:>10,}" for number in numbers))
    for code, problem in account.problems:
        print(f"left out: facility {code} {problem}", file=sys.stderr)
    if account.without_ward:
        print(f"{account.without_ward:,} facilities have no ward: theirs is not in the reference.")
    if account.exchanged:
        print(f"{account.exchanged:,} coordinates had latitude and longitude exchanged, and were put right.")
    if account.outside:
        print(f"{account.outside:,} coordinates are not in Kenya, and were left out.")
    print_children_left_out(account)
    if account.ignored:
        print("not read: " + ", ".join(f"{count:,} {model}" for model, count in account.ignored.items()))


def print_children_left_out(account: FixtureAccount) -> None:
    """Say why contacts and the like did not land: a dump of one application often lacks the lookups of another."""
    for table in account.tables:
        if (number := unexpected(table, account)) and table != "facilities":
            print(
                f"{table}: {number:,} left out: their facility was, or the file has not got what they refer to "
                "(their facility, or a type, category or status; dump those too)."
            )


if __name__ == "__main__":
    end(load)
