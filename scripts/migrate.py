#!/usr/bin/env python3
"""Apply the migrations of sql/ to the database; with --check say what was found there and change nothing.

Exit status: 0 an import may be run, 2 wrong use, 3 the database cannot be reached or does not fit.
"""

import _environment  # noqa: F401

from gvrc.errors import DatabaseUnavailableError
from gvrc.operating.console import end, open_database, parser_for, settings_of


def main() -> int:
    """Migrate or check, and print it."""
    parser = parser_for(__doc__)
    parser.add_argument("--check", action="store_true", help="print what was found, and change nothing")
    arguments = parser.parse_args()
    settings = settings_of(arguments)
    with open_database(settings, may_create=not arguments.check) as database:
        if arguments.check:
            from gvrc.operating.findings import look_closely

            findings = look_closely(database, settings)
            print("\n".join(findings.lines))
            return 0 if findings.fits else DatabaseUnavailableError.exit_status
        from gvrc.migrations import migrate_database

        applied = migrate_database(database, settings)
    print("\n".join(f"applied {name}" for name in applied) or "nothing to apply")
    return 0


if __name__ == "__main__":
    end(main)
