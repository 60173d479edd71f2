"""docs/rejects_and_issues.md explains every reason and kind that a report can count, and no other."""

from __future__ import annotations

import re

from gvrc.columns import ISSUE_FIELDS
from gvrc.rules import Demands, reject_reasons
from gvrc.settings import PROJECT

PAGE = (PROJECT / "docs" / "rejects_and_issues.md").read_text("utf-8")
# Reasons that other places than the rules give: records.py and people.py in gvrc/reading, meet.py, merge.py and
# watched.py in gvrc/loading, and gvrc/load.py.
FURTHER_REASONS = {
    "not_an_object",
    "unreadable_record",
    "not_a_facility",
    "identity_ambiguous",
    "code_claimed_twice",
    "refused_by_database",
    "schema_broken",
}


def explained(heading: str) -> set[str]:
    """Give the names in the first column of the table under a heading."""
    section = PAGE.split(f"## {heading}\n")[1].split("\n## ")[0]
    return {name for line in section.splitlines() for name in re.findall(r"`(\w+)`", line.split(" | ")[0])}


def test_every_reason_of_a_reject_is_explained() -> None:
    assert explained("Reasons of rejects") == set(reject_reasons(Demands())) | FURTHER_REASONS


def test_every_kind_of_an_issue_is_explained() -> None:
    assert explained("Kinds of issues") == set(ISSUE_FIELDS)
