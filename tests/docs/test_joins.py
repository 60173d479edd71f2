"""Every join that adds columns says its shape: one that multiplies rows unseen would double facilities."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from gvrc.settings import PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ADD_NO_COLUMNS = {"anti", "semi"}


def test_every_join_says_its_shape() -> None:
    joins = [join for path in sorted((PROJECT / "gvrc").rglob("*.py")) for join in joins_in(path)]
    assert len(joins) > 50
    assert [place for place, says_its_shape in joins if not says_its_shape] == []


def joins_in(path: Path) -> Iterator[tuple[str, bool]]:
    """Name each join of frames by its last line, for those of a chain begin on one, and tell whether it has a shape."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "join":
            options = {keyword.arg: keyword.value for keyword in node.keywords}
            how = options.get("how")
            if {"on", "left_on"} & options.keys() and not (
                isinstance(how, ast.Constant) and how.value in ADD_NO_COLUMNS
            ):
                yield f"{path.relative_to(PROJECT)}:{node.end_lineno}", "validate" in options
