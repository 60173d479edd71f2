#!/usr/bin/env python3
"""Take an import back: what it inserted goes, what it updated returns unless something later changed it."""

import argparse

import _environment  # noqa: F401

from gvrc.command import command_settings, read_name, tell_run
from gvrc.operating.console import end, parser_for


def main() -> int:
    """Undo one run and print the account of doing so."""
    parser = parser_for(__doc__)
    parser.add_argument("run_id", type=read_name, metavar="RUN_ID", help="as the importer's report names it")
    parser.add_argument("--dry-run", action="store_true", help="show what would be taken back, and change nothing")
    given = parser.parse_args()
    return undo_told(given)


def undo_told(given: argparse.Namespace) -> int:
    """Undo with logs and report as an import has them."""
    from gvrc.operating.undo import undo

    settings = command_settings(given)
    return tell_run(given, settings, lambda run_id: undo(given.run_id, settings, new_id=run_id, dry_run=given.dry_run))


if __name__ == "__main__":
    end(main)
