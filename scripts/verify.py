#!/usr/bin/env python3
"""Verify the directory: counts per table and county, the last run's account, and what is wrong.

Exit status: 0 sound, 1 something is wrong. Nothing is changed.
"""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING

import _environment  # noqa: F401

from gvrc.operating.console import end, open_database, parser_for, print_table, settings_of

if TYPE_CHECKING:
    from gvrc.operating.verify import Verification


def verify_directory() -> int:
    """Verify and print."""
    parser = parser_for(__doc__)
    parser.add_argument("--json", action="store_true", help="print everything as JSON")
    arguments = parser.parse_args()
    settings = settings_of(arguments)
    from gvrc.operating.verify import verify

    with open_database(settings) as database:
        found = verify(database)
    if arguments.json:
        print(json.dumps(dataclasses.asdict(found) | {"is_sound": found.is_sound}, indent=2))
        return int(not found.is_sound)
    print_verification(found)
    return int(not found.is_sound)


def print_verification(found: Verification) -> None:
    """Print counts, the last run and a line a check, with examples and what to do."""
    print_table([{"table": table, "rows": rows} for table, rows in found.tables.items()])
    print_table(found.counties)
    print_table([found.last_run] if found.last_run else [])
    for finding in found.findings:
        mark = "ok  " if not finding.count else "BAD " if finding.is_error else "look"
        print(f"{mark}  {finding.count:>6,}  {finding.check.meaning}")
        for example in finding.examples:
            print(f"{'':14}{example}")
        if finding.count:
            print(f"{'':14}-> {finding.check.hint}")
    print("sound" if found.is_sound else "not sound")


if __name__ == "__main__":
    end(verify_directory)
