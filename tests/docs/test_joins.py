"""Every join that adds columns says its shape: one that multiplies rows unseen would double facilities."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from gvrc.settings import PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterator

ADD_NO_COLUMNS = {"anti", "semi"}


def test_every_join_says_its_shape() -> None:
    joins = {
        f"{path.relative_to(PROJECT)}:{call.lineno}": said
        for path in sorted((PROJECT / "gvrc").rglob("*.py"))
        for call, said in joins_in(path.read_text("utf-8"))
    }
    assert len(joins) > 50
    assert [place for place, said in joins.items() if not said] == []


def joins_in(source: str) -> Iterator[tuple[ast.Call, bool]]:
    """Give each join of frames, and whether it says its shape."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "join":
            options = {keyword.arg: keyword.value for keyword in node.keywords}
            how = options.get("how")
            if {"on", "left_on"} & options.keys() and not (
                isinstance(how, ast.Constant) and how.value in ADD_NO_COLUMNS
            ):
                yield node, "validate" in options
