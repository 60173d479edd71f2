"""Every statement of sql/ is run by something: what nobody runs, nobody mends."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from gvrc.settings import PROJECT
from gvrc.statements import SQL_FOLDER, statement_group

if TYPE_CHECKING:
    from collections.abc import Iterator

# StagingTables.empty puts these together out of two words.
EMPTYING = {f"{how}_{what}" for how in ("delete", "truncate") for what in ("staging", "merging")}


def nodes() -> Iterator[ast.AST]:
    for folder in ("gvrc", "scripts"):
        for path in (PROJECT / folder).rglob("*.py"):
            yield from ast.walk(ast.parse(path.read_text("utf-8")))


def pattern_of(text: ast.JoinedStr) -> str:
    """Give a regular expression for what an f-string may be."""
    return "".join(re.escape(str(part.value)) if isinstance(part, ast.Constant) else r"\w+" for part in text.values)


def test_every_named_statement_is_run() -> None:
    named = {node.value for node in nodes() if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    patterns = {pattern_of(node) for node in nodes() if isinstance(node, ast.JoinedStr)}
    telling = [pattern for pattern in patterns if re.fullmatch(r"[a-z]{3,}_(?:[a-z_]|\\w\+)+", pattern)]
    files = {path.relative_to(SQL_FOLDER).as_posix() for path in SQL_FOLDER.rglob("*.sql")}
    grouped = {name for path in files & named for name in statement_group(path)}
    unrun = {name for path in files for name in statement_group(path)} - named - grouped - EMPTYING
    assert [name for name in unrun if not any(re.fullmatch(pattern, name) for pattern in telling)] == []
