"""The named statements of ``sql/``: one a ``-- name:`` line, in files that psql can run by hand."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from gvrc.lazy import lazy_pattern

SQL_FOLDER = Path(__file__).resolve().parent.parent / "sql"
PSQL_LINE = lazy_pattern(r"^\\[^\n]*\n", re.MULTILINE)  # what psql does between the statements is for psql alone
NAME_LINE = lazy_pattern(r"^-- name: (\w+)[^\n]*\n", re.MULTILINE)


def statement(name: str) -> str:
    """Give the text of a named statement.

    Raises:
        KeyError: no file of ``sql/`` has a statement of that name.
    """
    return all_statements()[name]


def statement_group(path: str) -> list[str]:
    """Name the statements of one file of ``sql/``, in its order."""
    return [name for name, _ in split_statements((SQL_FOLDER / path).read_text("utf-8"))]


@cache
def all_statements() -> dict[str, str]:
    """Read every named statement; a name that stands twice is a mistake of ours and stops at once."""
    statements: dict[str, str] = {}
    for path in sorted(SQL_FOLDER.rglob("*.sql")):
        if "migrations" in path.parts:
            continue
        for name, text in split_statements(path.read_text("utf-8")):
            if name in statements:
                raise ValueError(f"sql/: the name {name} stands twice, the second time in {path.name}")
            statements[name] = text
    return statements


def split_statements(text: str) -> list[tuple[str, str]]:
    """Split the text of a file into (name, statement); what stands before the first name is the file's comment."""
    parts = NAME_LINE.split(PSQL_LINE.sub("", text))[1:]
    return [(name, body.strip().removesuffix(";")) for name, body in zip(parts[::2], parts[1::2], strict=True)]
