#!/usr/bin/env python3
"""Run the open rejects again, after an alias was added or a rule changed; those that land are closed."""

import argparse
import tempfile
from pathlib import Path

import _environment  # noqa: F401

from gvrc.command import command_settings, read_name, tell_run
from gvrc.operating.console import end, parser_for
from gvrc.structs import replace


def main() -> int:
    """Retry the open rejects of one run, or of all, and print the account."""
    parser = parser_for(__doc__)
    parser.add_argument("run_id", nargs="?", type=read_name, metavar="RUN_ID", help="only the rejects of this run")
    parser.add_argument("--dry-run", action="store_true", help="show what would land, and change nothing")
    parser.add_argument("--summary", type=Path, metavar="FILE", help="write the account as JSON")
    given = parser.parse_args()
    return retry(given)


def retry(given: argparse.Namespace) -> int:
    """Write the open rejects to a temporary file and import it."""
    from gvrc.files import SPOOL
    from gvrc.pipeline import Options, run
    from gvrc.rejects import write_missing_rejects, write_open_rejects

    settings = command_settings(given)
    with tempfile.TemporaryDirectory(prefix=SPOOL) as folder:
        path = Path(folder) / "rejected" / f"{given.run_id or 'open'}.jsonl"
        path.parent.mkdir()
        write_open_rejects(settings, given.run_id, path)
        options = Options(kind="retry", force=True, dry_run=given.dry_run)
        status = tell_run(given, settings, lambda run_id: run([str(path)], settings, replace(options, run_id=run_id)))
    if given.run_id and not given.dry_run and (written := write_missing_rejects(settings, given.run_id)):
        print(f"Rejects: {written} (written again: it was missing)")
    return status


if __name__ == "__main__":
    end(main)
