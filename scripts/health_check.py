#!/usr/bin/env python3
"""Say whether everything is fit for a run and, where it is not, what to do. Exit status: 0 healthy, 1 not."""

from __future__ import annotations

import json
from typing import Any

import _environment  # noqa: F401

from gvrc.operating.console import end, parser_for, settings_of


def health_check() -> int:
    """Run the checks and print what they found."""
    parser = parser_for(__doc__)
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    arguments = parser.parse_args()
    from gvrc.health import HealthChecker

    report = HealthChecker(settings_of(arguments)).run_health_checks()
    if arguments.json:
        print(json.dumps(report, indent=2))
    else:
        print_checks(report["checks"])
        print(report["overall_status"])
    return 0 if report["overall_status"] == "healthy" else 1


def print_checks(checks: dict[str, dict[str, Any]]) -> None:
    """Print a line a check, and under it what to do, once for all checks that failed for one reason."""
    told = set()
    for name, check in checks.items():
        hint = check.get("hint")
        facts = {key: value for key, value in check["details"].items() if value is not None and value != hint}
        print(
            f"{check['status']:<10} {name:<13} {', '.join(f'{key} {value}' for key, value in facts.items())}".rstrip()
        )
        if hint:
            print(f"{'':<10} -> {'as above' if hint in told else hint}")
            told.add(hint)


if __name__ == "__main__":
    end(health_check)
