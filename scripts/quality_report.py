#!/usr/bin/env python3
"""Report how good the directory's entries are, and how many there are of what; docs/quality.md explains the score.

Both reports are also written as JSON to reports/quality/ and reports/statistics/. Nothing is changed.
"""

from __future__ import annotations

import _environment  # noqa: F401

from gvrc.operating.console import end, open_database, parser_for, print_table, settings_of


def report_quality() -> int:
    """Read, print and write the reports."""
    parser = parser_for(__doc__)
    arguments = parser.parse_args()
    settings = settings_of(arguments)
    from gvrc.operating.quality_report import read_reports, write_reports

    with open_database(settings) as database:
        reports = read_reports(database)
    for name, report in reports.items():
        for title, rows in report.items():
            if rows:
                print(f"{name}: {title}")
                print_table(rows)
    for path in write_reports(reports, settings):
        print(path)
    return 0


if __name__ == "__main__":
    end(report_quality)
