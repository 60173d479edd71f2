"""The table of the guide names every heading, and only tests that are there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from gvrc.settings import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

TEXT = (PROJECT / "docs" / "guide_coverage.md").read_text("utf-8")
PROOFS = sorted(set(re.findall(r"(tests/[\w/]+\.py)::(\w+)", TEXT)))


@pytest.mark.parametrize(("path", "name"), PROOFS)
def test_every_proof_is_a_test(path: str, name: str) -> None:
    assert f"\ndef {name}(" in (PROJECT / path).read_text("utf-8")


def test_every_row_has_a_proof() -> None:
    rows = [
        line for line in TEXT.splitlines() if line.startswith("| ") and not line.startswith(("| the guide", "| ---"))
    ]
    assert len(rows) > 30
    assert [row for row in rows if "tests/" not in row] == []


def test_every_make_target_that_is_named_is_there() -> None:
    makefile = (PROJECT / "Makefile").read_text("utf-8")
    targets = re.findall(r"`make ([a-z-]+)`", TEXT)
    assert targets
    assert [target for target in targets if f"\n{target}:" not in makefile] == []


def test_every_heading_of_the_guide_has_its_place(shared_data: Path) -> None:
    guide = (shared_data.parent / "technical_guide.md").read_text("utf-8")
    without_code = re.sub(r"```.*?```", "", guide, flags=re.DOTALL)
    headings = re.findall(r"^##+ (.+)$", without_code, re.MULTILINE)
    assert len(headings) > 15
    missing = [heading for heading in headings if f"## {heading}" not in TEXT and f"**{heading}**" not in TEXT]
    assert missing == ["Common Issues & Solutions"]  # the four under it are in the table
